"""Tests of the removal of signatures: contact details, notices, repeated blocks."""

import pytest

from morris_mlx.collect.chats.formats.mail_signature import (
    remove_ending,
    remove_signature,
    repeated_endings,
)

TEXT = "I went down at nine and the paint was wet."


@pytest.mark.parametrize(
    "signature",
    [
        "Best regards,\n\nIvo Brandt\nPainter | Brandt & Sons Ltd\n+44 7700 900999",
        "Mit freundlichen Grüßen\nIvo Brandt\nTel. 030 123456",
        "Cordialement,\nIvo Brandt\nwww.brandt.example",
        "С уважением,\nИво Брандт\n+7 495 000-00-00",
        "Ivo Brandt\nPainter of gates\n+44 7700 900999\nivo@example.org",
        "This e-mail is confidential and intended solely for the addressee.\nDelete it.",
        "Diese E-Mail ist vertraulich und nur für den Empfänger bestimmt.",
        "Please consider the environment before printing this.",
    ],
)
def test_contact_details_and_notices_are_removed(signature):
    assert remove_signature(f"{TEXT}\n\n{signature}\n") == TEXT


@pytest.mark.parametrize(
    "text",
    [
        f"{TEXT}\n\nBest,\nIvo",
        f"{TEXT}\n\nLove,\nIvo",
        f"{TEXT}\n\nThe page is https://example.org/gate if you want to see it.",
        f"{TEXT}\n\nCall me: +44 7700 900999",
        "www.example.org\n+44 7700 900999",
        TEXT,
    ],
)
def test_typed_endings_stay(text):
    assert remove_signature(text) == text


def test_a_block_that_many_mails_end_with_is_removed():
    block = "Ivo Brandt\nPainter of gates\nHarbour Lane"
    mails = [f"Mail {n} about a gate.\n\n{block}" for n in range(3)] + ["Short one."]
    endings = repeated_endings(mails)
    assert [remove_ending(m, endings) for m in mails[::3]] == ["Mail 0 about a gate.", "Short one."]
    assert not repeated_endings([f"Mail {n}.\n\nYours,\nIvo" for n in range(9)])
    assert remove_ending(block, endings) == block
