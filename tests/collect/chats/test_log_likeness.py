"""Tests of logs, agendas and verses, and of chats that resemble them in one respect."""

import pytest
from support.chat_layouts import SAID, TEXTS

from morris_mlx.collect.chats.detect_text import detect_text_format
from morris_mlx.collect.chats.log_likeness import ShapedMessage, is_log


def entries(names, minutes, texts, day=None):
    rows = zip(names, minutes, texts, strict=True)
    return [ShapedMessage(name, time, text, day) for name, time, text in rows]


def test_hours_between_small_entries_of_many_labels_make_a_log():
    hours = [ShapedMessage(name, 180 * n, "went on") for n, name in enumerate(("A", "B", "C", "A"))]
    assert is_log(hours, 4)
    minutes = [ShapedMessage(name, n, "went on") for n, name in enumerate(("A", "B", "A", "B"))]
    assert not is_log(minutes, 4)
    assert is_log(hours[:1], 9) and not is_log(hours[:1], 1)


@pytest.mark.parametrize("kind", TEXTS)
def test_a_text_with_times_is_not_a_chat(kind):
    assert detect_text_format(TEXTS[kind]) is None


PEOPLE = ("Greta", "Ivo") * 3
CHATS = {
    "at round times": entries(PEOPLE, range(600, 720, 20), SAID),
    "with a day's round times": entries(PEOPLE, range(600, 720, 20), ["so"] * 6, day=1),
    "in lower case": entries(PEOPLE, range(600, 606), [text.lower() for text in SAID]),
    "hours apart": entries(PEOPLE, range(0, 1440, 240), SAID),
    "of three in turns": entries(("A", "B", "C") * 2, range(600, 630, 5), SAID),
    "of a person called Info": entries(("Info", "Ivo") * 3, range(600, 606), SAID),
    "with some numbers": entries(PEOPLE, range(600, 606), ["5", "7", "ok", "who?", "9", "no"]),
    "of one sentence a minute": entries(["Greta"] * 3 + ["Ivo"] * 3, range(600, 606), SAID, day=1),
    "of numbered speakers": entries(
        ("Speaker 1", "Speaker 2") * 3, range(600, 618, 3), ["The boat is in."] * 6
    ),
    "without an address": entries(PEOPLE, range(600, 606), ["The boat is in."] * 6),
}


@pytest.mark.parametrize("kind", CHATS)
def test_a_chat_with_a_sign_of_a_log_stays_a_chat(kind):
    assert not is_log(CHATS[kind], 6)
