"""Phone numbers, passwords and passports as people write them in German and Spanish."""

from __future__ import annotations

import pytest

from morris_mlx.prepare.redact.phones import choose_regions
from morris_mlx.prepare.redact.redactor import Redactor


def said(text: str) -> str:
    return Redactor((), ("DE", "AT", "CH", "ES", "MX")).redact_message(text)


@pytest.mark.parametrize(
    "number",
    [
        "0711 / 8 90 83 86",
        "+49 (0) 174/7 88 89 09",
        "0421 680 501 26",
        "069-83883558",
        "01/512 34 56",
        "078/890 18 41",
        "0664 123 45 67",
        "612 345 678",
        "612345678",
        "91-2345678",
        "55 4321 1234",
    ],
)
def test_national_phones_are_found_without_a_word(number):
    assert said(f"Hola {number}, ok") == "Hola [phone], ok"


@pytest.mark.parametrize(
    "text",
    [
        "Aktenzeichen 0964/2023",
        "978-0-52-820788-4",
        "612 345 678 habitantes",
        "pedido 612345678",
        "Bestellnr. 0973 3883458",
        "05/2019 und 07/2020",
        "612 000 000 de dólares",
    ],
)
def test_numbers_that_only_look_like_phones_are_kept(text):
    assert said(text) == text


def test_regions_follow_from_the_letters_of_a_language():
    german = "Für die Übung brauchen wir früh genügend Stühle. " * 5
    spanish = "Mañana el niño cumple años. ¿Vienes a la montaña? " * 5
    turkish = "Günaydın, bugün çok güzel bir gün, çünkü ısındı. " * 5
    assert choose_regions([german])[-3:] == ("DE", "AT", "CH")
    assert choose_regions([spanish])[-2:] == ("ES", "MX")
    assert choose_regions([turkish]) == choose_regions(["hello there, how are you"])


@pytest.mark.parametrize(
    ("text", "redacted"),
    [
        ("das WLAN-Passwort lautet Igelball", "das WLAN-Passwort lautet [password]"),
        ("Kennwort: igelball", "Kennwort: [password]"),
        ("hab das Passwort auf igelball geändert", "hab das Passwort auf [password] geändert"),
        ("WLAN Gast, Passwort „igelball“", "WLAN Gast, Passwort „[password]“"),
        ("die PIN von der EC-Karte: 4831", "die PIN von der EC-Karte: [password]"),
        ("Code aus der SMS: 392011", "Code aus der SMS: [password]"),
        ("la contraseña del wifi es erizo", "la contraseña del wifi es [password]"),
        ("contraseña WiFi: erizo77", "contraseña WiFi: [password]"),
        ("la clave es Erizo77", "la clave es [password]"),
        ("el pin de la tarjeta es 4831", "el pin de la tarjeta es [password]"),
        ("mot de passe : herisson9", "mot de passe : [password]"),
        ("Reisepass C01X00T471", "Reisepass [passport]"),
        ("nº de pasaporte PAA123456", "nº de pasaporte [passport]"),
    ],
)
def test_secrets_and_passports_are_found_in_other_languages(text, redacted):
    assert said(text) == redacted


@pytest.mark.parametrize(
    "text",
    [
        "das Passwort ist falsch",
        "Passwort vergessen?",
        "Das Passwort muss 8 Zeichen haben",
        "la contraseña es incorrecta",
        "la clave es la paciencia y 3 amigos",
        "la clave es trabajar mucho",
        "clave de sol, clave de fa",
        "estoy en contra del cambio",
        "die PIN eingeben",
        "der Pass über den Berg ist gesperrt",
    ],
)
def test_sentences_about_secrets_are_kept(text):
    assert said(text) == text


def test_a_number_without_a_known_form_is_found_after_the_word_telephone():
    redactor = Redactor((), ("US", "GB"))
    made = redactor.redact_document("My telephone is 01632 960123. Telephone: 555 0123")
    assert made == "My telephone is [phone]. Telephone: [phone]"
