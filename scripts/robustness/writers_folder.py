"""Check that one command accounts for every file of a folder like a writer's own.

    python scripts/robustness/writers_folder.py
    python scripts/robustness/writers_folder.py --pictures 20000 --keep /tmp/folder

The folder has every kind of file twice, seven exports, broken and locked files, and 3,000 pictures.
`morris collect` runs in its own process. Exits with 1 unless each file is a text, part of a chat or
left out, and the numbers add up.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2] / "tests"))

from support.chat_exports import ME
from support.writers_folder import write_writers_folder

FAILED_EXPORT = 1  # the exit code where an export is damaged, as one of the folder's is


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--pictures", type=int, default=3000)
    parser.add_argument("--keep", type=Path, help="make the folder here, and keep it")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as place:
        folder = options.keep or Path(place) / "Documents"
        expected = write_writers_folder(folder, options.pictures)
        began = time.monotonic()
        result = collect(folder, Path(place) / "home")
        seconds = time.monotonic() - began
    files, skipped = result["files"], result["skipped"]
    print(f"{expected:,} files in {seconds:.1f} s: {files}")
    for kind, count in Counter(row["kind"] or row["reason"][:60] for row in skipped).most_common():
        print(f"  {count:>6,} {kind}")
    left = {row["source"] for row in skipped}
    parts = len(left) - files["left_out"]  # drafts, notes and the like in files that are read
    adds_up = files["total"] == expected and 0 <= parts <= files["texts"] + files["chats"]
    print("Every file is in one place." if adds_up else "THE NUMBERS DO NOT ADD UP")
    return 0 if adds_up else 1


def collect(folder: Path, home: Path) -> dict:
    """Return the result of `morris collect --json` on the folder."""
    command = [sys.executable, "-m", "morris_mlx", "collect", str(folder), "--ground", "own"]
    command += ["--me", ME, "--me", "me", "--groups", "--json"]
    environment = {**os.environ, "MORRIS_HOME": str(home)}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    if done.returncode not in (0, FAILED_EXPORT):
        sys.exit(done.stderr)
    return json.loads(done.stdout)


if __name__ == "__main__":
    sys.exit(main())
