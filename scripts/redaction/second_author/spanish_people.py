"""People of a Spanish export, as their contacts name them, and how messages mention them."""

from __future__ import annotations

import random

from first_author.items import PlantedItem

from second_author.local_items import Contact, Talk, typed

TALK = Talk(
    openings=(
        "Oye, ",
        "Buenos días a todos. ",
        "Perdona, estuve 2 horas sin cobertura. ",
        "Vale, a las 18:30. ",
        "Ya recibí los 25 €, ¡gracias!\n",
        "Ah, otra cosa: ",
        "¡Holaaa! ",
        "jajaja 😂 ",
        "Che, ",
        "A ver, desde el principio.\n",
        "Por cierto, ",
    ),
    closings=(
        ", besos",
        " ¡gracias!",
        " 😊",
        " - hasta el sábado",
        "\nY trae 2 barras de pan",
        " (por si acaso)",
        "\n\nUn saludo",
        " un abrazo",
        "!!",
        ", ¿vale?",
        " y no olvides los 3 refrescos",
    ),
)
CONTACTS = (
    Contact(("María del Carmen Paz Ortiz", "Mari Carmen"), "María del Carmen", "Paz", plain="Paz"),
    Contact(("José Luis de la Fuente", "Pepe Lu"), "José Luis", "de la Fuente", plain="Fuente"),
    Contact(("Rosa León",), "Rosa", "León", plain="Rosa León"),
    Contact(("Tía Lola",), nick="Lola"),
    Contact(("Mamá",)),
    Contact(("Papi ❤️",)),
    Contact(("Abuela Casa",)),
    Contact(("Abuelo Manolo",), nick="Manolo"),
    Contact(("Nacho Trabajo",), nick="Nacho"),
    Contact(("Dra. Blanca Iglesias",), "Blanca", "Iglesias", plain="Blanca Iglesias"),
    Contact(("Profe Domingo",), "Domingo", plain="Domingo"),
    Contact(("Sol (yoga)",), nick="Sol", plain="Sol"),
    Contact(("Luz Marina Restrepo",), "Luz Marina", "Restrepo", plain="Luz Marina"),
    Contact(("Ángel Cruz", "Angelito"), "Ángel", "Cruz", "Angelito", "Ángel Cruz Angel"),
    Contact(("Jesús Guerra Molina", "Chuy"), "Jesús", "Guerra", "Chuy", "Guerra"),
    Contact(("Dolores Calvo", "Loli"), "Dolores", "Calvo", "Loli", "Dolores Calvo"),
    Contact(("Fontanero Paco",), nick="Paco"),
    Contact(("Iñaki Etxeberria",), "Iñaki", "Etxeberria"),
    Contact(("Jordi Puig i Soler",), "Jordi", "Puig"),
    Contact(("Xiomara Quispe",), "Xiomara", "Quispe"),
    Contact(("Ma. Fernanda Reyes", "Mafer"), "Fernanda", "Reyes", "Mafer", "Reyes"),
    Contact(("Mercedes Rey", "Merche"), "Mercedes", "Rey", "Merche", "Mercedes Rey"),
    Contact(("Salvador Flores",), "Salvador", "Flores", plain="Salvador Flores"),
    Contact(("Esperanza Campos Vda. de Ríos",), "Esperanza", "Campos", plain="Esperanza Campos"),
    Contact(("Carlos Delgado", "Charly"), "Carlos", "Delgado", "Charly", "Delgado"),
    Contact(("Lucía Moreno",), "Lucía", "Moreno", plain="Moreno"),
    Contact(("Consuelo Casas", "Chelo"), "Consuelo", "Casas", "Chelo", "Consuelo Casas"),
    Contact(("Pilar Rubio",), "Pilar", "Rubio", plain="Pilar Rubio"),
    Contact(("Andrés Vaca",), "Andrés", "Vaca", plain="Vaca"),
    Contact(("Yamila (facu)",), "Yamila"),
    Contact(("Vecino Ramón 3ºB",), "Ramón"),
    Contact(("Nieves Peña",), "Nieves", "Peña", plain="Nieves Peña Pena"),
    Contact(("Óscar Nuñez",), "Óscar", "Núñez"),
    Contact(("Guadalupe Hernández", "Lupita"), "Guadalupe", "Hernández", "Lupita"),
    Contact(("Gonzalo Cabeza de Vaca",), "Gonzalo", "Cabeza de Vaca", plain="Cabeza Vaca"),
    Contact(("Mar Cordero",), "Mar", "Cordero", plain="Mar Cordero"),
    Contact(("Julián Plaza",), "Julián", "Plaza", plain="Plaza"),
    Contact(("Fátima El Amrani",), "Fátima", "El Amrani"),
    Contact(("Chino Taller",), nick="Chino", plain="Chino"),
    Contact(("Mi Amor 😘",)),
    Contact(("Seguro Coche",)),
    Contact(("Juan Bueno",), "Juan", "Bueno", plain="Bueno"),
    Contact(("Martín Barrios",), "Martín", "Barrios", plain="Barrios"),
)
NAMED = tuple(contact for contact in CONTACTS if contact.first or contact.last or contact.nick)
FRAMES = (
    "{} llega tarde hoy",
    "¿sabes algo de {}?",
    "ayer cené con {}",
    "dale recuerdos a {}",
    "{}, ¿ya estás ahí?",
    "me lo contó {}",
    "en casa de {} hay luz",
    "el coche de {} está mal aparcado",
    "gracias {}!!",
    "pregúntale a {}",
    "dice {} que salimos a las 8",
    "sin {} no es lo mismo",
    "¡Feliz cumple, {}! 🎂",
    "Hola {},\nadjunto los papeles",
    "Querida {}:",
    "creo que {} tiene la llave",
    "también traje algo para {}",
    "{} me debe 20 euros",
    "el sábado se casan {} y mi primo",
    "no fui yo, fue {}",
    "(según {} no hay entreno)",
    "«Nunca más», dijo {}",
    "la mamá de {} está en el hospital",
    "vi a {} en el súper",
    "¿vos viste lo que mandó {}?",
    "ahorita viene {}",
    "que te lo explique {}",
)
TITLE_FRAMES = (
    "el Sr. {} está de vacaciones",
    "la Sra. {} ha llamado",
    "la señora {} preguntó por ti",
    "Estimado Sr. {}:",
    "Estimada Sra. {}:\nmuchas gracias",
    "cita con el Dr. {} a las 9:15",
    "la Dra. {} dice que no es nada",
    "el profe {} nos suspendió",
    "se lo pregunté al señor {}",
    "la licenciada {} no contesta",
    "con la profesora {} no hay problema",
)
DON_FRAMES = (
    "don {} cerró la tienda",
    "doña {} hace las mejores empanadas",
    "D. {} no pudo venir",
    "gracias, doña {}",
)
FAMILY_FRAMES = (
    "estamos invitados en casa de los {}",
    "los {} ya están en la playa",
    "la familia {} se muda",
)
LAST_FRAMES = (
    "ayer renunció {}",
    "hablé con {} de ventas",
    "llamé dos veces a {} y no contesta",
)
PLAIN_LETTERS = str.maketrans("áéíóúüñÁÍÓ", "aeiouunAIO")


def mention(rng: random.Random) -> PlantedItem:
    """Return a mention of one of the people; surnames alone mostly have a title."""
    contact = rng.choice(NAMED)
    given = [name for name in (contact.first, contact.first, contact.nick) if name]
    chance = rng.random()
    if contact.last and chance < 0.28:
        frames = rng.choice((TITLE_FRAMES, TITLE_FRAMES, LAST_FRAMES, FAMILY_FRAMES))
        item = contact.last
    elif chance < 0.4 and contact.first:
        item, frames = contact.first, DON_FRAMES
    elif chance < 0.7 and contact.last:
        item, frames = contact.full(), FRAMES
    else:
        item, frames = rng.choice(given), FRAMES
    item = typed(rng, item, contact.plain, lambda text: text.translate(PLAIN_LETTERS))
    return TALK.place(rng, "name", item, frames)
