"""Training runs: their files, and bit-exact results after stops, kills and damage."""

import json
import re
from dataclasses import replace
from pathlib import Path

import mlx.core as mx
import pytest
from safetensors import SafetensorError
from support.training_job import curve, job

from morris_mlx import files
from morris_mlx.errors import MorrisError, RefusedError, StoppedError
from morris_mlx.models.find_adapter import read_run
from morris_mlx.project.adapters import has_checkpoints
from morris_mlx.train import (
    Notice,
    StepReport,
    TrainHooks,
    ValidReport,
    train_adapter,
    unfinished_run,
)
from morris_mlx.train.checkpoint_files import KEPT, _digest, read_newest
from morris_mlx.train.checkpointer import Checkpointer
from morris_mlx.train.distributed import ProcessGroup
from morris_mlx.train.trainer import build_trainer


def test_a_run_writes_the_best_adapter_its_config_metrics_and_run_record(tiny, tmp_path):
    events = []
    run = train_adapter(job(tiny, tmp_path / "a"), TrainHooks(events.append))
    folder = tmp_path / "a"
    assert {p.name for p in folder.iterdir()} == {
        ".lock",
        "adapters.safetensors",
        "adapter_config.json",
        "run.json",
        "metrics.jsonl",
        "events.jsonl",
        "last",
    }
    assert {p.name for p in (folder / "last").iterdir()} == {
        "adapters.safetensors",
        "adapter_config.json",
        "run.json",
    }
    assert read_run(folder) == run
    assert run.stopped == "" and run.best_valid_loss < run.base_valid_loss
    assert files.file_digest(folder / "adapters.safetensors") == run.adapter_sha256
    losses = [e.loss for e in events if isinstance(e, ValidReport) and e.step]
    assert run.best_valid_loss == min(losses)
    assert str(tmp_path) not in (folder / "adapter_config.json").read_text()
    assert all(p.stat().st_mode & 0o077 == 0 for p in folder.iterdir())
    told = [event for event in events if not isinstance(event, Notice)]
    assert len((folder / "metrics.jsonl").read_text().splitlines()) == len(told)


def test_the_same_seed_gives_the_same_bytes_and_another_seed_different_ones(tiny, tmp_path):
    digests = [
        train_adapter(job(tiny, tmp_path / name, dropout=0.1, seed=seed)).adapter_sha256
        for name, seed in (("a", 3), ("b", 3), ("c", 4))
    ]
    assert digests[0] == digests[1] != digests[2]


def test_an_adapter_without_a_finite_held_out_loss_is_not_kept(tiny, tmp_path, monkeypatch):
    for name in ("batch_loss", "summed_loss"):
        monkeypatch.setattr(f"morris_mlx.train.loop.{name}", lambda *_: mx.array(float("nan")))
    with pytest.raises(
        MorrisError, match=r"held-out rows is not a finite number \(valid.jsonl, row 1"
    ):
        train_adapter(job(tiny, tmp_path / "a"))
    assert not (tmp_path / "a" / "adapters.safetensors").exists()


def test_a_replacement_stopped_early_keeps_the_existing_adapter(tiny, tmp_path):
    old = train_adapter(job(tiny, tmp_path / "a"))
    reports = [tmp_path / "a" / name for name in ("report.json", "quick-report.json")]
    for report in reports:
        report.write_text("{}")
    run = train_adapter(job(tiny, tmp_path / "a", seed=9, validate_every=2), stop_after(1))
    assert run.stopped == "interrupted"
    assert read_run(tmp_path / "a") == old
    assert files.file_digest(tmp_path / "a" / "adapters.safetensors") == old.adapter_sha256
    train_adapter(job(tiny, tmp_path / "a", seed=9))
    assert not any(report.exists() for report in reports), "they are about the old adapter"


def test_a_stop_keeps_an_adapter_and_records_the_reason(tiny, tmp_path):
    run = train_adapter(job(tiny, tmp_path / "a", validate_every=2), stop_after(1))
    assert run.stopped == "interrupted"
    assert run.best_step == 1 and run.best_valid_loss is None
    assert json.loads((tmp_path / "a" / "run.json").read_text())["stopped"] == "interrupted"
    assert (tmp_path / "a" / "adapters.safetensors").exists()


def test_a_stop_during_the_first_validation_ends_it_at_once_and_saves_nothing(tiny, tmp_path):
    with pytest.raises(StoppedError, match="nothing was saved"):
        train_adapter(job(tiny, tmp_path / "a"), TrainHooks(stopping=lambda: True))
    assert not (tmp_path / "a" / "adapters.safetensors").exists()
    assert not has_checkpoints(tmp_path / "a")
    assert train_adapter(job(tiny, tmp_path / "a")).stopped == "", "it can be started again"


def test_a_stop_during_a_validation_is_saved_and_the_validation_repeated(
    tiny, tmp_path, uninterrupted
):
    folder, polls = tmp_path / "a", []
    seen = stop_after(2)

    def in_the_validation_of_step_2():
        polls.append(seen.stopping())
        return polls.count(True) > 1  # the first poll after the step lets it go on

    hooks = replace(seen, stopping=in_the_validation_of_step_2)
    stopped = train_adapter(job(tiny, folder, **NOISY), hooks)
    assert stopped.stopped == "interrupted" and stopped.step == 2
    assert stopped.losses[-1].step == 1, "the validation of step 2 was broken off"
    train_adapter(replace(job(tiny, folder, **NOISY), resume=True))
    assert curve(folder) == curve(uninterrupted)


# --- no better than the base ---------------------------------------------------------------
RUINED = {
    "learning_rate": 1.0,
    "alpha": 1000.0,
    "epochs": 2,
    "warmup": 0.0,
    "targets": "all+head",
}


def test_an_adapter_that_is_worse_than_the_base_is_not_kept(tiny, tmp_path):
    folder, reports = tmp_path / "a", []
    run = train_adapter(job(tiny, folder, **RUINED), TrainHooks(reports.append))
    assert not run.is_better_than_base
    assert (run.best_step, run.best_valid_loss) == (0, run.base_valid_loss)
    assert run.adapter_sha256 == "" and run.stopped == "" and read_run(folder) == run
    assert not any(event.best for event in reports if isinstance(event, ValidReport))
    assert not (folder / "adapters.safetensors").exists()
    assert not (folder / "adapter_config.json").exists()
    assert (folder / "last" / "adapters.safetensors").exists(), "the last one, for a look"
    assert not has_checkpoints(folder)


def test_a_ruined_training_keeps_the_adapter_that_it_was_to_replace(tiny, tmp_path):
    old = train_adapter(job(tiny, tmp_path / "a"))
    run = train_adapter(job(tiny, tmp_path / "a", **RUINED))
    assert not run.is_better_than_base
    assert read_run(tmp_path / "a") == old
    assert files.file_digest(tmp_path / "a" / "adapters.safetensors") == old.adapter_sha256


def test_a_ruined_training_is_resumed_to_the_same_end(tiny, tmp_path):
    whole = train_adapter(job(tiny, tmp_path / "whole", **RUINED))
    folder = tmp_path / "a"
    train_adapter(job(tiny, folder, **RUINED), stop_after(3))
    assert not (folder / "adapters.safetensors").exists()
    run = train_adapter(replace(job(tiny, folder, **RUINED), resume=True))
    assert run.losses == whole.losses and curve(folder) == curve(tmp_path / "whole")


def test_the_adapter_of_a_stop_before_any_validation_goes_when_it_proves_no_better(tiny, tmp_path):
    folder = tmp_path / "a"
    settings = RUINED | {"validate_every": 2}
    train_adapter(job(tiny, folder, **settings), stop_after(1))
    assert (folder / "adapters.safetensors").exists()
    run = train_adapter(replace(job(tiny, folder, **settings), resume=True))
    assert not run.is_better_than_base and read_run(folder) == run
    assert not (folder / "adapters.safetensors").exists()


def test_a_renamed_run_goes_on_under_its_new_name(tiny, tmp_path):
    train_adapter(job(tiny, tmp_path / "a", **NOISY), stop_after(2))
    (tmp_path / "a").rename(tmp_path / "b")
    renamed = replace(job(tiny, tmp_path / "b", **NOISY), name="b", resume=True)
    assert train_adapter(renamed).name == read_run(tmp_path / "b").name == "b"


# --- resume ------------------------------------------------------------------------------
NOISY = {"dropout": 0.2, "batch_size": 2, "accumulate": 2, "save_every": 1, "epochs": 4}


def stop_after(step):
    """Return hooks that stop a run after this step."""
    seen = []
    return TrainHooks(
        lambda event: seen.append(event) if isinstance(event, StepReport) else None,
        lambda: bool(seen) and seen[-1].step >= step,
    )


@pytest.fixture(scope="module")
def uninterrupted(tiny, tmp_path_factory):
    folder = tmp_path_factory.mktemp("run") / "whole"
    train_adapter(job(tiny, folder, **NOISY))
    return folder


@pytest.mark.parametrize("step", [1, 2, 3, 5, 7])
def test_a_resumed_run_continues_bit_for_bit_with_dropout_on(tiny, tmp_path, uninterrupted, step):
    folder = tmp_path / "a"
    stopped = train_adapter(job(tiny, folder, **NOISY), stop_after(step))
    assert stopped.stopped == "interrupted" and stopped.step == step
    done = train_adapter(replace(job(tiny, folder, **NOISY), resume=True))
    assert curve(folder) == curve(uninterrupted)
    for name in ("adapters.safetensors", "last/adapters.safetensors"):
        assert (folder / name).read_bytes() == (uninterrupted / name).read_bytes()
    whole = read_run(uninterrupted)
    assert done.losses == whole.losses and done.best_step == whole.best_step
    assert done.supervised_tokens == whole.supervised_tokens


def test_a_trainer_driven_step_by_step_gives_the_result_of_run(tiny, tmp_path, uninterrupted):
    folder = files.make_folder(tmp_path / "a")
    trainer = build_trainer(job(tiny, folder, **NOISY), TrainHooks(), ProcessGroup())
    steps = []
    while not trainer.is_finished:
        steps.append(trainer.step().step)
        trainer.validate_if_due()
        trainer.validate_if_due()  # a second call at the same step changes nothing
    run = trainer.checkpointer.finish("")
    assert steps == list(range(1, 9))
    assert run.losses == read_run(uninterrupted).losses
    assert curve(folder) == curve(uninterrupted)


def test_a_run_stopped_after_every_step_gives_the_same_result(tiny, tmp_path, uninterrupted):
    folder, resume = tmp_path / "a", False
    for step in range(1, 9):
        run = train_adapter(replace(job(tiny, folder, **NOISY), resume=resume), stop_after(step))
        resume = True
    assert run.stopped == "interrupted"
    assert train_adapter(replace(job(tiny, folder, **NOISY), resume=True)).stopped == ""
    assert curve(folder) == curve(uninterrupted)
    assert (folder / "adapters.safetensors").read_bytes() == (
        uninterrupted / "adapters.safetensors"
    ).read_bytes()


def test_the_newest_three_checkpoints_are_kept_until_the_run_is_finished(tiny, tmp_path):
    folder = tmp_path / "a"
    train_adapter(job(tiny, folder, **NOISY), stop_after(6))
    kept = sorted(p.name for p in (folder / "checkpoints").iterdir())
    assert kept == ["00000004", "00000005", "00000006"] and len(kept) == KEPT
    train_adapter(replace(job(tiny, folder, **NOISY), resume=True))
    assert not (folder / "checkpoints").exists()


@pytest.mark.parametrize("name", ["adapter.safetensors", "optimizer.safetensors", "state.json"])
@pytest.mark.parametrize("harm", ["flip", "truncate", "remove"])
def test_a_damaged_checkpoint_is_named_and_the_one_before_is_used(
    tiny, tmp_path, uninterrupted, name, harm
):
    folder = tmp_path / "a"
    train_adapter(job(tiny, folder, **NOISY), stop_after(5))
    path = folder / "checkpoints" / "00000005" / name
    content = bytearray(path.read_bytes())
    if harm == "flip":
        content[len(content) // 2] ^= 1
    if harm == "remove":
        path.unlink()
    else:
        path.write_bytes(content[: -1 if harm == "truncate" else None])
    events = []
    train_adapter(replace(job(tiny, folder, **NOISY), resume=True), TrainHooks(events.append))
    notices = [event.text for event in events if isinstance(event, Notice)]
    assert any("00000005" in text and name in text for text in notices)
    assert any("step 4" in text for text in notices)
    assert curve(folder) == curve(uninterrupted)


def test_with_every_checkpoint_damaged_resuming_is_an_error_and_the_adapter_stays(tiny, tmp_path):
    folder = tmp_path / "a"
    train_adapter(job(tiny, folder, **NOISY), stop_after(5))
    before = (folder / "adapters.safetensors").read_bytes()
    for path in (folder / "checkpoints").glob("*/manifest.json"):
        path.write_text("{}")
    with pytest.raises(MorrisError, match=r"Every checkpoint in .* is damaged"):
        train_adapter(replace(job(tiny, folder, **NOISY), resume=True))
    assert (folder / "adapters.safetensors").read_bytes() == before


def test_resuming_without_a_checkpoint_is_an_error(tiny, tmp_path):
    with pytest.raises(MorrisError, match="no checkpoint"):
        train_adapter(replace(job(tiny, tmp_path / "a"), resume=True))


def test_other_data_or_settings_are_refused_with_the_difference_shown(tiny, tmp_path):
    folder = tmp_path / "a"
    train_adapter(job(tiny, folder, **NOISY), stop_after(3))
    other = replace(job(tiny, folder, **NOISY | {"rank": 8, "seed": 4}), resume=True)
    with pytest.raises(RefusedError, match="rank was 4 and is 8; seed was 0 and is 4"):
        train_adapter(other)
    other = replace(job(tiny, folder, **NOISY), resume=True, dataset_digest="e")
    with pytest.raises(RefusedError, match="dataset was d and is e"):
        train_adapter(other)


def test_memory_settings_may_change_and_the_run_records_it(tiny, tmp_path, uninterrupted):
    folder = tmp_path / "a"
    train_adapter(job(tiny, folder, **NOISY | {"dropout": 0.0}), stop_after(3))
    smaller = NOISY | {"dropout": 0.0, "batch_size": 1, "accumulate": 4, "recompute": "full"}
    run = train_adapter(
        replace(job(tiny, folder, **smaller), resume=True, change="Batches of 1 for memory.")
    )
    assert run.changes == ("Batches of 1 for memory.",)
    assert run.settings.batch_size == 1 and run.started_with.batch_size == 2
    assert read_run(folder) == run
    plain = tmp_path / "b"
    train_adapter(job(tiny, plain, **NOISY | {"dropout": 0.0}))
    for (_, step, ours), (_, other, theirs) in zip(curve(folder), curve(plain), strict=True):
        assert step == other and ours == pytest.approx(theirs, abs=1e-5), "the same rows a step"


def test_a_full_disk_ends_the_run_and_keeps_everything_saved_before(
    tiny, tmp_path, uninterrupted, monkeypatch
):
    folder = tmp_path / "a"
    train_adapter(job(tiny, folder, **NOISY), stop_after(4))
    kept = sorted(p.name for p in (folder / "checkpoints").iterdir())

    def full(*_):
        raise RuntimeError("[write] Unable to write")

    with monkeypatch.context() as patched:
        patched.setattr(mx, "save_safetensors", full)
        with pytest.raises(MorrisError, match="disk is full"):
            train_adapter(replace(job(tiny, folder, **NOISY), resume=True))
    assert sorted(p.name for p in (folder / "checkpoints").iterdir()) == kept
    train_adapter(replace(job(tiny, folder, **NOISY), resume=True))
    assert curve(folder) == curve(uninterrupted)


def test_temporary_files_of_a_killed_training_are_removed(tiny, tmp_path):
    folder = tmp_path / "a"
    train_adapter(job(tiny, folder, **NOISY), stop_after(3))
    (folder / ".new-1.safetensors").write_bytes(b"half")
    (folder / "checkpoints" / ".new-2").mkdir()
    (folder / "last" / ".new-3.json").write_text("{")
    with files.locked(folder / ".lock", "busy"):
        assert unfinished_run(folder).step == 3
        assert len(list(folder.rglob(".new-*"))) == 3, "they may be of the training at work"
    assert unfinished_run(folder).step == 3
    assert not list(folder.rglob(".new-*"))


def test_the_end_of_a_run_removes_its_checkpoints_in_one_rename(tiny, tmp_path, monkeypatch):
    folder = tmp_path / "a"

    def killed(*_, **__):
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr("shutil.rmtree", killed)
        with pytest.raises(KeyboardInterrupt):
            train_adapter(job(tiny, folder, **NOISY | {"save_every": 0, "epochs": 1}))
    assert read_run(folder).stopped == ""
    assert not has_checkpoints(folder), "half a checkpoint would look like damage"
    assert unfinished_run(folder) is None


def test_an_unfinished_checkpoint_does_not_count_as_one(tiny, tmp_path):
    (tmp_path / "a" / "checkpoints" / ".new-1").mkdir(parents=True)
    assert not has_checkpoints(tmp_path / "a")


@pytest.mark.parametrize("harm", ["cut", "flip", "remove"])
def test_damaged_metrics_are_reported_and_do_not_change_the_run(
    tiny, tmp_path, uninterrupted, harm
):
    folder = tmp_path / "a"
    train_adapter(job(tiny, folder, **NOISY), stop_after(3))
    path = folder / "metrics.jsonl"
    content = path.read_bytes()
    if harm == "remove":
        path.unlink()
    else:
        path.write_bytes(content[:-40] if harm == "cut" else b"\xff" + content[1:])
    events = []
    done = train_adapter(
        replace(job(tiny, folder, **NOISY), resume=True), TrainHooks(events.append)
    )
    assert done.losses == read_run(uninterrupted).losses
    assert done.adapter_sha256 == read_run(uninterrupted).adapter_sha256
    notices = [event.text for event in events if isinstance(event, Notice)]
    assert any("metrics.jsonl" in text for text in notices) == (harm != "flip")


def test_an_incomplete_last_line_of_the_events_does_not_damage_the_next_one(tiny, tmp_path):
    folder = tmp_path / "a"
    train_adapter(job(tiny, folder, **NOISY), stop_after(3))
    with (folder / "events.jsonl").open("a") as file:
        file.write('{"time": 1')
    train_adapter(replace(job(tiny, folder, **NOISY), resume=True))
    kinds = [row["event"] for _, row in files.read_jsonl(folder / "events.jsonl")]
    assert kinds[-1] == "finished"


def test_early_stopping_ends_the_run_after_its_patience_and_keeps_the_best(tiny, tmp_path):
    run = train_adapter(
        job(tiny, tmp_path / "a", epochs=40, learning_rate=0.5, patience=2, validate_every=1)
    )
    since = [point for point in run.losses if point.step > run.best_step]
    assert len(since) == 2 and run.step < 80 and run.stopped == ""
    assert run.best_valid_loss == min(p.valid for p in run.losses[1:])


def test_a_second_training_of_the_same_adapter_is_refused(tiny, tmp_path):
    folder = files.make_folder(tmp_path / "a")
    with (
        files.locked(folder / ".lock", "busy"),
        pytest.raises(MorrisError, match="Another training writes to"),
    ):
        train_adapter(job(tiny, folder))


def test_an_adapter_that_is_trained_over_is_kept_as_replaced(tiny, tmp_path):
    folder = tmp_path / "a"
    train_adapter(job(tiny, folder))
    old = (folder / "adapters.safetensors").read_bytes()
    train_adapter(job(tiny, folder, rank=8))
    assert (folder / "replaced" / "adapters.safetensors").read_bytes() == old
    assert read_run(folder / "replaced").settings.rank == 4


def test_a_run_killed_after_publishing_an_adapter_still_keeps_the_replaced_one(
    tiny, tmp_path, monkeypatch
):
    folder = tmp_path / "a"
    train_adapter(job(tiny, folder, **NOISY | {"rank": 2}))
    old = (folder / "adapters.safetensors").read_bytes()

    plain = Checkpointer._publish

    def published_and_killed(*arguments):
        plain(*arguments)
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(Checkpointer, "_publish", published_and_killed)
        with pytest.raises(KeyboardInterrupt):
            train_adapter(job(tiny, folder, **NOISY))
    assert (folder / "adapters.safetensors").read_bytes() != old
    train_adapter(replace(job(tiny, folder, **NOISY), resume=True))
    assert (folder / "replaced" / "adapters.safetensors").read_bytes() == old


@pytest.mark.parametrize("last", ["run.json", "adapter_config.json", "adapters.safetensors"])
def test_a_kill_never_leaves_a_config_beside_the_weights_of_another_adapter(
    tiny, tmp_path, monkeypatch, last
):
    folder = tmp_path / "a"
    train_adapter(job(tiny, folder, **NOISY | {"rank": 2}))
    plain = Path.replace

    def renamed_and_killed(path, target):
        plain(path, target)
        if Path(target) == folder / last:
            raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(Path, "replace", renamed_and_killed)
        with pytest.raises(KeyboardInterrupt):
            train_adapter(job(tiny, folder, **NOISY))
    if (folder / "adapters.safetensors").exists():
        rank = json.loads((folder / "adapter_config.json").read_text())["lora_parameters"]["rank"]
        weights = mx.load(str(folder / "adapters.safetensors"))
        assert all(w.shape[1] == rank for name, w in weights.items() if name.endswith("lora_a"))
    else:
        assert read_run(folder / "replaced").settings.rank == 2
    done = train_adapter(replace(job(tiny, folder, **NOISY), resume=True))
    assert files.file_digest(folder / "adapters.safetensors") == done.adapter_sha256


def test_tokens_are_cached_by_content_and_a_damaged_cache_is_written_again(tiny, tmp_path):
    cache = tmp_path / "tokens"
    first = train_adapter(replace(job(tiny, tmp_path / "a"), token_cache=cache))
    names = sorted(p.name for p in cache.iterdir())
    assert len(names) == 2
    path = cache / names[0]
    content = bytearray(path.read_bytes())
    content[-3] ^= 1
    path.write_bytes(content)
    second = train_adapter(replace(job(tiny, tmp_path / "b"), token_cache=cache))
    assert first.adapter_sha256 == second.adapter_sha256
    assert sorted(p.name for p in cache.iterdir()) == names
    assert path.read_bytes() != bytes(content)


def test_a_full_disk_before_the_first_step_is_an_error_that_names_the_file(
    tiny, tmp_path, monkeypatch
):
    def full(*_, **__):
        raise SafetensorError("No space left on device")

    monkeypatch.setattr("morris_mlx.train.dataset.save_file", full)
    with pytest.raises(MorrisError, match=r"Cannot write .*tokens.*No space left"):
        train_adapter(replace(job(tiny, tmp_path / "a"), token_cache=tmp_path / "tokens"))
    assert not list((tmp_path / "tokens").iterdir())


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"step": None}, "step is None and must be a whole number"),
        ({"run": []}, "run is .* must be an object"),
        ({"run": {"losses": [1.5]}}, "is missing"),
        ({"train_losses": 3}, "train_losses is 3 and must be a list"),
        ({"adapter.safetensors": b"x"}, "its arrays cannot be read"),
    ],
)
def test_a_checkpoint_of_an_incompatible_version_is_skipped_with_a_reason(
    tiny, tmp_path, change, said
):
    """Its hashes are correct, but its content is not what this version expects."""
    train_adapter(job(tiny, tmp_path / "a", **NOISY), stop_after(5))
    folder = tmp_path / "a" / "checkpoints"
    newest = folder / "00000005"
    if arrays := change.pop("adapter.safetensors", None):
        (newest / "adapter.safetensors").write_bytes(arrays)
    files.write_json(newest / "state.json", files.read_json(newest / "state.json") | change)
    names = ("adapter.safetensors", "optimizer.safetensors", "state.json")
    hashes = {name: files.file_digest(newest / name) for name in names}
    manifest = {"files": hashes, "digest": _digest(hashes)}
    files.write_json(newest / "manifest.json", manifest)
    damaged = []
    assert read_newest(folder, damaged).step == 4
    assert re.search(f"^00000005: .*{said}", damaged[0])
