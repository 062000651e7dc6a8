"""What is left out and why; what is mended; the writer's typography and refrains stay."""

from dataclasses import replace

import pytest
from support.workspace import prepare_project

from morris_mlx.defaults import SYSTEM_PROMPT
from morris_mlx.prepare.cleaning.boilerplate import MIN_DOCUMENTS, remove_boilerplate
from morris_mlx.prepare.cleaning.clean import (
    clean_conversations,
    clean_documents,
    is_only_links,
    repair_encoding,
)
from morris_mlx.prepare.cleaning.language import detect_language, language_mask
from morris_mlx.prepare.corpus import clean_corpus
from morris_mlx.prepare.reasons import LeftOut
from morris_mlx.project.documents import write_documents
from morris_mlx.records.corpus import Conversation, Document, Message
from morris_mlx.text.pii import Person

ENGLISH = (
    "The kettle sang all morning about number {n} and nobody in the long kitchen answered it. "
)
RUSSIAN = "Чайник весь день пел про номер {n}, и никто на длинной кухне ему не ответил. "
GERMAN = "Der Kessel sang den ganzen Tag von Nummer {n}, und niemand in der Küche gab ihm Antwort. "
SHARE = "Subscribe to the newsletter and follow me at https://example.org"


def document(number: int, sentence: str = ENGLISH, times: int = 8, tail: str = "") -> Document:
    body = " ".join(sentence.format(n=number * 100 + n) for n in range(times))
    return Document(f"{number:016x}", body + tail)


def test_broken_encoding_is_repaired():
    broken = "Привет, мир".encode().decode("latin-1")
    assert repair_encoding(broken) == "Привет, мир"


@pytest.mark.parametrize(
    "text", ["“Curly” and ‘single’", "«Ёлочки» — и тире…", "ﬁne ﬂow", "ＡＢＣ", "a&amp;b"]
)
def test_the_writers_typography_stays(text):
    assert repair_encoding(text) == text


def test_share_lines_at_the_edges_go_from_every_document():
    texts = [f"{document(n).text}\n\n{SHARE}" for n in range(10)]
    cleaned, lines = remove_boilerplate(texts)
    assert lines == 10 and not any(SHARE in text for text in cleaned)
    assert cleaned[0] == document(0).text.strip()


def test_a_refrain_within_one_document_stays():
    text = "\n\n".join(["And so it goes.", document(1).text, "And so it goes."] * 6)
    texts = [text, *(document(n).text for n in range(2, 12))]
    assert remove_boilerplate(texts) == (texts, 0)


def test_a_closing_line_of_half_of_the_documents_is_the_writers():
    texts = [document(n).text + ("\n\nMind how you go." if n % 2 else "") for n in range(12)]
    assert remove_boilerplate(texts) == (texts, 0)


def test_too_few_documents_prove_nothing():
    texts = [f"{document(n).text}\n\n{SHARE}" for n in range(MIN_DOCUMENTS - 1)]
    assert remove_boilerplate(texts) == (texts, 0)


def test_a_repeated_line_in_the_middle_of_a_text_stays_there():
    middle = "\n".join(f"Line {n} of the long poem." for n in range(6))
    texts = [f"{document(n).text}\n\n{SHARE}" for n in range(9)]
    texts.append(f"{middle}\n{SHARE}\n{middle}")
    cleaned, _ = remove_boilerplate(texts)
    assert cleaned[-1] == texts[-1]


@pytest.mark.parametrize(
    ("text", "code"),
    [
        (RUSSIAN, "ru"),
        (ENGLISH, "en"),
        (GERMAN, "de"),
        ("Сьогодні їхали дуже довго, і ніхто не питав, де ми є", "uk"),
        ("Вчера вечерта чакахме дълго на спирката, но автобусът така и не дойде при нас", "bg"),
        ("да", ""),
        ("lol ok", ""),
        ("1234567890 !!!", ""),
    ],
)
def test_the_language_of_a_text(text, code):
    assert detect_language(text) == code


def test_main_languages_stay_and_a_stray_one_goes():
    texts = [ENGLISH] * 12 + [RUSSIAN] * 6 + [GERMAN, "да"]
    assert language_mask(texts) == [True] * 18 + [False, True]
    assert language_mask(texts, ["ru"]) == [False] * 12 + [True] * 6 + [False, True]


def test_links_alone_are_no_text():
    assert is_only_links("https://example.org/a #tag @somebody")
    assert is_only_links("look: https://example.org")
    assert not is_only_links("Yesterday I read https://example.org and did not like it")
    assert not is_only_links("")


def test_what_is_left_out_is_counted_by_reason():
    documents = [document(n) for n in range(12)]
    documents += [document(20, GERMAN), document(21, times=2), Document("x", "https://a.example/b")]
    cleaned = clean_documents(documents)
    assert cleaned.left_out == {
        LeftOut.ONLY_LINKS: 1,
        LeftOut.TOO_SHORT: 1,
        LeftOut.OTHER_LANGUAGE: 1,
    }
    assert len(cleaned.documents) + sum(cleaned.left_out.values()) == len(documents)
    assert clean_documents(documents[::-1]) == cleaned
    only = clean_documents(documents, ["de"])
    assert [d.id for d in only.documents] == [f"{20:016x}"]


def talk(number: int, *said: str) -> Conversation:
    roles = ("user", "assistant")
    return Conversation(f"{number:03}", tuple(Message(roles[i % 2], t) for i, t in enumerate(said)))


def test_a_conversation_goes_whole_and_short_ones_are_never_judged():
    talks = [talk(n, "как?", RUSSIAN.format(n=n)) for n in range(12)]
    talks += [talk(20, "?", "да"), talk(21, "link?", "https://example.org/a"), talk(22, "hello")]
    talks += [talk(23, "wie?", GERMAN.format(n=1))]
    cleaned = clean_conversations(talks)
    assert cleaned.left_out == {LeftOut.NO_OWN_TEXT: 2, LeftOut.OTHER_LANGUAGE: 1}
    assert [c.id for c in cleaned.conversations] == [f"{n:03}" for n in (*range(12), 20)]
    assert clean_conversations(talks[::-1]) == cleaned


@pytest.mark.parametrize("leaf", ["ftfy.fix_text", "LanguageIdentifier.classify"])
def test_a_cleaner_that_fails_stops_the_run_and_the_old_dataset_stays(
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


def test_chats_are_redacted_with_the_documents_and_each_is_kept_once():
    talks = [
        talk(1, "номер?", "+7 916 123-45-67, Саша"),
        talk(2, "номер?", "+7 916 123-45-68, Саша"),
    ]
    documents = [document(n, tail="\n\npassword: Tr0mb0ne77" * (n == 3)) for n in range(6)]
    talks.append(talk(3, "and?", "it is tr0mb0ne77 again"))
    made = clean_corpus(documents, talks, redact=True, people=[Person(("Саша",))], languages=())
    assert (
        len(made.conversations) == 2 and made.left_out_conversations[LeftOut.EXACT_DUPLICATE] == 1
    )
    assert made.conversations[-1].messages[1].content == "it is [password] again"
    assert "Саша" not in made.conversations[0].messages[1].content
    assert len(made.documents) + sum(made.left_out_documents.values()) == made.given_documents == 6
