"""Prompts of the prompted base: as many passages as the window takes, a card, a refusal."""

import pytest
from support.synthetic_authors import synthetic_texts

from morris_mlx.pipeline.prompted_base import MOST_PASSAGES, PASSAGE_WORDS, make_prompts, opening


@pytest.fixture(autouse=True)
def little_memory(monkeypatch):
    monkeypatch.setattr("morris_mlx.prepare.style.habits.NGRAM_BUCKETS", 1 << 14)


TEXTS = synthetic_texts("winding", 12, words=150)


def count(text):
    return len(text.split())


def test_prompts_have_the_style_card_and_the_authors_passages():
    made = make_prompts(TEXTS, "en", 2000, count)
    assert made.passages == MOST_PASSAGES and len(made.prompts) == 2
    for prompt in made.prompts:
        assert "Your sentences have about" in prompt
        assert opening(TEXTS[0], PASSAGE_WORDS) in prompt
    assert "Не повторяй" in make_prompts(TEXTS, "ru", 2000, count).prompts[0]


def test_a_small_window_takes_fewer_passages_or_none():
    made = make_prompts(TEXTS, "en", 500, count)
    assert 0 < made.passages < MOST_PASSAGES
    assert max(map(count, made.prompts)) <= 500
    none = make_prompts(TEXTS, "en", 100, count)
    assert none.prompts == () and "too small" in none.refusal


def test_an_opening_ends_after_a_sentence():
    assert opening("One two. Three four. Five six.", 4) == "One two. Three four."
    assert opening("One two three four five.", 2) == "One two three four five."
    assert opening("“One two.”\n\nThree four. Five six.", 4) == "“One two.”\n\nThree four."
    assert opening("No end", 9) == "No end" and opening("", 9) == ""
