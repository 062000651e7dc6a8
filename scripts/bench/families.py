"""Table of mlx-lm's model types: the forward pass that trains each, and a check of its gradients.

    python scripts/bench/families.py [--types gemma2,qwen3] [--path generic]
    python scripts/bench/families.py --measure --results families.jsonl [--markdown]

A random toy of each model type is made from its ModelArgs. Its loss and the gradient of every LoRA
array are computed along Morris's path for the type, at each stage of recomputation, and by mlx-lm's
own forward pass without checkpoints and chunks. "difference" is the largest difference, relative to
the largest value of the array; for a type that is refused the reason is in its place. Such a type is
computed along the generic path as well, to show if its gradients are the reason. `--path generic` uses that path for Llama's shape, too.

With `--measure`, a compiled training step of a larger toy (hidden size 256, three layers, a row of
256 tokens) is measured along the path and along mlx-lm's. "peak" and "time" are those of Morris
divided by those of mlx-lm: the memory beside the weights, and the processor's time. The first number
is for the stage `attention`, the second for `full`. A type whose row is in the file of `--results`
is not computed again. `--markdown` prints the table for docs/models.md.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[2] / "tests"))

from morris_mlx.device import prepare_engine

prepare_engine()

import mlx.core as mx
import mlx.nn as nn
from support.gradients import add_random_adapter, largest_difference, plain_loss
from support.mlx_lm_toys import CRASHES, make_toy, model_types

from morris_mlx.errors import MorrisError
from morris_mlx.models.untrained import UNTRAINED
from morris_mlx.records.training import RECOMPUTE, TrainSettings
from morris_mlx.train.batch_sampler import build_batch
from morris_mlx.train.dataset import TokenRow
from morris_mlx.train.loop import compiled_micro_step
from morris_mlx.train.paths import GENERIC, ModelPath, path_of

TOLERANCE = 1e-5
RECURRENT_TOLERANCE = 1e-4  # of types with recurrences, whose rounding is that of long products
REFUSED = "refused"
MEASURED_TOKENS = 256
STAGES = ("attention", "full")
# What a type's own code raises for a config that lacks something, or in its forward pass. OLMo's
# module ends the process if its package is not installed.
TOY_ERRORS = (
    *(ArithmeticError, AssertionError, AttributeError, LookupError, RuntimeError),
    *(SystemExit, TypeError, ValueError),
)


@dataclass(frozen=True, slots=True)
class TableRow:
    """A model type, its path, and the difference of its gradients, or `why` there is none."""

    kind: str
    path: str
    difference: float | None = None
    why: str = ""
    peaks: tuple[float, ...] = ()
    times: tuple[float, ...] = ()

    @property
    def verdict(self) -> str:
        """Return how equal the gradients are."""
        if self.difference is None:
            return "-"
        if self.difference < TOLERANCE:
            return "equal"
        return "close" if self.difference < RECURRENT_TOLERANCE else "differs"

    def cells(self) -> tuple[str, ...]:
        """Return the row as text."""
        found = self.why if self.difference is None else f"{self.difference:.0e}"
        if self.path == REFUSED:
            found = UNTRAINED.get(self.kind, found)
        shown = (" / ".join(f"{one:.2f}" for one in many) for many in (self.peaks, self.times))
        return self.kind, self.path, self.verdict, found, *shown


def compute(kind: str, generic: bool, measured: bool) -> TableRow:
    """Return the row of a type."""
    if kind in CRASHES:
        return TableRow(kind, REFUSED, why="ends the process")
    try:
        model = make_toy(kind)
    except TOY_ERRORS as error:
        return TableRow(kind, REFUSED, why=f"no toy ({type(error).__name__})")
    path: ModelPath = GENERIC
    name = REFUSED
    try:
        path = GENERIC if generic else path_of(model)
        name = path.kind.value
    except MorrisError:
        pass
    try:
        difference = largest_difference(model, path, RECOMPUTE)
    except MorrisError:
        return TableRow(kind, name, why="its blocks or linear layers are not found")
    except TOY_ERRORS as error:
        return TableRow(kind, name, why=f"fails ({type(error).__name__})")
    if name == REFUSED or not measured:
        return TableRow(kind, name, difference)
    try:
        return TableRow(kind, name, difference, "", *measure(kind))
    except TOY_ERRORS as error:
        return TableRow(kind, name, difference, f"larger toy fails ({type(error).__name__})")


def measure(kind: str) -> tuple[tuple[float, ...], tuple[float, ...]]:
    """Return peaks and times at each stage, divided by those of mlx-lm."""
    model = make_toy(kind, larger=True)
    add_random_adapter(model)
    ids = mx.random.randint(3, 90, (MEASURED_TOKENS,)).tolist()
    rows = [TokenRow(tuple(ids), (True,) * MEASURED_TOKENS)]
    arrays = build_batch(rows).arrays
    settings = [
        TrainSettings(
            epochs=1,
            rank=2,
            alpha=4.0,
            dropout=0.0,
            learning_rate=1e-3,
            batch_size=1,
            accumulate=1,
            recompute=stage,
        )
        for stage in STAGES
    ]
    mx.eval(model.parameters(), arrays)
    step = nn.value_and_grad(model, lambda model: plain_loss(model, rows))
    theirs = run(mx.compile(lambda: step(model)))
    key = mx.random.key(0)
    ours = [run(compiled_micro_step(model, one), *arrays, key) for one in settings]
    peaks, times = zip(*ours, strict=True)
    return tuple(p / theirs[0] for p in peaks), tuple(t / theirs[1] for t in times)


def run(function: Any, *arrays: mx.array) -> tuple[float, float]:
    """Return the peak of a call's memory, and the processor's seconds of another call."""
    before = mx.get_active_memory()
    mx.reset_peak_memory()
    mx.eval(function(*arrays))
    peak = mx.get_peak_memory() - before
    start = time.process_time()
    mx.eval(function(*arrays))
    return peak, time.process_time() - start


def read_results(path: Path | None) -> dict[str, TableRow]:
    """Return the rows in a file by their types."""
    if path is None or not path.exists():
        return {}
    values = (json.loads(line) for line in path.read_text(encoding="utf-8").splitlines())
    return {value["kind"]: TableRow(**value) for value in values}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--types", help="model types, with commas; all by default")
    parser.add_argument("--path", choices=["own", "generic"], default="own")
    parser.add_argument("--measure", action="store_true")
    parser.add_argument("--results", type=Path, help="JSON lines to read and to append to")
    parser.add_argument("--markdown", action="store_true")
    options = parser.parse_args()
    kinds = options.types.split(",") if options.types else model_types()
    known = read_results(options.results)
    rows = []
    head = ("type", "path", "gradients", "difference", "peak", "time")
    print("| " + " | ".join(head) + " |\n" + "| --- " * len(head) + "|" if options.markdown else "")
    for kind in kinds:
        row = known.get(kind) or compute(kind, options.path == "generic", options.measure)
        rows.append(row)
        if options.results and kind not in known:
            with options.results.open("a", encoding="utf-8") as file:
                file.write(json.dumps(asdict(row)) + "\n")
        line = " | ".join(row.cells())
        print(f"| {line} |" if options.markdown else line, flush=True)
        mx.clear_cache()
    trained = sum(row.path != REFUSED for row in rows)
    equal = sum(row.verdict == "equal" for row in rows if row.path != REFUSED)
    close = sum(row.verdict == "close" for row in rows if row.path != REFUSED)
    print(
        f"\n{trained} of {len(rows)} types are trained. The gradients of {equal} are equal to "
        f"mlx-lm's at each stage ({', '.join(RECOMPUTE)}) within {TOLERANCE:g}, those of {close} "
        f"within {RECURRENT_TOLERANCE:g}."
    )


if __name__ == "__main__":
    main()
