"""The printed form of a full evaluation, and how an adapter is named."""

import pytest
from support.evaluations import VOICE, evaluation
from support.workspace import morris

from morris_mlx.cli.evaluate import condition_lines, jury_lines, print_evaluation
from morris_mlx.records.evaluation import RowName, Voice


def test_the_quick_table_comes_first_and_the_verdict_last(capsys):
    print_evaluation(evaluation())
    shown = capsys.readouterr().out
    order = ["style distance (Delta)", "prompted base", "What gives it away:", "Condition:"]
    order += ["Verdict: reads like the author", "It reads like you: 71 %", "Next: "]
    assert [shown.index(part) for part in order] == sorted(shown.index(part) for part in order)
    assert "71 % (61 to 83)" in shown and "< 0.1 %" in shown
    assert "news briefs: Too little text of another author." in shown
    assert max(map(len, shown.splitlines())) <= 100


def test_without_judges_the_reason_is_printed(capsys):
    print_evaluation(evaluation(Voice(refusal="There are 2 texts, too few."), differences=()))
    shown = capsys.readouterr().out
    assert shown.count("There are 2 texts, too few.") == 2  # in the verdict, too
    assert "No habit differs enough to be noticed." in shown and "Verdict: not judged" in shown


def test_lines_on_judges_and_condition():
    lines = " ".join(jury_lines(evaluation()))
    assert "disagree on 12 %" in lines and "with wrong labels in 48" in lines
    assert jury_lines(evaluation(Voice())) == []
    lines = " ".join(condition_lines(evaluation()))
    for part in ("has 6 words", "6 %", "0.31 (base 0.5)", "+3.2 %", "0 of 1 plain tasks"):
        assert part in lines
    assert VOICE.row(RowName.BASE).texts == 8


@pytest.mark.parametrize("command", ["evaluate", "audit"])
def test_without_a_name_the_adapter_is_mine(command, project):
    result = morris(command)
    assert result.returncode == 3 and "There is no adapter 'mine'." in result.stderr


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["evaluate", "a", "--adapter", "b"], "The adapters 'a' and 'b' are named"),
        (["evaluate", "a", "b", "--adapter", "c"], "The adapters 'a' and 'b' and 'c' are named"),
        (["evaluate", ""], "The adapter's name is empty"),
        (["evaluate", "a", "--quick", "--answers", "8"], "--quick and --blind take no --answers"),
        (["evaluate", "a@5", "--quick"], "A comparison, of several adapters, strengths or"),
        (["evaluate", "a@5", "--best-of", "4"], "--best-of belongs to the full evaluation"),
        (["audit", "a", "--adapter", "b"], "The adapters 'a' and 'b' are named"),
    ],
)
def test_names_and_options_that_do_not_fit_are_refused(words, message, project):
    result = morris(*words)
    assert result.returncode == 2 and message in result.stderr
