"""Cleaning: repaired encodings, and documents and conversations left out by reason."""

from dataclasses import replace

import pytest
from support.kettle_texts import GERMAN, RUSSIAN, document
from support.workspace import prepare_project

from morris_mlx.defaults import SYSTEM_PROMPT
from morris_mlx.prepare.cleaning.clean import (
    clean_conversations,
    clean_documents,
    is_only_links,
    repair_encoding,
)
from morris_mlx.prepare.corpus import clean_corpus
from morris_mlx.prepare.reasons import ExclusionReason
from morris_mlx.project.documents import write_documents
from morris_mlx.records.corpus import Conversation, Document, Message
from morris_mlx.text.pii import Person


def test_broken_encoding_is_repaired():
    broken = "Привет, мир".encode().decode("latin-1")
    assert repair_encoding(broken) == "Привет, мир"


@pytest.mark.parametrize(
    "text", ["“Curly” and ‘single’", "«Ёлочки» — и тире…", "ﬁne ﬂow", "ＡＢＣ", "a&amp;b"]
)
def test_the_writers_typography_is_unchanged(text):
    assert repair_encoding(text) == text


def test_links_alone_are_recognized():
    assert is_only_links("https://example.org/a #tag @somebody")
    assert is_only_links("look: https://example.org")
    assert not is_only_links("Yesterday I read https://example.org and did not like it")
    assert not is_only_links("")


def test_documents_left_out_are_counted_by_reason():
    documents = [document(n) for n in range(12)]
    documents += [document(20, GERMAN), document(21, times=2), Document("x", "https://a.example/b")]
    cleaned = clean_documents(documents)
    assert cleaned.left_out == {
        ExclusionReason.ONLY_LINKS: 1,
        ExclusionReason.TOO_SHORT: 1,
        ExclusionReason.OTHER_LANGUAGE: 1,
    }
    assert len(cleaned.documents) + sum(cleaned.left_out.values()) == len(documents)
    assert cleaned.other_languages == {"de": 1}
    assert clean_documents(documents[::-1]) == cleaned
    only = clean_documents(documents, ["de"])
    assert [d.id for d in only.documents] == [f"{20:016x}"]


def talk(number: int, *said: str) -> Conversation:
    roles = ("user", "assistant")
    return Conversation(f"{number:03}", tuple(Message(roles[i % 2], t) for i, t in enumerate(said)))


def test_conversations_are_left_out_as_a_whole_and_never_for_their_length():
    talks = [talk(n, "как?", RUSSIAN.format(n=n)) for n in range(12)]
    talks += [talk(20, "?", "да"), talk(21, "link?", "https://example.org/a"), talk(22, "hello")]
    talks += [talk(23, "wie?", GERMAN.format(n=1))]
    cleaned = clean_conversations(talks)
    assert cleaned.left_out == {ExclusionReason.NO_OWN_TEXT: 2, ExclusionReason.OTHER_LANGUAGE: 1}
    assert [c.id for c in cleaned.conversations] == [f"{n:03}" for n in (*range(12), 20)]
    assert cleaned.other_languages == {"de": 1}  # "hello" is too short to tell
    assert clean_conversations(talks[::-1]) == cleaned


@pytest.mark.parametrize("leaf", ["ftfy.fix_text", "LanguageIdentifier.classify"])
def test_an_error_in_cleaning_stops_the_run_and_keeps_the_old_dataset(
    leaf, project, tiny_folder, monkeypatch
):
    def fail(*_):
        raise RuntimeError("no cleaner")

    def prepare(first):
        texts = [replace(document(n), title=f"No. {n}") for n in range(first, first + 12)]
        write_documents(project, texts)
        prepare_project(project, str(tiny_folder), None, SYSTEM_PROMPT, 7)

    prepare(0)
    before = {p.name: p.read_bytes() for p in project.dataset.iterdir()}
    module = "clean" if "ftfy" in leaf else "language"
    monkeypatch.setattr(f"morris_mlx.prepare.cleaning.{module}.{leaf}", fail)
    with pytest.raises(RuntimeError, match="no cleaner"):
        prepare(1)
    assert {p.name: p.read_bytes() for p in project.dataset.iterdir()} == before


def test_conversations_are_redacted_with_the_documents_and_deduplicated():
    talks = [
        talk(1, "номер?", "+7 916 123-45-67, Саша"),
        talk(2, "номер?", "+7 916 123-45-68, Саша"),
    ]
    documents = [document(n, tail="\n\npassword: Tr0mb0ne77" * (n == 3)) for n in range(6)]
    talks.append(talk(3, "and?", "it is tr0mb0ne77 again"))
    made = clean_corpus(documents, talks, redact=True, people=[Person(("Саша",))], languages=())
    assert (
        len(made.conversations) == 2
        and made.left_out_conversations[ExclusionReason.EXACT_DUPLICATE] == 1
    )
    assert made.conversations[-1].messages[1].content == "it is [password] again"
    assert "Саша" not in made.conversations[0].messages[1].content
    assert len(made.documents) + sum(made.left_out_documents.values()) == made.given_documents == 6
