"""Times of a full evaluation and an audit of the built-in adapter, and whether two runs agree.

    python scripts/bench/evaluation.py                        # the practice base
    python scripts/bench/evaluation.py --model smollm2 --home runs
    python scripts/bench/evaluation.py --once                 # the times alone

The evaluation has 50 answers of each kind and the audit 200 texts. Together they may take 3 minutes
on the practice base and 8 on another one, with two cores. Both are repeated, and every
figure, text and verdict of the second run must be equal to that of the first. The printed times are
wall time and CPU time of this process. Exit code 1 if two runs differ or the time is over `--limit`.
"""

from __future__ import annotations

import argparse
import shutil
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from morris_mlx.cli.demo import collect_and_prepare
from morris_mlx.cli.output import event_sink
from morris_mlx.defaults import SAMPLE_ADAPTER, SAMPLE_COLUMNS, built_in_adapter
from morris_mlx.models.catalog import PRACTICE_MODEL
from morris_mlx.models.find_adapter import read_run, write_run
from morris_mlx.pipeline.audit import AuditRequest, audit
from morris_mlx.pipeline.evaluate import EvaluateRequest
from morris_mlx.pipeline.evaluate_fully import evaluate_fully
from morris_mlx.project.folder import Project

NAME = "mine"
ANSWERS, AUDITED = 50, 200
LIMITS = {PRACTICE_MODEL: 3.0}  # minutes of evaluation and audit together
OTHER_LIMIT = 8.0


@dataclass(frozen=True, slots=True)
class Timed:
    """A result as plain values, and the time that it took in seconds."""

    result: dict[str, Any]
    wall: float
    cpu: float


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--model", default=PRACTICE_MODEL)
    parser.add_argument(
        "--home", type=Path, help="Folder of the project. Default: a temporary one."
    )
    parser.add_argument("--answers", type=int, default=ANSWERS)
    parser.add_argument("--audited", type=int, default=AUDITED)
    parser.add_argument("--once", action="store_true", help="Do not repeat them.")
    parser.add_argument("--limit", type=float, help="Minutes of evaluation and audit together.")
    options = parser.parse_args()
    limit = options.limit or LIMITS.get(options.model, OTHER_LIMIT)
    with tempfile.TemporaryDirectory() as temporary:
        project = ready_project(options.home or Path(temporary), options.model)
        with event_sink() as sink:
            jobs: dict[str, Callable[[], Any]] = {
                f"evaluation, {options.answers} answers": lambda: evaluate_fully(
                    project, EvaluateRequest(NAME, answers=options.answers), sink
                ),
                f"audit, {options.audited} texts": lambda: (
                    audit(project, AuditRequest(NAME, answers=options.audited), sink).report
                ),
            }
            runs = {
                name: [timed(job) for _ in range(1 if options.once else 2)]
                for name, job in jobs.items()
            }
    differ = [name for name, found in runs.items() if found[0].result != found[-1].result]
    for name, found in runs.items():
        times = ", ".join(f"{one.wall:.0f} s ({one.cpu:.0f} s of CPU)" for one in found)
        agree = "" if options.once else "; they differ" if name in differ else "; they agree"
        print(f"{name}: {times}{agree}")
    minutes = sum(found[0].wall for found in runs.values()) / 60
    print(f"together {minutes:.1f} minutes, at most {limit:g} are allowed")
    return 1 if differ or minutes > limit else 0


def ready_project(home: Path, base: str) -> Project:
    """Return a project with the sample columns and the built-in adapter of the base."""
    project = Project(home)
    if not project.dataset.exists():
        card = collect_and_prepare(project, base)
        folder = project.adapter(NAME)
        name = SAMPLE_ADAPTER if base == PRACTICE_MODEL else SAMPLE_COLUMNS
        shutil.copytree(built_in_adapter(name), folder)
        # It was trained on the same texts; requests may have been worded otherwise.
        write_run(folder, replace(read_run(folder), name=NAME, dataset_digest=card.digest))
    return project


def timed(job: Callable[[], Any]) -> Timed:
    """Carry out a job and return its result with the time that it took."""
    wall, cpu = time.monotonic(), time.process_time()
    result = asdict(job())
    return Timed(result, time.monotonic() - wall, time.process_time() - cpu)


if __name__ == "__main__":
    sys.exit(main())
