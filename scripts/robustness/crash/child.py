"""The small, quick and deterministic training that scripts/robustness/crash_matrix.py interrupts.

`train` starts a run, resumes an unfinished one, or leaves a finished one unchanged. Importing this
module computes nothing, so that a process can be forked afterwards.
"""

from __future__ import annotations

import ctypes
import hashlib
import itertools
import json
import os
import shutil
import signal
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

if "torch" not in sys.modules:
    sys.modules.update(torch=None)  # transformers would take a second to load it

from morris_mlx.defaults import RUN_FILE
from morris_mlx.device import prepare_engine

prepare_engine()

import mlx.core as mx
import mlx_lm.utils
from mlx.utils import tree_flatten

from morris_mlx.defaults import ADAPTER_CONFIG, ADAPTER_WEIGHTS, LAST
from morris_mlx.errors import MorrisError
from morris_mlx.jobs.signals import stop_on_signal
from morris_mlx.jobs.supervisor import print_note
from morris_mlx.models.catalog import PRACTICE_FOLDER
from morris_mlx.models.find import find_model
from morris_mlx.models.find_adapter import read_run
from morris_mlx.project.adapters import CHECKPOINTS, METRICS_FILE, has_checkpoints
from morris_mlx.records.corpus import Example, Message
from morris_mlx.records.training import TrainSettings
from morris_mlx.train import (
    TrainHooks,
    TrainJob,
    checkpointer,
    train_adapter,
    unfinished_run,
)
from morris_mlx.train.checkpointer import Checkpointer  # loaded before the fork, not after it

MODEL = {
    "hidden_size": 32,
    "intermediate_size": 48,
    "num_hidden_layers": 2,
    "num_attention_heads": 2,
    "num_key_value_heads": 1,
    "head_dim": 16,
    "max_position_embeddings": 256,
}
SETTINGS = TrainSettings(
    epochs=6,
    rank=4,
    alpha=8.0,
    dropout=0.1,
    learning_rate=1e-2,
    batch_size=2,
    accumulate=2,
    validate_every=3,
    save_every=1,
    targets="attention",  # few arrays: each is written separately
    layers=1,
)
STEPS = 12
OTHER_RANK = 6  # of the older adapter that a run replaces
REGIONS = {  # calls that can be marked: (owner, name)
    "start": (Checkpointer, "start"),
    "resume": (Checkpointer, "resume"),
    "commit": (checkpointer, "write_checkpoint"),
    "publish": (Checkpointer, "_publish"),
    "finish": (Checkpointer, "finish"),
}
BEGIN, END = "/crash-matrix/begin", "/crash-matrix/end"  # absent paths that mark a trace
BUG = 70  # exit code of an error without a message


@dataclass(frozen=True, slots=True)
class Mark:
    """The `nth` call (from 0) of a region, where the process dies or waits for a tracer."""

    region: str
    nth: int
    dies: bool = False


def make_model(folder: Path) -> None:
    """Write a Mistral of random float32 weights with the practice base's tokenizer."""
    folder.mkdir(parents=True)
    config = json.loads((PRACTICE_FOLDER / "config.json").read_text()) | MODEL
    (folder / "config.json").write_text(json.dumps(config))
    for name in ("tokenizer.json", "tokenizer_config.json"):
        shutil.copy(PRACTICE_FOLDER / name, folder / name)
    mx.random.seed(1)
    model_class, args_class = mlx_lm.utils._get_classes(config)
    model = model_class(args_class.from_dict(config))
    mx.save_safetensors(str(folder / "model.safetensors"), dict(tree_flatten(model.parameters())))


def build_job(model: Path, folder: Path, rank: int) -> TrainJob:
    def example(n: int) -> Example:
        answer = f"I say {n}, and {n} again."
        return Example((Message("user", f"Say {n}."), Message("assistant", answer)), str(n), "t")

    return TrainJob(
        name="t",
        model=find_model(str(model)),
        train=[example(n) for n in range(8)],
        valid=[example(n) for n in range(8, 10)],
        settings=replace(SETTINGS, rank=rank),
        window=128,
        system_prompt="s",
        dataset_digest="d",
        folder=folder,
        token_cache=folder.parent / "tokens",
    )


def train(model: Path, folder: Path, rank: int = SETTINGS.rank) -> int:
    """Start or resume the training and return the exit code; errors go to stderr."""
    try:
        job = build_job(model, folder, rank)
        resume = unfinished_run(folder) is not None or has_checkpoints(folder)
        if not resume and is_finished(folder, rank):
            return 0
        with stop_on_signal(print_note) as stop:
            run = train_adapter(replace(job, resume=resume), TrainHooks(stopping=lambda: stop[0]))
    except MorrisError as error:
        print(f"morris: {error}", file=sys.stderr)
        return int(error.exit_code)
    except KeyboardInterrupt:
        return 130
    return 130 if run.stopped else 0


def is_finished(folder: Path, rank: int) -> bool:
    if not (folder / RUN_FILE).exists():
        return False
    run = read_run(folder)
    return bool(run.stopped == "" and run.settings.rank == rank)


# --- marks -------------------------------------------------------------------------------
def set_mark(mark: Mark, ready: Callable[[], None]) -> None:
    """Make the marked call report `ready`, wait for its tracer, and run between two marks."""
    owner, name = REGIONS[mark.region]
    plain, calls = getattr(owner, name), itertools.count()

    def marked(*args: Any, **kwargs: Any) -> Any:
        if next(calls) != mark.nth:
            return plain(*args, **kwargs)
        if mark.dies:
            os.kill(os.getpid(), signal.SIGKILL)
        ready()
        wait_for_tracer()
        ask_for(BEGIN)
        try:
            return plain(*args, **kwargs)
        finally:
            ask_for(END)

    setattr(owner, name, marked)


def ask_for(path: str) -> None:
    with suppress(OSError):
        Path(path).stat()


def wait_for_tracer() -> None:
    any_process, set_tracer = -1, 0x59616D61  # PR_SET_PTRACER, for kernels with Yama
    ctypes.CDLL(None).prctl(set_tracer, ctypes.c_ulong(any_process), 0, 0, 0)
    until = time.monotonic() + 20
    # Only reads, since a tracer may be attached already and counts calls from the mark on.
    status = os.open("/proc/self/status", os.O_RDONLY)
    while b"TracerPid:\t0\n" in os.pread(status, 65536, 0):
        if time.monotonic() > until:
            raise TimeoutError("no tracer came")
        time.sleep(0.002)
    time.sleep(0.02)  # strace is attached; let it set its filters


# --- files -------------------------------------------------------------------
def sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def curve(folder: Path) -> list[tuple[str, int, str]]:
    """Return (kind, step, exact loss) of each complete line of metrics.jsonl."""
    path = folder / METRICS_FILE
    lines = path.read_bytes().split(b"\n")[:-1] if path.exists() else []
    rows = []
    for line in lines:
        try:
            row = json.loads(line)
            rows.append((row["kind"], row["step"], float(row["loss"]).hex()))
        except (ValueError, KeyError, TypeError):
            rows.append(("damaged", 0, ""))
    return rows


def identity(folder: Path) -> dict[str, Any]:
    """Return everything that must be equal bit for bit after any interruptions."""
    run = json.loads((folder / RUN_FILE).read_text())
    return {
        "curve": curve(folder),
        "best": sha256(folder / ADAPTER_WEIGHTS),
        "last": sha256(folder / LAST / ADAPTER_WEIGHTS),
        "config": (folder / ADAPTER_CONFIG).read_text(),
        "run.json": [
            run["losses"],
            run["best_step"],
            run["best_valid_loss"],
            run["adapter_sha256"],
            run["supervised_tokens"],
            run["stopped"],
        ],
    }


def newest_checkpoint(folder: Path) -> int:
    """Return the step of the newest checkpoint with correct hashes, or -1."""
    checkpoints = folder / CHECKPOINTS
    names = [p.name for p in checkpoints.iterdir()] if checkpoints.is_dir() else []
    for name in sorted((n for n in names if n.isdigit()), reverse=True):
        with suppress(OSError, ValueError):
            hashes = json.loads((checkpoints / name / "manifest.json").read_text())["files"]
            if all(sha256(checkpoints / name / file) == digest for file, digest in hashes.items()):
                return int(name)
    return -1


def adapter_fault(folder: Path) -> str:
    """Describe what is inconsistent in an adapter's weights, config and run.json, or return ""."""
    if not (folder / ADAPTER_WEIGHTS).exists():
        return ""
    digest = sha256(folder / ADAPTER_WEIGHTS)
    run = json.loads((folder / RUN_FILE).read_text())
    if digest not in (run["adapter_sha256"], run["adapter_sha256_before"]):
        return f"{folder.name}: run.json has another hash than the weights"
    content = (folder / ADAPTER_WEIGHTS).read_bytes()
    header = json.loads(content[8 : 8 + int.from_bytes(content[:8], "little")])
    shapes = [v["shape"] for k, v in header.items() if k.endswith("lora_a")]
    rank = json.loads((folder / ADAPTER_CONFIG).read_text())["lora_parameters"]["rank"]
    if any(shape[1] != rank for shape in shapes):
        return f"{folder.name}: the config has another rank than the weights"
    return ""


def leftovers(folder: Path) -> list[Path]:
    """Return files and folders with temporary names, left by an interrupted write."""
    return sorted(folder.rglob(".new-*"))
