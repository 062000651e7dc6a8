"""Files of instruction rows: every format is read, and rows left out are counted by reason."""

import json
from contextlib import suppress

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support.given_rows import written

from morris_mlx.errors import MissingError, MorrisError
from morris_mlx.formats.instruction_rows import read_instruction_rows
from morris_mlx.formats.row_messages import Cut, LeftOut, cut_thinking

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
    "prompt and completion of mlx-lm": ({"prompt": "Why?", "completion": "Because."}, ASKED),
    "prompt and response": ({"prompt": "Why?", "response": "Because."}, ASKED),
    "question and answer": ({"Question": "Why?", "Answer": "Because."}, ASKED),
    "question and answer with context": (
        {"question": "Why?", "context": "It rains.", "answer": "Because."},
        (("user", "Why?\n\nIt rains."), ASKED[1]),
    ),
    "query and response": ({"query": "Why?", "response": "Because.", "history": []}, ASKED),
    "input and output": ({"input": "Why?", "output": "Because."}, ASKED),
    "inputs and targets": ({"inputs": "Why?", "targets": "Because."}, ASKED),
    "text of mlx-lm": ({"text": "Because."}, ASKED[1:]),
    "turns without an object": (
        [{"role": "user", "content": "Why?"}, {"role": "assistant", "content": "Because."}],
        ASKED,
    ),
    "prompt and completion in turns": (
        {
            "prompt": [
                {"role": "system", "content": "Be brief."},
                {"role": "user", "content": "Why?"},
            ],
            "completion": [{"role": "assistant", "content": "Because."}],
        },
        (SYSTEM, *ASKED),
    ),
    "pairs": ({"conversation": [{"human": "Why?", "assistant": "Because."}]}, ASKED),
    "developer": (
        {
            "messages": [
                {"role": "developer", "content": "Be brief."},
                {"role": "user", "content": "Why?"},
                {"role": "assistant", "content": "Because."},
            ]
        },
        (SYSTEM, *ASKED),
    ),
    "calls of tools": (
        {
            "messages": [
                {"role": "user", "content": "Why?"},
                {"role": "assistant", "content": None, "tool_calls": [{"id": "1"}]},
                {"role": "tool", "content": "12 C"},
                {"role": "assistant", "content": "Because."},
            ],
            "tools": [{"type": "function"}],
        },
        ASKED,
    ),
    "a word before the call of a tool": (
        {
            "conversations": [
                {"from": "observation", "value": "x"},
                {"from": "human", "value": "Why?"},
                {"from": "gpt", "value": "Let me see."},
                {"from": "function_call", "value": "{}"},
                {"from": "observation", "value": "12 C"},
                {"from": "gpt", "value": "Because."},
            ]
        },
        (ASKED[0], ("assistant", "Let me see.\n\nBecause.")),
    ),
    "reasoning": (
        {"instruction": "Why?", "output": "<think>\nHm. Rain?\n</think>\n\nBecause."},
        ASKED,
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
    LeftOut.preference: '{"prompt": "Why?", "chosen": "Because.", "rejected": "No."}',
    LeftOut.rendered: '{"text": "<|user|>\\nWhy?</s>\\n<|assistant|>\\nBecause."}',
    LeftOut.unknown_format: '{"words": "words"}',
    LeftOut.unknown_role: '{"messages": [{"role": "narrator", "content": "x"}]}',
    LeftOut.not_text: '{"messages": [{"role": "user", "content": null}]}',
    LeftOut.empty_turn: '{"instruction": "Why?", "output": "  "}',
    LeftOut.not_learned: (
        '{"messages": [{"role": "user", "content": "Why?"},'
        ' {"role": "assistant", "content": "So.", "weight": 0}]}'
    ),
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
    (tmp_path / "bad.json").write_text('{"words": "x"}\n[1\n')
    with pytest.raises(MorrisError, match="1 not valid JSON, 1 in none of the known formats"):
        read_instruction_rows(tmp_path / "bad.json")
    (tmp_path / "empty.json").write_text("")
    with pytest.raises(MorrisError, match="it is empty"):
        read_instruction_rows(tmp_path / "empty.json")


def turns(*weights, key="weight"):
    """Return a system prompt, and a request and an answer for each weight; None is no weight."""
    found = [{"role": "system", "content": "Be brief."}]
    for number, weight in enumerate(weights):
        marks = {} if weight is None else {key: weight}
        found += [{"role": "user", "content": f"Q{number}"}]
        found += [{"role": "assistant", "content": f"A{number}", **marks}]
    return found


@pytest.mark.parametrize(
    ("weights", "kept", "cut"),
    [
        ((1, 1), (0, 1), 0),
        ((None, 0.5), (0, 1), 0),
        ((0, 0, 1), (2,), 4),
        ((1, 0), (0,), 2),
        ((1, 1, 0, 1), (0, 1), 4),
        ((1, 0, 1), (2,), 4),
    ],
)
def test_answers_of_weight_0_are_not_learned(tmp_path, weights, kept, cut):
    found = read_instruction_rows(
        written(tmp_path / "r.jsonl", [{"messages": turns(*weights)}], "lines")
    )
    answers = [
        ("user", f"Q{n}") if side else ("assistant", f"A{n}") for n in kept for side in (1, 0)
    ]
    assert plain(found.rows[0]) == (("system", "Be brief."), *answers)
    assert found.cuts.get(Cut.unlearned, 0) == cut


@pytest.mark.parametrize("key", ["train", "loss", "train_on_turn"])
def test_answers_that_another_trainer_skips_are_not_learned(tmp_path, key):
    rows = [{"messages": turns(False, True, key=key)}, {"messages": turns(False, key=key)}]
    found = read_instruction_rows(written(tmp_path / "r.jsonl", rows, "lines"))
    assert [m.content for m in found.rows[0].messages] == ["Be brief.", "Q1", "A1"]
    assert (len(found.rows), found.left_out[LeftOut.not_learned]) == (1, 1)


# --- files ------------------------------------------------------------------------------
WRAPPED = (
    '{"data": [{"instruction": "Why?", "output": "Because."}]}',
    '{"version": 1, "data": {"train": [{"prompt": "Why?", "completion": "Because."}]}}',
    '{"features": [{"name": "q"}], "rows": [{"row_idx": 0, "row": {"q": "Why?", "a": "Because."}}]}',
    '[[{"role": "user", "content": "Why?"}, {"role": "assistant", "content": "Because."}]]',
    '[{"role": "user", "content": "Why?"}, {"role": "assistant", "content": "Because."}]',
)


@pytest.mark.parametrize("text", WRAPPED)
def test_lists_in_an_object_and_bare_lists_are_rows(tmp_path, text):
    (tmp_path / "r.json").write_text(text)
    found = read_instruction_rows(tmp_path / "r.json")
    assert [plain(row) for row in found.rows] == [ASKED] and found.given == 1


TABLES = {
    "commas": 'instruction,output\nWhy?,Because.\n"How, then?","So,\n""so"""\n',
    "semicolons": 'Prompt;Completion\nWhy?;Because.\nHow, then?;"So,\n""so"""\n',
    "tabs": 'id\tquestion\tanswer\n1\tWhy?\tBecause.\n2\tHow, then?\t"So,\n""so"""\n',
}


@pytest.mark.parametrize("name", TABLES)
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_tables_are_read_by_the_names_of_their_columns(tmp_path, name, encoding):
    (tmp_path / "r.csv").write_bytes(TABLES[name].encode(encoding))
    found = read_instruction_rows(tmp_path / "r.csv")
    assert [plain(row) for row in found.rows] == [
        ASKED,
        (("user", "How, then?"), ("assistant", 'So,\n"so"')),
    ]


def test_line_ends_of_old_macs_are_read_and_broken_tables_are_no_crash(tmp_path):
    (tmp_path / "r.csv").write_bytes(b"prompt,completion\rWhy?,Because.\r")
    assert plain(read_instruction_rows(tmp_path / "r.csv").rows[0]) == ASKED
    for broken in (b"a\rb,c\n", b'"\r', b'prompt,completion\nWhy?,"Beca', b"\x00,\x00\n"):
        (tmp_path / "r.jsonl").write_bytes(broken)
        with suppress(MorrisError):
            read_instruction_rows(tmp_path / "r.jsonl")


def test_a_table_of_turns_and_one_of_texts_are_read(tmp_path):
    turns = json.dumps(FORMATS["messages"][0]["messages"]).replace('"', '""')
    (tmp_path / "turns.csv").write_text(f'messages\n"{turns}"\n')
    assert plain(read_instruction_rows(tmp_path / "turns.csv").rows[0]) == ASKED
    long = "So it goes on. " * 20_000  # longer than the usual limit of a cell
    (tmp_path / "text.csv").write_text(f'date,text\n2020,"{long}"\n2021,\n')
    found = read_instruction_rows(tmp_path / "text.csv")
    assert len(found.rows) == 1 and found.left_out[LeftOut.unknown_format] == 1


def test_a_table_without_known_columns_is_refused_with_its_first_line(tmp_path):
    (tmp_path / "r.csv").write_text("name,age\nAnn,3\n")
    with pytest.raises(MorrisError, match=r"name,age.*instruction and output"):
        read_instruction_rows(tmp_path / "r.csv")


def test_columns_of_one_object_become_rows(tmp_path):
    columns = {"prompt": ["Why?", "When?"], "completion": ["Because.", "Now."]}
    (tmp_path / "r.json").write_text(json.dumps(columns))
    rows = read_instruction_rows(tmp_path / "r.json").rows
    assert [[m.content for m in row.messages] for row in rows] == [
        ["Why?", "Because."],
        ["When?", "Now."],
    ]


# --- rules ------------------------------------------------------------------------------
@pytest.mark.parametrize(
    "row",
    [
        {"chosen": ASKED, "rejected": []},
        {"prompt": "Why?", "completion": "No.", "label": False},
        {"chosen": [{"role": "assistant", "content": "x"}], "rejected": []},
        {"input": {"messages": ASKED}, "preferred_output": [], "non_preferred_output": []},
    ],
)
def test_preferences_are_named_as_such(tmp_path, row):
    with pytest.raises(MorrisError, match="1 a preference pair"):
        read_instruction_rows(written(tmp_path / "r.jsonl", [row]))


@pytest.mark.parametrize(
    "text",
    [
        "### Instruction:\nWhy?\n\n### Response:\nBecause.",
        "<s>[INST] Why? [/INST] Because.</s>",
        "<|im_start|>user\nWhy?<|im_end|>",
        "Human: Why?\n\nAssistant: Because.",
        "### Human: Why?### Assistant: Because.",
    ],
)
def test_a_text_with_both_sides_of_a_conversation_is_no_text_of_the_writer(tmp_path, text):
    with pytest.raises(MorrisError, match="1 a text with a chat template"):
        read_instruction_rows(written(tmp_path / "r.jsonl", [{"text": text}]))
    own = {"text": "Question: who let the dog in?\nI did."}
    assert len(read_instruction_rows(written(tmp_path / "own.jsonl", [own])).rows) == 1


def test_a_log_of_messages_is_no_text_of_the_writer(tmp_path):
    with pytest.raises(MorrisError, match="none of the known formats"):
        read_instruction_rows(written(tmp_path / "r.jsonl", [{"user": "Bo", "text": "Hi there."}]))


def test_what_is_cut_from_rows_is_counted(tmp_path):
    rows = [FORMATS["calls of tools"][0], FORMATS["reasoning"][0], FORMATS["alpaca"][0]]
    only_calls = {"messages": FORMATS["calls of tools"][0]["messages"][:3]}
    found = read_instruction_rows(written(tmp_path / "r.jsonl", [*rows, only_calls]))
    assert dict(found.cuts) == {Cut.tools: 2, Cut.thinking: 1}
    assert found.left_out[LeftOut.no_answer] == 1


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("<think>a</think>b", "b"),
        ("a</think>\n\nb", "b"),
        ("<Thinking>a</Thinking>b<think>c</think>d", "bd"),
        ("<think>a", ""),
        ("a <think> in HTML", "a <think> in HTML"),
        ("<think>a <think> b</think>c", "c"),
        ("<thinker>a</thinker>", "<thinker>a</thinker>"),
    ],
)
def test_reasoning_is_cut_from_answers(text, left):
    assert cut_thinking(text) == left


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(
            st.sampled_from(
                ["messages", "conversations", "role", "from", "content", "value", "system"]
            )
            | st.sampled_from(["tool_calls", "prompt", "completion", "chosen", "row"])
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
