"""Table of mlx-lm's model types: the forward pass that trains each, and a check of its gradients.

    python scripts/bench/families.py [--types gemma2,qwen3] [--path generic]

A random toy of each model type is made from its ModelArgs. Its loss and the gradient of every LoRA
array are computed along Morris's path for the type, at each stage of recomputation, and by mlx-lm's
own forward pass without checkpoints and chunks. "difference" is the largest difference, relative to
the largest value of the array. A type that is refused is computed along the generic path as well, to
show if its gradients are the reason. `--path generic` uses that path for Llama's shape, too.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2] / "tests"))

from morris_mlx.device import prepare_engine

prepare_engine()

import mlx.core as mx
from support.gradients import largest_difference
from support.mlx_lm_toys import CRASHES, make_toy, model_types

from morris_mlx.errors import MorrisError
from morris_mlx.records.training import RECOMPUTE
from morris_mlx.train.paths import GENERIC, ModelPath, path_of

TOLERANCE = 1e-5
# What a type's own code raises for a config that lacks something, or in its forward pass. OLMo's
# module ends the process if its package is not installed.
TOY_ERRORS = (
    *(ArithmeticError, AssertionError, AttributeError, LookupError, RuntimeError),
    *(SystemExit, TypeError, ValueError),
)


def row(kind: str, generic: bool) -> tuple[str, str, str]:
    """Return the path, the verdict and the largest difference of a type, or why there is none."""
    if kind in CRASHES:
        return "refused", "-", CRASHES[kind]
    try:
        model = make_toy(kind)
    except TOY_ERRORS as error:
        return "refused", "-", f"no toy ({type(error).__name__})"
    path: ModelPath = GENERIC
    name = "refused"
    try:
        path = GENERIC if generic else path_of(model)
        name = path.kind.value
    except MorrisError:
        pass
    try:
        difference = largest_difference(model, path, RECOMPUTE)
    except MorrisError:
        return name, "-", "its blocks or linear layers are not found"
    except TOY_ERRORS as error:
        return name, "-", f"fails ({type(error).__name__})"
    return name, "equal" if difference < TOLERANCE else "differs", f"{difference:.1e}"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--types", help="model types, with commas; all by default")
    parser.add_argument("--path", choices=["own", "generic"], default="own")
    options = parser.parse_args()
    kinds = options.types.split(",") if options.types else model_types()
    trained = equal = 0
    print(f"{'type':<24}{'path':<10}{'gradients':<11}difference")
    for kind in kinds:
        path, verdict, difference = row(kind, options.path == "generic")
        print(f"{kind:<24}{path:<10}{verdict:<11}{difference}", flush=True)
        trained += path != "refused"
        equal += verdict == "equal"
        mx.clear_cache()
    print(
        f"{trained} of {len(kinds)} types are trained; the gradients of {equal} are equal to "
        f"mlx-lm's at each stage ({', '.join(RECOMPUTE)}), within {TOLERANCE:g}."
    )


if __name__ == "__main__":
    main()
