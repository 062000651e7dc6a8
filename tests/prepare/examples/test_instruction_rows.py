"""Rows as they are given: every format, the writer's own in all splits, general ones in train alone."""

import json
from collections import Counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support.given_rows import made_of, own, written
from support.workspace import done, morris

from morris_mlx.collect import collect_files
from morris_mlx.defaults import sample_folder
from morris_mlx.errors import MissingError, MorrisError
from morris_mlx.formats.instruction_rows import (
    EMPTY,
    MACHINE,
    NO_ANSWER,
    NO_JSON,
    NO_OBJECT,
    NO_REQUEST,
    NOT_TEXT,
    REASONS,
    TWICE,
    UNKNOWN,
    UNKNOWN_ROLE,
    read_rows,
)
from morris_mlx.prepare.examples.instruction_rows import find_related, merge_groups
from morris_mlx.records.corpus import ROW_TASK, SPLITS, Message

ASKED = (("user", "Why?"), ("assistant", "Because."))
SYSTEM = ("system", "Be brief.")
FORMATS = {
    "messages": (
        {"messages": [{"role": "user", "content": "Why?"}, {"role": "assistant", "content": "Because."}]},
        ASKED,
    ),
    "parts": (
        {
            "messages": [
                {"role": "user", "content": [{"type": "text", "text": "Why?"}]},
                {"role": "assistant", "content": "Because."},
            ]
        },
        ASKED,
    ),
    "sharegpt": (
        {
            "system": "Be brief.",
            "conversations": [{"from": "human", "value": "Why?"}, {"from": "gpt", "value": "Because."}],
        },
        (SYSTEM, *ASKED),
    ),
    "alpaca": ({"instruction": "Why?", "input": "", "output": "Because."}, ASKED),
    "alpaca with input": (
        {"instruction": "Why?", "input": "It rains.", "output": "Because.", "system": "Be brief."},
        (SYSTEM, ("user", "Why?\n\nIt rains."), ASKED[1]),
    ),
    "alpaca with history": (
        {"instruction": "Why?", "output": "Because.", "history": [["Hello.", "Hi."]]},
        (("user", "Hello."), ("assistant", "Hi."), *ASKED),
    ),
    "dolly": (
        {"instruction": "Why?", "context": "It rains.", "response": "Because.", "category": "qa"},
        (("user", "Why?\n\nIt rains."), ASKED[1]),
    ),
    "input and response": (
        {"instruction": "Why?", "input": "It rains.", "response": "Because."},
        (("user", "Why?\n\nIt rains."), ASKED[1]),
    ),
}  # fmt: skip


def plain(conversation):
    return tuple((m.role, m.content) for m in conversation.messages)


@pytest.mark.parametrize("kind", ["lines", "array"])
@pytest.mark.parametrize("name", FORMATS)
def test_every_format_is_recognised_by_content(tmp_path, name, kind):
    row, expected = FORMATS[name]
    found = read_rows(written(tmp_path / "rows.bin", [row], kind))
    assert [plain(r) for r in found.rows] == [expected] and found.given == 1


def test_formats_may_be_mixed_in_one_file_and_one_object_is_a_row(tmp_path):
    found = read_rows(written(tmp_path / "r.json", [row for row, _ in FORMATS.values()]))
    assert found.given == len(FORMATS) == len(found.rows) + found.left_out[TWICE]
    (tmp_path / "one.json").write_text(json.dumps(FORMATS["dolly"][0], indent=2))
    assert len(read_rows(tmp_path / "one.json").rows) == 1


LEFT_OUT = {
    NO_JSON: '{"instruction": "cut',
    NO_OBJECT: '"words"',
    MACHINE: '{"instruction": "Why?", "output": "So.", "machine_made": true}',
    UNKNOWN: '{"text": "words"}',
    UNKNOWN_ROLE: '{"messages": [{"role": "tool", "content": "x"}]}',
    NOT_TEXT: '{"messages": [{"role": "user", "content": null}]}',
    EMPTY: '{"instruction": "Why?", "output": "  "}',
    NO_REQUEST: '{"messages": [{"role": "assistant", "content": "Well."}]}',
    NO_ANSWER: '{"messages": [{"role": "user", "content": "Why?"}]}',
    TWICE: '{"instruction": "Why?", "response": "Because."}',
}


def test_every_row_that_is_left_out_is_counted_with_its_reason(tmp_path):
    assert set(LEFT_OUT) == set(REASONS)
    good = json.dumps(FORMATS["alpaca"][0])
    (tmp_path / "r.jsonl").write_text("\n".join([good, *LEFT_OUT.values(), ""]))
    found = read_rows(tmp_path / "r.jsonl")
    assert dict(found.left_out) == dict.fromkeys(REASONS, 1)
    assert found.given == len(found.rows) + sum(found.left_out.values())


def test_a_file_without_rows_is_refused_in_words(tmp_path):
    with pytest.raises(MissingError, match=r"none\.json"):
        read_rows(tmp_path / "none.json")
    (tmp_path / "bad.json").write_text('{"text": "x"}\n[1\n')
    with pytest.raises(MorrisError, match="1 not valid JSON, 1 in none of the known formats"):
        read_rows(tmp_path / "bad.json")
    (tmp_path / "empty.json").write_text("")
    with pytest.raises(MorrisError, match="it is empty"):
        read_rows(tmp_path / "empty.json")


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(
            st.sampled_from(
                ["messages", "conversations", "role", "from", "content", "value", "system"]
            )
            | st.sampled_from(["instruction", "input", "output", "response", "history", "text"]),
            inner,
            max_size=5,
        )
    ),
    max_leaves=12,
)


@settings(max_examples=200, deadline=None, derandomize=True)
@given(st.lists(json_values, max_size=6))
def test_whatever_is_in_a_file_the_counts_add_up(tmp_path_factory, rows):
    path = tmp_path_factory.mktemp("rows") / "r.json"
    found = read_rows(written(path, [*rows, FORMATS["alpaca"][0]], "array"))
    assert found.given == len(rows) + 1 == len(found.rows) + sum(found.left_out.values())
    for row in found.rows:
        assert row.messages[-1].role == "assistant"
        assert all(m.content.strip() for m in row.messages)


# --- the writer's own rows --------------------------------------------------------------
@pytest.fixture(scope="module")
def columns():
    return collect_files([sample_folder() / "columns"]).documents[:20]


def test_own_rows_go_to_all_splits_as_they_are_and_add_up(columns, tokenizer, tmp_path):
    given_rows = own(40)
    given_rows[3]["messages"].insert(0, {"role": "system", "content": "Another prompt."})
    given_rows[4]["messages"][1]["content"] = "endless " * 2000
    rows = read_rows(written(tmp_path / "r.jsonl", [*given_rows, given_rows[0]]))
    made = made_of(columns, tokenizer, rows=rows)
    counts = dict(made.extras["own_rows"])
    assert counts.pop("input") == 41 == sum(counts.values())
    assert counts[TWICE] == counts["longer than the window"] == 1
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
    rows = read_rows(written(tmp_path / "r.jsonl", given_rows))
    made = made_of(columns, tokenizer, rows=rows)
    said = "".join(m.content for s in SPLITS for e in made.examples[s] for m in e.messages)
    assert "912345" not in said and made.redaction.counts["phone"] == 1


def test_a_row_out_of_a_text_never_stands_on_the_other_side_of_the_split(
    columns, tokenizer, tmp_path
):
    given_rows = [
        {"instruction": f"What about {d.title}?", "output": d.text.split("\n\n")[1]}
        for d in columns
    ]
    rows = read_rows(written(tmp_path / "r.jsonl", given_rows))
    made = made_of(columns, tokenizer, rows=rows)
    of_row = {row.id: d.id for row, d in zip(rows.rows, columns, strict=True)}
    side = {s: {of_row.get(e.source_id, e.source_id) for e in made.examples[s]} for s in SPLITS}
    assert not side["train"] & (side["valid"] | side["test"]) and not side["valid"] & side["test"]
    assert all(side.values())


def test_groups_that_share_an_id_are_one():
    assert merge_groups([("a", "b"), ("c", "d")], [("b", "c"), ("e", "f")]) == (
        ("a", "b", "c", "d"),
        ("e", "f"),
    )
    text = "one two three four five six seven eight nine ten"
    assert find_related({"d": f"zero {text} eleven"}, {"r": text}) == [("d", "r")]
    assert find_related({"d": "nothing of it"}, {"r": text}) == []


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
