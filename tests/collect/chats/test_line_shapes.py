"""Tests of the shapes of lines: chats of many programs, and texts that have times and colons."""

import pytest
from support.chat_layouts import CHATS, TEXTS, made_chat

from morris_mlx.collect.chats.line_shapes import is_chat


def not_blank(text: str) -> list[str]:
    return [line for line in text.splitlines() if line.strip()]


@pytest.mark.parametrize("program", CHATS)
def test_a_chat_of_any_program_has_the_shape_of_a_chat(program):
    assert is_chat(not_blank(made_chat(CHATS[program])))


@pytest.mark.parametrize("kind", TEXTS)
def test_a_text_with_times_and_colons_is_no_chat(kind):
    assert not is_chat(not_blank(TEXTS[kind]))
