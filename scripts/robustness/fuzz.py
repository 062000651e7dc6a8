"""Does anything that reads what others wrote crash, hang or swell, whatever it is given?

    python scripts/robustness/fuzz.py [--target NAME]... [--minutes M] [--seed S] [--jobs N] [--work FOLDER]
    python scripts/robustness/fuzz.py --target NAME --replay FILE

Every target (scripts/robustness/fuzzing; --list names them) gets its valid seeds and then damaged ones for M
minutes, each input within 10 s and 1 GiB. An answer is a result or a MorrisError that names the
place; anything else is a crash, and the smallest input that shows it is kept in FOLDER. With
atheris (pip install atheris; where it cannot be had, the damage is random) inputs that reach new
branches of the package are damaged further. Exit code 1 if anything crashed.
"""

from __future__ import annotations

import argparse
import importlib.util
import sys
import tempfile
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

from fuzzing.attempt import attempt
from fuzzing.registry import NAMED, TARGETS
from fuzzing.watch import Tally, watched


def main() -> int:
    options = _options()
    if options.list:
        print("\n".join(TARGETS))
        return 0
    names = options.target or list(TARGETS)
    if unknown := [name for name in names if name not in NAMED]:
        print(f"There is no target {unknown[0]}. There is: {', '.join(TARGETS)}.", file=sys.stderr)
        return 2
    if options.replay:
        return replay(names[0], options.replay)
    work = Path(options.work or tempfile.mkdtemp(prefix="morris-fuzz-"))
    engine = options.engine or ("atheris" if importlib.util.find_spec("atheris") else "random")
    print(f"{len(names)} targets, {options.minutes:g} minutes each, seed {options.seed}, {engine}")
    tallies = run(names, options.minutes * 60, options.seed, work, engine, options.jobs)
    print_table(tallies)
    crashes = [(t.name, crash) for t in tallies for crash in t.crashes]
    for name, crash in crashes:
        print(f"\n{name}: {crash['sign']}\n  {crash['detail']}\n  {crash['file']}")
    return 1 if crashes else 0


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--target", action="append", help="this one alone; may be repeated")
    parser.add_argument("--minutes", type=float, default=2.0, help="for each target")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--jobs", type=int, default=2, help="targets at a time")
    parser.add_argument("--work", help="folder for crashes; default: a new one")
    parser.add_argument("--engine", choices=("atheris", "random"))
    parser.add_argument("--replay", type=Path, help="one input of --target")
    parser.add_argument("--list", action="store_true")
    return parser.parse_args()


def run(
    names: list[str], seconds: float, seed: int, work: Path, engine: str, jobs: int
) -> list[Tally]:
    """The tallies in the order of the names; a line for each that is done, and one that moves."""
    line = threading.Lock()
    moving: dict[str, str] = {}

    def show(tally: Tally) -> None:
        with line:
            moving[tally.name] = f"{tally.name} {tally.seconds:.0f} s {tally.tried:,}"
            if sys.stderr.isatty():
                print("\r\x1b[K" + "  |  ".join(moving.values()), end="", file=sys.stderr)

    def one(name: str) -> Tally:
        tally = watched(name, seconds, seed, work / name, engine, show)
        with line:
            moving.pop(name, None)
            start = "\r\x1b[K" if sys.stderr.isatty() else ""
            told = f"{start}{name}: {tally.tried:,} inputs, {len(tally.crashes)} kinds of crashes"
            print(told, file=sys.stderr, flush=True)
        return tally

    with ThreadPoolExecutor(max(1, jobs)) as pool:
        return list(pool.map(one, names))


def print_table(tallies: list[Tally]) -> None:
    head = ("target", "inputs", "inputs/s", "read", "MorrisErrors", "longest ms", "crashes")
    rows = [
        (
            t.name,
            f"{t.tried:,}",
            f"{t.tried / max(t.seconds, 1e-9):,.0f}",
            f"{t.read:,}",
            f"{t.refused:,}",
            f"{1000 * t.longest:,.0f}",
            str(len(t.crashes)),
        )
        for t in tallies
    ]
    total = [sum(getattr(t, name) for t in tallies) for name in ("tried", "read", "refused")]
    crashes = str(sum(len(t.crashes) for t in tallies))
    rows.append(("all", f"{total[0]:,}", "", f"{total[1]:,}", f"{total[2]:,}", "", crashes))
    widths = [max(len(row[n]) for row in (head, *rows)) for n in range(len(head))]
    for row in (head, *rows):
        first, *others = (cell.rjust(width) for cell, width in zip(row, widths, strict=True))
        print("  ".join([first.strip().ljust(widths[0]), *others]))


def replay(name: str, file: Path) -> int:
    with tempfile.TemporaryDirectory() as folder:
        outcome = attempt(NAMED[name], file.read_bytes(), Path(folder) / "world")
    print(f"{outcome.kind}: {outcome.sign}\n{outcome.detail}")
    return 1 if outcome.kind == "crash" else 0


if __name__ == "__main__":
    sys.exit(main())
