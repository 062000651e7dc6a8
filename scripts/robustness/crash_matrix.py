"""Crash matrix: trainings are killed, run out of disk and are damaged, and must end identically.

    python scripts/robustness/crash_matrix.py [--seed N] [--only kill,commit,...] [--sample N] [--work FOLDER]

After each case the training is started again until it finishes. Its losses and adapters must then
equal those of an uninterrupted run bit for bit, and right after the crash nothing that was saved
may be lost. Prints a line for every class of cases. If anything differs, the folders of the failed
cases are kept and the exit code is 1.

    kill    SIGKILL at seeded moments, half of them while a checkpoint is saved
    commit  SIGKILL at every system call of saving, publishing, starting, resuming and finishing
    errors  "disk full" and "input/output error" from each write, fsync and rename of these
    damage  flipped, cut, emptied and missing files
    full    a small file system that fills up and is then enlarged
    locked  a read-only file system, by remounting and by failing calls
    signal  SIGTERM and SIGINT

`commit`, `errors` and a part of `locked` need strace and permission to attach, `full` to mount.
"""

from __future__ import annotations

import argparse
import multiprocessing
import random
import shutil
import sys
import tempfile
import time
import traceback
from collections import Counter
from collections.abc import Callable
from concurrent.futures import Future, ProcessPoolExecutor
from pathlib import Path

from crash import calls, child, disks, moments
from crash.world import Case, DiffersError, Outcome, World

AT_ONCE = 2  # processes
RUNNERS: dict[str, Callable[[World, Case], Outcome]] = {
    "kill": moments.run_kill,
    "commit": calls.run_commit,
    "errors": calls.run_errors,
    "damage": disks.run_damage,
    "full": disks.run_full,
    "locked": disks.run_locked,
    "signal": moments.run_signal,
}
TRACED_CASES = {
    "commit": calls.commit_cases,
    "errors": calls.error_cases,
    "locked": calls.refusing_cases,
}


def run_case(world: World, case: Case) -> Outcome:
    """Run one case in a process of the pool; the folder of a case that passes is removed."""
    try:
        outcome = RUNNERS[case.kind](world, case)
    except DiffersError as error:
        return Outcome(f"{case}: {error}")
    shutil.rmtree(outcome.folder, ignore_errors=True)
    return outcome


def outcome_of(case: Case, running: Future[Outcome]) -> Outcome:
    """Return the outcome of a case; an exception counts as a failure."""
    if (error := running.exception()) is not None:
        return Outcome(f"{case}: {''.join(traceback.format_exception(error))}")
    return running.result()


def choose(cases: list[Case], count: int, rng: random.Random) -> list[Case]:
    """Return at most `count` cases that differ in `what` as much as possible; 0 for all."""
    if not count or len(cases) <= count:
        return cases
    rng.shuffle(cases)
    rounds: Counter[str] = Counter()
    order: list[tuple[int, int]] = []
    for case in cases:
        order.append((rounds[case.what], len(order)))
        rounds[case.what] += 1
    return [cases[index] for _, index in sorted(order)[:count]]


class Matrix:
    """Runner of the classes of cases, with a printed line for each."""

    def __init__(self, world: World, seed: int, sample: int) -> None:
        self.world, self.seed, self.sample = world, seed, sample
        context = multiprocessing.get_context("fork")
        self.pool = ProcessPoolExecutor(AT_ONCE, mp_context=context)
        self.no_trace, self.no_mount = calls.cannot_trace(), disks.cannot_mount(world.work)
        self.calls: dict[str, Counter[str]] = {}

    def run(self, kind: str) -> bool:
        """Return True if every case of the class ended as required."""
        began = time.monotonic()
        rng = random.Random(f"{self.seed} {kind}")
        try:
            cases, skipped = self._cases(kind, rng)
        except DiffersError as error:  # the trace without faults failed already
            print(f"{kind:8} {error}", flush=True)
            return False
        cases = choose(cases, self.sample, rng)
        running = [self.pool.submit(run_case, self.world, case) for case in cases]
        outcomes = [outcome_of(*pair) for pair in zip(cases, running, strict=True)]
        problems = [outcome.problem for outcome in outcomes if outcome.problem]
        torn = sum(outcome.torn > 0 for outcome in outcomes)
        print(
            f"{kind:8}{len(cases):5} cases{len(cases) - len(problems):6} identical{torn:6} torn"
            f"{time.monotonic() - began:7.0f} s" + (f"  skipped: {skipped}" if skipped else ""),
            flush=True,
        )
        for problem in problems:
            print(f"    {problem}", flush=True)
        return not problems

    def _cases(self, kind: str, rng: random.Random) -> tuple[list[Case], str]:
        """Return the cases of a class, and the reason that some or all are skipped."""
        plain = {
            "kill": moments.kill_cases,
            "damage": disks.damage_cases,
            "signal": moments.signal_cases,
        }
        if kind in plain:
            return plain[kind](rng), ""
        cases, skipped = [], [self.no_mount] if kind in ("full", "locked") else []
        if kind in ("full", "locked") and not self.no_mount:
            cases += disks.full_cases(rng) if kind == "full" else disks.locked_cases(rng)
        if kind in TRACED_CASES and self.no_trace:
            skipped.append(self.no_trace)
        elif kind in TRACED_CASES:
            cases += TRACED_CASES[kind](rng, self._counted())
        return cases, " and ".join(filter(None, skipped))

    def _counted(self) -> dict[str, Counter[str]]:
        if not self.calls:
            counts = self.pool.map(
                calls.count_calls, [self.world] * len(calls.REGIONS), calls.REGIONS
            )
            self.calls = dict(zip(calls.REGIONS, counts, strict=True))
        return self.calls


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--only", default=",".join(RUNNERS), help="classes, with commas")
    parser.add_argument("--sample", type=int, default=0, help="cases of each class (0 = all)")
    parser.add_argument("--work", type=Path, help="a folder; default: a temporary one")
    parser.add_argument("--child", type=Path, help="only train, into this folder")
    parser.add_argument("--rank", type=int, default=child.SETTINGS.rank, help="with --child")
    options = parser.parse_args()
    kinds = options.only.split(",")
    if unknown := [kind for kind in kinds if kind not in RUNNERS]:
        parser.error(f"--only knows {', '.join(RUNNERS)}, not {', '.join(unknown)}")
    if options.child:
        return child.train(options.work / "model", options.child, options.rank)
    if options.work:
        options.work.mkdir(parents=True, exist_ok=True)
    work = Path(tempfile.mkdtemp(prefix="crash-matrix-", dir=options.work)).resolve()
    world = World(work)
    world.build()
    matrix = Matrix(world, options.seed, options.sample)
    good = [matrix.run(kind) for kind in kinds]
    matrix.pool.shutdown()
    if all(good):
        shutil.rmtree(work)
        return 0
    print(f"The failed cases are kept in {work / 'cases'}.")
    return 1


if __name__ == "__main__":
    sys.exit(main())
