"""Folding: the common form of every character, and its position in the original."""

import unicodedata

from hypothesis import given, settings
from hypothesis import strategies as st

from morris_mlx.text.folding import fold

ALPHABET = "abc d\n“”—é\u0301\u0306и\u200b\u00adﬁ½①\t\r\u2028\x00\x07ё…№İ٣А"


def folded_alone(char: str) -> str:
    """Return the folded form of a character without any neighbor."""
    return fold(char).text


@settings(max_examples=300, deadline=None, derandomize=True)
@given(st.text(st.sampled_from(ALPHABET) | st.characters(), max_size=30))
def test_a_folded_text_is_made_of_its_folded_characters(text):
    seen = fold(text)
    assert len(seen.text) == len(seen.starts) == len(seen.ends)
    joined = ""
    for char in text:
        alone = folded_alone(char)
        marks = unicodedata.normalize("NFKC", char)
        if len(marks) == 1 and unicodedata.combining(marks):
            whole = unicodedata.normalize("NFC", joined[-1:] + marks)
            joined = joined[:-1] + (whole if len(whole) == 1 else joined[-1:])
        else:
            joined += alone
    assert seen.text == joined


@settings(max_examples=300, deadline=None, derandomize=True)
@given(st.text(st.sampled_from(ALPHABET), min_size=1, max_size=30))
def test_every_character_knows_its_place_in_the_original(text):
    seen = fold(text)
    for at, char in enumerate(seen.text):
        start, end = seen.span(at, at + 1)
        assert 0 <= start < end <= len(text)
        assert char in fold(text[start:end]).text
    assert list(seen.starts) == sorted(seen.starts) and list(seen.ends) == sorted(seen.ends)


def test_invisible_characters_hide_nothing_and_marks_are_composed():
    assert fold("a\u200bb").text == "ab"
    assert fold("и\u0306").text == "й" and fold("\u0301a").text == "a"
    assert fold("“ﬁne”\u2028½").text == "“fine”\n1⁄2"
