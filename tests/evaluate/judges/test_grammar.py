"""Masking: words of grammar stay, and what a text is about disappears."""

import pytest

from morris_mlx.evaluate.judges.grammar import (
    MARKS,
    classes,
    function_words,
    mask_grammar,
    tokenize,
)
from morris_mlx.evaluate.judges.inventory import MAX_TOKENS


def masked(text, language="en"):
    return mask_grammar(tokenize(text), function_words(language), language)


def test_words_of_grammar_and_marks_stay_and_content_becomes_an_ending():
    (sentence,) = masked("But the painter was slowly mending 12 lamps; I don't know.")
    assert " ".join(sentence) == "but the -er was -ly -ing <number> -s ; i don’t <word> ."


def test_a_capital_inside_a_sentence_is_a_name_and_at_its_start_it_is_not():
    assert masked("Lamps met Harrowick.") == [["-s", "<word>", "<name>", "."]]


def test_russian_endings_and_words_of_grammar_are_known():
    assert masked("Но старый садовник уже чинил лампу.", "ru") == [
        ["но", "-ый", "<word>", "уже", "-ил", "-у", "."]
    ]


def test_two_texts_that_differ_in_content_alone_have_the_same_grammar():
    first = "The gardener carried a lantern to the harbour, and I was waiting."
    second = "The minister buried a passion to the embargo, and I was drinking."
    assert masked(first)[0][-8:] == masked(second)[0][-8:]


@pytest.mark.parametrize(
    ("curly", "straight"), [("“So—he said—it’s late”", '"So–he said–it\'s late"'), ("a…", "a...")]
)
def test_typography_is_folded(curly, straight):
    assert masked(curly) == masked(straight)


def test_a_language_without_a_list_keeps_no_words():
    assert function_words("fi") == frozenset()
    assert masked("Kissa istuu.", "fi") == [["<word>", "<word>", "."]]


@pytest.mark.parametrize("language", ["en", "ru"])
def test_all_tokens_of_a_language_fit_into_a_packed_ngram(language):
    words = function_words(language)
    assert 300 < len(words) < MAX_TOKENS - len(classes(language))
    assert all(word == word.casefold() and "'" not in word for word in words)
    assert set(MARKS) <= set(classes(language))
