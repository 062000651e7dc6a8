"""Tests of lines of Markdown that are not text."""

import pytest

from morris_mlx.collect.readers.markdown import parse_markdown
from morris_mlx.collect.readers.markdown_source import clean_source


def lines(text):
    return [line for line in clean_source(text).split("\n") if line.strip()]


def test_notes_and_their_marks_are_removed():
    text = (
        "One.[^1] Two^[inline] three.[^long]\n\n[^1]: The first\n goes on.\n[^long]:\n    Long.\n\n"
        "    Its second paragraph.\n\nAfter.\n"
    )
    assert lines(text) == ["One. Two three.", "After."]


def test_code_is_removed_and_cannot_open_a_mark():
    text = "a\n\n```js\n%% {{< x\n```\n\nb\n\n~~~~\n```\n~~~~\n\nc %%d%%\n"
    assert lines(text) == ["a", "b", "c "]


def test_verse_in_a_fence_is_text():
    assert lines("```poem\nOne line,\nanother\n```") == ["One line,  ", "another  "]


def test_a_fence_that_is_never_closed_does_not_take_the_text():
    text = "a\n\n```\nThis is prose, and it goes on.\n\nNobody closed it."
    assert lines(text) == ["a", "This is prose, and it goes on.", "Nobody closed it."]
    assert lines("a\n\n```\nx = f(1)\n") == ["a"]


@pytest.mark.parametrize("line", ["status:: done", "::: note", "[TOC]", "{: .lead}", "*[A]: B"])
def test_instructions_are_removed(line):
    assert lines(f"a\n\n{line}\n\nb") == ["a", "b"]


def test_definitions_and_tight_headings_are_read():
    assert lines("Term\n: Its meaning") == ["Term", "Its meaning"]
    assert lines("##Later\n\na") == ["## Later", "a"]
    assert lines("#On rain\n\na") == ["# On rain", "a"]
    assert lines("#tag\n\na") == ["#tag", "a"]


def test_spans_and_line_blocks_of_pandoc_keep_their_words_and_lines():
    text = parse_markdown("A [small]{.smallcaps} word.\n\n| Low tide,\n| and so am I.\n\nEnd.").text
    assert text == "A small word.\n\nLow tide,\nand so am I.\n\nEnd."
    assert "day" not in parse_markdown("Text.\n\n| day | fish |\n|---|---|\n| Mon | cod |").text
