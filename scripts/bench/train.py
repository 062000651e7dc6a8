"""Benchmark of the trainer against mlx-lm's on the same model, rows, rank and batch size.

    python scripts/bench/train.py [--rows chat|long|both] [--repeats 3]

Prints medians and ratios of supervised tokens per second, peak memory and the number of distinct
batch shapes, and the held-out loss of one longer run each after the same supervised tokens. Every
run has its own process. mlx-lm runs with and without compilation and gradient checkpointing; speed
and memory are compared with its fastest run.
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
from pathlib import Path
from typing import Any

from morris_mlx.device import prepare_engine

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

from morris_mlx.records.training import TrainSettings
from morris_mlx.train.batch_sampler import BatchSampler
from morris_mlx.train.dataset import TokenRow
from morris_mlx.train.loop import training_steps, validate
from morris_mlx.train.lora import adapter_config, add_adapter
from morris_mlx.train.optimizer import build_optimizer
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


def make_model() -> llama.Model:
    mx.random.seed(0)
    model = llama.Model(llama.ModelArgs.from_dict(MODEL))
    model.update({"model": {"embed_tokens": {"weight": model.model.embed_tokens.weight * 0.5}}})
    add_adapter(model, adapter_config(model, SETTINGS))
    mx.eval(model.parameters())
    return model


def one_run(who: str, flags: tuple[str, ...], kind: str, count: int) -> dict[str, Any]:
    rows, held_out = make_rows(kind, count, 1), make_rows(kind, HELD_OUT[kind], 2)
    model = make_model()
    mx.reset_peak_memory()
    run = run_ours if who == "morris" else run_theirs
    seconds, shapes = run(model, rows, flags)
    return {
        "tokens_per_second": sum(sum(row.mask[1:]) for row in rows) / seconds,
        "peak_gb": mx.get_peak_memory() / 1e9,
        "shapes": shapes,
        "held_out": validate(model, held_out, 4) if count == LEARNED[kind] else 0.0,
    }


def run_ours(model: llama.Model, rows: list[TokenRow], flags: tuple[str, ...]) -> tuple[float, int]:
    from dataclasses import replace

    settings = replace(SETTINGS, recompute=flags[0])
    sampler = BatchSampler(rows, settings)
    shapes = {sampler.build(batch).shape for step in sampler.micro_batches() for batch in step}
    began = time.perf_counter()
    for _ in training_steps(model, build_optimizer(settings), sampler, settings):
        pass
    return time.perf_counter() - began, len(shapes)


def run_theirs(
    model: llama.Model, rows: list[TokenRow], flags: tuple[str, ...]
) -> tuple[float, int]:
    (mx.enable_compile if "compiled" in flags else mx.disable_compile)()
    steps = len(rows) // SETTINGS.batch_size
    warmup = max(1, round(SETTINGS.warmup * steps))

    def rate(step: mx.array) -> mx.array:
        """Return the rate of Morris's schedule, which mlx-lm does not have."""
        progress = mx.maximum(0, step - warmup) / max(1, steps - warmup)
        cosine = FINAL_RATE + (1 - FINAL_RATE) * (1 + mx.cos(math.pi * progress)) / 2
        return SETTINGS.learning_rate * mx.minimum(cosine, (step + 1) / warmup)

    optimizer = AdamW(rate, weight_decay=SETTINGS.weight_decay, bias_correction=True)
    shapes = set()

    def batches(*args: Any, **kwargs: Any) -> Any:
        for ids, lengths in their_batches(*args, **kwargs):
            shapes.add(ids.shape)
            yield ids, lengths

    with tempfile.TemporaryDirectory() as folder:
        args = TrainingArgs(
            batch_size=SETTINGS.batch_size,
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


def compare(kind: str, repeats: int) -> None:
    figures: dict[str, list[dict[str, Any]]] = {}
    for repeat in range(repeats):
        for who, flags in RUNS:
            name = " ".join((who, *flags))
            print(f"{kind} {repeat + 1}/{repeats}: {name} ...", file=sys.stderr)
            figures.setdefault(name, []).append(in_a_process(who, flags, kind, ROWS[kind]))
    medians = {
        name: {key: statistics.median(run[key] for run in runs) for key in runs[0]}
        for name, runs in figures.items()
    }
    print(f"\n{kind} rows, {ROWS[kind]} of them, batch {SETTINGS.batch_size}, medians of {repeats}")
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


def compare_learning(kind: str) -> None:
    """Print the held-out losses after the same rows."""
    figures = {
        who: in_a_process(who, flags, kind, LEARNED[kind])
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


def in_a_process(who: str, flags: tuple[str, ...], kind: str, count: int) -> dict[str, Any]:
    command = [sys.executable, __file__, "--one", who, ",".join(flags), kind, str(count)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    figures: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return figures


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--rows", choices=["chat", "long", "both"], default="both")
    parser.add_argument(
        "--repeats", type=int, default=3, help="runs to time; 0: only compare the losses"
    )
    names = ("WHO", "FLAGS", "ROWS", "COUNT")
    parser.add_argument("--one", nargs=4, metavar=names, help="one run, as JSON")
    options = parser.parse_args()
    if options.one:
        who, flags, kind, count = options.one
        print(json.dumps(one_run(who, tuple(filter(None, flags.split(","))), kind, int(count))))
        return
    for kind in ("chat", "long") if options.rows == "both" else (options.rows,):
        if options.repeats:
            compare(kind, options.repeats)
        compare_learning(kind)


if __name__ == "__main__":
    main()
