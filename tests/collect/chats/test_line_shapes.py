"""Tests of the shapes of lines: chats of many programs, and texts that have times and colons."""

import pytest
from support.chat_layouts import CHATS, TEXTS, made_chat

from morris_mlx.collect.chats.line_shapes import ShapedMessage, is_chat, is_log


def not_blank(text: str) -> list[str]:
    return [line for line in text.splitlines() if line.strip()]


@pytest.mark.parametrize("program", CHATS)
def test_a_chat_of_any_program_has_the_shape_of_a_chat(program):
    assert is_chat(not_blank(made_chat(CHATS[program])))


@pytest.mark.parametrize("kind", TEXTS)
def test_a_text_with_times_and_colons_is_no_chat(kind):
    assert not is_chat(not_blank(TEXTS[kind]))


def test_hours_between_small_entries_of_many_labels_make_a_log():
    hours = [ShapedMessage(name, 180 * n, "went on") for n, name in enumerate(("A", "B", "C", "A"))]
    assert is_log(hours, 4)
    minutes = [ShapedMessage(name, n, "went on") for n, name in enumerate(("A", "B", "A", "B"))]
    assert not is_log(minutes, 4)
    assert is_log(hours[:1], 9) and not is_log(hours[:1], 1)
