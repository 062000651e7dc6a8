"""Accounts, cards, and numbers of papers in Spain and Latin America, by the rules of their issuers."""

from __future__ import annotations

import random

from first_author.items import PlantedItem

from second_author.documents import card_number
from second_author.local_items import written_iban
from second_author.spanish_people import TALK
from second_author.talk import distort, random_digits, random_string

IBAN_FRAMES = (
    "IBAN {}",
    "mi IBAN es {}",
    "nº de cuenta {}",
    "número de cuenta: {}",
    "haz la transferencia a {}",
    "ingresa los 40 € en {}",
    "la cuenta del cole es {}.",
    "Cuenta: {} (CaixaBank)",
    "{}",
    "te paso la cuenta\n{}\nconcepto: regalo profe",
    "domicilia el recibo en {}",
    "cc {}",
)
CLABE_FRAMES = ("CLABE {}", "mi CLABE es {}", "CLABE interbancaria: {}", "clabe {} de BBVA")
CBU_FRAMES = ("CBU {}", "mi CBU es {}", "CBU: {}", "te paso el cbu {}")
CARD_FRAMES = (
    "tarjeta {}",
    "mi tarjeta es la {}",
    "número de tarjeta: {}",
    "cárgalo a la Visa {}",
    "Mastercard {} caduca 09/28",
    "paga con {}",
    "{}",
    "bloquea la tarjeta {} por favor",
    "tarjeta de crédito: {}.",
)
DNI_FRAMES = (
    "DNI {}",
    "DNI: {}",
    "mi dni es {}",
    "con DNI {}, mayor de edad",
    "NIF {}",
    "N.I.F.: {}",
    "D.N.I. {}",
    "Yo, el abajo firmante, con DNI nº {}",
    "para el billete, dni {}",
    "{}",
    "el DNI de la niña: {}",
    "documento {}",
)
NIE_FRAMES = (
    "NIE {}",
    "NIE: {}",
    "mi NIE es {}",
    "con N.I.E. {}",
    "tarjeta de residencia {}",
    "{}",
)
INSURANCE_FRAMES = (
    "número de la Seguridad Social {}",
    "nº de la seguridad social: {}",
    "NUSS {}",
    "NUSS: {}",
    "nº de afiliación {}",
    "mi número de afiliación a la Seguridad Social es {}",
    "NAF {}",
)
CURP_FRAMES = ("CURP {}", "CURP: {}", "mi curp es {}", "{}", "me piden la CURP, es {}")
RFC_FRAMES = ("RFC {}", "RFC: {}", "mi RFC es {}", "factura con el RFC {}")
CUIT_FRAMES = ("CUIT {}", "CUIL: {}", "mi cuil es {}", "CUIT nº {}", "facturame al CUIT {}")
RUT_FRAMES = ("RUT {}", "RUT: {}", "mi rut es {}", "a nombre mío, RUT {}", "rut {}, cuenta vista")
CEDULA_FRAMES = (
    "C.C. {}",
    "cédula {}",
    "mi cédula es {}",
    "cédula de ciudadanía {}",
    "cédula de ciudadanía No. {}",
    "identificado con cédula {}",
)
ARGENTINE_FRAMES = ("DNI {}", "mi DNI es {}", "DNI nº {}", "documento: {}", "D.N.I. {}")
PASSPORT_FRAMES = (
    "pasaporte {}",
    "Pasaporte: {}",
    "nº de pasaporte {}",
    "mi número de pasaporte es {}",
    "pasaporte español {}",
    "el pasaporte ({}) caduca en 2029",
    "viajo con pasaporte {}",
    "Pasaporte No. {}",
)
DNI_LETTERS = "TRWAGMYFPDXBNJZSQVHLCKE"


def account(rng: random.Random) -> PlantedItem:
    """Return an IBAN, or an account number of Mexico (CLABE) or Argentina (CBU)."""
    chance = rng.random()
    if chance < 0.1:
        body = rng.choice(("002", "012", "014", "072")) + "180" + random_digits(rng, 11)
        total = sum(int(c) * (3, 7, 1)[i % 3] % 10 for i, c in enumerate(body))
        return TALK.place(rng, "iban", body + str(-total % 10), CLABE_FRAMES)
    if chance < 0.16:
        bank = "017" + random_digits(rng, 4)
        bank += str(-sum(int(c) * w for c, w in zip(bank, (7, 1, 3, 9, 7, 1, 3), strict=True)) % 10)
        body = random_digits(rng, 13)
        total = sum(int(c) * (3, 9, 7, 1)[i % 4] for i, c in enumerate(body))
        return TALK.place(rng, "iban", f"{bank}{body}{-total % 10}", CBU_FRAMES)
    return TALK.place(rng, "iban", written_iban(rng, ("ES",)), IBAN_FRAMES)


def card(rng: random.Random) -> PlantedItem:
    return TALK.place(rng, "card", card_number(rng), CARD_FRAMES)


def identity(rng: random.Random) -> PlantedItem:
    """Return a Spanish DNI or NIE with its letter."""
    number = rng.randint(1_000_000, 99_999_999)
    if rng.random() < 0.7:
        figures, letter = f"{number:08d}", DNI_LETTERS[number % 23]
        shapes = ("{f}{l}", "{f}{l}", "{f}-{l}", "{f} {l}", "{d}-{l}", "{d} {l}", "{d}{l}")
        dotted = f"{figures[:2]}.{figures[2:5]}.{figures[5:]}"
        item = rng.choice(shapes).format(f=figures, d=dotted, l=letter)
        if rng.random() < 0.15:
            item = item.lower()
        return TALK.place(rng, "dni", distort(rng, item, 0.1), DNI_FRAMES)
    first, figures = rng.choice("XYZ"), f"{number % 10_000_000:07d}"
    letter = DNI_LETTERS[int(f"{'XYZ'.index(first)}{figures}") % 23]
    item = rng.choice(("{}{}{}", "{}-{}-{}", "{}-{}{}", "{} {} {}")).format(first, figures, letter)
    return TALK.place(rng, "dni", distort(rng, item, 0.1), NIE_FRAMES)


def insurance_number(rng: random.Random) -> PlantedItem:
    area, body = f"{rng.randint(1, 52):02d}", f"{rng.randint(10_000_000, 99_999_999)}"
    check = f"{int(area + body) % 97:02d}"
    item = rng.choice(("{}{}{}", "{}/{}/{}", "{} {} {}", "{}-{}-{}")).format(area, body, check)
    return TALK.place(rng, "insurance", item, INSURANCE_FRAMES)


def latin_american(rng: random.Random) -> PlantedItem:
    """Return an identity or tax number of Mexico, Argentina, Chile or Colombia."""
    item, frames = rng.choice((_curp, _rfc, _cuit, _rut, _cedula, _argentine))(rng)
    return TALK.place(rng, "latin id", item, frames)


def _mexican_start(rng: random.Random) -> str:
    letters = random_string(rng, 1, "CGHLMRS") + rng.choice("AEIO") + random_string(rng, 2, "CGLMR")
    return f"{letters}{rng.randint(40, 99)}{rng.randint(1, 12):02d}{rng.randint(1, 28):02d}"


def _curp(rng: random.Random) -> tuple[str, tuple[str, ...]]:
    state = rng.choice(("DF", "JC", "NL", "VZ", "OC", "MC"))
    body = _mexican_start(rng) + rng.choice("HM") + state + random_string(rng, 3, "BCDLNRTZ") + "0"
    order = "0123456789ABCDEFGHIJKLMNÑOPQRSTUVWXYZ"
    total = sum(order.index(c) * (18 - i) for i, c in enumerate(body))
    return body + str(-total % 10), CURP_FRAMES


def _rfc(rng: random.Random) -> tuple[str, tuple[str, ...]]:
    start, end = (
        _mexican_start(rng),
        random_string(rng, 2, "ABCDEFGH123456789") + random_digits(rng, 1),
    )
    return rng.choice((start + end, f"{start[:4]}-{start[4:]}-{end}")), RFC_FRAMES


def _cuit(rng: random.Random) -> tuple[str, tuple[str, ...]]:
    check = 10
    while check > 9:
        body = rng.choice(("20", "27", "23")) + f"{rng.randint(10_000_000, 45_000_000)}"
        weights = (5, 4, 3, 2, 7, 6, 5, 4, 3, 2)
        check = (11 - sum(int(c) * w for c, w in zip(body, weights, strict=True)) % 11) % 11
    return rng.choice((f"{body[:2]}-{body[2:]}-{check}", f"{body}{check}")), CUIT_FRAMES


def _rut(rng: random.Random) -> tuple[str, tuple[str, ...]]:
    body = f"{rng.randint(5_000_000, 26_000_000)}"
    rest = 11 - sum(int(c) * (2 + i % 6) for i, c in enumerate(reversed(body))) % 11
    check = {10: "K", 11: "0"}.get(rest, str(rest))
    dotted = f"{int(body):,}".replace(",", ".")
    return rng.choice((f"{dotted}-{check}", f"{body}-{check}")), RUT_FRAMES


def _cedula(rng: random.Random) -> tuple[str, tuple[str, ...]]:
    number = rng.choice((rng.randint(10_000_000, 99_999_999), rng.randint(10**9, 1_200_000_000)))
    return rng.choice((f"{number}", f"{number:,}".replace(",", "."))), CEDULA_FRAMES


def _argentine(rng: random.Random) -> tuple[str, tuple[str, ...]]:
    number = rng.randint(5_000_000, 48_000_000)
    return rng.choice((f"{number}", f"{number:,}".replace(",", "."))), ARGENTINE_FRAMES


def passport(rng: random.Random) -> PlantedItem:
    item = rng.choice(
        (
            rng.choice(("PA", "XD", "AA", "ZA")) + rng.choice("ABCDEF") + random_digits(rng, 6),
            rng.choice("GN") + random_digits(rng, 8),
            "AA" + rng.choice("ABCDEFG") + random_digits(rng, 6),
            "AR" + random_digits(rng, 6),
        )
    )
    return TALK.place(rng, "passport", item, PASSPORT_FRAMES)
