"""The first German set: contacts with particles and word surnames, their mentions, look-alikes."""

from __future__ import annotations

import random
import string

from item_set import ItemSet, MakeMentions

from first_author.items import PlantedItem, disguise, place, random_digits, random_string
from first_author.numbers import iban_number
from morris_mlx.text.pii import Person

# Given name, particles, surname; a surname with * is an ordinary word.
PEOPLE = (
    ("Ursula", "von der", "*Aue"),
    ("Jan", "van der", "*Berg"),
    ("Peter", "", "*Koch"),
    ("Hans", "", "*König"),
    ("Sabine", "", "*Braun"),
    ("Petra", "", "*Klein"),
    ("Uwe", "", "*Lang"),
    ("Frank", "zu", "*Stein"),
    ("Otto", "", "*Richter"),
    ("Jürgen", "", "Schröder"),
    ("Käthe", "", "Ahlgrimm"),
    ("Zeynep", "", "Arslantürk"),
    ("Karl-Heinz", "", "Pröpper"),
    ("Annegret", "vom", "*Bach"),
    ("Thorben", "", "Quitzow"),
    ("Wiebke", "", "Lüdtke"),
)
NICKNAMES = ("Der Chef", "Kleine Maus", "Nicht Heute", "Schwarzer Kaffee", "Mama", "Zahnarzt")
FRAMES = (
    "{} hat gestern angerufen",
    "Hast du {} gesehen?",
    "mit {} war ich im Kino",
    "Das war die Idee von {}.",
    "Frag doch {}, nicht mich.",
    "ich warte auf {}",
    "Gestern Abend kam {} noch vorbei.",
    "Grüße an {}!",
    "für {} nehmen wir einen Kuchen mit",
    "Ohne {} fangen wir nicht an.",
    "{} sagte nichts dazu",
    "Heute ist {} krank.",
    "das hier ist {}",
)
# A surname that is a word, alone: a title or a verb shows the person.
TITLED = (
    "Frau {} ist heute nicht da.",
    "Das soll Herr {} entscheiden.",
    "ich habe Herrn {} gefragt",
    "Bei Familie {} brennt noch Licht.",
    "{} sagte nein.",
)
EMAILS = ("schreib mir an {}", "Meine Adresse: {}.", "Bitte an {} senden", "{}", "Mail: {}")
PHONES = (
    "Ruf an: {}",
    "Tel. {}",
    "meine neue Nummer ist {}",
    "Telefon: {}.",
    "unter {} erreichbar",
)
IBANS = ("Bitte auf {} überweisen", "IBAN {}", "Konto: {}", "die IBAN lautet {}")
LOGINS = ("p.koch", "wiebke_l", "info", "uwe-lang77", "buero", "j.schroeder")
HOSTS = ("web.de", "gmx.net", "t-online.de", "posteo.de", "uni-kiel.de", "handwerk-pröpper.de")
WORDS_IN_USE = (
    "Der Koch kam nicht, und die Suppe blieb kalt.",
    "Ich komme von der Arbeit.",
    "Der König der Möwen saß auf dem Pfahl.",
    "Am Berg lag noch Schnee, und der Bach war zu.",
    "Der Hund lief von der Brücke bis an den Rand der Wiese.",
    "Ein kleiner Mann mit einem großen Schirm.",
    "Das Kleid war braun, und die Schuhe waren es auch.",
    "Wie lang ist der Weg zu Fuß?",
    "Der Richter las das Urteil vor.",
    "Ein Stein fiel vom Dach.",
    "Es ist klein, aber mein.",
    "Die Aue stand unter Wasser.",
    "Nicht heute, morgen vielleicht.",
    "Ich trinke schwarzen Kaffee am Morgen.",
    "Die kleine Maus saß im Keller.",
    "Der Chef ist heute nicht da.",
    "zum Stein gehört ein Bach, vom Berg ganz zu schweigen",
    "Von der Sache weiß ich nichts, und zu spät ist es auch.",
    "So lang die Tage sind, so kurz sind die Nächte.",
    "Wer zu spät kommt, den straft das Leben.",
    "Der Zahnarzt hat um neun geöffnet.",
    "Koch den Tee nicht zu lang.",
)


def _people(seed: int) -> tuple[list[Person], MakeMentions]:
    contacts = [" ".join(part for part in _parts(person) if part) for person in PEOPLE]
    return [Person((contact,)) for contact in (*contacts, *NICKNAMES)], _mention


def _parts(person: tuple[str, str, str]) -> tuple[str, str, str]:
    given, particles, surname = person
    return given, particles, surname.removeprefix("*")


def _mention(rng: random.Random) -> list[PlantedItem]:
    """Return a mention by the given name, the surname or the full name."""
    person = rng.choice(PEOPLE)
    given, particles, surname = _parts(person)
    is_word = person[2].startswith("*")
    way = rng.randrange(4)
    if way == 0:
        return [_said(rng, given, FRAMES, lower=rng.random() < 0.2, genitive=rng.random() < 0.1)]
    if way == 1:
        frames = TITLED if is_word else FRAMES + TITLED
        return [_said(rng, surname, frames, lower=not is_word and rng.random() < 0.2)]
    whole = " ".join(part for part in (given, particles, surname) if part)
    return [_said(rng, whole, FRAMES, lower=rng.random() < 0.2)]


def _said(
    rng: random.Random,
    item: str,
    frames: tuple[str, ...],
    *,
    lower: bool = False,
    genitive: bool = False,
) -> PlantedItem:
    if lower:
        item = item.lower()
    elif rng.random() < 0.1:
        item = item.translate(str.maketrans({"ü": "ue", "ö": "oe", "ä": "ae"}))
    if genitive and item[-1] not in "szx":
        return place(rng, "name", item + "s", ("{} Auto steht vor der Tür", "Ich mag {} Hund."))
    return place(rng, "name", disguise(rng, item, 0.05), frames)


def _email(rng: random.Random) -> PlantedItem:
    login = rng.choice(LOGINS)
    if rng.random() < 0.4:
        login = random_string(rng, string.ascii_lowercase, 6) + random_digits(rng, 2)
    host = rng.choice(HOSTS)
    item = f"{login} (at) {host}" if rng.random() < 0.15 else f"{login}@{host}"
    return place(rng, "e-mail", item, EMAILS)


def _phone(rng: random.Random) -> PlantedItem:
    mobile = rng.choice(("151", "160", "170", "176", "179"))
    rest = rng.choice("23456789") + random_digits(rng, 6)
    item = rng.choice(
        (
            f"+49 {mobile} {rest}",
            f"0{mobile} {rest}",
            f"0{mobile}/{rest}",
            f"0049 {mobile} {rest[:3]} {rest[3:]}",
            f"+49 (0) {mobile} {rest}",
            f"+49 30 {rest}",
        )
    )
    return place(rng, "phone", item, PHONES)


def _iban(rng: random.Random) -> PlantedItem:
    item = iban_number("DE", random_digits(rng, 18))
    if rng.random() < 0.6:
        item = " ".join(item[i : i + 4] for i in range(0, len(item), 4))
    return place(rng, "iban", item, IBANS)


def _number(rng: random.Random, low: int, high: int) -> int:
    return rng.randint(low, high)


def _lookalike(rng: random.Random) -> tuple[str, str]:
    """Return words of the contacts in ordinary use, or a number that is nothing private."""
    if rng.random() < 0.6:
        return "words", rng.choice(WORDS_IN_USE)
    day, month, year = _number(rng, 1, 28), _number(rng, 1, 12), _number(rng, 1950, 2024)
    euros = f"{_number(rng, 1, 9)}.{random_digits(rng, 3)},{random_digits(rng, 2)}"
    return rng.choice(
        (
            ("date", f"am {day:02}.{month:02}.{year} um {_number(rng, 7, 21)}:30 Uhr"),
            ("date", f"zwischen {year} und {year + 20}, dann noch einmal"),
            ("price", f"das kostet {euros} Euro, netto"),
            ("price", f"{_number(rng, 100, 900)},- € für den Kuchen"),
            ("order", f"Bestellung {random_digits(rng, 6)} ist unterwegs"),
            ("score", f"wir haben {_number(rng, 0, 9)}:{_number(rng, 0, 9)} verloren"),
            ("measure", f"{_number(rng, 10, 99)} km bis zum Berg, {_number(rng, 100, 900)} m hoch"),
            ("paragraph", f"§ {_number(rng, 1, 900)} Abs. {_number(rng, 1, 9)} BGB"),
        )
    )


ITEM_SET = ItemSet(
    {"e-mail": _email, "phone": _phone, "iban": _iban}, _people, _lookalike, uses_corpus=True
)
