"""Count the arrays that a block of each family holds while it is trained along the generic path.

    python scripts/bench/block_arrays.py --results counts.jsonl [--types qwen3,gemma2]
    python scripts/bench/block_arrays.py --results counts.jsonl --fit

The peak of a training step is measured for toys in which one size at a time is larger than in the
others, with 4 and with 12 blocks. The measurements are appended to the file, and those that are
there already are not repeated. `--fit` finds the numbers of arrays that predict all peaks of a type
with the least relative error, and prints them as rows for `memory/block_arrays.py`, followed by the
largest error. Peaks on a CPU are those of some fifty operations that MLX starts ahead. The numbers in the module
were measured with MLX_BFS_MAX_WIDTH=20.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, astuple, dataclass, field, replace
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[2] / "tests"))

from morris_mlx.device import prepare_engine

prepare_engine()

import mlx.core as mx
import numpy as np
from support.gradients import add_random_adapter
from support.mlx_lm_toys import NESTED, make_toy, toy_config

from morris_mlx.models.config import parse_config
from morris_mlx.records.training import RECOMPUTE, Recompute, Targets, TrainSettings
from morris_mlx.train.layout import planned_shape
from morris_mlx.train.loop import compiled_micro_step
from morris_mlx.train.memory.block_arrays import FLOAT, SLIDING_TYPES, Arrays
from morris_mlx.train.memory.estimate import CPU
from morris_mlx.train.memory.generic_estimate import array_bytes

TYPES = (
    *("qwen3", "gemma3_text", "qwen2", "granite", "gemma2", "phi3", "olmo2", "qwen3_moe"),
    *("qwen3_5", "smollm3", "ministral3"),
)
# Types whose heads have a share of the hidden size, whatever `head_dim` says.
WITHOUT_HEAD_SIZE = ("qwen2", "granite", "phi3")
BLOCKS = (4, 12)
ROUNDS = 1500
PULL = 1e-2  # toward zero: sizes that the toys share get equal numbers
LEAST = 0.05  # smaller numbers are left out
TARGETS = 8
SIZES = {
    "hidden_size": 128,
    "intermediate_size": 384,
    "num_attention_heads": 4,
    "num_key_value_heads": 2,
    "head_dim": 32,
    "layer_types": None,
    "vocab_size": 96,
}
OWN_SIZES: Mapping[str, Mapping[str, Any]] = {
    "gemma3_text": {"sliding_window_pattern": 2},
    "qwen3_moe": {"moe_intermediate_size": 96, "num_experts": 8},
    "qwen3_5": {
        "num_experts": 0,
        "linear_num_key_heads": 2,
        "linear_num_value_heads": 4,
        "linear_key_head_dim": 32,
        "linear_value_head_dim": 32,
    },
}
LARGER: tuple[Mapping[str, Any], ...] = (
    {},
    {"hidden_size": 192},
    {"intermediate_size": 640},
    {"head_dim": 64},
    {"num_key_value_heads": 4},
    {"num_attention_heads": 8, "head_dim": 16, "num_key_value_heads": 4},
)
OWN_LARGER: Mapping[str, tuple[Mapping[str, Any], ...]] = {
    "qwen3_moe": ({"moe_intermediate_size": 192}, {"num_experts_per_tok": 4}),
    "qwen3_5": (
        {"linear_key_head_dim": 64, "linear_value_head_dim": 64},
        {"linear_num_value_heads": 8},
    ),
}


@dataclass(frozen=True, slots=True)
class Toy:
    """A training step of a toy with other sizes than the usual ones."""

    kind: str
    stage: Recompute
    blocks: int
    sizes: Mapping[str, Any] = field(default_factory=dict)
    tokens: int = 256
    learned: int = TARGETS
    dropout: float = 0.0
    targets: Targets = "all"

    @property
    def changes(self) -> dict[str, Any]:
        """The values of the toy's config.json that differ from those of other toys."""
        own = OWN_SIZES.get(self.kind, {})
        return {**SIZES, **own, **self.sizes, "num_hidden_layers": self.blocks}

    @property
    def config(self) -> dict[str, Any]:
        """The toy's config.json."""
        config = toy_config(self.kind)
        if self.kind in NESTED:
            config["text_config"] = config["text_config"] | self.changes
        return config | self.changes | {"dtype": "float32"}

    @property
    def settings(self) -> TrainSettings:
        """The settings of the step."""
        return TrainSettings(
            epochs=1,
            rank=2,
            alpha=4.0,
            dropout=self.dropout,
            learning_rate=1e-3,
            batch_size=1,
            accumulate=1,
            recompute=self.stage,
            targets=self.targets,
        )


def toys(kind: str) -> Iterator[Toy]:
    """Yield the steps that are measured for a type."""
    for stage in RECOMPUTE:
        for blocks in BLOCKS:
            usual = Toy(kind, stage, blocks)
            for sizes in (*LARGER, *OWN_LARGER.get(kind, ())):
                yield replace(usual, sizes=sizes)
            yield replace(usual, tokens=384)
            yield replace(usual, dropout=0.1)
            if stage == "attention":
                yield replace(usual, targets="attention")
    for vocabulary in (8192, 16384):
        yield Toy(kind, "full", 4, {"vocab_size": vocabulary}, learned=256)


def measure(toy: Toy) -> int:
    """Return the peak of a step in bytes, beside what exists before it."""
    model = make_toy(**toy.config)
    add_random_adapter(model, toy.targets)
    arrays = (
        mx.random.randint(0, 90, (1, toy.tokens)),
        mx.arange(toy.learned),
        mx.zeros(toy.learned, dtype=mx.int32),
        mx.ones(toy.learned),
    )
    mx.eval(model.parameters(), arrays)
    step = compiled_micro_step(model, toy.settings)
    before = mx.get_active_memory()
    mx.reset_peak_memory()
    mx.eval(step(*arrays, mx.random.key(0)))
    return mx.get_peak_memory() - before


def read_results(path: Path) -> list[tuple[Toy, int]]:
    """Return the measured steps in a file and their peaks."""
    if not path.exists():
        return []
    values = map(json.loads, path.read_text(encoding="utf-8").splitlines())
    return [(Toy(**value["toy"]), value["peak"]) for value in values]


def sizes_of(toy: Toy) -> np.ndarray:
    """Return the bytes of one array of each kind."""
    config = toy.config | ({"head_dim": None} if toy.kind in WITHOUT_HEAD_SIZE else {})
    shape = planned_shape(parse_config(config), toy.kind)
    sliding = toy.kind in SLIDING_TYPES
    sizes = array_bytes(shape, toy.stage, 1, toy.tokens, FLOAT, CPU.tile_elements, sliding)
    return np.array(astuple(sizes))


def fit(measured: Sequence[tuple[Toy, int]]) -> tuple[Arrays, Arrays, float]:
    """Return the arrays of a block that are kept, those of its work, and the largest error.

    The steps are those of one type and stage. The numbers of kept arrays are found first, from the
    difference between many blocks and few.
    """
    by_sizes: dict[str, dict[int, int]] = {}
    sizes = {}
    for toy, peak in measured:
        key = json.dumps([toy.sizes, toy.tokens])
        by_sizes.setdefault(key, {})[toy.blocks] = peak
        sizes[key] = sizes_of(toy)
    few, many = BLOCKS
    found = [key for key, peaks in by_sizes.items() if len(peaks) == len(BLOCKS)]
    rows = np.array([sizes[key] for key in found])
    slopes = [(by_sizes[key][many] - by_sizes[key][few]) / (many - few) for key in found]
    kept = np.array(astuple(Arrays(hidden=1)))
    if measured[0][0].stage != "full":
        kept = least_squares(rows, np.array(slopes), np.array(slopes))
    peaks = np.array([by_sizes[key][few] for key in found] + [by_sizes[key][many] for key in found])
    both = np.concatenate([rows, rows])
    blocks = np.repeat([few, many], len(found))
    work = least_squares(both, peaks - blocks * (both @ kept), peaks)
    errors = (blocks * (both @ kept) + both @ work) / peaks - 1
    return Arrays(*kept), Arrays(*work), float(np.abs(errors).max())


def least_squares(rows: np.ndarray, values: np.ndarray, scale: np.ndarray) -> np.ndarray:
    """Return numbers, not negative, whose products with the rows are nearest to the values.

    Differences count relative to `scale`. The numbers are found one after the other, again and
    again.
    """
    matrix, wanted = rows / scale[:, None], values / scale
    sizes = np.maximum(matrix.max(axis=0), 1e-12)
    matrix = matrix / sizes
    squares = matrix.T @ matrix + PULL * np.eye(len(sizes))
    products, result = matrix.T @ wanted, np.zeros(len(sizes))
    for _ in range(ROUNDS):
        for i in range(len(sizes)):
            change = (products[i] - squares[i] @ result) / squares[i, i]
            result[i] = max(0.0, result[i] + change)
    numbers: np.ndarray = np.round(result / sizes, 2)
    return np.where(numbers < LEAST, 0.0, numbers)


def print_fit(kind: str, measured: Sequence[tuple[Toy, int]]) -> None:
    """Print the row of a type."""
    own = [(toy, peak) for toy, peak in measured if toy.kind == kind]
    plain = [(t, p) for t, p in own if not t.dropout and t.targets == "all"]
    kept, work, worst = {}, {}, 0.0
    for stage in RECOMPUTE:
        steps = [(t, p) for t, p in plain if t.stage == stage and t.learned == TARGETS]
        kept[stage], work[stage], error = fit(steps)
        worst = max(worst, error)
    logits = []
    for toy, peak in plain:
        if toy.learned != TARGETS:
            states = (toy.blocks * toy.tokens + 3 * toy.learned) * toy.config["hidden_size"]
            chunk = min(toy.learned, CPU.tile_elements // toy.config["vocab_size"])
            numbers = (peak / FLOAT - states) / (chunk * toy.config["vocab_size"])
            logits.append(round(numbers, 1))
    print(f'    "{kind}": BlockArrays(')
    for name, arrays in (("kept", kept), ("work", work)):
        print(f"        {name}={{")
        for stage, one in arrays.items():
            numbers = ", ".join(f"{k}={v:g}" for k, v in asdict(one).items() if v)
            print(f'            "{stage}": Arrays({numbers}),')
        print("        },")
    print(f"        logits={tuple(logits)},\n    ),  # {worst:.0%} at most")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--types", default=",".join(TYPES))
    parser.add_argument("--results", type=Path, required=True)
    parser.add_argument("--fit", action="store_true")
    options = parser.parse_args()
    known = read_results(options.results)
    for kind in options.types.split(","):
        if options.fit:
            print_fit(kind, known)
            continue
        for toy in toys(kind):
            if any(one == toy for one, _ in known):
                continue
            found = {"toy": asdict(toy), "peak": measure(toy)}
            with options.results.open("a", encoding="utf-8") as file:
                file.write(json.dumps(found) + "\n")


if __name__ == "__main__":
    main()
