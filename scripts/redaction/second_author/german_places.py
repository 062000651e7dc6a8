"""German, Austrian and Swiss addresses, as people write them to a courier or a friend."""

from __future__ import annotations

import random

from first_author.items import PlantedItem

from second_author.german_people import TALK
from second_author.talk import distort

STREETS = (
    "Hauptstraße",
    "Hauptstr.",
    "Bahnhofstr.",
    "Kirchgasse",
    "Goethestraße",
    "Karl-Marx-Allee",
    "Lindenweg",
    "Schillerplatz",
    "Kurfürstendamm",
    "Unter den Linden",
    "Am Alten Markt",
    "An der Mühle",
    "Im Wiesengrund",
    "Zum Sportplatz",
    "Auf dem Berg",
    "Berliner Allee",
    "Straße des 17. Juni",
    "Schöneberger Ufer",
    "Schönhauser Allee",
    "Alte Gasse",
    "Dorfstraße",
    "Konrad-Adenauer-Ring",
    "Mozartstr.",
    "Frankfurter Landstraße",
    "Kiefernstieg",
    "Elbchaussee",
    "Obere Bergstraße",
    "Prof.-Dr.-Koch-Str.",
    "Sankt-Anna-Platz",
    "Eschenheimer Anlage",
    "Große Bleichen",
    "Neuer Wall",
    "Rosa-Luxemburg-Straße",
    "Holunderpfad",
    "Ludwigkirchstr.",
    "Weinbergstrasse",
    "hauptstraße",
    "Rosenheimer Str.",
    "Bismarckstrasse",
)
AUSTRIAN_STREETS = (
    "Mariahilfer Straße",
    "Neubaugasse",
    "Linzer Gasse",
    "Landstraßer Hauptstraße",
    "Rennweg",
    "Getreidegasse",
    "Praterstraße",
    "Franz-Josefs-Kai",
)
SWISS_STREETS = (
    "Langstrasse",
    "Bahnhofstrasse",
    "Steinenvorstadt",
    "Seestrasse",
    "Spalenberg",
    "Hardturmstrasse",
    "Im Rosengarten",
    "Kramgasse",
)
GERMAN_TOWNS = (
    "80331 München",
    "10115 Berlin",
    "50667 Köln",
    "01067 Dresden",
    "D-20095 Hamburg",
    "79098 Freiburg im Breisgau",
    "60311 Frankfurt am Main",
    "97070 Würzburg",
    "17192 Waren (Müritz)",
    "26121 Oldenburg",
)
AUSTRIAN_TOWNS = ("1070 Wien", "5020 Salzburg", "A-8010 Graz", "6020 Innsbruck")
SWISS_TOWNS = ("8001 Zürich", "CH-3011 Bern", "4051 Basel", "9000 St. Gallen")
HOUSES = (
    "{h}",
    "{h}",
    "{h}",
    "{h}a",
    "{h} b",
    "{h}-{h2}",
    "{h}/{f}",
    "{h}, 3. OG",
    "{h}, 2. Stock links",
    "{h}, Hinterhaus",
    "Nr. {h}",
)
AUSTRIAN_HOUSES = ("{h}/2/{f}", "{h}/{f}", "{h}", "{h}/Stiege 3/Tür {f}", "{h}/Top {f}")
WITHOUT_STREET_WORD = ("berg", "vorstadt")  # recognized by the town only
SHAPES = (
    "{s} {h}",
    "{s} {h}",
    "{s} {h}",
    "{s} {h}, {t}",
    "{s} {h}\n{t}",
    "{t}, {s} {h}",
    "{s} {h} in {t}",
)
WITH_TOWN = tuple(shape for shape in SHAPES if "{t}" in shape)
FRAMES = (
    "ich wohne {}",
    "Adresse: {}",
    "meine neue Adresse ist {}",
    "komm zur {}",
    "wir sind in die {} gezogen",
    "Lieferung bitte an {}",
    "Treffpunkt {}, um 19 Uhr",
    "Anschrift: {}",
    "das Paket liegt in der {} beim Nachbarn",
    "die Praxis ist {}",
    "{}",
    "Wohnung frei! {}, 3 Zimmer, 85 qm",
    "wir feiern in der {}, klingel bei Schmitt",
    "Geliefert nach:\n{}",
    "fahr mit der 5 bis zum Markt, dann {}",
    "Oma wohnt jetzt {}",
    "hol mich {} ab, bin ab 8 da",
    "Sie finden uns: {} (Eingang im Hof)",
)


def address(rng: random.Random) -> PlantedItem:
    house, flat = rng.randint(1, 180), rng.randint(1, 40)
    chance = rng.random()
    if chance < 0.7:
        street, town, number = rng.choice(STREETS), rng.choice(GERMAN_TOWNS), rng.choice(HOUSES)
    elif chance < 0.85:
        street, town = rng.choice(AUSTRIAN_STREETS), rng.choice(AUSTRIAN_TOWNS)
        number = rng.choice(AUSTRIAN_HOUSES)
    else:
        street, town = rng.choice(SWISS_STREETS), rng.choice(SWISS_TOWNS)
        number = rng.choice(("{h}", "{h}a"))
    shapes = SHAPES if not street.endswith(WITHOUT_STREET_WORD) else WITH_TOWN
    number = number.format(h=house, h2=house + 2, f=flat)
    item = rng.choice(shapes).format(s=street, h=number, t=town)
    return TALK.place(rng, "address", distort(rng, item, 0.06), FRAMES)
