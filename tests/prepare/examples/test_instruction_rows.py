"""The writer's own rows: in all splits, redacted, and in the split of a related text."""

import json
from collections import Counter

import pytest
from support.given_rows import made_of, own, written
from support.workspace import done, morris

from morris_mlx.collect import collect_files
from morris_mlx.defaults import sample_folder
from morris_mlx.formats.instruction_rows import read_instruction_rows
from morris_mlx.formats.row_messages import Cut, LeftOut
from morris_mlx.prepare.examples.instruction_rows import find_related, merge_groups
from morris_mlx.prepare.examples.request_wordings import LANGUAGES
from morris_mlx.records.corpus import ROW_TASK, SPLITS, Message


@pytest.fixture(scope="module")
def columns():
    return collect_files([sample_folder() / "columns"]).documents[:20]


def test_own_rows_are_in_all_splits_unchanged_and_counted(columns, tokenizer, tmp_path):
    given_rows = own(40)
    given_rows[3]["messages"].insert(0, {"role": "system", "content": "Another prompt."})
    given_rows[4]["messages"][1]["content"] = "endless " * 2000
    rows = read_instruction_rows(written(tmp_path / "r.jsonl", [*given_rows, given_rows[0]]))
    made = made_of(columns, tokenizer, rows=rows)
    counts = dict(made.extras["own_rows"])
    assert counts.pop("input") == 41 == sum(counts.values())
    assert counts[LeftOut.duplicate] == counts["longer than the window"] == 1
    assert all(made.rows[f"{split}, {ROW_TASK}"] == counts[split] > 0 for split in SPLITS)
    answers = {e.messages[-2:] for s in SPLITS for e in made.examples[s] if e.task == ROW_TASK}
    wanted = {tuple(Message(m["role"], m["content"].strip()) for m in row["messages"][-2:])
              for n, row in enumerate(given_rows) if n != 4}  # fmt: skip
    assert answers == wanted
    prompts = Counter(e.messages[0].content for s in SPLITS for e in made.examples[s])
    assert prompts["Another prompt."] == 1 and set(prompts) == {"Another prompt.", "Speak."}
    documents = dict(made.documents)
    assert documents.pop("input") == 20 == sum(documents.values())


def test_own_rows_are_redacted_like_the_texts(columns, tokenizer, tmp_path):
    given_rows = own(12)
    given_rows[5]["messages"][1]["content"] += " Call +44 7700 912345."
    rows = read_instruction_rows(written(tmp_path / "r.jsonl", given_rows))
    made = made_of(columns, tokenizer, rows=rows)
    said = "".join(m.content for s in SPLITS for e in made.examples[s] for m in e.messages)
    assert "912345" not in said and made.redaction.counts["phone"] == 1


def test_a_row_from_a_text_is_in_the_same_split_as_the_text(columns, tokenizer, tmp_path):
    given_rows = [
        {"instruction": f"What about {d.title}?", "output": d.text.split("\n\n")[1]}
        for d in columns
    ]
    rows = read_instruction_rows(written(tmp_path / "r.jsonl", given_rows))
    made = made_of(columns, tokenizer, rows=rows)
    of_row = {row.id: d.id for row, d in zip(rows.rows, columns, strict=True)}
    side = {s: {of_row.get(e.source_id, e.source_id) for e in made.examples[s]} for s in SPLITS}
    assert not side["train"] & (side["valid"] | side["test"]) and not side["valid"] & side["test"]
    assert all(side.values())


def test_groups_with_a_common_id_are_merged():
    assert merge_groups([("a", "b"), ("c", "d")], [("b", "c"), ("e", "f")]) == (
        ("a", "b", "c", "d"),
        ("e", "f"),
    )
    text = "one two three four five six seven eight nine ten"
    assert find_related([("d", f"zero {text} eleven")], [("r", text)]) == [("d", "r")]
    assert find_related([("d", "nothing of it")], [("r", text)]) == []


def test_rows_alone_make_a_dataset(project, tiny_folder, tmp_path):
    rows = written(tmp_path / "r.jsonl", own(20))
    report = json.loads(done("prepare", "--model", tiny_folder, "--rows", rows, "--json"))
    assert report["own_rows"]["train"] == 16 and report["documents"] == {}
    assert report["rows"] == {
        f"test, {ROW_TASK}": 2,
        f"train, {ROW_TASK}": 16,
        f"valid, {ROW_TASK}": 2,
    }
    few = morris("prepare", "--model", tiny_folder, "--rows", written(tmp_path / "few", own(3)))
    assert few.returncode == 1 and "3 rows can be learned from, and 5 are needed" in few.stderr


def test_a_text_without_a_request_is_asked_for_in_its_language(columns, tokenizer, tmp_path):
    given_rows = [
        {"text": f"Heute war der Tag Nummer {n}, und es regnete {n * 7} Stunden."}
        for n in range(12)
    ]
    for n in range(4):
        given_rows[n]["text"] = f"The rain{n} came down on roof {n * 5} all night, and we slept."
    rows = read_instruction_rows(written(tmp_path / "r.jsonl", given_rows))
    made = made_of(columns, tokenizer, rows=rows)
    asked = [e.messages for s in SPLITS for e in made.examples[s] if e.task == ROW_TASK]
    assert len(asked) == 12
    wanted = {"Heute": LANGUAGES["de"].own_text, "The r": LANGUAGES["en"].own_text}
    for system, request, answer in asked:
        assert (system.content, request.role) == ("Speak.", "user")
        assert request.content == wanted[answer.content[:5]]


def test_what_was_cut_from_rows_is_in_the_report(columns, tokenizer, tmp_path):
    given_rows = own(12)
    given_rows[3]["messages"][1]["content"] = "<think>Hm.</think>" + "Well, so it goes. " * 3
    rows = read_instruction_rows(written(tmp_path / "r.jsonl", given_rows))
    made = made_of(columns, tokenizer, rows=rows)
    assert made.turns == {Cut.thinking: 1}
    assert not any("Hm." in m.content for s in SPLITS for e in made.examples[s] for m in e.messages)
