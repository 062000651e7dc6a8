"""Over a worker: its progress is told, and whatever kills or hangs it is a crash, too."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from fuzzing.attempt import LIMIT_SECONDS, SHRINK_SECONDS
from fuzzing.worker import PROGRESS, keep_crash

LOOK_SECONDS = 0.5
KILLED_AFTER = 3 * LIMIT_SECONDS  # for one input: its own alarm has not ended it
START_SECONDS = 240.0  # imports and seeds on a busy machine
MOST_LIVES = 3  # of workers that died, one after another
ROOT = Path(__file__).parents[3]


@dataclass(slots=True)
class Tally:
    """The result of a target. `crashes` has the lines that the worker wrote."""

    name: str
    tried: int = 0
    read: int = 0
    refused: int = 0
    seconds: float = 0.0
    longest: float = 0.0
    crashes: list[dict[str, str]] = field(default_factory=list)


def watched(
    name: str, seconds: float, seed: int, folder: Path, engine: str, show: Callable[[Tally], None]
) -> Tally:
    """Run a target for so many seconds; a worker that dies is followed by another one."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    tally = Tally(name)
    started, life = time.monotonic(), 0
    while (left := seconds - tally.seconds) > 0 and life < MOST_LIVES:
        _life(tally, left, seed + life, folder, engine, show)
        life += 1
        if time.monotonic() - started > 4 * seconds + START_SECONDS:
            break
    path = folder / "crashes.jsonl"
    lines = path.read_text(encoding="utf-8").splitlines() if path.exists() else []
    tally.crashes = [json.loads(line) for line in lines]
    return tally


def _life(
    tally: Tally,
    seconds: float,
    seed: int,
    folder: Path,
    engine: str,
    show: Callable[[Tally], None],
) -> None:
    """One worker from its start to its end."""
    before = (tally.tried, tally.read, tally.refused, tally.seconds)
    command = [sys.executable, "-m", "fuzzing.worker", tally.name, str(seconds), str(seed)]
    places = [str(ROOT), str(ROOT / "scripts" / "robustness"), os.environ.get("PYTHONPATH", "")]
    quiet = {"PYTHONPATH": os.pathsep.join(filter(None, places)), "OMP_NUM_THREADS": "1"}
    (folder / "progress").write_bytes(bytes(PROGRESS.size))
    with (folder / "worker.log").open("ab") as log:
        process = subprocess.Popen(
            [*command, str(folder), engine], stdout=log, stderr=log, env=os.environ | quiet
        )
    born = time.monotonic()
    first, stuck = 0.0, False
    try:
        while process.poll() is None:
            time.sleep(LOOK_SECONDS)
            since = _count(tally, folder, before)
            now = time.monotonic()
            first = first or (now if tally.tried > before[0] or since else 0.0)
            tally.seconds = before[3] + (now - first if first else 0.0)
            show(tally)
            stuck = since > 0 and now - since > KILLED_AFTER + SHRINK_SECONDS
            if stuck or (not first and now - born > START_SECONDS):
                process.kill()
                process.wait()
    finally:
        if process.poll() is None:
            process.kill()
            process.wait()
    since = _count(tally, folder, before)
    if process.returncode and since:
        data = (folder / "input").read_bytes()
        why = "hung where no alarm ends it" if stuck else f"died (exit {process.returncode})"
        keep_crash(folder, tally.name, data, f"the process {why}", f"see {folder / 'worker.log'}")
    elif process.returncode:  # it did not even begin
        said = (folder / "worker.log").read_text(encoding="utf-8", errors="replace")[-2000:]
        raise RuntimeError(f"the worker of {tally.name} failed:\n{said}")
    else:
        tally.seconds = before[3] + seconds


def _count(tally: Tally, folder: Path, before: tuple[int, int, int, float]) -> float:
    """Bring the tally up to date; since when the worker has been at one input, 0 when at none."""
    raw = (folder / "progress").read_bytes()
    tried, read, refused, _, since, longest = PROGRESS.unpack(raw)
    tally.tried, tally.read = before[0] + tried, before[1] + read
    tally.refused = before[2] + refused
    tally.longest = max(tally.longest, longest)
    return float(since)
