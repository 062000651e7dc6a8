"""Spanish look-alikes: texts that only look private and must be kept."""

from __future__ import annotations

import random
from collections.abc import Callable

from second_author.spanish_people import TALK
from second_author.talk import random_digits, random_string

NAMESAKES = (
    "Hace sol y paz en el pueblo",
    "hoy hay sol",
    "El sol sale a las 7",
    "Sol y sombra, por favor",
    "déjame en paz",
    "Paz y amor",
    "Que en paz descanse",
    "una rosa roja",
    "Rosa claro, no fucsia",
    "la camiseta rosa me queda bien",
    "el león del zoo duerme todo el día",
    "León marino en la playa",
    "no es tan fiero el león como lo pintan",
    "la fuente de la plaza no tiene agua",
    "bebió de la fuente",
    "cita la fuente del dato",
    "mi mamá hace croquetas",
    "Mamá, ¿qué hay de comer?",
    "Mi abuela cumple 90",
    "vamos a casa de la abuela",
    "la casa está en venta",
    "Papi, cómprame un helado",
    "mañana hay trabajo",
    "El trabajo se acumula",
    "hay yoga los martes",
    "una pared blanca",
    "Blanca y radiante va la novia",
    "las iglesias del casco viejo",
    "Iglesias románicas de Palencia",
    "el domingo no abrimos",
    "Domingo de Ramos",
    "nos vemos el domingo 14",
    "se fue la luz",
    "Luz verde al proyecto",
    "la marina mercante",
    "eres un ángel",
    "Ángel de la guarda, dulce compañía",
    "cara o cruz",
    "Cruz Roja busca voluntarios",
    "la guerra acabó en 1939",
    "Guerra y paz es larguísima",
    "tengo dolores de espalda",
    "Dolores de cabeza y fiebre",
    "mi padre es calvo",
    "se quedó calvo a los 30",
    "el fontanero viene a las 10",
    "Los reyes magos traen carbón",
    "el rey emérito",
    "Rey de copas",
    "el salvador de la tarde fue el portero",
    "unas flores para la mesa",
    "Flores secas y velas",
    "perdió la esperanza",
    "La esperanza es lo último que se pierde",
    "los campos de trigo",
    "Campos de Castilla es de 1912",
    "está muy delgado",
    "pelo moreno, ojos verdes",
    "Moreno de playa",
    "vaya consuelo",
    "Consuelo de tontos",
    "casas rurales en Asturias",
    "Casas baratas desde 90.000 €",
    "es el pilar de la familia",
    "el pilar del puente se agrietó",
    "el más rubio de la clase",
    "las vacas pastan",
    "la vaca da leche",
    "Vaca vieja, buen caldo",
    "año de nieves, año de bienes",
    "Nieves perpetuas a 3.000 m",
    "la peña del barrio organiza una paella",
    "me duele la cabeza",
    "Cabeza fría y a estudiar",
    "el mar está picado",
    "Mar adentro es un peliculón",
    "cordero al horno",
    "Cordero lechal, 2 kg",
    "la plaza estaba llena",
    "Plaza de garaje en venta",
    "los barrios del sur",
    "Barrios altos de Lisboa",
    "qué bueno verte",
    "Bueno, vamos a dormir",
    "bueno bueno bueno",
    "un coche chino",
    "el chino de la esquina abre hasta las 12",
    "mi amor, ya llegué",
    "Mi amor, compra pan",
    "el seguro del coche sube otra vez",
    "Seguro que llueve",
    "el taller cierra en agosto",
    "El vecino del tercero pone música",
    "mi tía vive en Francia",
    "la tía se enfadó",
    "las mercedes que pedimos a la virgen",
    "el Mercedes gris no arranca",
    "la facu está cerrada",
)
WORDS = (
    "la calle estaba cortada",
    "calle abajo hay una panadería",
    "en la calle había 3 policías",
    "Cruza la calle con cuidado",
    "la avenida quedó inundada",
    "en la plaza, a las 12",
    "camino de Santiago, etapa 4",
    "carretera N-340 cortada",
    "A-6 kilómetro 12 sentido Madrid",
    "La contraseña debe tener 8 caracteres",
    "¿Olvidaste tu contraseña?",
    "la contraseña no funciona",
    "Tu contraseña caduca en 14 días",
    "Cambia la clave cada 3 meses",
    "la clave está en la paciencia",
    "esa es la clave del éxito",
    "clave de sol y clave de fa",
    "introduce el PIN y confirma",
    "el número de cuenta está en la factura",
    "Mándame el IBAN mañana",
    "no encuentro mi DNI",
    "el pasaporte está caducado",
    "llámame, ya tienes mi número",
    "móvil: sigue roto",
    "por teléfono no, mejor en persona",
    "@todos ¿quién viene?",
    "señoras y señores",
    "Estimados señores:",
    "A quien corresponda:",
    "don de gentes",
    "tiene el don de la palabra",
    "gracias por las flores",
    "de la nada apareció un perro",
    "los de siempre",
    "la del sombrero es mi jefa",
    "el pase a la final fue justo",
    "código postal incorrecto",
    "el código de barras no pasa",
    "tarjeta amarilla en el 89",
    "la tarjeta de embarque está en el móvil",
    "correo certificado, tarda 3 días",
    "doctor no soy",
    "el señor de la esquina vende churros",
    "la cédula se renueva cada 10 años",
    "piso compartido, gastos aparte",
    "código 4 rojo, decía la radio",
    "el usuario ya existe",
)


def _n(rng: random.Random, low: int, high: int) -> int:
    return rng.randint(low, high)


def _price(rng: random.Random) -> str:
    a, b = _n(rng, 1, 99), random_digits(rng, 3)
    return rng.choice(
        (
            f"cuesta {a},{b[:2]} €",
            f"lo compré por {a}.{b},00 euros",
            f"el piso vale {a}0.000 €",
            f"$ {a}.{b}.000 COP",
            f"${a},{b}.50 MXN",
            f"{a}.{b} pesos al mes",
            f"facturó {a}.{b}.000 €",
            f"entre {a}0 y {a}5 euros la noche",
            f"IVA 21 %: {a},{b[:2]}",
            f"S/ {a}.{b[:2]} el kilo",
            f"CLP {a}{b}0 todo incluido",
            f"total {a} {b} 000 guaraníes",
        )
    )


def _date(rng: random.Random) -> str:
    d, m, y = _n(rng, 1, 28), _n(rng, 1, 12), _n(rng, 1950, 2026)
    h, s = _n(rng, 0, 23), _n(rng, 10, 59)
    return rng.choice(
        (
            f"el {d}/{m}/{y} a las {h}:{s} h",
            f"{d:02d}-{m:02d}-{y} al {d:02d}-{m:02d}-{y + 1}",
            f"actualizado {d:02d}.{m:02d}.{y}",
            f"desde {y} en el club",
            f"curso {y}-{(y + 1) % 100:02d}",
            f"{d} de mayo de {y}",
            f"L-V {h % 12:02d}:00-14:00 y 17:00-20:00",
            f"del {d} al {d + 2} de agosto",
            f"IMG_{y}{m:02d}{d:02d}_{s}{s}{s}",
            f"({y}–{y + 44})",
            f"año {y}, tomo {m}",
            f"semana {d + 10} de {y}",
        )
    )


def _timetable(rng: random.Random) -> str:
    h, s, g = _n(rng, 5, 22), _n(rng, 10, 59), _n(rng, 1, 24)
    return rng.choice(
        (
            f"AVE 0{random_digits(rng, 4)} sale {h}:{s} vía {g}",
            f"línea {g} cada 20 minutos, el último a las {h}.{s}",
            f"salida {h:02d}:{s} llegada {h + 1:02d}:{s}",
            f"autobús {random_digits(rng, 3)}, parada Ayuntamiento, andén {g}",
            f"vuelo IB{random_digits(rng, 4)}, puerta B{g}, embarque {h}:{s}",
            f"coche {g}, asiento {s}A",
            f"metro L{g % 9 + 1} cortada hasta las {h}:{s}",
        )
    )


def _room(rng: random.Random) -> str:
    a, b = _n(rng, 1, 9), random_digits(rng, 2)
    return rng.choice(
        (
            f"aula {a}{b}, segunda planta",
            f"la habitación {a}{b} está libre",
            f"sala {a}, fila {b}, butaca {a + 3}",
            f"puerta {a}, luego la escalera",
            f"pabellón {a}, stand {a}{b}",
            f"planta {a}, cama {b}",
            f"plaza de garaje {a}{b}",
            f"capítulo {a}.{b}, página {a}{b}",
            f"mesa {b} en la terraza",
            f"consulta {a}B, primer piso",
        )
    )


def _result(rng: random.Random) -> str:
    a, b, c = _n(rng, 0, 5), _n(rng, 0, 5), _n(rng, 10, 29)
    return rng.choice(
        (
            f"perdimos {a}-{b}, al descanso {a}-0",
            f"Betis {a} - Sevilla {b}",
            f"6-4, 3-6, 7-6 ({a + 7}-{b})",
            f"{c} jornadas y {c + 20} puntos",
            f"baloncesto {c + 60}-{c + 58} en la prórroga",
            f"quiniela 1X2 1{c} aciertos",
            f"maratón en 3:{c}:{c + 10}",
            f"quedaron {a} a {b} en penales",
            f"dados: {a + 1}-{b + 1}-6",
        )
    )


def _recipe(rng: random.Random) -> str:
    a, b = _n(rng, 1, 9), _n(rng, 10, 59)
    return rng.choice(
        (
            f"{a}00 g de harina, {a} huevos, 1/2 l de leche",
            f"hornear a 180 °C durante {b} minutos",
            f"{a} cucharadas de azúcar y {a} cdtas. de sal",
            f"para {a} personas: 1,5 kg de patatas, {b} g de mantequilla",
            f"deja reposar {a} horas y amasa {b} min.",
            f"{b}0 ml de agua, {a} dientes de ajo",
            f"olla exprés, {b} min., luego {a} más",
        )
    )


def _order(rng: random.Random) -> str:
    a = random_digits(rng, 10)
    return rng.choice(
        (
            f"pedido nº {a}",
            f"número de pedido {a[:9]}",
            f"nº de pedido: {a[:3]}-{a[2:]}",
            f"seguimiento PK{a}ES",
            f"factura 2024/{a[:4]} del 12 de marzo",
            f"factura nº F{a[:8]}",
            f"expediente {a[:3]}/2023",
            f"autos {a[:4]}/22 del juzgado nº 3",
            f"ref. {a[:3]}.{a[3:6]}.{a[6:8]}",
            f"ref. ES{a[:2]} {a[2:6]} {a[6:]}",
            f"recambio MX{a[:2]}-{a[2:6]}-{a[6:]}",
            f"lote CL{a[:2]} {a[2:]}",
            f"incidencia #{a[:6]}",
            f"número de serie SN{a}",
            f"ISBN 978-84-{a[:4]}-{a[4:7]}-{int(a[9]) % 10}",
            f"localizador {random_string(rng, 6, 'ABCDEFGHKLMN')}",
            f"albarán {a[:5]}/{a[5:8]}",
            f"guía {a} de paquetería",
            f"folio {a[:6]}",
        )
    )


def _measure(rng: random.Random) -> str:
    a, b = _n(rng, 2, 89), random_digits(rng, 3)
    return rng.choice(
        (
            f"{a} m2, 3 habitaciones, año 19{a + 10}",
            f"{a}.{b} km, gasolina",
            f"a {a} km/h de más",
            f"tirada de {a}.{b} ejemplares",
            f"{a}.{b} habitantes",
            f"{a} x {a + 20} x {a + 5} cm",
            f"folio A4, {a} hojas",
            f"art. {a}.2 de la Constitución",
            f"Ley {a}/2015, de 1 de octubre",
            f"RD {b}/2020, BOE núm. {a}",
            f"tensión 1{a}/80",
            f"versión {a % 10}.{b[0]}.{b[1]}",
            f"talla {a % 10 + 36}, pie {a % 6 + 36}",
            f"del {a} al {a + 9} por ciento",
            f"temperatura {a % 30},{b[0]} °C",
            f"un cero coma {b} por ciento",
        )
    )


MAKERS: dict[str, Callable[[random.Random], str]] = {
    "namesake": lambda rng: rng.choice(NAMESAKES),
    "words": lambda rng: rng.choice(WORDS),
    "price": _price,
    "date": _date,
    "timetable": _timetable,
    "room": _room,
    "result": _result,
    "recipe": _recipe,
    "order": _order,
    "measure": _measure,
}


def harmless(rng: random.Random) -> tuple[str, str]:
    """Return the kind and the text of a look-alike."""
    kind = rng.choice(list(MAKERS))
    return kind, TALK.surround(rng, MAKERS[kind](rng))
