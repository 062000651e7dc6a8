"""The word lists: each language of the detector has function words, and none of them is a name."""

import pytest
from py3langid.langid import MODEL_FILE, LanguageIdentifier

from morris_mlx.prepare.redact.redactor import Redactor
from morris_mlx.prepare.redact.word_lists import (
    PARTICLES,
    function_words,
    is_female,
    is_given_name,
    is_male,
    ordinary_words,
)
from morris_mlx.text.folding import fold_lowercase
from morris_mlx.text.pii import Person

NO_LANGUAGE = "zxx"


def test_every_language_of_the_detector_has_function_words():
    languages = set(LanguageIdentifier.from_model_file(MODEL_FILE).labels) - {NO_LANGUAGE}
    assert languages <= function_words().keys()
    assert min(map(len, function_words().values())) >= 12


@pytest.mark.parametrize("code", sorted(function_words()))
def test_no_function_word_is_taken_from_a_contact_with_a_surname(code):
    words = sorted(word for word in function_words()[code] if word.isalpha())
    contacts = [Person((f"Quirin {word} Zabelquist",)) for word in words]
    text = " ".join(words)
    assert Redactor(contacts, ()).redact_document(text) == text


def test_lists_are_in_the_spelling_of_the_search():
    for words in (*function_words().values(), *ordinary_words().values()):
        assert all(word == fold_lowercase(word) for word in words)


def test_no_particle_is_a_given_name():
    assert not [word for word in PARTICLES if is_given_name(word)]


def test_given_names_are_known_with_and_without_accents_and_by_gender():
    assert is_given_name("zoë") and is_given_name("zoe") and is_given_name("jean-luc")
    assert not is_given_name("jean-quorn") and not is_given_name("")
    assert is_male("jürgen") and not is_male("ursula") and is_female("ursula")
