"""German, Austrian and Swiss accounts, cards, and numbers of papers, by the rules of their issuers."""

from __future__ import annotations

import random

from first_author.items import PlantedItem

from second_author.documents import card_number
from second_author.german_people import TALK
from second_author.local_items import written_iban
from second_author.talk import random_digits, random_string

IBAN_FRAMES = (
    "IBAN {}",
    "meine IBAN: {}",
    "Bitte auf {} überweisen",
    "Kontoverbindung: {}, Sparkasse",
    "überweis es auf {} danke",
    "Konto {} bei der ING",
    "schick die 40 € an {}",
    "IBAN lautet {}.",
    "Unsere Bankverbindung:\n{}\nVerwendungszweck Klassenfahrt",
    "Spendenkonto {}",
    "{}",
    "die Miete geht künftig auf {}",
    "zahlbar auf {} bis zum 15.",
)
CARD_FRAMES = (
    "Kreditkarte {}",
    "Kartennummer: {}",
    "nimm meine Visa {}",
    "Mastercard {} gültig bis 09/28",
    "die Karte {} bitte sperren lassen",
    "buch den Flug auf {}",
    "{}",
    "Karten-Nr. {}",
    "belasten Sie meine Karte {}.",
)
TAX_FRAMES = (
    "Steuer-ID {}",
    "Steuer-ID: {}",
    "meine Steueridentifikationsnummer ist {}",
    "Steuer-Identifikationsnummer {}",
    "IdNr. {}",
    "Steuer-IdNr.: {}",
    "Die SteuerID der Kleinen ist {}, fürs Kindergeld",
    "die Personalabteilung will meine Steuer-ID, also {}",
    "Identifikationsnummer: {}",
    "steuerid {}",
)
INSURANCE_FRAMES = (
    "Sozialversicherungsnummer {}",
    "Sozialversicherungsnummer: {}",
    "meine SV-Nummer ist {}",
    "SV-Nr. {}",
    "Rentenversicherungsnummer: {}",
    "RV-Nummer {}",
    "SVNR {}",
)
SWISS_INSURANCE_FRAMES = (
    "AHV-Nummer {}",
    "AHV-Nr. {}",
    "AHV: {}",
    "{}",
    "meine AHV-Nummer lautet {}.",
    "Vers.-Nr. {}",
)
PAPERS_FRAMES = (
    "Ausweisnummer {}",
    "Personalausweis {}",
    "Perso-Nr. {}",
    "Personalausweisnummer: {}",
    "meine Ausweisnr ist {}",
    "Nummer vom Ausweis: {}",
    "Reisepass {}",
    "Reisepassnummer: {}",
    "Passnummer {}",
    "Pass-Nr. {}",
    "mein Pass hat die Nummer {}",
    "der Reisepass ({}) läuft 2029 ab",
)


def iban(rng: random.Random) -> PlantedItem:
    item = written_iban(rng, ("DE", "DE", "DE", "AT", "CH"))
    return TALK.place(rng, "iban", item, IBAN_FRAMES)


def card(rng: random.Random) -> PlantedItem:
    return TALK.place(rng, "card", card_number(rng), CARD_FRAMES)


def tax_number(rng: random.Random) -> PlantedItem:
    """Return a Steuer-ID: of its first ten digits, one is there twice and one is not there."""
    first = rng.choice("123456789")
    others = rng.sample([d for d in "0123456789" if d != first], 8)
    others.insert(rng.randrange(9), first)
    body = first + "".join(others)
    product = 10
    for digit in body:
        product = ((product + int(digit)) % 10 or 10) * 2 % 11
    number = body + str((11 - product) % 10)
    shown = rng.choice((number, f"{number[:2]} {number[2:5]} {number[5:8]} {number[8:]}"))
    return TALK.place(rng, "tax id", shown, TAX_FRAMES)


def insurance_number(rng: random.Random) -> PlantedItem:
    """Return a number of the German, Austrian or Swiss social insurance."""
    birthday = f"{rng.randint(1, 28):02d}{rng.randint(1, 12):02d}{rng.randint(40, 99):02d}"
    chance = rng.random()
    if chance < 0.4:
        area, letter, serial = f"{rng.randint(10, 82)}", rng.choice("BGHKLMSW"), rng.randint(2, 99)
        body = f"{area}{birthday}{letter}{serial:02d}"
        figures = f"{area}{birthday}{ord(letter) - 64:02d}{serial:02d}"
        weights = (2, 1, 2, 5, 7, 1, 2, 1, 2, 1, 2, 1)
        products = (int(c) * w for c, w in zip(figures, weights, strict=True))
        number = body + str(sum(p // 10 + p % 10 for p in products) % 10)
        spaced = f"{number[:2]} {number[2:8]} {number[8]} {number[9:]}"
        return TALK.place(rng, "insurance", rng.choice((number, spaced)), INSURANCE_FRAMES)
    if chance < 0.7:
        check = 10
        while check == 10:
            serial = rng.randint(100, 999)
            figures = f"{serial}{birthday}"
            weights = (3, 7, 9, 5, 8, 4, 2, 1, 6)
            check = sum(int(c) * w for c, w in zip(figures, weights, strict=True)) % 11
        shown = rng.choice(("{}{}{}", "{}{} {}")).format(serial, check, birthday)
        return TALK.place(rng, "insurance", shown, INSURANCE_FRAMES)
    body = "756" + random_digits(rng, 9)
    check = -sum(int(c) * (3 if i % 2 else 1) for i, c in enumerate(body)) % 10
    shown = f"{body[:3]}.{body[3:7]}.{body[7:11]}.{body[11]}{check}"
    return TALK.place(rng, "insurance", shown, SWISS_INSURANCE_FRAMES)


def papers(rng: random.Random) -> PlantedItem:
    """Return the number of a German identity card or passport, sometimes with its check digit."""
    letters = "CFGHJKLMNPRTVWXYZ"
    body = rng.choice("LMNPRTVWXY") + random_digits(rng, 2)
    body += random_string(rng, 5, letters + "0123456789") + random_digits(rng, 1)
    values = (int(c, 36) * (7, 3, 1)[i % 3] for i, c in enumerate(body))
    number = body + (str(sum(values) % 10) if rng.random() < 0.4 else "")
    return TALK.place(rng, "passport", number, PAPERS_FRAMES)
