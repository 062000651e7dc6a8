"""Spanish addresses: ways of Spain and Latin America, floors, and grids of numbered streets."""

from __future__ import annotations

import pytest

from morris_mlx.prepare.redact.redactor import Redactor


def said(text: str) -> str:
    return Redactor((), ()).redact_message(text)


@pytest.mark.parametrize(
    ("text", "redacted"),
    [
        ("vivo en la C/ Mayor, 12, 3º B", "vivo en la [address]"),
        ("quedamos en calle de Toledo 8 a las 9", "quedamos en [address] a las 9"),
        ("Avda. del Puerto nº 15, bajo dcha.", "[address]"),
        ("Pº de la Habana 120, 28036 Madrid", "[address]"),
        ("Plaza Nueva, s/n", "[address]"),
        ("Carrer de València 23, 4t", "[address], 4t"),
        ("Av. Insurgentes Sur 1602, Col. Crédito Constructor, C.P. 03940", "[address]"),
        ("Carrera 15 # 93-60, apto 501", "[address]"),
        ("Av. Rivadavia 4500, piso 3, depto. A, CABA", "[address]"),
        ("Jr. de la Unión 300, Lima", "[address]"),
        ("mandalo al apartado de correos 1234", "mandalo al [address]"),
    ],
)
def test_addresses_are_redacted_as_people_write_them(text, redacted):
    assert said(text) == redacted


@pytest.mark.parametrize(
    "text",
    [
        "en la calle había 3 policías",
        "Plaza de garaje 14 en venta",
        "camino de Santiago, etapa 4",
        "el paseo 20 minutos más",
        "la avenida, a las 12",
        "carretera N-340 cortada",
        "Ronda 3 de Naciones",
        "diagonal 7 cm",
    ],
)
def test_other_ways_with_numbers_are_kept(text):
    assert said(text) == text
