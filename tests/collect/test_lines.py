"""Tests of line breaks: those of programs, of paragraphs and of verse."""

import textwrap

import pytest

from morris_mlx.collect.lines import (
    are_paragraphs,
    is_separator,
    is_verse,
    join_east_asian,
    known_words,
    looks_like_prose,
    unwrap,
    wrap_width,
)

PROSE = (
    "They have put a bench at the top of the hill, and a plate on the bench that says for whom it "
    "is, and a fence around the bench so that nobody shall sit on it. I asked the man who was "
    "painting the fence what the bench was for, and he went on painting."
)
VERSE = [
    "The boats lie down like cattle,",
    "the mud has let them go,",
    "and somebody is whistling",
    "a tune I ought to know.",
]
SONNET = [
    "I met the warden of the harbour gate,",
    "Who told me that the tide would not be late;",
    "But when I asked him if the boat was dry,",
    "He only pointed slowly to the sky.",
]


@pytest.mark.parametrize("width", [45, 60, 66, 72, 78, 100])
def test_a_wrapped_text_is_joined_whatever_its_width(width):
    lines = textwrap.wrap(PROSE, width)
    found = wrap_width([lines])
    assert found and list(unwrap(lines, found, known_words(PROSE))) == [PROSE]


@pytest.mark.parametrize("lines", [VERSE, SONNET, [PROSE, PROSE], ["One.", "Two."], ["One"]])
def test_breaks_of_the_writer_show_no_width(lines):
    assert wrap_width([lines]) == 0


def test_verse_in_a_wrapped_text_is_told_from_it():
    paragraphs = [textwrap.wrap(PROSE, 72), VERSE, textwrap.wrap(PROSE[::-1], 72)]
    width = wrap_width(paragraphs)
    assert width and is_verse(VERSE, width) and not is_verse(paragraphs[0], width)
    assert is_verse(["A short line,", "And another one."], width)


def test_one_long_address_does_not_hide_the_width():
    lines = textwrap.wrap(PROSE * 3, 70)
    assert wrap_width([[*lines, "https://example.org/" + "a" * 90]])


def test_divided_words_are_joined_and_hyphens_of_words_stay():
    text = "The well-known man said be-\nfore noon that it was a well-\nknown, self-\nmade fact."
    lines = text.split("\n")
    words = known_words(text + " before")
    assert list(unwrap(lines, 20, words)) == [
        "The well-known man said before noon that it was a well-known, self-made fact."
    ]
    assert list(unwrap(["a hy\u00ad", "phen"], 4, set())) == ["a hyphen"]
    assert list(unwrap(["he said--", "and so on"], 4, set())) == ["he said--and so on"]


def test_a_line_that_ends_early_ends_a_paragraph():
    lines = [*textwrap.wrap(PROSE, 72), *textwrap.wrap(PROSE, 72)]
    assert list(unwrap(lines, 72, set())) == [PROSE, PROSE]
    indented = [*textwrap.wrap(PROSE, 72), *textwrap.wrap(PROSE, 72, initial_indent="   ")]
    assert list(unwrap(indented, 72, set())) == [PROSE, PROSE]


def test_lines_of_an_address_stay_apart():
    lines = ["Ivo Marsh", "12 Harbour Street", "Little Mickle"]
    assert list(unwrap(lines, 72, set())) == ["\n".join(lines)]


def test_lines_that_end_sentences_are_paragraphs():
    assert are_paragraphs(["One.", "Two!", "“Three.”", "Four…"])
    assert not are_paragraphs(VERSE)


def test_chinese_lines_are_joined_without_a_space():
    lines = [
        "今天下雨了我们都没有出门坐在家里看书喝茶聊天等着",
        "天晴邻居来了说桥断了要等到下个星期才能修好我们笑",
        "了笑",
    ]
    width = wrap_width([lines])
    assert width and list(unwrap(lines, width, set())) == ["".join(lines)]
    assert join_east_asian("天\n晴 a\nb") == "天晴 a\nb"


def test_prose_is_told_from_code():
    assert looks_like_prose(["The old man typed four spaces, as he had learned it."])
    assert looks_like_prose(VERSE)
    for code in (
        ["sudo apt install x"],
        ["for (i = 0; i < 3; i++) {", "}"],
        ["import os"],
        ["x = f(1)"],
        ["ls"],
        ["SELECT name FROM people WHERE id = 1"],
    ):
        assert not looks_like_prose(code)


def test_separators_are_lines_of_marks():
    for line in ("* * *", "***", "---", "~", "⁂", "-o-", "=========="):
        assert is_separator(line)
    for line in ("a", "1", "Oo.", "* a *", "?", "..."):
        assert not is_separator(line)


def test_a_part_of_a_compound_at_the_end_of_a_line_keeps_its_hyphen_and_space():
    lines = ["Die Gruppe legte am Berg im letzten Jahr viele neue Haupt-", "und Nebenwege an."]
    joined = list(unwrap(lines, len(lines[0]), set()))
    assert joined == [
        "Die Gruppe legte am Berg im letzten Jahr viele neue Haupt- und Nebenwege an."
    ]
