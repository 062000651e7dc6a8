"""Benchmark of data-parallel training on this machine: one process against two.

    python scripts/bench/distributed.py [--repeats 3]

Prints supervised tokens per second of training with one process and with two (mlx.launch, ring),
the scaling, and the largest difference between their losses. Each process uses one BLAS thread, so
that two processes have twice the cores.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

from morris_mlx.defaults import sample_folder
from morris_mlx.models.catalog import PRACTICE_MODEL

LAUNCH = str(Path(sys.executable).with_name("mlx.launch"))
COLUMNS = 8  # of the sample: enough steps to measure in reasonable time
SETTINGS = ["--epochs", "1", "--batch-size", "4", "--accumulate", "1", "--dropout", "0"]
SETTINGS += ["--validate-every", "1000000"]  # no validations: only steps are timed


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--repeats", type=int, default=3)
    repeats = parser.parse_args().repeats
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        columns = sorted((sample_folder() / "columns").glob("*.md"))[:COLUMNS]
        morris(home, 0, "collect", *map(str, columns), "--ground", "own")
        morris(home, 0, "prepare", "--model", PRACTICE_MODEL)
        speeds: dict[int, list[float]] = {1: [], 2: []}
        losses: dict[int, list[float]] = {}
        for repeat in range(repeats):
            for processes in (1, 2):
                name = f"p{processes}-{repeat}"
                morris(home, processes, "train", "--name", name, *SETTINGS)
                rows = read_metrics(home / "adapters" / name / "metrics.jsonl")
                speeds[processes].append(rows[-1]["tokens_per_second"])
                losses[processes] = [row["loss"] for row in rows]
    one, two = (statistics.median(speeds[n]) for n in (1, 2))
    apart = max(abs(a - b) for a, b in zip(losses[1], losses[2], strict=True))
    print(f"1 process: {one:.0f} tokens/s; 2 processes: {two:.0f}; medians of {repeats}")
    print(f"scaling {two / one:.2f}; losses at most {apart:.1e} apart")


def morris(home: Path, processes: int, *words: str) -> None:
    command = [sys.executable, "-m", "morris_mlx", *words]
    if processes > 1:
        command = [LAUNCH, "-n", str(processes), "--", *command]
    environment = os.environ | {"MORRIS_HOME": str(home), "OPENBLAS_NUM_THREADS": "1"}
    subprocess.run(command, env=environment, check=True, capture_output=True)


def read_metrics(path: Path) -> list[dict[str, float]]:
    rows = [json.loads(line) for line in path.read_text().splitlines()]
    return [row for row in rows if row["kind"] == "train"]


if __name__ == "__main__":
    main()
