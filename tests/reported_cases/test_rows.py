"""Tests of reported cases: rows in the formats of other programs, and `forget` with a folder."""

import pytest
from support.reported_cases import CASES, gather

from morris_mlx.errors import MorrisError
from morris_mlx.formats.instruction_rows import read_instruction_rows
from morris_mlx.formats.row_messages import Cut, LeftOut
from morris_mlx.pipeline.forget import ForgetRequest, plan_removal

ANSWER = "It was in at nine and out again at ten, as it always is."
PAIR = [("user", "Is the boat in?"), ("assistant", ANSWER)]
ROWS = {
    **dict.fromkeys(
        ("mlx-lm-completions.jsonl", "prompt-response.jsonl", "question-answer.jsonl"), PAIR
    ),
    **dict.fromkeys(
        ("input-output.jsonl", "ms-swift.jsonl", "bare-list.jsonl", "wrapped.json"), PAIR
    ),
    **dict.fromkeys(("alpaca.csv", "tools.jsonl", "sharegpt-obs.jsonl"), PAIR),
    "mlx-lm-text.jsonl": [("assistant", f"Is the boat in? {ANSWER}")],
    "developer.jsonl": [("system", "Be brief."), *PAIR],
    "sharegpt.jsonl": [("system", "x"), *PAIR],
}


@pytest.mark.parametrize("name", ROWS)
def test_rows_of_a_format_are_read(name):
    found = read_instruction_rows(CASES / "rows" / name)
    (row,) = found.rows
    assert [(m.role, m.content) for m in row.messages] == ROWS[name]
    assert found.cuts.get(Cut.tools, 0) == {"tools.jsonl": 2, "sharegpt-obs.jsonl": 1}.get(name, 0)


@pytest.mark.parametrize("name", ["dpo.jsonl", "orpo.jsonl"])
def test_pairs_of_preferences_are_named_as_such(name):
    with pytest.raises(MorrisError, match=LeftOut.preference.split("(")[0]):
        read_instruction_rows(CASES / "rows" / name)


def test_every_file_of_rows_has_its_right_value():
    files = {path.name for path in (CASES / "rows").iterdir()}
    assert files == {*ROWS, "dpo.jsonl", "orpo.jsonl"}


def test_a_folder_is_forgotten_with_a_slash_at_its_end(project):
    gather(project, "texts-as-chats")
    plan = plan_removal(project, ForgetRequest(f"{CASES / 'texts-as-chats'}/"))
    assert plan.documents == 3
