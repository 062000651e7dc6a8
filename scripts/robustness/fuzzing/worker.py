"""A target in a process of its own: damaged inputs, one after another, until the time is over.

    python -m fuzzing.worker TARGET SECONDS SEED FOLDER atheris|random

What it is doing stands in FOLDER at every moment, for whoever watches: `progress` (numbers),
`input` (the one that is being read), and a line in `crashes.jsonl` for every kind of crash.
"""

from __future__ import annotations

import json
import mmap
import os
import random
import resource
import struct
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from fuzzing.attempt import LIMIT_SECONDS, Outcome, attempt, shrunk
from fuzzing.mutate import LARGEST, Mutator
from fuzzing.target import Target

MEMORY_BYTES = 1 << 30  # beyond what the process has when it begins
PROGRESS = struct.Struct("<QQQQdd")  # tried, read, refused, crashes, since when, the longest
MOST_KEPT = 400  # inputs whose outcome was new, to be damaged further
FRESH = 0.2  # share of the inputs that begin from a seed again


class Trial:
    """Tries inputs of one target and writes down what comes of them."""

    def __init__(self, target: Target, folder: Path) -> None:
        self.target, self._folder = target, folder
        folder.mkdir(parents=True, exist_ok=True)
        with (folder / "progress").open("a+b") as file:
            file.truncate(PROGRESS.size)  # never shorter than whoever watches expects it
            self._progress = mmap.mmap(file.fileno(), PROGRESS.size)
        self._input = os.open(folder / "input", os.O_RDWR | os.O_CREAT | os.O_TRUNC, 0o600)
        self._counts = {"read": 0, "refused": 0, "crash": 0}
        self._longest = 0.0
        self.signs: set[str] = set()
        self._crashes: set[str] = set()

    def one(self, data: bytes) -> Outcome:
        os.ftruncate(self._input, 0)
        os.pwrite(self._input, data, 0)
        started = time.monotonic()
        self._note(started)
        outcome = attempt(self.target, data, self._folder / "world")
        self._longest = max(self._longest, time.monotonic() - started)
        self._counts[outcome.kind] += 1
        self._note(0.0)
        if outcome.kind == "crash" and outcome.sign not in self._crashes:
            self._crashes.add(outcome.sign)
            self._keep(data, outcome)
        return outcome

    def is_new(self, outcome: Outcome) -> bool:
        new = outcome.sign not in self.signs
        self.signs.add(outcome.sign)
        return new

    def _note(self, since: float) -> None:
        counts = self._counts
        numbers = (sum(counts.values()), counts["read"], counts["refused"], counts["crash"])
        self._progress[:] = PROGRESS.pack(*numbers, since, self._longest)

    def _keep(self, data: bytes, outcome: Outcome) -> None:
        hang = outcome.sign.startswith("HangError")
        if not hang:  # each try of one that hangs would take its whole time
            data = shrunk(self.target, data, outcome.sign, self._folder / "world", LIMIT_SECONDS)
        keep_crash(self._folder, self.target.name, data, outcome.sign, outcome.detail)


def keep_crash(folder: Path, name: str, data: bytes, sign: str, detail: str) -> None:
    """The input as a file, and a line that tells of it; one of each sign."""
    told = folder / "crashes.jsonl"
    told.touch()
    known = [json.loads(line)["sign"] for line in told.read_text(encoding="utf-8").splitlines()]
    if sign in known:
        return
    path = folder / f"{name}-{len(known) + 1}.bin"
    path.write_bytes(data)
    with told.open("a", encoding="utf-8") as file:
        file.write(json.dumps({"file": str(path), "sign": sign, "detail": detail}) + "\n")


def run_random(trial: Trial, seed: int, more: Callable[[int], bool]) -> None:
    """Seeds first, then damaged ones; inputs with a new outcome are damaged further.

    `more` is told how many were tried, and says whether to go on.
    """
    rng = random.Random(f"{seed} {trial.target.name}")
    mutator = Mutator(rng, trial.target.tokens)
    seeds = list(trial.target.seeds())
    kept: list[bytes] = []
    for tried in range(10**12):
        if not more(tried):
            return
        if tried < len(seeds):
            data = seeds[tried]
        else:
            fresh = not kept or rng.random() < FRESH
            data = mutator.mutate(rng.choice(seeds if fresh else kept), seeds)
        if trial.is_new(trial.one(data)) and tried >= len(seeds):
            kept = [*kept[-MOST_KEPT:], data]


def run_guided(trial: Trial, seed: int, seconds: float, corpus: Path) -> None:
    """By atheris, which keeps what reaches new branches. It ends the process itself."""
    import atheris

    corpus.mkdir(exist_ok=True)
    for number, data in enumerate(trial.target.seeds()):
        (corpus / f"seed-{number}").write_bytes(data)
    seeds = trial.target.seeds()

    def damaged(data: bytes, most: int, number: int) -> bytes:
        rng = random.Random(number)
        if rng.random() < 0.3:
            return bytes(atheris.Mutate(data, most))
        return Mutator(rng, trial.target.tokens).mutate(data, seeds)[:most]

    def callback(data: bytes) -> None:
        trial.one(data)

    # Its own limits are off: ours name the input, and go on after it.
    options = [f"-max_total_time={max(1, int(seconds))}", f"-seed={seed % 2**31 + 1}"]
    options += ["-timeout=0", "-rss_limit_mb=0", f"-max_len={LARGEST}", "-verbosity=0"]
    atheris.Setup([sys.argv[0], str(corpus), *options], callback, custom_mutator=damaged)
    atheris.Fuzz()


def main(name: str, seconds: float, seed: int, folder: Path, engine: str) -> None:
    if engine == "atheris":
        import atheris

        with atheris.instrument_imports(
            include=["morris_mlx", "protego"], enable_loader_override=False
        ):
            from fuzzing.registry import NAMED
    else:
        from fuzzing.registry import NAMED
    trial = Trial(NAMED[name], folder)
    for data in trial.target.seeds():  # what is loaded late is loaded before memory is counted
        attempt(trial.target, data, folder / "world", limit=120.0)
    _limit_memory()
    if engine == "atheris":
        run_guided(trial, seed, seconds, folder / "corpus")
        return
    until = time.monotonic() + seconds
    run_random(trial, seed, lambda _: time.monotonic() < until)


def _limit_memory() -> None:
    """A parser that takes more than MEMORY_BYTES gets none. Only Linux tells and keeps it."""
    with suppress(OSError, ValueError):
        pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[0])
        most = pages * resource.getpagesize() + MEMORY_BYTES
        resource.setrlimit(resource.RLIMIT_AS, (most, most))


if __name__ == "__main__":
    _name, _seconds, _seed, _folder, _engine = sys.argv[1:]
    main(_name, float(_seconds), int(_seed), Path(_folder), _engine)
