"""Tests of the detection of chats in plain text, and of texts that begin as one."""

import pytest
from support.chat_exports import kakaotalk_text, line_text, private_chat, signal_text, whatsapp_text
from support.chat_layouts import TEXTS

from morris_mlx.collect.chats.detect_format import detect_format
from morris_mlx.collect.chats.detect_text import detect_text_format
from morris_mlx.collect.chats.export_format import ExportFormat, ReadAs

ONE = private_chat("Ann", "Hello there.", "me: Yes?", "So.", "me: Well.")


@pytest.mark.parametrize(
    ("text", "format_"),
    [
        (whatsapp_text(ONE), ExportFormat.WHATSAPP),
        (kakaotalk_text(ONE), ExportFormat.KAKAOTALK),
        (line_text(ONE), ExportFormat.LINE),
        (signal_text(ONE), ExportFormat.SIGNAL),
        (
            "[2019-05-29, 15:04] Me: How are you?\n[2019-05-29, 15:10] Ann: Well.",
            ExportFormat.SIGNAL,
        ),
        ("2019-05-29 15:04 You: How are you?\n2019-05-29 15:10 Ann: Well.", ExportFormat.SIGNAL),
    ],
)
def test_a_program_is_known_by_its_layout(text, format_):
    assert detect_text_format(text) is format_


@pytest.mark.parametrize("kind", TEXTS)
def test_a_text_is_no_chat(kind):
    assert detect_text_format(TEXTS[kind]) is None


def test_a_story_that_begins_as_a_chat_is_a_text_unless_the_user_says_otherwise():
    story = "[12/03/2024, 18:00] Mission log: day one.\n\nThe captain says so.\n\nI asked him."
    assert detect_text_format(story) is None
    assert detect_text_format(story, ReadAs.CHAT) is ExportFormat.WHATSAPP
    assert detect_text_format(TEXTS["a log"], ReadAs.CHAT) is ExportFormat.WHATSAPP


def test_a_sparse_chat_with_a_notice_of_whatsapp_is_no_log():
    log = TEXTS["a log"].replace("Lunch: the last of the eggs.", "Lunch: <Media omitted>")
    assert detect_text_format(log) is ExportFormat.WHATSAPP


def test_a_letter_that_begins_with_from_is_no_mail():
    assert detect_format(b"From the window I can see it.\nDear-Mother: I write this.") is None
    assert (
        detect_format(b"From ann@example.org Mon Mar 4 10:00:00 2024\nTo: x") is ExportFormat.MAIL
    )
    assert detect_format(b"From - Mon Mar 04 10:00:00 2024\nTo: x") is ExportFormat.MAIL
    assert detect_format(b"From ann@example.org Mon\nTo: x", ReadAs.TEXT) is None
