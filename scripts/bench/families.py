"""Table of the architectures of mlx-lm: which are trained, and with which gradients.

    python scripts/bench/families.py [--types gemma2,qwen3] [--problems]

For each model type a random toy is made. Its loss and the gradient of every LoRA array are computed
along Morris's path for the type (the generic one with --generic) at each stage of recomputation, and
by mlx-lm's own forward pass without checkpoints or chunks. "largest difference" is that of a loss
or a gradient, relative to the largest of that array's values. --problems also prints why a type has no toy.
"""

from __future__ import annotations

import argparse
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2] / "tests"))

from morris_mlx.device import prepare_engine

prepare_engine()

import mlx.core as mx
from support.gradients import largest_difference
from support.mlx_lm_toys import make_toy, model_types

from morris_mlx.records.training import RECOMPUTE
from morris_mlx.train.paths import GENERIC


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--types", help="model types, with commas")
    options = parser.parse_args()
    for kind in options.types.split(",") if options.types else model_types():
        began = time.process_time()
        try:
            model = make_toy(kind)
        except (Exception, SystemExit) as error:
            print(f"{kind:24} no toy: {type(error).__name__}: {error}", flush=True)
            continue
        try:
            worst = largest_difference(model, GENERIC, RECOMPUTE)
        except Exception as error:
            print(f"{kind:24} fails: {type(error).__name__}: {str(error)[:150]}", flush=True)
            continue
        print(f"{kind:24} {worst:.1e} {time.process_time()-began:.1f}s", flush=True)
        mx.clear_cache()


main()
