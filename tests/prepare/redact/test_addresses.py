"""Tests of addresses: private ones, and world-famous ones."""

import pytest

from morris_mlx.prepare.redact.addresses import find_addresses


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("The letter went to 14, Glover Street, Streatham.", ["14, Glover Street, Streatham"]),
        ("Nothing came out of 10 Downing Street today.", []),
        ("I live at 10 Downing Street.", ["10 Downing Street"]),
        ("110 Downing Street is a bakery.", ["110 Downing Street"]),
        ("A client climbs the stairs of 221B Baker Street.", []),
        ("A client climbs the stairs of 22 Baker Street.", ["22 Baker Street"]),
    ],
)
def test_an_address_is_found_unless_it_stands_for_an_office(text, found):
    assert [text[hit.start : hit.end] for hit in find_addresses(text)] == found
