"""Benchmark of planned against measured peak memory, and the table of Macs for the README.

    python scripts/bench/plan.py             # a dozen small trainings, some minutes
    python scripts/bench/plan.py --families  # a toy of each family at each stage, a minute
    python scripts/bench/plan.py --zephyr    # one step of a model of Zephyr's shape, 4 bits
    python scripts/bench/plan.py --table     # Markdown

Every training has its own process and a new model of random weights, except for the toys of
`--families`. The exit code is 1 if a prediction differs by more than a tenth from the measured peak.
scripts/bench/shapes.py does the same for models of 3 to 4 billion weights.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import time
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[2] / "tests"))

from morris_mlx.models.families import Forward, find_family
from morris_mlx.models.shape import ModelShape
from morris_mlx.records.corpus import RowLength
from morris_mlx.records.training import RECOMPUTE, Recompute, TrainSettings
from morris_mlx.train import Workload, mac, memory_gb_from_text, plan_training, zephyr_shape
from morris_mlx.train.memory.estimate import matrix_flops
from morris_mlx.train.memory.machine import Machine
from morris_mlx.train.memory.plan import MemoryPlan, estimate_plan
from morris_mlx.train.recipes import ARTICLES_RECIPE

TOLERANCE = 0.1
FAMILY_BLOCKS, FAST_BLOCKS = 8, 24  # of toys; those of the fast path need less memory each
HERE = Machine(memory_gb=1e6, usable_gb=1e6, gpu=False)
SETTINGS = replace(ARTICLES_RECIPE, epochs=1, dropout=0.0, batch_size=1, accumulate=1)


@dataclass(frozen=True)
class Case:
    """A training of `steps` optimizer steps, in which the share `learned` of each row is supervised."""

    name: str
    shape: ModelShape
    settings: TrainSettings
    window: int
    learned: float = 1.0
    steps: int = 2

    @property
    def rows(self) -> int:
        return self.steps * self.settings.batch_size * self.settings.accumulate

    @property
    def predicted(self) -> MemoryPlan:
        row = RowLength(self.window + 1, round(self.learned * self.window))
        # Of a machine too small to unpack quantized weights: they stay as they are when measured.
        machine = replace(HERE, memory_gb=0.0) if self.shape.quantized else HERE
        workload = Workload(self.shape, self.window, machine, (row,) * self.rows)
        return estimate_plan(workload, self.settings)


def model(
    hidden: int, inner: int, layers: int, vocabulary: int, bits: int = 32, tied: bool = True
) -> ModelShape:
    heads = hidden // 64  # of 64 each, two to a key and value
    return ModelShape(hidden, inner, layers, heads, heads // 2, 64, vocabulary, tied, bits)


def recomputing(stage: Recompute, **changes: Any) -> TrainSettings:
    return replace(SETTINGS, recompute=stage, **changes)


SMALL = model(256, 640, 8, 8000)  # 8 M
MIDDLE = model(256, 1024, 8, 32000)  # 16 M
LARGE = model(768, 2048, 12, 32000)  # 102 M
HUGE = model(2048, 5632, 32, 32000, tied=False)  # 1.5 B
CASES = (
    Case("8 M, none", SMALL, recomputing("none"), 1024),
    Case("16 M, none, batch 4", MIDDLE, recomputing("none", batch_size=4), 256, 0.5),
    Case("16 M, attention", MIDDLE, recomputing("attention"), 1024),
    Case("16 M, attention, dropout", MIDDLE, recomputing("attention", dropout=0.1), 512),
    Case("16 M, full, batch 4", MIDDLE, recomputing("full", batch_size=4), 256),
    Case("16 M, full", MIDDLE, recomputing("full"), 1024, 0.5),
    Case("16 M, all+head", MIDDLE, recomputing("attention", targets="all+head"), 256),
    Case("102 M, attention, 2 batches", LARGE, recomputing("attention", accumulate=2), 256, 0.5),
    Case("102 M, full", LARGE, recomputing("full"), 512),
    Case("102 M, DoRA", LARGE, recomputing("attention", fine_tune_type="dora"), 128),
    Case("102 M, 4 of 12 layers", LARGE, recomputing("attention", layers=4), 256),
    Case("16 M in 4 bits, none", replace(MIDDLE, bits=4), recomputing("none"), 256, 0.5),
    Case("16 M in 4 bits, full", replace(MIDDLE, bits=4), recomputing("full"), 64),
    Case("102 M in 4 bits, attention", replace(LARGE, bits=4), recomputing("attention"), 64, 0.5),
    Case("1.5 B, attention", HUGE, recomputing("attention"), 64, steps=1),
    Case("1.5 B in 4 bits, full", replace(HUGE, bits=4), recomputing("full"), 32, 0.5, steps=1),
)


def zephyr_case() -> Case:
    return Case("Zephyr's shape in 4 bits", zephyr_shape(4), SETTINGS, 32, 0.5, steps=1)


def measure(case: Case) -> dict[str, float]:
    """Return the peak memory in 1e9 bytes and the seconds of this training."""
    from morris_mlx.device import prepare_engine, start_many_operations

    prepare_engine()
    if case.settings.packs(on_gpu=False) and case.shape.forward is not Forward.GENERIC:
        start_many_operations()
    import mlx.core as mx
    import numpy as np

    from morris_mlx.train.batch_sampler import BatchSampler
    from morris_mlx.train.dataset import TokenRow
    from morris_mlx.train.loop import training_steps
    from morris_mlx.train.lora import adapter_config, add_adapter
    from morris_mlx.train.optimizer import build_optimizer
    from morris_mlx.train.packed import packed_lanes

    built = build_model(case.shape)
    add_adapter(built, adapter_config(built, case.settings))
    mx.eval(built.parameters())
    rng = np.random.default_rng(0)
    first = case.window - round(case.learned * case.window) + 1
    rows = [
        TokenRow(
            tuple(rng.integers(3, case.shape.vocabulary, case.window + 1).tolist()),
            tuple(i >= first for i in range(case.window + 1)),
        )
        for _ in range(case.rows)
    ]
    mx.reset_peak_memory()
    began = time.perf_counter()
    sampler = BatchSampler(rows, case.settings, packed_lanes(built, case.settings))
    for _ in training_steps(built, build_optimizer(case.settings), sampler, case.settings):
        pass
    return {"gb": mx.get_peak_memory() / 1e9, "seconds": time.perf_counter() - began}


def build_model(shape: ModelShape) -> Any:
    """Make random weights one layer at a time, so that there is never a second copy of them."""
    import mlx.core as mx
    import mlx.nn as nn
    from mlx_lm.models import llama

    config = {
        "model_type": "mistral",
        "hidden_size": shape.hidden,
        "intermediate_size": shape.intermediate,
        "num_hidden_layers": shape.layers,
        "num_attention_heads": shape.heads,
        "num_key_value_heads": shape.kv_heads,
        "head_dim": shape.head_dim,
        "rms_norm_eps": 1e-5,
        "vocab_size": shape.vocabulary,
        "tie_word_embeddings": shape.tied,
    }
    mx.random.seed(0)
    built = llama.Model(llama.ModelArgs.from_dict(config))  # lazy: nothing is in memory yet
    if shape.quantized:
        nn.quantize(built, shape.group_size, shape.bits)
    for part in (*built.layers, built):
        mx.eval(part.parameters())
    return built


def run_case(number: int) -> dict[str, float]:
    command = [sys.executable, __file__, "--one", str(number)]
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True)
    figures: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    return figures


def compare(cases: tuple[Case, ...], numbers: list[int]) -> bool:
    """Print predicted and measured peaks, and return True if all are close enough."""
    print(
        f"{'':30}{'window':>8}{'weights M':>11}{'predicted GB':>14}{'measured GB':>13}{'ratio':>7}"
        f"{'seconds':>9}{'GFLOP/s':>9}"
    )
    good = True
    for case, number in zip(cases, numbers, strict=True):
        figures, plan = run_case(number), case.predicted
        ratio = plan.predicted_peak_gb / figures["gb"]
        good &= abs(ratio - 1) <= TOLERANCE
        work = matrix_flops(case.shape, case.settings) * case.rows * case.window
        print(
            f"{case.name:30}{case.window:8}{case.shape.matrix_weights / 1e6:11.0f}"
            f"{plan.predicted_peak_gb:14.3f}{figures['gb']:13.3f}{ratio:7.2f}"
            f"{figures['seconds']:9.1f}{work / figures['seconds'] / 1e9:9.1f}",
            flush=True,
        )
    print("all within 10 %" if good else "NOT all within 10 %")
    return good


def compare_families() -> bool:
    """Print the peaks of each family's toy at each stage, and return True if all are close."""
    from morris_mlx.device import prepare_engine

    prepare_engine()
    from support.plan_toys import PLANNED_TYPES, measured_bytes, plan_settings, planned_bytes

    heads = "".join(f"{stage:>28}" for stage in RECOMPUTE)
    print(f"{'MB: predicted, measured, ratio':30}{heads}")
    good = True
    for kind in PLANNED_TYPES:
        print(f"{kind:30}", end="")
        for stage in RECOMPUTE:
            settings = plan_settings(stage)
            blocks = FAST_BLOCKS if find_family(kind) else FAMILY_BLOCKS
            predicted = planned_bytes(kind, settings, blocks)
            measured = measured_bytes(kind, settings, blocks)
            good &= abs(predicted / measured - 1) <= TOLERANCE
            ratio = predicted / measured
            print(f"{predicted / 1e6:14.1f}{measured / 1e6:8.1f}{ratio:6.2f}", end="", flush=True)
        print()
    print("all within 10 %" if good else "NOT all within 10 %")
    return good


def print_table() -> None:
    """Print the plans of Zephyr with the articles recipe and rows as long as the window."""
    print("| Mac | base | window | adapted layers | recompute | peak | needed | of usable |")
    print("| --- | --- | --- | --- | --- | --- | --- | --- |")
    for memory, bits in ((8, 4), (16, 4), (16, 8), (24, 4), (24, 8), (32, 16), (64, 16)):
        machine = mac(memory_gb_from_text(f"{memory}GB"))
        workload = Workload(zephyr_shape(bits), 2048, machine)
        plan = plan_training(workload, ARTICLES_RECIPE, propose=True)
        if not plan.fits or plan.bits != bits:
            continue
        layers = plan.settings.layers or workload.shape.layers
        print(
            f"| {memory} GB | {bits} bits | {plan.window} | {layers} of {workload.shape.layers} "
            f"| {plan.settings.recompute} | {plan.predicted_peak_gb:.1f} GB "
            f"| {plan.needed_gb:.1f} GB | {plan.usable_gb:.1f} GB |"
        )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--zephyr", action="store_true")
    parser.add_argument("--table", action="store_true")
    parser.add_argument("--families", action="store_true")
    parser.add_argument("--one", type=int, help="measure one training, as JSON (-1: Zephyr)")
    options = parser.parse_args()
    if options.one is not None:
        case = zephyr_case() if options.one < 0 else CASES[options.one]
        print(json.dumps(measure(case)))
    elif options.families:
        sys.exit(not compare_families())
    elif options.table:
        print_table()
    elif options.zephyr:
        case = zephyr_case()
        print({k: v for k, v in asdict(case.predicted).items() if k.endswith("_gb")})
        sys.exit(not compare((case,), [-1]))
    else:
        sys.exit(not compare(CASES, list(range(len(CASES)))))


if __name__ == "__main__":
    main()
