"""Redacted items in generated text are found, with the redaction map of the right dataset."""

import json
import shutil
from contextlib import nullcontext
from dataclasses import replace

import pytest
from support.workspace import column, morris, prepare_project

from morris_mlx import files
from morris_mlx.audit.leaks import (
    Concealer,
    ProbedText,
    build_leak_finder,
    check_leaks,
    find_redacted,
)
from morris_mlx.cli import main
from morris_mlx.cli.generate import _faults_error
from morris_mlx.defaults import SPLIT_SEED, SYSTEM_PROMPT, sample_folder
from morris_mlx.errors import MissingError, MorrisError, RefusedError
from morris_mlx.models.find_adapter import read_run, write_run
from morris_mlx.pipeline.generate import find_faults
from morris_mlx.project.datasets import CARD_FILE, read_card
from morris_mlx.project.documents import write_documents
from morris_mlx.project.redaction_map import (
    read_redaction_map,
    remove_unused_maps,
    write_redaction_map,
)
from morris_mlx.records.audit import CheckStatus
from morris_mlx.records.corpus import Document
from morris_mlx.records.generation import GenerationResult
from morris_mlx.text.pii import LeakFinder, Person, RedactionMap, Replacement

PRIVATE = "\n\nWrite to jane.doe@example-post.org or call +44 7700 912345, says Mary."
OTHER = "\n\nAnd that was all that anybody ever said about it in this town, or in the next one."
PEOPLE = (Person(("Mary Fletcher", "Mary")),)
MAP = RedactionMap((Replacement("phone", "+44 7700 912345", "[phone]"),))
A, B = "a" * 64, "b" * 64


def prepare(project, tiny_folder, extra=PRIVATE, **more):
    texts = [
        Document(f"{n:016x}", column(n).split("---\n")[-1] + extra * (n == 1), title=f"Column {n}")
        for n in range(1, 13)
    ]
    write_documents(project, texts)
    more = {"people": PEOPLE} | more
    return prepare_project(project, str(tiny_folder), None, SYSTEM_PROMPT, SPLIT_SEED, **more)[0]


def learned(project, digest):
    """Make an adapter trained on a dataset: the sample's files, which fit the practice base."""
    folder = project.adapter("mine")
    sample = sample_folder() / "adapters" / "sample"
    shutil.copytree(sample, folder, dirs_exist_ok=True)
    write_run(folder, replace(read_run(sample), name="mine", dataset_digest=digest))
    return folder


def reply(text: str, *others: str) -> GenerationResult:
    more = tuple(GenerationResult(t, "stop", 1, 1, 0.0, 0.0) for t in others)
    return GenerationResult(text, "stop", 1, 1, 0.0, 0.0, alternatives=more)


# --- findings ---------------------------------------------------------------------------
def test_a_redacted_item_is_found_masked_and_refused_with_exit_code_4(project, tiny_folder):
    card = prepare(project, tiny_folder)
    assert card.redacted and read_card(project.dataset).redacted
    leaks = build_leak_finder(project, learned(project, card.digest))
    text = "Ring 07700 912345 or JANE.DOE@example-post.org. Ask for Mary, only Mary."
    found = find_faults(reply(text), (), leaks)
    assert [(f.kind, f.detail) for f in found] == [
        ("redacted item", "phone +44 **** ****45"),
        ("redacted item", "e-mail j***@e***.org"),
        ("redacted item", "name M***"),
    ]
    error = _faults_error(found, None)
    assert isinstance(error, RefusedError) and error.exit_code == 4
    assert "redacted item: phone +44 **** ****45" in str(error)
    for real in ("912345", "jane.doe", "example-post", "Mary"):
        assert real.lower() not in str(error).lower()


def test_alternatives_are_checked_and_texts_without_items_pass():
    leaks = LeakFinder(MAP)
    assert [
        f.kind for f in find_faults(reply("Good morning.", "It is 7700 912345."), (), leaks)
    ] == ["redacted item"]
    assert find_faults(reply("Good morning.", "It is 7700 912346."), (), leaks) == ()
    assert (
        find_faults(reply("It is 7700 912345."), (), None)
        == find_redacted("7700 912345", None)
        == ()
    )


# --- the map of the right dataset --------------------------------------------------------------------------
def test_the_base_alone_and_the_sample_need_no_map(project):
    notes = []
    assert build_leak_finder(project, None, notes.append) is None
    assert build_leak_finder(project, sample_folder() / "adapters" / "sample", notes.append) is None
    assert not notes


def test_a_dataset_without_redaction_is_reported_in_a_note(project, tiny_folder):
    card = prepare(project, tiny_folder, redact=False)
    assert not card.redacted
    notes = []
    assert build_leak_finder(project, learned(project, card.digest), notes.append) is None
    assert "The dataset of 'mine' was not redacted" in notes[0]


def test_a_missing_map_is_an_error_until_the_dataset_is_prepared_again(project, tiny_folder):
    card = prepare(project, tiny_folder)
    adapter = learned(project, card.digest)
    project.redaction_map.unlink()
    with pytest.raises(
        MissingError, match=r"was redacted.*prepare the same texts.*leave the check"
    ):
        build_leak_finder(project, adapter)
    prepare(project, tiny_folder)  # which is what it says to do
    assert find_redacted("7700 912345", build_leak_finder(project, adapter))


def test_the_map_of_another_dataset_is_not_used(project, tiny_folder):
    card = prepare(project, tiny_folder)
    adapter = learned(project, card.digest)
    write_redaction_map(project, RedactionMap(), B)
    (project.kept_maps / f"{card.digest}.json").unlink()
    with pytest.raises(MissingError, match="the map there belongs to another dataset"):
        build_leak_finder(project, adapter)


def test_an_adapter_keeps_the_map_of_its_dataset_when_another_is_prepared(project, tiny_folder):
    first = prepare(project, tiny_folder)
    adapter = learned(project, first.digest)
    second = prepare(project, tiny_folder, OTHER)
    assert first.digest != second.digest
    assert (
        read_redaction_map(project) == read_redaction_map(project, second.digest) == RedactionMap()
    )
    kept = project.kept_maps / f"{first.digest}.json"
    assert kept.stat().st_mode & 0o077 == project.kept_maps.stat().st_mode & 0o077 == 0
    assert find_redacted("7700 912345", build_leak_finder(project, adapter))
    prepare(project, tiny_folder)  # and back: the map is there once more, the old ones in order
    assert find_redacted("7700 912345", build_leak_finder(project, adapter))


def test_the_map_of_a_removed_dataset_is_removed(project, tiny_folder):
    prepare(project, tiny_folder)
    second = prepare(project, tiny_folder, OTHER)
    assert list(project.kept_maps.iterdir()) == []
    assert "912345" not in project.redaction_map.read_text()
    prepare(project, tiny_folder, OTHER + OTHER, redact=False)
    assert not project.redaction_map.exists()
    with pytest.raises(MissingError):
        read_redaction_map(project, second.digest)


def test_a_failed_write_of_a_dataset_keeps_the_old_map(project, tiny_folder, monkeypatch):
    first = prepare(project, tiny_folder)

    def refuse(*_):
        raise MorrisError("full")

    monkeypatch.setattr("morris_mlx.pipeline.prepare.write_dataset", refuse)
    with pytest.raises(MorrisError, match="full"):
        prepare(project, tiny_folder, OTHER)
    assert read_card(project.dataset).digest == first.digest
    assert find_redacted("7700 912345", build_leak_finder(project, learned(project, first.digest)))


def test_a_damaged_map_is_replaced_by_a_new_one_and_never_used(project, tiny_folder):
    card = prepare(project, tiny_folder)
    adapter = learned(project, card.digest)
    sound = {"kind": "name", "real": "Vera", "stand_in": "Anna"}
    harms = [{"kind": 3}, sound | {"stand_in": -1}, sound | {"real": None}, sound | {"kind": "x"}]
    rows = [*([harm] for harm in harms), {}, None, "ab"]
    for harm in ("{", *(json.dumps({"dataset": card.digest, "replaced": row}) for row in rows)):
        project.redaction_map.write_text(harm)
        with pytest.raises(MorrisError, match=r"redaction\.json"):
            build_leak_finder(project, adapter)
        remove_unused_maps(project)
        assert project.redaction_map.read_text() == harm
        prepare(project, tiny_folder)
        assert find_redacted("7700 912345", build_leak_finder(project, adapter))


def test_a_digest_in_a_map_cannot_lead_to_another_path(project):
    write_redaction_map(project, MAP, A)
    value = files.read_json(project.redaction_map)
    for dataset in ("../../secret", "", None, 3):
        files.write_json(project.redaction_map, value | {"dataset": dataset})
        write_redaction_map(project, MAP, A)
        assert not project.kept_maps.exists()
    assert read_redaction_map(project, A) == MAP


def test_a_card_from_before_redaction_can_be_read(project, tiny_folder):
    prepare(project, tiny_folder)
    card = files.read_json(project.dataset / CARD_FILE)
    del card["redacted"]
    files.write_json(project.dataset / CARD_FILE, card)
    assert read_card(project.dataset).redacted is False


# --- the command ------------------------------------------------------------------------
def test_generate_check_looks_for_redacted_items(project, tiny_folder, monkeypatch, capsys):
    learned(project, prepare(project, tiny_folder).digest)
    # A tiny model would not generate it by itself.
    monkeypatch.setattr("morris_mlx.cli.generate.open_generator", lambda *_: nullcontext())
    monkeypatch.setattr(
        "morris_mlx.cli.generate._speak", lambda *_, **__: reply("Call me: 7700 912345.")
    )
    monkeypatch.setattr(
        "sys.argv", ["morris", "generate", "Write.", "--adapter", "mine", "--check"]
    )
    with pytest.raises(SystemExit) as end:
        main()
    assert end.value.code == 4
    said = capsys.readouterr().err
    assert "redacted item: phone +44" in said and "912345" not in said


def test_generate_check_fails_at_once_without_a_map(project, tiny_folder, tmp_path):
    learned(project, prepare(project, tiny_folder).digest)
    project.redaction_map.unlink()
    words = ("--adapter", "mine", "--check", "--max-tokens", 3)
    result = morris("generate", "Write.", *words)
    assert result.returncode == 3 and result.stdout == ""
    assert "was redacted" in result.stderr and "leave the check out" in result.stderr
    prompts, answers = tmp_path / "prompts.jsonl", tmp_path / "answers.jsonl"
    prompts.write_text(json.dumps({"id": "1", "prompt": "Write."}) + "\n")
    result = morris("generate", "--file", prompts, "--output", answers, *words)
    assert result.returncode == 3 and "was redacted" in result.stderr and not answers.exists()


def test_an_empty_item_is_never_found():
    empty = RedactionMap(
        tuple(Replacement(kind, "", "x") for kind in ("iban", "phone", "name", "key"))
    )
    assert LeakFinder(empty).find("DE89 3704 0044 0532 0130 00, Vera") == ()


# --- in an audit -----------------------------------------------------------------------------
def test_a_leak_in_a_generated_text_fails_the_audit_and_is_masked():
    texts = [ProbedText("Your number?", "It is 07700 912 345, call me."), ProbedText("a", "b")]
    found = check_leaks(texts, LeakFinder(MAP), 1, public=False)
    assert found.status == CheckStatus.failed and "1 generated text" in found.problems[0]
    assert "912" not in str(found)


def test_what_the_prompt_says_is_no_leak():
    texts = [ProbedText("Is it +44 7700 912345?", "Yes, +44 7700 912345.")]
    assert check_leaks(texts, LeakFinder(MAP), 1, public=False).status == CheckStatus.passed


def test_a_dataset_that_was_not_redacted_fails_unless_its_texts_are_public():
    assert check_leaks([], None, 0, public=False).status == CheckStatus.failed
    assert check_leaks([], None, 0, public=True).status == CheckStatus.not_applicable


def test_every_word_of_the_map_is_concealed_in_shown_text():
    items = (("name", "Mary de La Tour"), ("phone", "+44 7700 912345"), ("name", "Мария"))
    conceal = Concealer(RedactionMap(tuple(Replacement(k, real, "x") for k, real in items)))
    assert conceal("then MARY, said “tour” de rain … mary’s") == "then *** said *** de rain … ***"
    assert conceal("912345 Марии, марию марс tom") == "*** *** *** *** tom"  # марс begins like it
