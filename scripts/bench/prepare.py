"""Benchmark of collecting and preparing texts: CPU time and peak memory, sizes doubling.

    python scripts/bench/prepare.py                     # one text, eight texts, many texts
    python scripts/bench/prepare.py --largest 5000      # up to 5 MB: the bars of the long ones
    python scripts/bench/prepare.py --kind many --largest 32000     # the memory of an archive
    python scripts/bench/prepare.py --kind tokens       # a tokenizer with thousands of added tokens

The texts are generated, and each command runs in its own process and a temporary folder. CPU time
that grows by more than the size does is printed as a ratio above 2. Exits with 1 if a bar is missed:
640 KB in one text in 15 s, 5 MB in one text in 120 s, 3.8 MB in eight texts in 90 s, 1 GB of memory,
also for 200 MB in many texts, by the slope of the memory between the two largest sizes.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

MAX_BYTES = 1_000_000_000
# By (kind, KB): the most CPU seconds for preparing.
BARS = {("one", 640): 15.0, ("one", 5000): 120.0, ("eight", 3800): 90.0}
KINDS = ("one", "eight", "many")
SIZES = (80, 160, 320, 640, 1250, 2500, 5000)
EIGHT_SIZES = (480, 950, 1900, 3800)
MANY_SIZES = (*SIZES[:-2], 2000, 4000, 8000, 16_000, 32_000)
CACHES_FULL = 8000  # KB: below it, memory grows by caches that have a limit
ARCHIVE = 200_000  # KB: extrapolated, because preparing them takes half an hour
SMALL_TEXT = 6_000  # characters of each of many texts: about a newspaper column
ADDED_TOKENS = (0, 1000, 6414)  # none, and as many as two model families have
PARTS = (
    "ti",
    "bo",
    "ro",
    "la",
    "gu",
    "sa",
    "mu",
    "ne",
    "wi",
    "sto",
    "be",
    "cra",
    "pie",
    "lo",
    "du",
    "ke",
)


@dataclass(frozen=True, slots=True)
class Cost:
    """CPU seconds and peak memory of a command."""

    seconds: float
    peak_bytes: int


class Texts:
    """A generator of texts of invented words, with typographic quotation marks and paragraphs."""

    def __init__(self) -> None:
        self._rng = random.Random(7)
        self._words = [
            "".join(self._rng.choice(PARTS) for _ in range(self._rng.randint(2, 4)))
            for _ in range(4000)
        ]

    def sentence(self) -> str:
        """Return a sentence with a quotation."""
        words = self._rng.choices(self._words, k=self._rng.randint(6, 18))
        return f"The “{' '.join(words)}” was gone."

    def paragraphs(self, characters: int) -> str:
        """Return paragraphs of at least so many characters."""
        found: list[str] = []
        while characters > 0:
            found.append(" ".join(self.sentence() for _ in range(7)))
            characters -= len(found[-1]) + 2
        return "\n\n".join(found)


def written(folder: Path, kind: str, kilobytes: int) -> Path:
    """Write texts of one kind into a folder, and return it."""
    texts = Texts()
    size = 1000 * kilobytes
    counts = {"one": 1, "eight": 8, "many": max(1, size // SMALL_TEXT)}
    folder.mkdir()
    for number in range(counts[kind]):
        (folder / f"{number}.txt").write_text(texts.paragraphs(size // counts[kind]), "utf-8")
    for number in range(8 if kind == "one" else 0):  # one text alone is too few
        (folder / f"short{number}.txt").write_text(texts.paragraphs(1500), "utf-8")
    return folder


def run(home: Path, *words: str) -> Cost:
    """Run a command of Morris in its own process, and return its cost."""
    with tempfile.TemporaryFile() as said:  # warnings about the invented words, or an error
        process = subprocess.Popen(
            [sys.executable, "-m", "morris_mlx", *words],
            env=os.environ | {"MORRIS_HOME": str(home)},
            stdout=subprocess.DEVNULL,
            stderr=said,
        )
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        said.seek(0)
        if process.returncode:
            error = said.read().decode("utf-8", "replace")
            raise SystemExit(
                f"`morris {' '.join(words)}` ended with {process.returncode}.\n{error}"
            )
    scale = 1 if sys.platform == "darwin" else 1024  # bytes on a Mac, kilobytes on Linux
    return Cost(usage.ru_utime + usage.ru_stime, usage.ru_maxrss * scale)


def with_added_tokens(folder: Path, count: int) -> Path:
    """Write a copy of the practice base's tokenizer with more special tokens; return its folder."""
    from morris_mlx.models.catalog import PRACTICE_FOLDER

    shutil.copytree(PRACTICE_FOLDER, folder)
    tokenizer = json.loads((folder / "tokenizer.json").read_text("utf-8"))
    first = 1 + max(
        [*tokenizer["model"]["vocab"].values(), *(t["id"] for t in tokenizer["added_tokens"])]
    )
    flags = dict.fromkeys(("single_word", "lstrip", "rstrip", "normalized"), False)
    tokenizer["added_tokens"] += [
        {"id": first + n, "content": f"<unused{n}>", "special": True, **flags} for n in range(count)
    ]
    (folder / "tokenizer.json").write_text(json.dumps(tokenizer), "utf-8")
    return folder


def measure(kind: str, kilobytes: int, added: int = 0) -> tuple[Cost, Cost]:
    """Return the costs of collecting and of preparing texts of a kind and size."""
    with tempfile.TemporaryDirectory(prefix="morris-bench-") as name:
        home = Path(name, "home")
        home.mkdir()
        texts = written(Path(name, "texts"), kind, kilobytes)
        model = str(with_added_tokens(Path(name, "model"), added)) if added else "practice"
        return run(home, "collect", str(texts)), run(home, "prepare", "--model", model)


def archive_bytes(peaks: dict[int, int]) -> float:
    """Return the memory of an archive by the slope between the two largest sizes, in KB."""
    (smaller, less), (larger, more) = sorted(peaks.items())[-2:]
    return more + max(0, more - less) * (ARCHIVE - larger) / (larger - smaller)


def cases(kinds: list[str], largest: int) -> Iterator[tuple[str, int]]:
    """Yield the kinds and sizes to measure, in KB."""
    for kind in kinds:
        for size in {"eight": EIGHT_SIZES, "many": MANY_SIZES}.get(kind, SIZES):
            if size <= largest:
                yield kind, size


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--kind", choices=[*KINDS, "tokens"], action="append")
    parser.add_argument("--largest", type=int, default=1250, metavar="KB")
    given = parser.parse_args()
    kinds = given.kind or list(KINDS)
    missed = []
    print(
        f"{'texts':>8} {'KB':>6} {'collect s':>10} {'ratio':>6} {'MB':>6} {'prepare s':>10} {'ratio':>6} {'MB':>6}"
    )
    before: dict[str, tuple[float, float]] = {}
    peaks: dict[int, int] = {}  # of preparing many texts, by their size
    for kind, size in cases([k for k in kinds if k != "tokens"], given.largest):
        collect, prepare = measure(kind, size)
        last = before.get(kind, (0.0, 0.0))
        ratios = [
            f"{c.seconds / b:.1f}" if b else ""
            for c, b in zip((collect, prepare), last, strict=True)
        ]
        print(
            f"{kind:>8} {size:>6} {collect.seconds:>10.1f} {ratios[0]:>6} {collect.peak_bytes / 1e6:>6.0f} "
            f"{prepare.seconds:>10.1f} {ratios[1]:>6} {prepare.peak_bytes / 1e6:>6.0f}",
            flush=True,
        )
        before[kind] = collect.seconds, prepare.seconds
        if kind == "many" and size >= CACHES_FULL:
            peaks[size] = prepare.peak_bytes
        if prepare.seconds > BARS.get((kind, size), float("inf")):
            missed.append(f"{kind} {size} KB: {prepare.seconds:.1f} s")
        if max(collect.peak_bytes, prepare.peak_bytes) > MAX_BYTES:
            missed.append(f"{kind} {size} KB: memory")
    if len(peaks) > 1:
        archive = archive_bytes(peaks)
        print(f"200 MB in many texts, by the slope: {archive / 1e6:.0f} MB of memory")
        if archive > MAX_BYTES:
            missed.append("200 MB in many texts: memory")
    if "tokens" in kinds:
        for added in ADDED_TOKENS:
            _, prepare = measure("many", 230, added)
            print(f"{added:>6} added tokens, 230 KB: {prepare.seconds:.1f} s", flush=True)
    for text in missed:
        print(f"MISSED: {text}")
    return bool(missed)


if __name__ == "__main__":
    sys.exit(main())
