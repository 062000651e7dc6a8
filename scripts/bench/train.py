"""Benchmark of the trainer against mlx-lm's on the same model, rows, rank and batch size.

    python scripts/bench/train.py [--rows chat|long|both] [--repeats 3]
    python scripts/bench/train.py --model smollm2 --repeats 1     # a real model, about 15 minutes

Without `--model`, the model has random weights and the rows are made up. With it, the chat rows are
the English conversations of the sample chats, four in a batch, and the long rows are sample columns,
one in a batch.

Prints medians and ratios of supervised tokens per second, peak memory and the number of distinct
batch shapes, and the held-out loss of one longer run each after the same supervised tokens. Every
run has its own process. mlx-lm runs with and without compilation and gradient checkpointing (with
both at once only on random weights); speed and memory are compared with its fastest run.
"""

from __future__ import annotations

import argparse
import json
import math
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from contextlib import redirect_stdout
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

from morris_mlx.device import prepare_engine, start_many_operations

prepare_engine()

import mlx.core as mx
import numpy as np
from mlx.optimizers import AdamW
from mlx_lm.models import llama
from mlx_lm.tuner.callbacks import TrainingCallback
from mlx_lm.tuner.datasets import CacheDataset
from mlx_lm.tuner.trainer import TrainingArgs
from mlx_lm.tuner.trainer import iterate_batches as their_batches
from mlx_lm.tuner.trainer import train as their_train

from morris_mlx.cli.demo import COLUMNS
from morris_mlx.cli.demo_chats import CHATS, is_russian
from morris_mlx.models.catalog import WINDOW
from morris_mlx.models.chat_tokenizer import load_tokenizer
from morris_mlx.models.find import find_model
from morris_mlx.models.load import load_mlx_model
from morris_mlx.pipeline.first_use import ready_model
from morris_mlx.project.datasets import read_dataset
from morris_mlx.project.folder import Project
from morris_mlx.records.training import TrainSettings
from morris_mlx.train.batch_sampler import BatchSampler
from morris_mlx.train.dataset import TokenRow, tokenize_rows
from morris_mlx.train.loop import training_steps, validate
from morris_mlx.train.lora import adapter_config, add_adapter
from morris_mlx.train.optimizer import build_optimizer
from morris_mlx.train.packed import keep_bytes, packed_lanes
from morris_mlx.train.recipes import FINAL_RATE

# 16 million parameters with the 32,000-token vocabulary of Mistral.
MODEL = {
    "model_type": "mistral",
    "hidden_size": 256,
    "num_hidden_layers": 8,
    "intermediate_size": 1024,
    "num_attention_heads": 8,
    "num_key_value_heads": 4,
    "rms_norm_eps": 1e-5,
    "vocab_size": 32000,
    "tie_word_embeddings": True,
}
SETTINGS = TrainSettings(
    epochs=1,
    rank=16,
    alpha=32.0,
    dropout=0.0,
    learning_rate=1e-3,
    batch_size=4,
    accumulate=1,
    clip_norm=0.0,
    warmup=0.1,
    packing="auto",
)
RUNS = (
    ("mlx-lm", ("compiled",)),
    ("mlx-lm", ()),
    ("mlx-lm", ("compiled", "checkpointed")),
    ("mlx-lm", ("checkpointed",)),
    ("morris", ("none",)),
    ("morris", ("attention",)),
    ("morris", ("full",)),
)
BATCH = {"chat": 4, "long": 1}  # rows, with a real model; 4 without one
ROWS = {"chat": 16, "long": 4}  # of a timed run
# Of the longer run, which is deterministic and done once. After a few steps the loss would mostly
# depend on the order of the rows.
LEARNED = {"chat": 64, "long": 16}
HELD_OUT = {"chat": 24, "long": 4}
LONG = 1024


def make_rows(kind: str, count: int, seed: int) -> list[TokenRow]:
    """Return chat rows with log-normal lengths and long prompts, or long rows without prompts.

    The tokens follow a chain in which each has four successors, so that they can be learned.
    """
    successors = np.random.default_rng(0).integers(3, 32000, (32000, 4))
    rng = np.random.default_rng(seed)
    rows = []
    for _ in range(count):
        length, learned_from = LONG + 1, 1
        if kind == "chat":
            length = int(np.clip(np.exp(rng.normal(math.log(200), 0.8)), 20, 1100))
            learned_from = max(1, int(length * rng.uniform(0.3, 0.7)))
        ids = [int(rng.integers(3, 400))]
        while len(ids) < length:
            ids.append(int(successors[ids[-1] % 400, rng.integers(4)]) % 400 + 3)
        rows.append(TokenRow(tuple(ids), tuple(i >= learned_from for i in range(length))))
    return rows


class TheirRows:
    """Rows in the form of mlx-lm's ChatDataset, encoded on demand."""

    def __init__(self, rows: list[TokenRow]) -> None:
        self._rows = rows

    def __len__(self) -> int:
        return len(self._rows)

    def __getitem__(self, index: int) -> dict[str, TokenRow]:
        return {"messages": self._rows[index]}

    def process(self, item: dict[str, TokenRow]) -> tuple[list[int], int]:
        row = item["messages"]
        return list(row.ids), row.mask.index(True)


def real_rows(model: str) -> dict[str, dict[str, list[tuple[list[int], list[bool]]]]]:
    """Return the ids and loss masks of sample rows as the model's tokenizer renders them."""
    tokenizer = load_tokenizer(find_model(model, tokenizer_only=True).folder)
    found = {}
    with tempfile.TemporaryDirectory() as folder:
        for kind, demo in (("chat", CHATS), ("long", COLUMNS)):
            project = Project(Path(folder) / kind)
            with redirect_stdout(sys.stderr):
                demo.collect_and_prepare(project, model)
            examples = read_dataset(project.dataset)
            kept = {
                split: [e for e in examples[split] if kind == "long" or not is_russian(e)]
                for split in ("train", "test")
            }
            kept["train"] = spread(kept["train"], LEARNED[kind])
            kept["test"] = spread(kept["test"], HELD_OUT[kind])
            found[kind] = {
                split: [
                    (list(row.ids), list(row.mask))
                    for row in tokenize_rows(rows, tokenizer, WINDOW, f"{kind} {split}")
                ]
                for split, rows in kept.items()
            }
    return found


def spread(rows: Sequence[Any], count: int) -> list[Any]:
    """Return at most `count` rows, evenly spread."""
    return list(rows[:: max(1, len(rows) // count)])[:count]


@dataclass(frozen=True)
class Work:
    """The model and the rows of all runs: random ones, or those of a real model."""

    model: str = ""
    data: str = ""  # a file with the rows of `real_rows`

    def rows(self, kind: str, split: str, count: int) -> list[TokenRow]:
        if not self.model:
            return make_rows(kind, count, 1 if split == "train" else 2)
        rows = json.loads(Path(self.data).read_text())[kind][split][:count]
        return [TokenRow(tuple(ids), tuple(mask)) for ids, mask in rows]

    def settings(self, kind: str) -> TrainSettings:
        return replace(SETTINGS, batch_size=BATCH[kind]) if self.model else SETTINGS

    def load(self, settings: TrainSettings) -> Any:
        """Return the model with a new adapter, as a training with these settings loads it."""
        mx.random.seed(0)
        if self.model:
            folder = find_model(self.model).folder
            model: Any = load_mlx_model(folder, partial(keep_bytes, settings=settings))
        else:
            model = llama.Model(llama.ModelArgs.from_dict(MODEL))
            smaller = model.model.embed_tokens.weight * 0.5
            model.update({"model": {"embed_tokens": {"weight": smaller}}})
        mx.random.seed(1)
        add_adapter(model, adapter_config(model, SETTINGS))
        mx.eval(model.parameters())
        return model


def one_run(work: Work, who: str, flags: tuple[str, ...], kind: str, count: int) -> dict[str, Any]:
    rows, held_out = work.rows(kind, "train", count), work.rows(kind, "test", HELD_OUT[kind])
    settings = work.settings(kind)
    if who == "morris":
        start_many_operations()
        settings = replace(settings, recompute=flags[0])
    model = work.load(settings)
    mx.reset_peak_memory()
    run = run_ours if who == "morris" else run_theirs
    seconds, shapes = run(model, rows, settings, flags)
    peak = mx.get_peak_memory() / 1e9
    learned = count == LEARNED[kind]
    return {
        "tokens_per_second": sum(sum(row.mask[1:]) for row in rows) / seconds,
        "peak_gb": peak,
        "shapes": shapes,
        "held_out": validate(model, held_out, settings.batch_size) if learned else 0.0,
    }


def run_ours(
    model: Any, rows: list[TokenRow], settings: TrainSettings, flags: tuple[str, ...]
) -> tuple[float, int]:
    sampler = BatchSampler(rows, settings, packed_lanes(model, settings))
    shapes = {sampler.build(batch).shape for step in sampler.micro_batches() for batch in step}
    began = time.perf_counter()
    for _ in training_steps(model, build_optimizer(settings), sampler, settings):
        pass
    return time.perf_counter() - began, len(shapes)


def run_theirs(
    model: Any, rows: list[TokenRow], settings: TrainSettings, flags: tuple[str, ...]
) -> tuple[float, int]:
    (mx.enable_compile if "compiled" in flags else mx.disable_compile)()
    steps = len(rows) // settings.batch_size
    warmup = max(1, round(settings.warmup * steps))

    def rate(step: mx.array) -> mx.array:
        """Return the rate of Morris's schedule, which mlx-lm does not have."""
        progress = mx.maximum(0, step - warmup) / max(1, steps - warmup)
        cosine = FINAL_RATE + (1 - FINAL_RATE) * (1 + mx.cos(math.pi * progress)) / 2
        return settings.learning_rate * mx.minimum(cosine, (step + 1) / warmup)

    optimizer = AdamW(rate, weight_decay=settings.weight_decay, bias_correction=True)
    shapes = set()

    def batches(*args: Any, **kwargs: Any) -> Any:
        for ids, lengths in their_batches(*args, **kwargs):
            shapes.add(ids.shape)
            yield ids, lengths

    with tempfile.TemporaryDirectory() as folder:
        args = TrainingArgs(
            batch_size=settings.batch_size,
            iters=steps,
            steps_per_report=10**6,
            steps_per_save=10**6,
            max_seq_length=2048,
            adapter_file=str(Path(folder) / "adapters.safetensors"),
            grad_checkpoint="checkpointed" in flags,
        )
        np.random.seed(0)
        data = CacheDataset(TheirRows(rows))
        model.train()
        began = time.perf_counter()
        their_train(
            model,
            optimizer,
            data,
            None,
            args,
            iterate_batches=batches,
            training_callback=TrainingCallback(),
        )
        return time.perf_counter() - began, len(shapes)


def compare(work: Work, kind: str, repeats: int) -> None:
    figures: dict[str, list[dict[str, Any]]] = {}
    for repeat in range(repeats):
        for who, flags in RUNS:
            if work.model and flags == ("compiled", "checkpointed"):
                continue  # compiled for each shape of a batch, a real model is slower
            name = " ".join((who, *flags))
            print(f"{kind} {repeat + 1}/{repeats}: {name} ...", file=sys.stderr)
            figures.setdefault(name, []).append(in_a_process(work, who, flags, kind, ROWS[kind]))
    medians = {
        name: {key: statistics.median(run[key] for run in runs) for key in runs[0]}
        for name, runs in figures.items()
    }
    print(
        f"\n{work.model or 'random weights'}, {kind} rows, {ROWS[kind]} of them, batch "
        f"{work.settings(kind).batch_size}, medians of {repeats}"
    )
    print(f"{'':32}{'tokens/s':>10}{'peak GB':>10}{'shapes':>8}")
    for name, m in medians.items():
        print(f"{name:32}{m['tokens_per_second']:10.0f}{m['peak_gb']:10.3f}{m['shapes']:8.0f}")
    theirs = [name for name in medians if name.startswith("mlx-lm")]
    fastest = max(theirs, key=lambda n: medians[n]["tokens_per_second"])
    saved = [name for name in theirs if "checkpointed" in name]
    fastest_saved = max(saved, key=lambda n: medians[n]["tokens_per_second"])
    for name, other in (("none", fastest), ("attention", fastest), ("full", fastest_saved)):
        ours, them = medians[f"morris {name}"], medians[other]
        print(
            f"morris {name} / {other}: speed "
            f"{ours['tokens_per_second'] / them['tokens_per_second']:.2f}, peak memory "
            f"{ours['peak_gb'] / them['peak_gb']:.2f}"
        )


def compare_learning(work: Work, kind: str) -> None:
    """Print the held-out losses after the same rows."""
    figures = {
        who: in_a_process(work, who, flags, kind, LEARNED[kind])
        for who, flags in (("mlx-lm", ()), ("morris", ("attention",)))
    }
    theirs, ours = figures["mlx-lm"], figures["morris"]
    print(
        f"{kind} rows, {LEARNED[kind]} of them, once: held-out loss mlx-lm "
        f"{theirs['held_out']:.4f}, morris {ours['held_out']:.4f} "
        f"({ours['held_out'] - theirs['held_out']:+.4f}); speed "
        f"{ours['tokens_per_second'] / theirs['tokens_per_second']:.2f}; shapes "
        f"{theirs['shapes']} and {ours['shapes']}"
    )


def in_a_process(
    work: Work, who: str, flags: tuple[str, ...], kind: str, count: int
) -> dict[str, Any]:
    command = [sys.executable, __file__, "--one", who, ",".join(flags), kind, str(count)]
    command += ["--model", work.model, "--data", work.data] if work.model else []
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    figures: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return figures


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--rows", choices=["chat", "long", "both"], default="both")
    parser.add_argument(
        "--repeats", type=int, default=3, help="runs to time; 0: only compare the losses"
    )
    parser.add_argument("--model", default="", help="a real model, such as smollm2")
    parser.add_argument("--data", default="", help=argparse.SUPPRESS)
    names = ("WHO", "FLAGS", "ROWS", "COUNT")
    parser.add_argument("--one", nargs=4, metavar=names, help="one run, as JSON")
    options = parser.parse_args()
    if options.one:
        who, flags, kind, count = options.one
        work = Work(options.model, options.data)
        print(
            json.dumps(one_run(work, who, tuple(filter(None, flags.split(","))), kind, int(count)))
        )
        return
    with tempfile.TemporaryDirectory() as folder:
        work = Work(options.model, str(Path(folder) / "rows.json"))
        if options.model:
            ready_model(options.model)
            Path(work.data).write_text(json.dumps(real_rows(options.model)))
        for kind in ("chat", "long") if options.rows == "both" else (options.rows,):
            if options.repeats:
                compare(work, kind, options.repeats)
            compare_learning(work, kind)


if __name__ == "__main__":
    main()
