"""The German set: items of people in Germany, Austria and Switzerland.

Left out, because no rule could recognize them: addresses in Mannheim's squares (Q7, 24), bare
numbers of insurances without the word, passwords that are an ordinary word without a sign before
it, license plates, and names that the export does not list.
"""

from __future__ import annotations

import random
import re

from first_author.items import PlantedItem
from item_set import ItemSet, MakeMentions

from morris_mlx.text.pii import Person
from second_author.german_harmless import LOOKALIKES
from second_author.german_papers import card, iban, insurance_number, papers, tax_number
from second_author.german_people import CONTACTS, TALK, mention
from second_author.german_places import address
from second_author.local_items import Accounts
from second_author.talk import distort, random_digits

GERMAN_AREAS = ("30", "40", "89", "69", "221", "711", "341", "351", "511", "421", "911", "761")
GERMAN_AREAS += ("6221", "4131", "8031", "3641", "7071", "2351", "961", "831")
GERMAN_MOBILE = ("151", "152", "157", "159", "160", "162", "163", "170", "171", "172", "173")
GERMAN_MOBILE += ("174", "175", "176", "177", "178", "179")
GERMAN_SHAPES = (
    "0{a} {n}",
    "0{a}/{n}",
    "0{a} / {pairs}",
    "0{a}-{n}",
    "0{a} {pairs}",
    "(0{a}) {n}",
    "(0{a}) {pairs}",
    "0{a}{n}",
    "0{a} - {n}",
    "0{a} {threes}",
    "0{a}/{threes}",
    "+49 {a} {n}",
    "+49{a}{n}",
    "+49 {a} {threes}",
    "+49 (0){a} {n}",
    "+49 (0) {a} / {pairs}",
    "+49 (0){a}-{n}",
    "0049 {a} {n}",
    "0049{a}{n}",
    "+49-{a}-{n}",
    "+49 {a}/{pairs}",
)
AUSTRIAN_SHAPES = (
    "0{a} {n}",
    "0{a}/{n}",
    "0{a}/{pairs}",
    "0{a} {threes}",
    "+43 {a} {n}",
    "+43 {a} {threes}",
    "+43 (0) {a} {n}",
    "0043 {a} {n}",
    "+43{a}{n}",
)
SWISS_SHAPES = (
    "0{a} {b} {c} {d}",
    "0{a}/{b} {c} {d}",
    "0{a} {b}{c}{d}",
    "+41 {a} {b} {c} {d}",
    "+41 (0){a} {b} {c} {d}",
    "0041 {a} {b} {c} {d}",
    "+41{a}{b}{c}{d}",
)
PHONE_FRAMES = (
    "meine Nummer ist {}",
    "ruf mich an: {}",
    "Tel. {}",
    "Tel.: {}",
    "Telefon {} (vormittags)",
    "Handy: {}",
    "mobil {}",
    "Mobil: {}, am besten abends",
    "du erreichst mich unter {}",
    "Erreichbar bin ich unter der {}.",
    "meine neue Nr: {}",
    "speicher dir mal {} ein",
    "der Klempner hat {} 👍",
    "Fax {}",
    "WhatsApp bitte an {}",
    "meld dich einfach: {}",
    "Im Notfall {} anrufen!",
    "Termine unter {} oder in der Praxis",
    "Oma ist wieder unter {} zu erreichen",
    "{} ist vom Hausmeister",
    "Ruf doch kurz durch, {}",
    "Festnetz {}",
    "{}",
    "☎ {}",
    "hab nur noch die {}, die alte ist weg",
    "VG\nM.\n{}",
)
ACCOUNTS = Accounts(
    talk=TALK,
    passwords=(
        "Sommer2019!",
        "hallo123",
        "Katze#7",
        "schatzi",
        "geheim",
        "Bayern1900",
        "ichliebedich2",
        "Mausi_84",
        "fr33ibier",
        "Würzburg09",
        "passwort1",
        "zwetschgenknödel",
        "M0zartkugel",
        "grüezi99",
        "x7!Lk-29q",
        "Blumentopf-Hut-3",
    ),
    password_frames=(
        "Passwort: {}",
        "das Passwort ist {}",
        "das WLAN-Passwort ist {}",
        "Passwort fürs WLAN: {}",
        "Passwort lautet {}",
        "Das Kennwort lautet {}.",
        "Kennwort: {}",
        "PW: {}",
        "pw {}",
        "Zugangsdaten: Benutzer nordlicht4, Passwort {}",
        "Login nordlicht4 / Passwort {}",
        "mein Netflix-Passwort: {}",
        "hab das Passwort auf {} geändert",
        "neues Passwort:\n{}",
        "Passwort vom Router {}",
        "WLAN Gast, Passwort „{}“",
        "Benutzername: nordlicht4, Kennwort: {}",
        "WLAN-Schlüssel: {}",
        "Passwort = {}",
        "das Passwort war {}, glaub ich",
        "mit dem Passwort {} kommst du rein",
    ),
    after_sign=re.compile(r"[:=/„]\s*$| (?:ist|lautet|war|auf) $"),
    pin_frames=(
        "PIN {}",
        "die PIN ist {}",
        "PIN von der EC-Karte: {}",
        "Geheimzahl {}",
        "PIN: {}",
        "dein Bestätigungscode lautet {}",
        "TAN: {}",
        "Code aus der SMS: {}",
        "der SMS-Code ist {}",
        "Handy-PIN {}",
    ),
    logins=(
        "lena.mueller",
        "k.huber",
        "familie-schmitt",
        "j_wagner84",
        "info",
        "praxis.dr.jung",
        "oma.gerda",
        "bewerbung+koeln",
        "T.Bauer",
        "vorstand",
        "jürgen",
        "sekretariat-nord",
    ),
    hosts=(
        "gmx.de",
        "web.de",
        "t-online.de",
        "freenet.de",
        "posteo.de",
        "gmx.at",
        "aon.at",
        "bluewin.ch",
        "hispeed.ch",
        "gmail.com",
        "tsv-musterstadt.de",
        "uni-bielefeld.de",
        "WEB.DE",
        "bücher-keller.de",
    ),
    mail_frames=(
        "schreib mir an {}",
        "meine Mailadresse: {}",
        "E-Mail: {}",
        "Anmeldung bis Freitag an {}!",
        "Mail: {}, Tel. folgt",
        "schick's an {} bitte",
        "unter {} erreichst du sie",
        "Rechnung bitte an {}.",
        "({})",
        "<{}>",
        "Bewerbungen mit Lebenslauf an {} bis 30.6.",
        "{}",
        "hast du meine alte Adresse {} noch?",
    ),
    nicks=(
        "lena.mueller_92",
        "tobi_klettert",
        "die_kathi",
        "hansi1860",
        "frauvonheute",
        "xx_nico_xx",
        "bergfex.tirol",
        "kuchen_uschi",
    ),
    handle_frames=(
        "mein Insta ist {}",
        "Insta: {}",
        "folg mir auf Insta: {}",
        "auf Telegram bin ich {}",
        "bei Twitter heiß ich {}",
        "danke an {} fürs Foto",
        "schreib {} mal an",
        "Foto von {} 📷",
        "{} hat den Link",
    ),
)


def phone(rng: random.Random) -> PlantedItem:
    chance = rng.random()
    if chance < 0.7:
        is_mobile = rng.random() < 0.6
        area = rng.choice(GERMAN_MOBILE if is_mobile else GERMAN_AREAS)
        length = {2: 8, 3: rng.choice((7, 8)), 4: 6}[len(area)]
        if is_mobile:
            length = 8 if area in ("151", "152", "157", "159") else 7
        item = _written(rng.choice(GERMAN_SHAPES), area, _subscriber(rng, length))
    elif chance < 0.85:
        area, length = rng.choice((("664", 7), ("676", 7), ("660", 7), ("699", 8), ("1", 7)))
        item = _written(rng.choice(AUSTRIAN_SHAPES), area, _subscriber(rng, length))
    else:
        area = rng.choice(("76", "77", "78", "79", "44", "31", "61", "71"))
        number = _subscriber(rng, 7)
        item = rng.choice(SWISS_SHAPES).format(a=area, b=number[:3], c=number[3:5], d=number[5:])
    return TALK.place(rng, "phone", distort(rng, item, 0.1), PHONE_FRAMES)


def _subscriber(rng: random.Random, length: int) -> str:
    return str(rng.randint(2, 9)) + random_digits(rng, length - 1)


def _written(shape: str, area: str, number: str) -> str:
    start = len(number) % 2
    pairs = [number[:start]] if start else []
    pairs += [number[i : i + 2] for i in range(start, len(number), 2)]
    threes = [number[i : i + 3] for i in range(0, len(number), 3)]
    return shape.format(a=area, n=number, pairs=" ".join(pairs), threes=" ".join(threes))


def people(seed: int) -> tuple[list[Person], MakeMentions]:
    return [Person(contact.entries) for contact in CONTACTS], lambda rng: [mention(rng)]


ITEM_SET = ItemSet(
    {
        "phone": phone,
        "address": address,
        "iban": iban,
        "card": card,
        "tax id": tax_number,
        "insurance": insurance_number,
        "passport": papers,
        "password": ACCOUNTS.password,
        "e-mail": ACCOUNTS.email,
        "handle": ACCOUNTS.handle,
    },
    people,
    LOOKALIKES.make,
    uses_corpus=True,
)
