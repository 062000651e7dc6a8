"""Memory plans in a training: reported, corrected by a measurement, and applied."""

import json
from dataclasses import replace

import mlx.core as mx
import pytest
from support.training_job import curve, job

from morris_mlx.errors import RefusedError
from morris_mlx.files import read_jsonl
from morris_mlx.models.chat_tokenizer import load_tokenizer
from morris_mlx.records.corpus import RowLength
from morris_mlx.train import Notice, TrainHooks, train_adapter
from morris_mlx.train.dataset import tokenize_rows
from morris_mlx.train.memory import check
from morris_mlx.train.memory.machine import Machine


@pytest.fixture
def machine_with(monkeypatch):
    def give(usable_gb):
        monkeypatch.setattr(
            check, "machine_from_engine", lambda _: Machine(2 * usable_gb, usable_gb, gpu=False)
        )

    return give


def notices(events):
    return [event.text for event in events if isinstance(event, Notice)]


def planned_peak_gb(folder):
    rows = [row for _, row in read_jsonl(folder / "events.jsonl")]
    return next(row["predicted_peak_gb"] for row in rows if row["event"] == "plan")


def test_a_training_reports_planned_and_measured_memory(tiny, tmp_path):
    events = []
    train_adapter(job(tiny, tmp_path / "a"), TrainHooks(events.append))
    rows = [json.loads(line) for line in (tmp_path / "a/events.jsonl").read_text().splitlines()]
    plan = next(row for row in rows if row["event"] == "plan")
    assert plan["measured_peak_gb"] > 0.5 * plan["predicted_peak_gb"] > 0
    assert any(
        "planned" in text and "measured on the longest batch" in text for text in notices(events)
    )


def test_a_training_that_does_not_fit_is_refused_before_anything_is_written_unless_forced(
    tiny, tmp_path, machine_with
):
    machine_with(1e-6)
    with pytest.raises(
        RefusedError, match=r"needs .* GB \(planned\) .* `morris plan --model .*--force"
    ):
        train_adapter(job(tiny, tmp_path / "a"))
    assert not (tmp_path / "a" / "metrics.jsonl").exists()
    run = train_adapter(replace(job(tiny, tmp_path / "a"), force=True))
    assert run.stopped == ""


def test_lengths_in_the_card_refuse_a_training_before_its_rows_are_tokenized(
    tiny, tmp_path, machine_with
):
    machine_with(1e-6)
    cached = replace(job(tiny, tmp_path / "a"), token_cache=tmp_path / "tokens")
    with pytest.raises(RefusedError):
        train_adapter(replace(cached, lengths=[RowLength(20, 9)] * 8))
    assert not (tmp_path / "tokens").exists()


def test_lengths_in_the_card_change_no_adapter(tiny, tmp_path):
    measured = train_adapter(job(tiny, tmp_path / "a"))
    tokenizer = load_tokenizer(tiny.folder)
    rows = tokenize_rows(job(tiny, tmp_path).train, tokenizer, 128, "train.jsonl")
    lengths = [row.length for row in rows]
    recorded = train_adapter(replace(job(tiny, tmp_path / "b"), lengths=lengths))
    assert recorded.adapter_sha256 == measured.adapter_sha256
    assert planned_peak_gb(tmp_path / "a") == planned_peak_gb(tmp_path / "b")


def test_the_measured_peak_overrides_the_planned_one(tiny, tmp_path, monkeypatch):
    monkeypatch.setattr(check, "_peak_of_longest_gb", lambda *_: 1e6)
    with pytest.raises(RefusedError, match=r"\(measured\)"):
        train_adapter(job(tiny, tmp_path / "a"))


def test_a_plan_that_saves_memory_gives_the_same_losses(tiny, tmp_path, machine_with, monkeypatch):
    plain = train_adapter(job(tiny, tmp_path / "a", packing="never"))
    predicted = planned_peak_gb(tmp_path / "a")
    machine_with(predicted * 0.7)
    # A measured peak counts what earlier tests left in memory, too; here the plan alone decides.
    monkeypatch.setattr(check, "_peak_of_longest_gb", lambda *_: predicted / 2)
    events = []
    tight = train_adapter(job(tiny, tmp_path / "b", packing="never"), TrainHooks(events.append))
    assert tight.settings.batch_size < plain.settings.batch_size
    batch = plain.settings.batch_size * plain.settings.accumulate
    assert tight.settings.batch_size * tight.settings.accumulate == batch
    assert any("rows at once" in text for text in notices(events))
    assert tight.started_with == plain.settings
    for (_, _, ours), (_, _, theirs) in zip(
        curve(tmp_path / "b"), curve(tmp_path / "a"), strict=True
    ):
        assert ours == pytest.approx(theirs, abs=1e-4), "each step learns from the same rows"


def test_measuring_memory_does_not_change_the_adapter(tiny, tmp_path, monkeypatch):
    first = train_adapter(job(tiny, tmp_path / "a", dropout=0.1))
    monkeypatch.setattr(check, "_peak_of_longest_gb", lambda *_: mx.get_peak_memory() / 1e9)
    second = train_adapter(job(tiny, tmp_path / "b", dropout=0.1))
    assert first.adapter_sha256 == second.adapter_sha256
