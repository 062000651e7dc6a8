"""English noun phrases: the usual article of a noun, its number, and words that belong to it."""

import pytest

from morris_mlx.prepare.examples.noun_phrases import noun_phrase
from morris_mlx.prepare.examples.tokens import read_tokens
from morris_mlx.prepare.examples.word_classes import stem


def phrase(text, noun, nouns=()):
    tokens = list(read_tokens(text))
    places = [n for n, token in enumerate(tokens) if stem(token.word, "en") == noun]
    return noun_phrase(tokens, places, lambda word: word in nouns)


@pytest.mark.parametrize(
    ("text", "noun", "expected"),
    [
        ("My fridge is old. The fridge hums, and a fridge should not.", "fridge", "the fridge"),
        ("I want a pedometer. A pedometer is an angry friend.", "pedometer", "a pedometer"),
        ("An owl came. It was an owl.", "owl", "an owl"),
        ("We live on coffee. Without coffee there is no work, and the coffee is cold.", "coffee",
         "coffee"),
        ("The masts are up. A mast is a mast. A mast is tall.", "mast", "a mast"),
        ("The masts are up, and of masts there is no end. A mast is tall.", "mast", "masts"),
        ("He went by train. The train was late, and the train is a train.", "train", "the train"),
    ],
)  # fmt: skip
def test_a_noun_has_its_usual_article_and_number(text, noun, expected):
    assert phrase(text, noun) == expected


def test_a_word_that_often_stands_before_the_noun_is_in_the_phrase():
    text = "The bread bin is full. I opened the bread bin, and the lid fell into a bin."
    assert phrase(text, "bin") == "the bread bin"
    assert phrase("A good bin. The wet bin. The bin.", "bin") == "the bin"


def test_a_noun_that_modifies_another_gives_the_phrase_of_that_one():
    text = "The parish council met. I like the parish council, but not the parish clerk."
    assert phrase(text, "parish", {"council", "clerk"}) == "the parish council"
    assert phrase("The parish council met. The parish clerk left.", "parish", {"council"}) == ""


def test_a_noun_without_an_article_is_no_phrase_unless_it_never_has_one():
    assert phrase("Layer: one. Layer: two.", "layer") == ""
    assert phrase("A pile of layer. One.", "layer") == ""
