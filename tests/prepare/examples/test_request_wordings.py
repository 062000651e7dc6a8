"""Wordings of requests: many for every task, in every language."""

import re

import pytest

from morris_mlx.prepare.examples.request_wordings import LANGUAGES, wordings_for

TASKS = ["headline", "headline_beginning", "topic", "topic_beginning", "opening", "continuation"]
TASKS += ["rewrite", "brief", "brief_beginning"]
SLOTS = {"title": "1", "topic": "2", "opening": "4", "draft": "5", "brief": "6"}
NEEDED = {"headline": "1", "headline_beginning": "1", "topic": "2", "topic_beginning": "2"}
NEEDED |= {
    "opening": "4",
    "continuation": "4",
    "rewrite": "5",
    "brief": "6",
    "brief_beginning": "6",
}


@pytest.mark.parametrize("kind", TASKS)
@pytest.mark.parametrize("language", LANGUAGES)
def test_every_request_has_many_wordings_in_every_language(kind, language):
    wordings = getattr(LANGUAGES[language], kind)
    assert len(wordings) >= 6 and len(set(wordings)) == len(wordings)
    asked = [w.format(**SLOTS) for w in wordings]
    assert all(all(slot in a for slot in NEEDED[kind]) for a in asked)


@pytest.mark.parametrize("language", LANGUAGES)
def test_wordings_have_the_quotation_marks_of_their_language(language):
    marks = {"en": "“”", "ru": "«»", "de": "„“", "fr": "«»", "es": "«»"}[language]
    known = LANGUAGES[language]
    every = [w for kind in TASKS for w in getattr(known, kind)]
    used = set(re.findall("[“”„«»]", "".join([*every, known.chat_opening, known.own_text])))
    assert used == set(marks)


def test_a_language_without_wordings_is_asked_in_english():
    assert wordings_for("it") is wordings_for("") is LANGUAGES["en"]
    assert wordings_for("de") is LANGUAGES["de"]
