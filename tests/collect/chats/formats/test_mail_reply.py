"""Tests of the removal of quotations and signatures."""

import pytest

from morris_mlx.collect.chats.formats.mail_reply import extract_reply


@pytest.mark.parametrize(
    ("body", "typed"),
    [
        (
            "Yes.\n\nOn Tue, 14 Nov 2023 at 22:13, Ann <ann@example.org> wrote:\n> Hi.\n> Ho.\n",
            "Yes.",
        ),
        ("Да.\n\n14 нояб. 2023 г., 22:13 Ann <ann@example.org>:\n\n> Hi.\n", "Да."),
        ("Ja.\n\nAm 14.11.2023 um 22:13 schrieb\nAnn <ann@example.org>:\n> Hi.\n", "Ja."),
        ("> Hi.\nHo.\n> Who?\nMe: and you.\n", "Ho.\nMe: and you."),
        ("Yes.\n-- \nIvo Brandt\nGardener\n", "Yes."),
        ("Yes.\n\nSent from my iPhone\n", "Yes."),
        ("Yes.\n\nSent from Outlook for Android\n", "Yes."),
        ("Да.\n\nОтправлено с iPhone\n", "Да."),
        ("Да.\n\nОтправлено с моего iPhone\n", "Да."),
        ("A letter sent from my hand.\n", "A letter sent from my hand."),
        ("Yes.\n\n-----Original Message-----\nFrom: Ann\nHi.\n", "Yes."),
        ("Yes.\n\nFrom: Ann <ann@example.org>\nSent: Tuesday\nTo: Ivo\n\nHi.\n", "Yes."),
        ("Note these:\n\n- one\n- two -- three\n", "Note these:\n\n- one\n- two -- three"),
        (">From here on it is mine.\n", "From here on it is mine."),
    ],
)
def test_quotations_and_signatures_are_removed(body, typed):
    assert extract_reply(body).strip() == typed
