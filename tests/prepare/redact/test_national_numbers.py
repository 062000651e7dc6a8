"""Identity, tax and insurance numbers: by their words, or by form and check digits without one."""

from __future__ import annotations

import pytest

from morris_mlx.prepare.redact.national_numbers import find_national_numbers
from morris_mlx.prepare.redact.redactor import Redactor


def said(text: str) -> str:
    return Redactor((), ()).redact_message(text)


@pytest.mark.parametrize(
    ("text", "redacted"),
    [
        ("meine Steuer-ID ist 86 095 742 719", "meine Steuer-ID ist [id-number]"),
        ("Steuernummer: 12/345/67890", "Steuernummer: [id-number]"),
        ("Sozialversicherungsnummer 15070649C103", "Sozialversicherungsnummer [id-number]"),
        ("SV-Nr. 1237 010180", "SV-Nr. [id-number]"),
        ("AHV-Nr. 756.9217.0769.85", "AHV-Nr. [id-number]"),
        ("con DNI nº 54.362.315-K, mayor de edad", "con DNI nº [id-number], mayor de edad"),
        ("NIE X-2482300-W", "NIE [id-number]"),
        ("NUSS 28/12345678/40", "NUSS [id-number]"),
        ("mi DNI es 30.123.456 y vivo acá", "mi DNI es [id-number] y vivo acá"),
        ("cédula de ciudadanía 1.020.345.678", "cédula de ciudadanía [id-number]"),
        ("CUIL: 20055361682", "CUIL: [id-number]"),
        ("RFC GODE561231GR8", "RFC [id-number]"),
        ("mi rut es 12531909-2", "mi rut es [id-number]"),
        ("CLABE 032180000118359719", "CLABE [iban]"),
        ("my SSN is 536-90-4399", "my SSN is [id-number]"),
        ("NI number: AB 12 34 56 C", "NI number: [id-number]"),
        ("PESEL 44051401359", "PESEL [id-number]"),
    ],
)
def test_a_number_after_its_word_is_redacted(text, redacted):
    assert said(text) == redacted


@pytest.mark.parametrize(
    "number",
    [
        "54362315K",  # Spain
        "X2482300W",
        "756.9217.0769.85",  # Switzerland
        "20-05536168-2",  # Argentina
        "BOXW310820HNERXN09",  # Mexico
        "12.531.909-2",  # Chile
        "390.533.447-05",  # Brazil
        "RCCMNL83S18D969H",  # Italy
        "2 95 10 99 126 111 93",  # France
    ],
)
def test_without_a_word_the_check_digits_decide(number):
    assert said(f"Apunta: {number}, ¿vale?") == "Apunta: [id-number], ¿vale?"
    at = max(i for i, c in enumerate(number) if c.isdigit())
    wrong = number[:at] + str((int(number[at]) + 1) % 10) + number[at + 1 :]
    assert not list(find_national_numbers(f"Apunta: {wrong}, ¿vale?"))


@pytest.mark.parametrize(
    "text",
    [
        "ref. 54362315K",  # the number of a thing
        "12.531.909 habitantes",
        "cuesta 54.362.315 y medio",
        "Seite 86 095 742 719",
        "ich hab meine Steuer-ID verlegt",
        "Nie 12345678 gewählt",
        "Ley 12/2015, de 24 de junio",
    ],
)
def test_numbers_of_other_things_are_kept(text):
    assert said(text) == text
