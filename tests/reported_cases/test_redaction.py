"""Tests of reported cases: names that are also words, and words that were taken for names."""

import pytest
from support.reported_cases import gather, redacted

from morris_mlx.prepare.redact.redactor import redact_corpus
from morris_mlx.project.people import people_in_chats
from morris_mlx.records.corpus import Document
from morris_mlx.text.pii import Person, PiiKind


def with_names(project, found, text):
    """Return a text that is redacted together with the texts of a case."""
    documents = [*found.documents, Document("own", text)]
    made = redact_corpus(documents, found.conversations, people_in_chats(project))
    return next(d.text for d in made.documents if d.id == "own")


def test_german_essays_lose_no_word_to_the_names_of_contacts(project):
    found = gather(project, "redaction/german-essays-and-chat", me=["Ivo"])
    made = redacted(project, found)
    assert [d.text for d in made.documents] == [d.text for d in found.documents]
    assert made.report.counts[PiiKind.name] == 0
    assert (len(found.documents), len(found.conversations)) == (5, 5)


def test_full_names_are_found_in_german(project):
    found = gather(project, "redaction/german-essays-and-chat", me=["Ivo"])
    text = with_names(project, found, "Ursula von der Aue sah Peter Koch und Frau von der Aue.")
    assert text == "[name] [name] sah [name] [name] und Frau [name]."


@pytest.mark.parametrize("case", ["discord-nicknames.json", "essays-and-discord"])
def test_nicknames_of_ordinary_words_take_no_word(project, case):
    found = gather(project, f"redaction/{case}", me=["Ivo"], groups=True)
    made = redacted(project, found)
    assert [d.text for d in made.documents] == [d.text for d in found.documents]
    assert [c.messages for c in made.conversations] == [c.messages for c in found.conversations]
    assert with_names(project, found, "I asked Not Today.") == "I asked [name]."


LOST = {
    "german": {"Aue": "Von der Aue her kam ein kleiner Mann."},
    "english": {"Tom": "The green light at work is young as yet, said Tom."},
    "french": {},
    "russian": {"Дима": "Роман он не дочитал. Дима спит."},
}


@pytest.mark.parametrize("language", LOST)
def test_particles_and_names_that_are_words_are_kept_and_persons_are_replaced(project, language):
    found = gather(project, f"redaction/particles-{language}.json", me=["Ivo Marsh"])
    made = redacted(project, found)
    before = [m.content for c in found.conversations for m in c.messages]
    after = [m.content for c in made.conversations for m in c.messages]
    changed = {old: new.split() for old, new in zip(before, after, strict=True) if old != new}
    assert set(changed) == set(LOST[language].values())
    for name, text in LOST[language].items():
        lost = set(text.replace(".", "").split()) - set(
            " ".join(changed[text]).replace(".", "").split()
        )
        assert lost == {name}


@pytest.mark.parametrize(
    ("entry", "text", "made"),
    [
        ("Zoë Lamb", "I told Zoe.", "I told [name]."),
        ("Jean-Luc Moreau", "I told jean-luc.", "I told [name]."),
    ],
)
def test_names_are_found_without_accents_and_capitals(entry, text, made):
    person = Person((entry,))
    assert redact_corpus([Document("a", text)], [], [person]).documents[0].text == made


def test_a_word_before_a_dash_is_not_a_password():
    text = "People do pass here!—a little man with a brush, and his dog."
    assert redact_corpus([Document("a", text)], [], []).documents[0].text == text


def test_a_house_with_a_street_is_an_address():
    text = "The gate of Number 9, Pemberley Close, is wet."
    made = redact_corpus([Document("a", text)], [], [])
    assert made.report.counts[PiiKind.address] == 1
