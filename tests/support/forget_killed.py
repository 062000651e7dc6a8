"""A script that kills `morris forget` at every change of the disk and runs it again.

Run it as a script with a folder and the arguments of the command; it prints one JSON object. Every
attempt is a child process that ends by os._exit, so that no `finally` cleans up after it.
"""

from __future__ import annotations

import contextlib
import io
import json
import os
import shutil
import sys
from pathlib import Path

import typer.main

from morris_mlx import files
from morris_mlx.cli.app import app
from morris_mlx.errors import MorrisError
from morris_mlx.project.folder import Project
from support.forget_world import build, tree

CHANGES = {"os.rename", "os.remove", "os.rmdir", "os.mkdir", "os.truncate", "os.chmod", "open"}
WRITES = os.O_WRONLY | os.O_RDWR
COMMAND = typer.main.get_command(app)  # made once: that takes as long as a removal
left = [-1]  # changes until the kill; negative: no kill


def hook(event: str, arguments: tuple) -> None:
    if left[0] < 0 or event not in CHANGES:
        return
    if event == "open" and not (isinstance(arguments[2], int) and arguments[2] & WRITES):
        return
    if left[0] == 0:
        os._exit(137)
    left[0] -= 1


def forget(home: Path, words: list[str]) -> tuple[int, str]:
    """Run the command; return its exit code and its output."""
    os.environ["MORRIS_HOME"] = str(home)
    shown, remarks = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(shown), contextlib.redirect_stderr(remarks):
        try:
            code = COMMAND.main(["forget", *words, "--yes", "--json"], standalone_mode=False)
        except MorrisError as error:
            code = error.exit_code
    return code or 0, shown.getvalue()


def main(folder: Path, words: list[str]) -> None:
    files.flush = lambda _: None  # a killed process loses nothing that the system has
    sys.addaudithook(hook)
    first, home = folder / "first", folder / "home"
    build(first)
    shutil.copytree(first, home)
    code, _ = forget(home, words)
    expected = tree(Project(home))
    failures: list[str] = []
    kills = unnamed = torn = 0
    while code == 0:
        shutil.rmtree(home)
        shutil.copytree(first, home)
        child = os.fork()
        if child == 0:
            left[0] = kills
            forget(home, words)
            os._exit(0)
        if os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) != 137:
            break
        torn += tree(Project(home)) != expected
        again, shown = forget(home, words)
        if again == 0:
            adapters = {a["name"] for a in json.loads(shown)["adapters"]}
            unnamed += "mine" not in adapters
        elif (home / "data" / ".forgetting" / "plan.json").exists() or again != 3:
            failures.append(f"kill {kills}: exit {again}")
        if tree(Project(home)) != expected:
            failures.append(f"kill {kills}: another result")
        kills += 1
    found = {"code": code, "kills": kills, "torn": torn, "unnamed": unnamed, "failures": failures}
    print(json.dumps(found))


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2:])
