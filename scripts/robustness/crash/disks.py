"""Damaged files, and full or read-only disks."""

from __future__ import annotations

import json
import random
import shutil
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from crash import child
from crash.calls import run_errors
from crash.world import MIDDLE, Before, Case, DiffersError, Outcome, World, require_words, wait

FILES = ("adapter.safetensors", "optimizer.safetensors", "state.json", "manifest.json")
HARMS = ("flip", "flip", "flip", "cut", "cut", "empty", "missing")


def damage_cases(rng: random.Random) -> list[Case]:
    cases = [
        Case("damage", rng.randrange(2**32), f"{harm} {file}", "", both)
        for both in (0, 1)
        for file in FILES
        for harm in HARMS
    ]
    others = [f"{harm} metrics.jsonl" for harm in HARMS]
    others += ["tear metrics.jsonl", "tear events.jsonl", "tear metrics.jsonl", "tear events.jsonl"]
    return cases + [Case("damage", rng.randrange(2**32), what) for what in others]


def run_damage(world: World, case: Case) -> Outcome:
    harm, name = case.what.split()
    rng = random.Random(case.seed)
    folder = world.prepare("middle")
    newest = [f"{MIDDLE - i:08}" for i in range(case.number + 1)]
    if name in FILES:
        paths = [folder / "checkpoints" / step / name for step in newest]
    else:
        paths = [folder / name]
    for path in paths:
        do_harm(path, harm, rng)
    # Lines cut out of metrics.jsonl are lost, since nothing else has them; the run does not need them.
    lost = name == "metrics.jsonl" and harm != "tear"
    world.finish(folder, since=MIDDLE if lost else -1)
    events = [json.loads(line) for line in (folder / "events.jsonl").read_text().splitlines()]
    notices = " ".join(event["text"] for event in events if event["event"] == "notice")
    named = newest if name in FILES else []
    if missing := [step for step in named if step not in notices]:
        raise DiffersError(f"no notice reports that {missing} is damaged: {notices}")
    return Outcome(folder=str(folder.parent))


def do_harm(path: Path, harm: str, rng: random.Random) -> None:
    content = bytearray(path.read_bytes())
    if harm == "flip":
        content[rng.randrange(len(content))] ^= 1 << rng.randrange(8)
    elif harm == "cut":
        del content[rng.randrange(1, len(content)) :]
    elif harm == "empty":
        content.clear()
    elif harm == "tear":
        content += b'{"kind": "train", "step": 8, "lo'[: rng.randint(1, 32)]
    path.write_bytes(content)
    if harm == "missing":
        path.unlink()


@contextmanager
def small_disk(folder: Path, kilobytes: int) -> Iterator[Callable[[str], None]]:
    """Mount a tmpfs on `folder`; the block gets a function to remount it with other options."""
    folder.mkdir()

    def mount(options: str) -> None:
        command = ["mount", "-t", "tmpfs", "-o", options, "tmpfs", str(folder)]
        subprocess.run(command, check=True, capture_output=True)

    mount(f"size={kilobytes}k,mode=700")
    try:
        yield lambda options: mount(f"remount,{options}")
    finally:
        subprocess.run(["umount", "-l", str(folder)], check=True)


def words_outside(disk: Path) -> None:
    """Put the messages of a run beside its disk, which may be full."""
    (disk / "words").unlink(missing_ok=True)
    (disk / "words").symlink_to(disk.parent / "words")


def full_cases(rng: random.Random) -> list[Case]:
    return [Case("full", rng.randrange(2**32), "", "", size) for size in range(4, 204, 8)]


def run_full(world: World, case: Case) -> Outcome:
    folder = world.prepare("")
    with small_disk(folder, case.number) as remount:
        adapter = folder / "adapter"
        words_outside(folder)
        code = wait(world.start(adapter))
        require_words(adapter, code)
        torn = len(child.leftovers(adapter))
        Before(-1, False).require_nothing_lost(adapter)
        remount("size=20m")
        world.finish(adapter)
    return Outcome(torn=torn, folder=str(folder.parent))


def locked_cases(rng: random.Random) -> list[Case]:
    """Return cases with a disk that is read-only from the start."""
    return [Case("locked", rng.randrange(2**32), what) for what in ("", "middle", "older")]


def run_locked(world: World, case: Case) -> Outcome:
    if case.call:
        return run_errors(world, case)
    folder = world.prepare("")
    with small_disk(folder, 20_000) as remount:
        if case.what:
            shutil.copytree(world.work / case.what, folder, dirs_exist_ok=True)
        adapter = folder / "adapter"
        before = Before.of(adapter)
        words_outside(folder)
        remount("ro")
        code = wait(world.start(adapter))
        if code == 0:
            raise DiffersError("a training on a read-only disk ends with 0")
        require_words(adapter, code)
        before.require_nothing_lost(adapter)
        remount("rw")
        world.finish(adapter)
    return Outcome(folder=str(folder.parent))


def cannot_mount(work: Path) -> str:
    try:
        with small_disk(work / "probe", 64):
            return ""
    except (OSError, subprocess.CalledProcessError):
        return "mounting is not allowed here"
