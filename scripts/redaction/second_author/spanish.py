"""The Spanish set: items of people in Spain and Latin America.

Left out, because no rule could recognize them: addresses by landmarks ("de la iglesia, 200 metros
al sur"), identity numbers without their letter or a word, passwords that are an ordinary word
without a sign before it, license plates, and names that the export
does not list.
"""

from __future__ import annotations

import random
import re

from first_author.items import PlantedItem
from item_set import ItemSet, MakeMentions

from morris_mlx.text.pii import Person
from second_author.local_items import Accounts
from second_author.spanish_harmless import LOOKALIKES
from second_author.spanish_papers import (
    account,
    card,
    identity,
    insurance_number,
    latin_american,
    passport,
)
from second_author.spanish_people import CONTACTS, TALK, mention
from second_author.spanish_places import address
from second_author.talk import distort, random_digits

SPAIN_SHAPES = (
    "{a} {b} {c}",
    "{a} {b1} {m} {c2}",
    "{a}-{b}-{c}",
    "{a}.{b}.{c}",
    "{a}{b}{c}",
    "{a} {b}{c}",
    "+34 {a} {b} {c}",
    "+34{a}{b}{c}",
    "+34 {a} {b1} {m} {c2}",
    "0034 {a}{b}{c}",
    "(+34) {a} {b} {c}",
    "+34-{a}-{b}-{c}",
    "0034 {a} {b} {c}",
)
SPAIN_LANDLINE = ("91", "93", "95", "96", "94", "98", "92", "97")
LANDLINE_SHAPES = ("{a} {b} {c} {d}", "{a}-{b}{c}{d}", "{a} {b}{c}{d}", "{a}.{b}.{c}.{d}")
MEXICO_SHAPES = (
    "+52 {a} {b} {c}",
    "+52 1 {a} {b} {c}",
    "+52{a}{b}{c}",
    "{a} {b} {c}",
    "({a}) {b}-{c}",
    "{a}-{b}-{c}",
    "{a} {b1} {b2} {c1} {c2}",
    "{a}{b}{c}",
    "0052 {a} {b} {c}",
)
OTHER_SHAPES = (
    "+54 9 11 {b}-{c}",
    "+54 11 4{b3}-{c}",
    "011 4{b3}-{c}",
    "11 {b}-{c}",
    "+57 310 {b3} {c}",
    "+57 300{b3}{c}",
    "+56 9 {b} {c}",
    "+56 9{b}{c}",
    "+51 987 {b3} {c3}",
    "+598 99 {b3} {c3}",
    "+593 99 {b3} {c}",
    "+58 412-{b3}{c}",
)
PHONE_FRAMES = (
    "mi número es el {}",
    "llámame al {}",
    "Tel. {}",
    "Tel.: {}",
    "Teléfono: {}",
    "tfno {}",
    "móvil {}",
    "mi cel es {}",
    "celular: {}",
    "escríbeme al wasap {}",
    "WhatsApp {}",
    "Llamad al {} de 9 a 14 h",
    "apunta el fijo: {}",
    "el fontanero es {}",
    "pásale este número, {}",
    "Reservas en el {}.",
    "cambié de número, ahora es {}",
    "te dejo mi contacto {} 😊",
    "cualquier cosa me marcas al {}",
    "Informes al {} con la maestra",
    "{}",
    "📞 {}",
    "si no contesto prueba en el {}",
    "Fax: {}",
    "agendame: {}",
    "abuela está en el {} toda la tarde",
)
ACCOUNTS = Accounts(
    talk=TALK,
    passwords=(
        "Verano2019!",
        "hola1234",
        "Gatito#7",
        "teamo3000",
        "secreto",
        "Betis1907",
        "contraseña1",
        "mipatria_84",
        "t0rtilla",
        "Logroño09",
        "cangrejo",
        "Piñata99",
        "x7!Lk-29q",
        "Perro-Gorro-3",
        "elchavo8",
        "R3alMadrid",
    ),
    password_frames=(
        "contraseña: {}",
        "la contraseña es {}",
        "la contraseña del wifi es {}",
        "Contraseña WiFi: {}",
        "la clave es {}",
        "clave: {}",
        "la clave del wifi es {}",
        "la contra es {}",
        "pass: {}",
        "usuario: nube22, contraseña: {}",
        "usuario tecla9 / contraseña {}",
        "mi contraseña de Netflix: {}",
        "cambié la contraseña a {}",
        "nueva contraseña:\n{}",
        "la contraseña del router es {}, apúntala",
        "WiFi Vega-9F, contraseña «{}»",
        "entra con la clave {}",
        "contraseña = {}",
        "la contraseña era {}, creo",
        "la clave nueva es {} no la pierdas",
        "password {}",
    ),
    after_sign=re.compile(r"[:=/«]\s*$|contraseña (?:\w+ \w+ )?(?:es|era|a) $"),
    pin_frames=(
        "PIN {}",
        "el pin es {}",
        "el PIN de la tarjeta es {}",
        "PIN: {}",
        "tu código de verificación es {}",
        "código de verificación: {}",
        "el código del sms es {}",
        "el nip de mi tarjeta es {}",
        "código de acceso: {}",
    ),
    logins=(
        "maria.garcia",
        "pepe_lopez",
        "jlmartin84",
        "info",
        "c.iglesias",
        "familia-ruiz",
        "secretaria",
        "abuela.conchi",
        "curriculum+madrid",
        "R.Flores",
        "begoña",
        "dra.molina",
    ),
    hosts=(
        "hotmail.es",
        "yahoo.es",
        "telefonica.net",
        "gmail.com",
        "outlook.es",
        "ono.com",
        "unam.mx",
        "prodigy.net.mx",
        "live.com.ar",
        "fibertel.com.ar",
        "uchile.cl",
        "HOTMAIL.COM",
        "ayto-ejemplo.es",
        "españa.es",
    ),
    mail_frames=(
        "escríbeme a {}",
        "mi correo es {}",
        "correo: {}",
        "mándalo a {} porfa",
        "E-mail: {}",
        "el mail de la profe es {}",
        "Envía tu currículum a {} antes del 30",
        "inscripciones en {}.",
        "({})",
        "<{}>",
        "{}",
        "¿sigues usando {}?",
        "contacto {} y te responden",
    ),
    nicks=(
        "lola.moreno_92",
        "elprofeleon",
        "pacoescala",
        "la_nena.ok",
        "soyjuanpi",
        "xx_nico_xx",
        "recetas.de.chelo",
        "andres_mtz",
    ),
    handle_frames=(
        "mi insta es {}",
        "Instagram: {}",
        "sígueme en {}",
        "búscame en Telegram como {}",
        "en twitter soy {}",
        "gracias {} por la foto",
        "escríbele a {}",
        "foto de {} 📷",
        "{} tiene el enlace",
    ),
)


def phone(rng: random.Random) -> PlantedItem:
    chance = rng.random()
    a, b, c = random_digits(rng, 2), random_digits(rng, 3), random_digits(rng, 3)
    if chance < 0.45:
        item = rng.choice(SPAIN_SHAPES).format(
            a="6" + a, b=b, c=c, b1=b[:2], m=b[2] + c[0], c2=c[1:]
        )
    elif chance < 0.6:
        area = rng.choice(SPAIN_LANDLINE)
        item = rng.choice(LANDLINE_SHAPES).format(
            a=area, b=f"{rng.randint(2, 8)}{a}", c=b[:2], d=c[:2]
        )
        if rng.random() < 0.3:
            item = f"+34 {item}"
    elif chance < 0.8:
        first, last = f"{rng.randint(2, 8)}{b}", random_digits(rng, 4)
        parts = {"b": first, "c": last, "b1": first[:2], "b2": first[2:]}
        item = rng.choice(MEXICO_SHAPES).format(
            a=rng.choice(("55", "55", "33", "81")), c1=last[:2], c2=last[2:], **parts
        )
    else:
        four, last = f"{rng.randint(3, 7)}{b}", random_digits(rng, 4)
        item = rng.choice(OTHER_SHAPES).format(b=four, b3=four[:3], c=last, c3=last[:3])
    return TALK.place(rng, "phone", distort(rng, item, 0.1), PHONE_FRAMES)


def people(seed: int) -> tuple[list[Person], MakeMentions]:
    return [Person(contact.entries) for contact in CONTACTS], lambda rng: [mention(rng)]


ITEM_SET = ItemSet(
    {
        "phone": phone,
        "address": address,
        "iban": account,
        "card": card,
        "dni": identity,
        "insurance": insurance_number,
        "latin id": latin_american,
        "passport": passport,
        "password": ACCOUNTS.password,
        "e-mail": ACCOUNTS.email,
        "handle": ACCOUNTS.handle,
    },
    people,
    LOOKALIKES.make,
    uses_corpus=True,
)
