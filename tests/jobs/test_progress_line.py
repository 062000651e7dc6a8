"""The sink of a terminal: a moving line, remarks above it, silence where stderr is no terminal."""

import re

import pytest

from morris_mlx.jobs import progress_line
from morris_mlx.jobs.events import BEST_VALID_LOSS, LOSS, VALID_LOSS, Metric, Note, Progress
from morris_mlx.jobs.progress_line import DETAIL, ProgressLine, clock


@pytest.fixture
def now(monkeypatch):
    time = [1000.0]
    monkeypatch.setattr(progress_line.time, "monotonic", lambda: time[0])
    return time


def test_without_a_terminal_only_remarks_are_printed(capsys, now):
    with ProgressLine() as line:
        for done in range(10):
            now[0] += 5
            line(Progress("Collecting", done, 10))
        line(Metric(1, VALID_LOSS, 2.0))
        line(Note(DETAIL, "for a terminal"))
        line(Note("remark", "for everybody"))
    captured = capsys.readouterr()
    assert captured.err == "for everybody\n" and captured.out == ""


def test_hours_of_work_without_a_terminal_leave_a_line_every_ten_minutes(capsys, now):
    with ProgressLine() as line:
        for done in range(61):
            now[0] += 60
            line(Progress("drafting", done, 100))
    lines = capsys.readouterr().err.splitlines()
    assert len(lines) == 5
    assert re.fullmatch(r"drafting \d+ of 100  [\d:]+ left", lines[0])


def test_on_a_terminal_the_line_has_the_time_left(capsys, now, monkeypatch):
    monkeypatch.setenv("FORCE_COLOR", "1")
    with ProgressLine() as line:
        line(Progress("answering:", 0, 100))
        now[0] += 10
        line(Progress("answering:", 20, 100))
        assert line._line(Progress("answering:", 20, 100)) == "answering: 20 of 100  0:40 left"
    assert "answering:" in capsys.readouterr().err


def test_a_training_shows_its_metrics_and_marks_the_best_validation(capsys, monkeypatch):
    monkeypatch.setenv("FORCE_COLOR", "1")
    with ProgressLine() as line:
        line(Metric(4, LOSS, 2.3456))
        line(Progress("training", 4, 9))
        assert line._line(Progress("training", 4, 9)).startswith("training 4/9  loss 2.346")
        line(Metric(4, BEST_VALID_LOSS, 2.0))
        line(Metric(4, VALID_LOSS, 2.0))
        line(Metric(8, VALID_LOSS, 2.5))
    shown = re.sub(r"\x1b\[[\d;?]*[a-zA-Z]", "", capsys.readouterr().err)
    assert "step     4 of 9  held-out loss 2.0000  ← best so far" in shown
    assert re.search(r"step     8 of 9  held-out loss 2\.5000\s", shown)


@pytest.mark.parametrize(
    ("seconds", "text"), [(0, "0:00"), (59.6, "1:00"), (61, "1:01"), (3661, "1:01:01")]
)
def test_durations_are_shown_as_a_clock_does(seconds, text):
    assert clock(seconds) == text


def test_a_follower_without_a_terminal_sees_validations_and_a_line_every_ten_seconds(capsys, now):
    with ProgressLine(follows=True) as line:
        for done in range(1, 31):
            now[0] += 1
            line(Progress("training", done, 30))
        line(Metric(30, BEST_VALID_LOSS, 2.0))
        line(Metric(30, VALID_LOSS, 2.0))
    lines = capsys.readouterr().err.splitlines()
    assert [row.split("  ")[0] for row in lines[:-1]] == [
        *("training 11 of 30", "training 22 of 30", "training 30 of 30")
    ]
    assert lines[-1] == "step    30 of 30  held-out loss 2.0000  ← best so far"
