"""The redactor: private items are replaced, other text is kept, and any error stops the run."""

import json
import random
import stat
import time

import measure
import pytest
from first_author.people import known_people, name
from hypothesis import given, settings
from hypothesis import strategies as st
from support.workspace import column, done, morris, prepare_project

from morris_mlx.cli.prepare import NOT_REDACTED
from morris_mlx.defaults import SPLIT_SEED, SYSTEM_PROMPT
from morris_mlx.errors import MissingError, MorrisError
from morris_mlx.prepare.redact import redactor as redactor_module
from morris_mlx.prepare.redact.phones import choose_regions
from morris_mlx.prepare.redact.redactor import Redactor, redact_corpus
from morris_mlx.project.documents import read_documents, write_documents
from morris_mlx.project.redaction_map import read_redaction_map, write_redaction_map
from morris_mlx.records.corpus import Conversation, Document, Message
from morris_mlx.text.folding import fold, fold_lowercase
from morris_mlx.text.pii import KINDS, LeakFinder, Person, RedactionMap, Replacement, mask

SASHA = Person(("Саша Петрова", "Саня"))
PEOPLE = (SASHA, Person(("Игорь Ковальский",)), Person(("Mary Fletcher",)))


def redactor(people=PEOPLE) -> Redactor:
    return Redactor(people, ("RU", "US", "GB"))


def chat(*contents: str) -> Conversation:
    messages = tuple(Message("assistant", content) for content in contents)
    return Conversation("c", messages)


# --- all kinds --------------------------------------------------------------------------
def test_redacting_again_changes_nothing_and_leaves_no_leak():
    rng = random.Random(3)
    people = known_people(rng)
    known = [Person(p.names) for p in people]
    texts = [
        make(rng).text for make in measure.ITEM_SETS["first"].makers.values() for _ in range(25)
    ]
    texts += [name(rng, people)[0].text for _ in range(200)]
    once = redact_corpus([], [chat(*texts)], known)
    twice = redact_corpus([], once.conversations, known)
    assert twice.conversations == once.conversations
    assert sum(twice.report.counts.values()) == 0
    structured = RedactionMap(tuple(i for i in once.redaction_map.items if i.kind != "name"))
    joined = "\n".join(m.content for c in once.conversations for m in c.messages)
    assert LeakFinder(structured).find(joined) == ()


@settings(max_examples=60, deadline=None, derandomize=True)
@given(st.data())
def test_items_with_invisible_characters_are_found(data):
    item = data.draw(
        st.sampled_from(
            [
                "+7 916 123-45-67",
                "anna@mail.ru",
                "4111 1111 1111 1111",
                "192.168.17.5",
                "@kot_uchony",
            ]
        )
    )
    for _ in range(data.draw(st.integers(1, 4))):
        at = data.draw(st.integers(1, len(item) - 1))
        item = item[:at] + data.draw(st.sampled_from("\u200b\u200d\u2060\ufeff\u00ad")) + item[at:]
    out = redactor().redact_document(f"Пиши: {item}, жду.")
    assert out.startswith("Пиши: [") and out.endswith("], жду.")
    assert not any(c.isdigit() or (c.isascii() and c.isalpha()) for c in out.split("[")[0])


@settings(max_examples=100, deadline=None, derandomize=True)
@given(st.text(max_size=40))
def test_folded_characters_map_to_their_originals(text):
    seen = fold(text)
    assert len(seen.text) == len(seen.starts) == len(seen.ends)
    assert all(0 <= a < b <= len(text) for a, b in zip(seen.starts, seen.ends, strict=True))
    assert len(fold_lowercase(text)) == len(seen.text)


@pytest.mark.parametrize(
    "piece",
    [
        *(
            "1",
            "1 ",
            "a.",
            "a ",
            "парол ",
            "@ ",
            "ул. ",
            "Ab ",
            "x@",
            "-",
            "(",
            "паспорт ",
            "СНТ А",
        ),
        *("логин/пароль a", "1 A ", "1\n", "1111 - ", "a:b", "de12", "тел. 1", "пароль от "),
    ],
)
def test_repetitive_texts_take_no_longer_than_others(piece):
    began = time.process_time()
    redactor().redact_document(piece * (8_000 // len(piece)))
    assert time.process_time() - began < 20


# --- documents and conversations -------------------------------------------------------------
def test_documents_get_placeholders_and_conversations_get_names():
    text = "Саша: пиши на anna@mail.ru или +7 916 123-45-67"
    made = redact_corpus([Document("1", text, title="О Саше")], [chat(text)], PEOPLE)
    assert made.documents[0].text == "[name]: пиши на [e-mail] или [phone]"
    assert made.documents[0].title == "О [name]"
    written = made.conversations[0].messages[0].content
    assert "[name]" not in written and "Саша" not in written
    assert written.endswith(": пиши на [e-mail] или [phone]")


def test_a_password_is_also_removed_where_it_is_repeated_alone():
    made = redact_corpus([], [chat("пароль: Zima2021x", "повторяю: zima2021x!")])
    assert [m.content for m in made.conversations[0].messages] == [
        "пароль: [password]",
        "повторяю: [password]!",
    ]


def test_phone_regions_are_detected_from_the_texts():
    assert choose_regions(["Привет, как дела"]) == ("RU",)
    assert choose_regions(["Hello there"]) == ("US", "GB")
    assert choose_regions(["Hello, it is +49 151 65908344"]) == ("US", "GB", "DE")
    assert (
        redact_corpus([Document("1", "звони 8 (916) 123-45-67")]).documents[0].text
        == "звони [phone]"
    )


def test_the_report_has_counts_and_masked_examples_only():
    made = redact_corpus(
        [Document("1", "anna@mail.ru и anna@mail.ru, +7 916 123-45-67, пароль: Zima2021x")]
    )
    assert made.report.counts["e-mail"] == 2 and made.report.counts["phone"] == 1
    assert set(made.report.counts) == set(KINDS)
    assert made.report.examples["e-mail"] == ("a***@m***.ru",)
    assert made.report.examples["phone"] == ("+7 9** ***-**-67",)
    assert made.report.examples["password"] == ("***",)
    assert made.report.cannot_find
    for raw in ("anna", "123-45", "Zima"):
        assert raw not in str(made.report)


def test_masks_show_enough_to_recognize_an_item():
    assert mask("e-mail", "jane@example.org") == "j***@e***.org"
    assert mask("phone", "+7 916 123-45-67") == "+7 9** ***-**-67"
    assert mask("name", "Маша") == "М***"
    assert mask("key", "sk-abc") == "***"


# --- leaks ------------------------------------------------------------------------------
MAP = RedactionMap(
    (
        Replacement("phone", "+7 916 123-45-67", "[phone]"),
        Replacement("e-mail", "anna@mail.ru", "[e-mail]"),
        Replacement("name", "сашей", "женей"),
        Replacement("name", "Вера", "Рита"),
        Replacement("password", "1234", "[password]"),
        Replacement("phone", "8 (495) 765-43-21, доб. 1204", "[phone]"),
        Replacement("iban", "DE89 3704 0044 0532 0130 00", "[iban]"),
    )
)


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("звони 8(916)1234567", "phone"),
        ("звони +7 495 765 43 21", "phone"),
        ("mail: ANNA@mail.ru", "e-mail"),
        ("был с са\u200bшей", "name"),
        ("DE89370400440532013000", "iban"),
    ],
)
def test_leaks_are_found_in_any_notation(text, kind):
    [leak] = LeakFinder(MAP).find(text)
    assert leak.kind == kind and text[leak.start : leak.end].strip()
    assert fold_lowercase(MAP.items[0].real) not in leak.masked


@pytest.mark.parametrize(
    "text", ["1234 человека", "hanna@mail.ruins", "9161234", "сашейка", "вера", ""]
)
def test_similar_texts_are_no_leaks(text):
    assert LeakFinder(MAP).find(text) == ()


# --- the project ------------------------------------------------------------------------
def fill(project, extra=""):
    documents = [
        Document(f"{n:016x}", column(n).split("---\n")[-1] + extra * (n == 1), title=f"Column {n}")
        for n in range(1, 13)
    ]
    write_documents(project, documents)


def prepare(project, tiny_folder, **more):
    return prepare_project(project, str(tiny_folder), None, SYSTEM_PROMPT, SPLIT_SEED, **more)


def rows(project) -> str:
    return "".join(p.read_text("utf-8") for p in sorted(project.dataset.iterdir()))


def test_the_map_is_readable_by_the_owner_only_and_outside_the_dataset(project, tiny_folder):
    fill(project, "\n\nWrite to jane.doe@example-post.org, says Mary.")
    _, report = prepare(project, tiny_folder, people=PEOPLE)
    assert "jane.doe" not in rows(project) and "Mary" not in rows(project)
    assert "[e-mail], says [name]." in rows(project)
    path = project.redaction_map
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    assert not path.is_relative_to(project.dataset)
    assert {i.real for i in read_redaction_map(project).items} == {
        "jane.doe@example-post.org",
        "Mary",
    }
    assert report["redaction"]["counts"]["e-mail"] == 1
    assert "jane.doe" not in json.dumps(report)


def test_the_same_texts_give_the_same_bytes(project, tiny_folder):
    fill(project, "\n\nCall +44 7700 912345.")
    prepare(project, tiny_folder)
    before = rows(project), project.redaction_map.read_bytes()
    project.redaction_map.unlink()
    with pytest.raises(MissingError, match="morris prepare"):
        read_redaction_map(project)
    prepare(project, tiny_folder)
    assert before == (rows(project), project.redaction_map.read_bytes())


@pytest.mark.parametrize(
    "finder", ["find_phones", "find_keys", "find_addresses", "choose_stand_ins"]
)
def test_an_error_in_a_recognizer_stops_the_run_and_changes_nothing(
    project, tiny_folder, monkeypatch, finder
):
    fill(project, "\n\nCall +44 7700 912345.")
    prepare(project, tiny_folder)
    before = rows(project), project.redaction_map.read_bytes()
    fill(project, "\n\nCall +44 7700 954321.")

    def broken(*_):
        raise RuntimeError("broken")

    monkeypatch.setattr(redactor_module, finder, broken)
    with pytest.raises(RuntimeError, match="broken"):
        prepare(project, tiny_folder)
    assert before == (rows(project), project.redaction_map.read_bytes())


def test_redaction_can_be_switched_off_with_a_warning(project, tiny_folder):
    fill(project, "\n\nCall +44 7700 912345.")
    _, report = prepare(project, tiny_folder, redact=False)
    assert report["redaction"] is None and "7700 912345" in rows(project)
    assert not project.redaction_map.exists()
    assert "NOT REDACTED" in NOT_REDACTED


def test_the_options_of_redaction_and_cleaning_take_effect(project, tiny_folder, tmp_path):
    fill(project, "\n\nCall +44 7700 912345, says Mary.")
    names = tmp_path / "names.txt"
    names.write_text("Mary Fletcher, Molly\n\n", encoding="utf-8")
    words = ("prepare", "--model", tiny_folder)
    report = json.loads(done(*words, "--names", names, "--language", "en", "--json"))
    assert report["redaction"]["counts"]["name"] == 1 and "Mary" not in rows(project)
    shown, details = done(*words), done(*words, "-v")
    assert "Mary" not in rows(project)  # the names are remembered
    assert "phone 1" in shown and "what to check yourself" in shown and "912345" not in shown
    assert "Redaction does not find the following" in details and "912345" not in details
    off = morris(*words, "--no-redact")
    assert off.returncode == 0 and NOT_REDACTED in off.stderr and "912345" in rows(project)
    missing = morris(*words, "--names", tmp_path / "none.txt")
    assert missing.returncode == 3 and "none.txt" in missing.stderr
    german = morris(*words, "--language", "de")
    assert german.returncode == 1 and "in another language" in german.stderr


def test_words_that_are_no_names_are_shown_taken_from_a_file_and_recorded(
    project, tiny_folder, tmp_path
):
    fill(project, "\n\n" + "Marlow ate with Marlow, and Quorn. " * 4)
    names, not_names = tmp_path / "names.txt", tmp_path / "not.txt"
    names.write_text("Tilda Quorn\nMarlow Vex\n", encoding="utf-8")
    not_names.write_text("\nQuorn\n\n", encoding="utf-8")
    words = ("prepare", "--model", tiny_folder, "--names", names)
    shown = done(*words)
    assert "marlow" in shown and "quorn" in shown and "--not-names FILE" in shown
    assert "Quorn" not in rows(project)
    written = (project.dataset / "report.json").read_text(encoding="utf-8")
    assert "marlow" not in written.lower() and "frequent_names" in written

    shown = done(*words, "--not-names", not_names)
    assert "Quorn" in rows(project) and "Marlow" not in rows(project)
    assert stat.S_IMODE(project.not_names.stat().st_mode) == 0o600
    report = json.loads(done(*words, "--json"))  # recorded
    assert "Quorn" in rows(project) and set(report["frequent_names"]) == {"marlow"}
    not_names.write_text("", encoding="utf-8")
    done(*words, "--not-names", not_names)
    assert "Quorn" not in rows(project)
    missing = morris(*words, "--not-names", tmp_path / "none.txt")
    assert missing.returncode == 3 and "none.txt" in missing.stderr


def test_the_funnel_adds_up_and_counts_duplicates(project, tiny_folder):
    fill(project)
    documents = read_documents(project)
    copy = Document("f" * 16, documents[0].text + "\n\nCall +44 7700 912345.")
    other = Document("e" * 16, documents[0].text + "\n\nCall +44 7700 954321.")
    links = Document("d" * 16, "https://example.org/a https://example.org/b")
    write_documents(project, [*documents, copy, other, links])
    _, report = prepare(project, tiny_folder)
    funnel = dict(report["documents"])
    assert funnel.pop("input") == 15 == sum(funnel.values())
    assert funnel["exact duplicate"] == 1  # the two differ in the number alone
    assert funnel["nearly the same as another"] == 1 and funnel["only links"] == 1
    assert set(report["overlap"]) == {"valid", "test"}


def test_a_damaged_map_is_reported(project):
    write_redaction_map(project, MAP, "d" * 64)
    assert read_redaction_map(project) == MAP
    project.redaction_map.write_text('{"replaced": [{"kind": 3}]}')
    with pytest.raises(MorrisError, match="damaged"):
        read_redaction_map(project)
