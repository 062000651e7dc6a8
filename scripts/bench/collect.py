"""Benchmark of collecting texts: seconds and peak memory by the size of the corpus.

    python scripts/bench/collect.py                          # 25, 50, 100 and 200 MB
    python scripts/bench/collect.py --megabytes 10,20 --kind zip

The texts have typographic quotes, emoji and Cyrillic letters, which need more memory than ASCII.
Each size is collected twice in a process of its own, as the second run reads the documents of the
first. Exits with 1 if a peak is over a gigabyte, or if the time grows faster than the size.
"""

from __future__ import annotations

import argparse
import os
import random
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path

MAX_BYTES = 1_000_000_000
MAX_GROWTH = 1.5  # of the seconds per megabyte, from the smallest size to the largest
FILE_BYTES = 40_000  # a long essay
LINES = (
    "so then what did the man with the ladder say about “our garden” and who paid for that cake",
    "тогда зачем вчера никто не закрыл окно, и где теперь мой зонт, если дождь с утра",
    "nobody asked, of course 🙂, which is what the harbour was for — and the boats knew it",
)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--megabytes", default="25,50,100,200")
    parser.add_argument("--kind", choices=("folder", "zip"), default="folder")
    options = parser.parse_args()
    sizes = [int(size) for size in options.megabytes.split(",")]
    print(f"{'MB':>5} {'first, s':>9} {'again, s':>9} {'s per MB':>9} {'peak, MB':>9}")
    rates, highest = [], 0.0
    for size in sizes:
        with tempfile.TemporaryDirectory() as place:
            source = write_texts(Path(place), size * 1_000_000, options.kind)
            first, peak = collect(source, Path(place) / "home")
            again, peak_again = collect(source, Path(place) / "home")
        peak = max(peak, peak_again)
        rates.append(first / size)
        highest = max(highest, peak)
        print(f"{size:>5} {first:>9.1f} {again:>9.1f} {first / size:>9.3f} {peak / 1e6:>9,.0f}")
    failed = highest > MAX_BYTES or rates[-1] > MAX_GROWTH * rates[0]
    return 1 if failed else 0


def write_texts(place: Path, size: int, kind: str) -> Path:
    """Write texts of a size in bytes as Markdown files, in a folder or a zip."""
    rng = random.Random(1)
    words = [word for line in LINES for word in line.split()]
    folder, archive = place / "texts", place / "texts.zip"
    folder.mkdir()
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as zipped:
        for number in range(max(1, size // FILE_BYTES)):
            content = f"# Text {number}\n\n"
            while len(content.encode()) < FILE_BYTES:
                content += " ".join(rng.choices(words, k=90)) + ".\n\n"
            if kind == "zip":
                zipped.writestr(f"{number}.md", content)
            else:
                (folder / f"{number}.md").write_text(content, encoding="utf-8")
    return archive if kind == "zip" else folder


def collect(source: Path, home: Path) -> tuple[float, float]:
    """Collect in a process of its own; return its CPU seconds and its peak memory in bytes."""
    command = [sys.executable, "-m", "morris_mlx", "collect", str(source)]
    environment = {**os.environ, "MORRIS_HOME": str(home)}
    watcher = "import resource, subprocess, sys; " + (
        "code = subprocess.call(sys.argv[1:], stdout=subprocess.DEVNULL); "
        "used = resource.getrusage(resource.RUSAGE_CHILDREN); "
        "print(used.ru_utime + used.ru_stime, used.ru_maxrss); sys.exit(code)"
    )
    done = subprocess.run(
        [sys.executable, "-c", watcher, *command],
        env=environment,
        check=True,
        capture_output=True,
        text=True,
    )
    seconds, peak = done.stdout.split()
    return float(seconds), float(peak) * (1 if sys.platform == "darwin" else 1024)


if __name__ == "__main__":
    sys.exit(main())
