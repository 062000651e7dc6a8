"""Files of instruction rows: every format is read, and rows left out are counted by reason."""

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support.given_rows import written

from morris_mlx.errors import MissingError, MorrisError
from morris_mlx.formats.instruction_rows import LeftOut, read_instruction_rows

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
def test_every_format_is_recognized_by_content(tmp_path, name, kind):
    row, expected = FORMATS[name]
    found = read_instruction_rows(written(tmp_path / "rows.bin", [row], kind))
    assert [plain(r) for r in found.rows] == [expected] and found.given == 1


def test_a_file_may_have_several_formats_or_a_single_object(tmp_path):
    found = read_instruction_rows(
        written(tmp_path / "r.json", [row for row, _ in FORMATS.values()])
    )
    assert found.given == len(FORMATS) == len(found.rows) + found.left_out[LeftOut.duplicate]
    (tmp_path / "one.json").write_text(json.dumps(FORMATS["dolly"][0], indent=2))
    assert len(read_instruction_rows(tmp_path / "one.json").rows) == 1


LEFT_OUT = {
    LeftOut.not_json: '{"instruction": "cut',
    LeftOut.not_an_object: '"words"',
    LeftOut.machine_made: '{"instruction": "Why?", "output": "So.", "machine_made": true}',
    LeftOut.unknown_format: '{"text": "words"}',
    LeftOut.unknown_role: '{"messages": [{"role": "tool", "content": "x"}]}',
    LeftOut.not_text: '{"messages": [{"role": "user", "content": null}]}',
    LeftOut.empty_turn: '{"instruction": "Why?", "output": "  "}',
    LeftOut.no_request: '{"messages": [{"role": "assistant", "content": "Well."}]}',
    LeftOut.no_answer: '{"messages": [{"role": "user", "content": "Why?"}]}',
    LeftOut.duplicate: '{"instruction": "Why?", "response": "Because."}',
}


def test_rows_that_are_left_out_are_counted_by_reason(tmp_path):
    assert set(LEFT_OUT) == set(LeftOut)
    good = json.dumps(FORMATS["alpaca"][0])
    (tmp_path / "r.jsonl").write_text("\n".join([good, *LEFT_OUT.values(), ""]))
    found = read_instruction_rows(tmp_path / "r.jsonl")
    assert dict(found.left_out) == dict.fromkeys(LeftOut, 1)
    assert found.given == len(found.rows) + sum(found.left_out.values())


def test_a_file_without_rows_is_refused_with_the_reasons(tmp_path):
    with pytest.raises(MissingError, match=r"none\.json"):
        read_instruction_rows(tmp_path / "none.json")
    (tmp_path / "bad.json").write_text('{"text": "x"}\n[1\n')
    with pytest.raises(MorrisError, match="1 not valid JSON, 1 in none of the known formats"):
        read_instruction_rows(tmp_path / "bad.json")
    (tmp_path / "empty.json").write_text("")
    with pytest.raises(MorrisError, match="it is empty"):
        read_instruction_rows(tmp_path / "empty.json")


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
def test_the_counts_of_any_file_add_up(tmp_path_factory, rows):
    path = tmp_path_factory.mktemp("rows") / "r.json"
    found = read_instruction_rows(written(path, [*rows, FORMATS["alpaca"][0]], "array"))
    assert found.given == len(rows) + 1 == len(found.rows) + sum(found.left_out.values())
    for row in found.rows:
        assert row.messages[-1].role == "assistant"
        assert all(m.content.strip() for m in row.messages)
