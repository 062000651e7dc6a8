"""General rows: their share of train, their redaction, and the record of their origin."""

import json
from dataclasses import replace

import pytest
from support.given_rows import general, learned, made_of, own, written
from support.workspace import done, morris, prepare_project

from morris_mlx.collect import collect_files
from morris_mlx.defaults import SYSTEM_PROMPT, sample_folder
from morris_mlx.errors import MorrisError, UsageError
from morris_mlx.formats.instruction_rows import read_instruction_rows
from morris_mlx.formats.row_messages import LeftOut
from morris_mlx.pipeline.evaluate import longest_answers
from morris_mlx.pipeline.prepare import PrepareRequest
from morris_mlx.prepare import Extras, prepare_collected
from morris_mlx.prepare.corpus import clean_corpus
from morris_mlx.prepare.examples import instruction_rows
from morris_mlx.prepare.examples.instruction_rows import mix_in_rows
from morris_mlx.prepare.reasons import ExclusionReason
from morris_mlx.prepare.redact import redactor
from morris_mlx.prepare.redact.redactor import redact_more
from morris_mlx.project.datasets import read_card, read_dataset, read_examples
from morris_mlx.project.documents import write_documents
from morris_mlx.project.provenance import Ground, read_provenance
from morris_mlx.records.corpus import MIX_TASK, ROW_TASK, SPLITS, Message
from morris_mlx.text.pii import Person


@pytest.fixture(scope="module")
def columns():
    return collect_files([sample_folder() / "columns"]).documents[:8]


@pytest.mark.parametrize("share", [0.05, 0.2, 0.5])
def test_general_rows_are_their_share_of_train_and_in_no_other_split(
    columns, tokenizer, tmp_path, share
):
    mix = read_instruction_rows(written(tmp_path / "m.json", general(200), "array"))
    made = made_of(columns, tokenizer, mix=mix, mix_share=share)
    train = made.examples["train"]
    mixed = [e for e in train if e.task == MIX_TASK]
    assert share - 1 / len(train) < len(mixed) / len(train) <= share
    assert all(e.task != MIX_TASK for s in ("valid", "test") for e in made.examples[s])
    assert all(e.messages[0].role == "user" for e in mixed)  # the writer's prompt is not theirs
    counts = dict(made.extras["mix"])
    assert counts.pop("input") == 200 == sum(counts.values()) and counts["mixed in"] == len(mixed)
    without = made_of(columns, tokenizer)
    assert [e for e in train if e.task != MIX_TASK] == list(without.examples["train"])
    assert made == made_of(columns, tokenizer, mix=mix, mix_share=share)


NOTHING = clean_corpus((), redact=True, people=(), languages=())


def test_general_rows_are_redacted_and_their_items_are_in_the_map(columns, tokenizer, tmp_path):
    rows = general(100)
    for n, row in enumerate(rows):
        row["output"] += f" Call +44 7700 9{n:05}. Annabel Ferryman says so; jane.doe@post-org.net."
        row["instruction"] += " hunter2hunter2?"
    mix = read_instruction_rows(written(tmp_path / "m.json", rows))
    secret = columns[0].text + "\n\nThe password: hunter2hunter2."
    texts = [replace(columns[0], text=secret), *columns[1:]]
    made = prepare_collected(
        texts, (), tokenizer, 1024, "Speak.", 7, people=[Person(("Annabel Ferryman",))],
        extras=Extras(mix=mix, mix_share=0.4),
    )  # fmt: skip
    drawn = [e for e in made.examples["train"] if e.task == MIX_TASK]
    said = "".join(m.content for e in drawn for m in e.messages)
    for item in ("7700", "jane.doe", "hunter2", "Ferryman"):
        assert item not in said, item
    assert made.redaction.counts["phone"] == len(drawn) == said.count("[phone]") > 5
    phones = {i.real for i in made.redaction_map.items if i.kind == "phone"}
    assert len(phones) == len(drawn)  # of the rows that were drawn, and of no other
    left = prepare_collected(
        texts, (), tokenizer, 1024, "Speak.", 7, redact=False, extras=Extras(mix=mix, mix_share=0.4)
    )
    assert "hunter2" in "".join(m.content for e in left.examples["train"] for m in e.messages)


def test_an_error_in_the_redaction_of_a_general_row_stops_the_run(
    columns, tokenizer, tmp_path, monkeypatch
):
    def fails(text):
        if "Explain number" in text:
            raise ValueError("recogniser")
        return iter(())

    monkeypatch.setattr(redactor, "find_keys", fails)
    mix = read_instruction_rows(written(tmp_path / "m.json", general(50)))
    with pytest.raises(ValueError, match="recogniser"):
        made_of(columns, tokenizer, mix=mix, mix_share=0.2)
    made_of(columns, tokenizer)


def test_a_row_that_is_too_long_after_redaction_is_replaced_by_another(
    tokenizer, tmp_path, monkeypatch
):
    mix = read_instruction_rows(written(tmp_path / "m.json", general(30)))
    usual = mix_in_rows(mix, 0.5, learned(8), tokenizer, 512, 7, NOTHING)
    long = {e.source_id for e in usual.examples[::2]}

    def lengthened(rows, before):
        redacted = redact_more(rows, before)
        more = (Message("user", "word " * 600), Message("assistant", "So."))
        longer = (replace(c, messages=more) if c.id in long else c for c in redacted.conversations)
        return replace(redacted, conversations=tuple(longer))

    monkeypatch.setattr(instruction_rows, "redact_more", lengthened)
    mixed = mix_in_rows(mix, 0.5, learned(8), tokenizer, 512, 7, NOTHING)
    assert mixed.examples[:4] == usual.examples[1::2] and len(mixed.examples) == 8
    assert mixed.counts["longer than the window"] == 4 and sum(mixed.counts.values()) == 60


def test_the_writers_own_rows_are_not_mixed_in(columns, tokenizer, tmp_path):
    rows = read_instruction_rows(written(tmp_path / "r.jsonl", own(20)))
    mix = read_instruction_rows(written(tmp_path / "m.json", [*own(20), *general(100)]))
    made = made_of(columns, tokenizer, rows=rows, mix=mix, mix_share=0.3)
    mixed = {e.source_id for e in made.examples["train"] if e.task == MIX_TASK}
    assert mixed and not mixed & {r.id for r in rows.rows}
    counts = dict(made.extras["mix"])
    assert counts[ExclusionReason.ALREADY_OWN] > 0 and counts.pop("input") == 120 == sum(
        counts.values()
    )


def test_a_larger_share_has_the_rows_of_a_smaller_one_and_more(tokenizer, tmp_path):
    mix = read_instruction_rows(written(tmp_path / "m.json", general(100)))
    few, more = (
        mix_in_rows(mix, s, learned(50), tokenizer, 1024, 7, NOTHING).examples for s in (0.1, 0.3)
    )
    assert len(few) == 5 and len(more) == 21 and few == more[:5]
    assert mix_in_rows(mix, 0.1, learned(50), tokenizer, 1024, 8, NOTHING).examples != few


def test_general_rows_longer_than_the_window_are_left_out_and_counted(tokenizer, tmp_path):
    mix = read_instruction_rows(
        written(tmp_path / "m.json", [*general(30), *general(30, words=900)])
    )
    mixed = mix_in_rows(mix, 0.5, learned(20), tokenizer, 512, 7, NOTHING)
    counts = dict(mixed.counts)
    assert counts["longer than the window"] > 0 and counts.pop("input") == 60 == sum(
        counts.values()
    )
    with pytest.raises(MorrisError, match=r"30 rows that fit into 512 tokens.* needs 99"):
        mix_in_rows(mix, 0.5, learned(99), tokenizer, 512, 7, NOTHING)


@pytest.mark.parametrize("share", [0, -0.1, 0.51, float("nan")])
def test_a_share_outside_its_range_is_refused(tmp_path, share):
    with pytest.raises(UsageError, match="--mix has the share"):
        PrepareRequest(mix=(tmp_path / "m.json", share))


def test_a_general_text_without_a_request_is_left_out(columns, tokenizer, tmp_path):
    rows = [*general(80), {"text": "Somebody else's text about nothing at all."}]
    mix = read_instruction_rows(written(tmp_path / "mix.jsonl", rows))
    made = made_of(columns, tokenizer, mix=mix, mix_share=0.4)
    counts = dict(made.extras["mix"])
    assert counts.pop("input") == 81 == sum(counts.values())
    said = [m.content for s in SPLITS for e in made.examples[s] for m in e.messages]
    assert not any("Somebody else's" in text for text in said)


def test_the_options_take_effect_and_the_table_shows_what_was_left_out(
    project, columns, tiny_folder, tmp_path
):
    write_documents(project, columns)
    rows = written(tmp_path / "own.jsonl", [*own(10), {"words": "x"}])
    mix = written(tmp_path / "mix.json", [*general(80), {"words": "x"}], "array")
    words = (
        "prepare",
        "--model",
        tiny_folder,
        "--rows",
        rows,
        "--ground",
        "permission",
        "--mix",
        mix,
        0.1,
    )
    report = json.loads(done(*words, "--json"))
    assert report["own_rows"][LeftOut.unknown_format] == report["mix"][LeftOut.unknown_format] == 1
    assert report["rows"][f"train, {MIX_TASK}"] == report["mix"]["mixed in"]
    before = (project.dataset / "train.jsonl").read_bytes()
    shown = done(*words, "-v")
    assert "own rows" in shown and "mix" in shown and LeftOut.unknown_format in shown
    assert (project.dataset / "train.jsonl").read_bytes() == before
    wrong = morris(*words[:-1], 0.9)
    assert wrong.returncode == 2 and "0.5" in wrong.stderr


def test_general_rows_are_not_evaluated_as_the_writers_style(
    project, columns, tiny_folder, tmp_path
):
    write_documents(project, columns)
    mix = written(tmp_path / "mix.json", general(80), "array")
    prepare_project(
        project,
        str(tiny_folder),
        None,
        SYSTEM_PROMPT,
        7,
        mix=(mix, 0.2),
        ground=Ground.permission,
    )
    train = read_examples(project.dataset, "train")
    voice = longest_answers([e for e in train if e.task != MIX_TASK])
    assert {e.task for e in train} >= {MIX_TASK} and not any("Number" in t for t in voice)


def test_rows_are_recorded_with_their_ground_and_general_ones_need_one(
    project, columns, tiny_folder, tmp_path
):
    write_documents(project, columns[:4])
    rows, mix = written(tmp_path / "r.jsonl", own(10)), written(tmp_path / "m.json", general(80))
    words = ("prepare", "--model", tiny_folder, "--rows", rows, "--mix", mix, 0.1)
    refused = morris(*words)
    assert refused.returncode == 4 and f"the texts of {mix}" in refused.stderr
    assert "--ground permission" in refused.stderr and not project.provenance.exists()
    assert not project.dataset.exists()
    report = json.loads(done(*words, "--ground", "public-domain", "--json"))
    notes = read_provenance(project)
    assert {p: (n["kind"], n["ground"], n["rows"]) for p, n in notes.items()} == {
        str(rows): ("rows", "own", 10),
        str(mix): ("general rows", "public-domain", report["mix"]["mixed in"]),
    }
    done(*words)  # it was answered
    assert {n["ground"] for n in read_provenance(project).values()} == {"own", "public-domain"}
    card = read_card(project.dataset)
    given = {i for s in SPLITS for i, task in card.rows[s] if task in (ROW_TASK, MIX_TASK)}
    assert {card.sources[i] for i in given} == {str(rows), str(mix)}
    alone = ("prepare", "--model", tiny_folder, "--rows", rows)
    done(*alone, "--ground", "permission")
    done(*alone)
    assert read_provenance(project)[str(rows)]["ground"] == "permission"
    wrong = morris("prepare", "--model", tiny_folder, "--ground", "own")
    assert wrong.returncode == 2 and "works only with --mix or --rows" in wrong.stderr


def test_given_rows_are_forgotten_by_the_name_of_their_file(
    project, columns, tiny_folder, tmp_path
):
    write_documents(project, columns[:4])
    rows, mix = written(tmp_path / "r.jsonl", own(10)), written(tmp_path / "m.json", general(80))
    ground = ("--ground", "permission")
    words = ("prepare", "--model", tiny_folder, "--rows", rows, "--mix", mix, 0.1, *ground)
    in_all = json.loads(done(*words, "--json"))["rows_in_all"]
    told = json.loads(done("forget", "m.json", "--yes", "--json"))
    assert told["sources"] == told["own_files"] == [str(mix)] and mix.exists()
    assert told["datasets"][0]["rows"] > 0 and list(read_provenance(project)) == [str(rows)]
    left = [e for s in SPLITS for e in read_dataset(project.dataset)[s]]
    assert MIX_TASK not in {e.task for e in left} and ROW_TASK in {e.task for e in left}
    assert len(left) == in_all - told["datasets"][0]["rows"]
    done("forget", rows, "--yes")
    assert "own9 word63" not in "".join(
        p.read_text() for p in project.data.rglob("*") if p.is_file()
    )
    assert morris("forget", rows, "--yes").returncode == 3
