"""Events as JSON lines: what is written is read again, and damage stops no reader."""

import json
import stat

import pytest

from morris_mlx.errors import MorrisError
from morris_mlx.jobs import events
from morris_mlx.jobs.events import (
    LOSS,
    VALID_LOSS,
    Done,
    EventLog,
    EventReader,
    Failed,
    Metric,
    Note,
    Progress,
    Sample,
    event_from_json,
    event_to_json,
)

ALL = (
    Progress("training", 3, 10, "slowly"),
    Metric(3, LOSS, 2.5),
    Note("remark", "Ünïcode “quoted”\nand a second line"),
    Sample(3, "Say it.", "It."),
    Done({"name": "mine", "losses": [1.0, 2.0], "best": None}),
    Failed("refused", "No."),
)


@pytest.mark.parametrize("event", ALL, ids=lambda e: type(e).__name__)
def test_an_event_comes_back_from_json_as_it_was(event):
    assert event_from_json(json.loads(json.dumps(event_to_json(event)))) == event


def test_a_kind_of_a_later_version_is_passed_over():
    assert event_from_json({"event": "hologram", "x": 1}) is None


@pytest.mark.parametrize("row", [{"event": "note", "key": 1, "text": "x"}, {"event": "metric"}])
def test_a_damaged_event_is_an_error_that_names_the_field(row):
    with pytest.raises(MorrisError, match=r"'?key|step"):
        event_from_json(row)


def test_a_log_is_private_and_a_reader_goes_on_where_it_stopped(tmp_path):
    log, reader = EventLog(tmp_path / "e.jsonl"), EventReader(tmp_path / "e.jsonl")
    assert list(reader.new_events()) == []
    for event in ALL[2:4]:
        log(event)
    assert list(reader.new_events()) == list(ALL[2:4])
    log(ALL[5])
    assert list(reader.new_events()) == [ALL[5]]
    assert stat.S_IMODE((tmp_path / "e.jsonl").stat().st_mode) == 0o600


def test_a_line_that_is_still_being_written_is_read_when_it_is_whole(tmp_path):
    path = tmp_path / "e.jsonl"
    line = json.dumps(event_to_json(ALL[2])).encode() + b"\n"
    reader = EventReader(path)
    path.write_bytes(line + line[:20])
    assert list(reader.new_events()) == [ALL[2]]
    path.write_bytes(line + line)
    assert list(reader.new_events()) == [ALL[2]]


def test_damaged_lines_are_passed_over(tmp_path):
    path = tmp_path / "e.jsonl"
    good = json.dumps(event_to_json(ALL[2]))
    path.write_bytes(b'\xff\xfe\n[1]\n{"event": "note"}\n' + good.encode() + b"\n")
    assert list(EventReader(path).new_events()) == [ALL[2]]


def test_progress_is_thinned_out_and_validations_are_not(tmp_path, monkeypatch):
    now = [100.0]
    monkeypatch.setattr(events.time, "monotonic", lambda: now[0])
    log = EventLog(tmp_path / "e.jsonl")
    for step in range(1, 101):
        now[0] += 0.1
        log(Progress("training", step, 100))
        log(Metric(step, LOSS, 1.0))
        log(Metric(step, VALID_LOSS, 1.0))
    found = list(EventReader(tmp_path / "e.jsonl").new_events())
    progress = [e.done for e in found if isinstance(e, Progress)]
    assert progress[0] == 1 and progress[-1] == 100, "the first and the last are always kept"
    assert 18 <= len(progress) <= 22, "ten seconds, two a second"
    assert len([e for e in found if isinstance(e, Metric) and e.name == VALID_LOSS]) == 100
    losses = len([e for e in found if isinstance(e, Metric) and e.name == LOSS])
    assert losses == len(progress)


def test_a_log_that_cannot_be_written_is_an_error_with_its_path(tmp_path):
    with pytest.raises(MorrisError, match=r"Cannot write .*nowhere"):
        EventLog(tmp_path / "nowhere" / "e.jsonl")(ALL[2])


def test_a_line_that_a_kill_tore_spoils_no_later_line(tmp_path):
    path = tmp_path / "e.jsonl"
    log = EventLog(path)
    log(ALL[2])
    path.write_bytes(path.read_bytes() + b'{"event": "no')
    log(ALL[5])
    log(ALL[2])
    assert list(EventReader(path).new_events()) == [ALL[2], ALL[5], ALL[2]]
