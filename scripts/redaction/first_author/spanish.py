"""The first Spanish set: contacts with particles and word surnames, their mentions, look-alikes."""

from __future__ import annotations

import random
import string

from item_set import ItemSet, MakeMentions

from first_author.items import PlantedItem, disguise, place, random_digits, random_string
from first_author.numbers import iban_number
from morris_mlx.text.folding import without_accents
from morris_mlx.text.pii import Person

# Given name, particles, surname; with * it is an ordinary word.
PEOPLE = (
    ("María", "de los", "*Santos"),
    ("Pedro", "del", "*Pueblo"),
    ("Ana", "", "*Rey"),
    ("*Luz", "", "*Calle"),
    ("*Dolores", "", "*Fuentes"),
    ("Íñigo", "", "Zabaleta"),
    ("Begoña", "", "Núñez"),
    ("José Ángel", "", "Iturralde"),
    ("Javier", "", "*Blanco"),
    ("*Rosario", "", "*Flores"),
    ("*Mercedes", "", "*Campos"),
    ("Juan", "de la", "*Torre"),
    ("Xavi", "", "Puigdomènech"),
    ("Marta", "", "*Moreno"),
    ("Nuria", "", "Echevarría"),
    ("*Consuelo", "", "*Vega"),
)
NICKNAMES = ("El Jefe", "Nada Más", "La Vecina", "Mamá", "Dentista", "Buena Gente")
FRAMES = (
    "{} llamó ayer por la tarde",
    "¿Has visto a {}?",
    "fui con {} al cine",
    "La idea era de {}.",
    "Pregúntale a {}, no a mí.",
    "estoy esperando a {}",
    "Anoche pasó {} por casa.",
    "¡Saludos a {}!",
    "para {} llevamos una tarta",
    "Sin {} no empezamos.",
    "{} dijo que no",
    "Hoy {} está en cama.",
    "esto es de {}",
)
TITLED = (
    "La señora {} no está.",
    "Eso lo decide el señor {}.",
    "hablé con don {} esta mañana",
    "{} dijo que sí.",
)
EMAILS = ("escríbeme a {}", "Mi correo: {}.", "Mándalo a {}, por favor", "{}", "correo {}")
PHONES = ("Llama al {}", "Tel. {}", "mi número nuevo es {}", "Teléfono: {}.", "móvil {}")
IBANS = ("Haz la transferencia a {}", "IBAN {}", "Cuenta: {}", "el IBAN es {}")
LOGINS = ("ana.rey", "bego_n", "info", "xavi77", "jefe", "m.campos")
HOSTS = ("correo.es", "telefonica.net", "gmail.com", "uv.es", "peña-libre.es")
WORDS_IN_USE = (
    "Los vecinos del pueblo hablan de los santos.",
    "El rey ha muerto, y la calle está vacía.",
    "La luz de la calle no llega a la torre.",
    "Tengo dolores de cabeza desde la mañana.",
    "Las fuentes del parque no tienen agua.",
    "Un perro blanco cruzó los campos.",
    "Compré flores, y nada más.",
    "El pan moreno me gusta más que el blanco.",
    "La vega se inundó otra vez.",
    "De la torre se ve el mar, y de los campos no.",
    "Es un consuelo saberlo.",
    "Las mercedes del rey duran poco.",
    "Rezaban el rosario todas las tardes.",
    "El jefe no ha venido hoy.",
    "La vecina del tercero toca el piano.",
    "Es buena gente, pero habla mucho.",
    "Nada más llegar se puso a llover.",
    "Del pueblo a la ciudad hay dos horas.",
    "Hay que ir al dentista, qué remedio.",
    "Bueno, al final no fue para tanto.",
)


def _people(seed: int) -> tuple[list[Person], MakeMentions]:
    contacts = [" ".join(part.removeprefix("*") for part in p if part) for p in PEOPLE]
    return [Person((contact,)) for contact in (*contacts, *NICKNAMES)], _mention


def _mention(rng: random.Random) -> list[PlantedItem]:
    """Return a mention by the given name, the surname or the full name."""
    given, particles, surname = rng.choice(PEOPLE)
    way = rng.randrange(4)
    if way == 0:
        return [_said(rng, given, FRAMES)]
    if way == 1:
        return [_said(rng, surname, TITLED if surname.startswith("*") else FRAMES + TITLED)]
    whole = " ".join(part.removeprefix("*") for part in (given, particles, surname) if part)
    return [_said(rng, whole, FRAMES)]


def _said(rng: random.Random, item: str, frames: tuple[str, ...]) -> PlantedItem:
    """Return a name in a frame; one in ten is typed without accents, and some in lower case."""
    is_word = item.startswith("*")
    item = item.removeprefix("*")
    if rng.random() < 0.1:
        item = "".join(without_accents(c.lower()).upper() if c.isupper() else without_accents(c)
                       for c in item)  # fmt: skip
    if not is_word and rng.random() < 0.2:
        item = item.lower()
    return place(rng, "name", disguise(rng, item, 0.05), frames)


def _email(rng: random.Random) -> PlantedItem:
    login = rng.choice(LOGINS)
    if rng.random() < 0.4:
        login = random_string(rng, string.ascii_lowercase, 7) + random_digits(rng, 2)
    return place(rng, "e-mail", f"{login}@{rng.choice(HOSTS)}", EMAILS)


def _phone(rng: random.Random) -> PlantedItem:
    number = rng.choice(("6", "71", "72", "74")) + random_digits(rng, 8)
    number = number[:9]
    item = rng.choice(
        (
            f"+34 {number[:3]} {number[3:6]} {number[6:]}",
            f"+34{number}",
            f"{number[:3]} {number[3:5]} {number[5:7]} {number[7:]}",
            f"0034 {number[:3]} {number[3:]}",
        )
    )
    return place(rng, "phone", item, PHONES)


def _iban(rng: random.Random) -> PlantedItem:
    item = iban_number("ES", random_digits(rng, 20))
    if rng.random() < 0.6:
        item = " ".join(item[i : i + 4] for i in range(0, len(item), 4))
    return place(rng, "iban", item, IBANS)


def _lookalike(rng: random.Random) -> tuple[str, str]:
    """Return words of the contacts in ordinary use, or a number that is nothing private."""
    if rng.random() < 0.6:
        return "words", rng.choice(WORDS_IN_USE)
    day, month, year = rng.randint(1, 28), rng.randint(1, 12), rng.randint(1950, 2024)
    euros = f"{rng.randint(1, 9)}.{random_digits(rng, 3)},{random_digits(rng, 2)}"
    return rng.choice(
        (
            ("date", f"el {day}/{month}/{year} a las {rng.randint(7, 21)}:30"),
            ("date", f"entre {year} y {year + 20}, y otra vez después"),
            ("price", f"cuesta {euros} euros sin IVA"),
            ("order", f"el pedido {random_digits(rng, 6)} está en camino"),
            ("score", f"perdimos {rng.randint(0, 9)}-{rng.randint(0, 9)}"),
            ("measure", f"{rng.randint(10, 99)} km y {rng.randint(100, 900)} m de subida"),
            ("article", f"art. {rng.randint(1, 900)} del Código Civil"),
        )
    )


ITEM_SET = ItemSet(
    {"e-mail": _email, "phone": _phone, "iban": _iban}, _people, _lookalike, uses_corpus=True
)
