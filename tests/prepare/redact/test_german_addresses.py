"""German addresses: streets by their ending, by a word before them, and by a town beside them."""

from __future__ import annotations

import pytest

from morris_mlx.prepare.redact.redactor import Redactor


def said(text: str) -> str:
    return Redactor((), ()).redact_message(text)


@pytest.mark.parametrize(
    ("text", "redacted"),
    [
        ("wir wohnen Talstr. 5b, 2. Stock rechts.", "wir wohnen [address]."),
        ("in der Rosa-Luxemburg-Straße 84 brennt Licht", "in der [address] brennt Licht"),
        ("Kaffee in der Frankfurter Allee 12-14?", "Kaffee in der [address]?"),
        ("am Platz der Einheit 3 um 8", "am [address] um 8"),
        ("geh zur gartenstraße 7", "geh zur [address]"),
        ("ich wohne An der Alten Mühle 7", "ich wohne [address]"),
        ("Adresse: Oberer Kirchberg 9", "Adresse: [address]"),
        ("Spitalgasse 14, 3011 Bern", "[address]"),
        ("Neubaugasse 12/3/17, A-1070 Wien", "[address]"),
        ("Im Grund 4\n79098 Freiburg im Breisgau", "[address]"),
        ("01067 Dresden, Neustädter Markt 8", "[address]"),
        ("Post an Postfach 12 34 56", "Post an [address]"),
    ],
)
def test_addresses_are_redacted_as_people_write_them(text, redacted):
    assert said(text) == redacted


@pytest.mark.parametrize(
    "text",
    [
        "die Hauptstraße ist gesperrt",
        "auf der Straße lagen 3 Reifen",
        "Parkplatz 14 ist frei",
        "ein Umweg 20 Minuten lang",
        "Der Heimweg 3 km am Bach entlang",
        "Im Zimmer 12 zieht es",
        "wir treffen uns Am Montag 9 Uhr",
        "die Bergstraße 2019 saniert",
        "Lindenweg 8 Uhr morgens",
        "Teil DE35 5156 1359 Stück",
        "Gleis 7, Wagen 12",
    ],
)
def test_other_places_with_numbers_are_kept(text):
    assert said(text) == text
