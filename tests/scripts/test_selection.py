"""The table of trainings that compares the selection by loss with that by voice."""

import pytest
from support.bench_scripts import load_script
from support.selected_runs import run_of

selection = load_script("selection")


def test_disagreements_are_counted(capsys):
    runs = [
        ("agree", run_of((3.5, 0.1), (3.4, 0.2), (3.3, 0.3))),
        ("apart", run_of((3.45, 0.5), (3.44, 0.2))),
        ("guarded", run_of((3.8, 0.9), (3.4, 0.2))),
        ("single", run_of((3.5, 0.1))),
    ]
    selection.print_runs(runs)
    shown = capsys.readouterr().out
    lines = [line.split() for line in shown.splitlines()]
    assert lines[2] == ["agree", "0", "3", "3", "3", "3", "-1.00"]
    assert lines[3] == ["apart", "0", "2", "2", "1", "1", "–"]
    assert lines[4] == ["guarded", "0", "2", "2", "1", "2", "–"]
    assert "disagree in 2 of 3 trainings" in shown and "in 1 of these" in shown


def test_the_correlation_is_of_ranks():
    run = run_of((3.5, 0.3), (3.0, 0.2), (2.9, 0.9), (4.5, 9.0))
    assert selection.correlation(run) == pytest.approx(-0.5)
