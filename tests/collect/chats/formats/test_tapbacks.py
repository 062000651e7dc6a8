"""Tests of tapbacks as text: the quotation is an earlier message of the chat."""

import pytest

from morris_mlx.collect.chats.formats.tapbacks import TapbackDetector

SAID = "It was in at nine and out at ten."


@pytest.fixture
def detector():
    made = TapbackDetector()
    for text in (SAID, "Is the boat in?", "Ok"):
        made.add(text)
    return made


@pytest.mark.parametrize(
    "text",
    [
        f"Removed a heart from “{SAID}”",
        f"Removed an exclamation mark from “{SAID}”",
        f"Reacted with a sticker to “{SAID}”",
        'Liked "It was in at nine"',
        'Emphasized "It was in at…"',
        "Le encantó “Is the boat in?”",
        "A aimé « Is the boat in? »",
        "a réagi avec 🔥 à « Is the boat in? »",
        "Hat „Is the boat in?“ mit 😂 kommentiert",
        "Gefällt „Is the boat in?“",
        "Понравилось «Is the boat in?»",
        "「Is the boat in?」にハートをつけました",
        "Loved “Ok”",
        "Pidetty viesti ”Is the boat in?”",
        "Loved an image",
        "Removed a heart from an image",
    ],
)
def test_a_quotation_of_an_earlier_message_is_a_tapback(detector, text):
    assert detector.is_tapback(text)


@pytest.mark.parametrize(
    "text",
    [
        "Loved the soup, by the way",
        "Loved “The Third Man”",
        "“Is the boat in?”",
        "You wrote “Ok” and then left",
        "She asked “Is the boat in?” again and again and again, I swear",
        "See you there then.",
        "",
    ],
)
def test_other_messages_are_no_tapbacks(detector, text):
    assert not detector.is_tapback(text)


def test_a_message_of_another_chat_is_no_earlier_message():
    assert not TapbackDetector().is_tapback(f"Loved “{SAID}”")
