"""SIGKILL, SIGTERM and SIGINT at random but seeded moments."""

from __future__ import annotations

import os
import random
import shutil
import signal
import time
from pathlib import Path

from crash import child
from crash.world import Before, Case, DiffersError, Outcome, World, has_ended, wait, words

KILLS = 100


def kill_cases(rng: random.Random) -> list[Case]:
    kinds = ["inside"] * (KILLS // 2) + ["beginning"] * 15 + ["resuming"] * 15
    kinds += ["moment"] * (KILLS - len(kinds))
    return [Case("kill", rng.randrange(2**32), kind, "", i % 10) for i, kind in enumerate(kinds)]


def run_kill(world: World, case: Case) -> Outcome:
    rng = random.Random(case.seed)
    fresh = case.number == 0  # one in ten is a new process, as a user's is
    for _ in range(20):  # until a kill comes before the end, or inside a commit
        folder = world.prepare("middle" if case.what == "resuming" else "")
        before = Before.of(folder)
        process = world.start(folder, fresh=fresh)
        moment(case.what, rng, folder, process, fresh)
        os.kill(process, signal.SIGKILL)
        killed = wait(process) == -signal.SIGKILL
        if killed and (case.what != "inside" or child.leftovers(folder)):
            break
        shutil.rmtree(folder.parent)
    else:
        raise DiffersError("no kill came early enough")
    torn = len(child.leftovers(folder))
    before.require_nothing_lost(folder)
    if case.what == "resuming":  # a second kill
        process = world.start(folder)
        time.sleep(rng.uniform(0, 0.2))
        os.kill(process, signal.SIGKILL)
        wait(process)
        before.require_nothing_lost(folder)
    world.finish(folder, fresh)
    return Outcome(torn=torn, folder=str(folder.parent))


def moment(what: str, rng: random.Random, folder: Path, process: int, fresh: bool) -> None:
    """Wait for the moment to kill."""
    if what == "inside":
        seen: set[str] = set()
        wanted = rng.randint(1, 40)  # temporary names before the kill
        while not has_ended(process):
            for place in (folder, folder / "checkpoints", folder / "last"):
                seen.update(n for n in list_names(place) if n.startswith(".new-"))
            if len(seen) >= wanted:
                return
    elif what == "moment":
        wanted = rng.randint(1, child.STEPS + 4)  # rows of metrics.jsonl
        while not has_ended(process) and len(child.curve(folder)) < wanted:
            time.sleep(0.001)
        time.sleep(rng.uniform(0, 0.02))
    else:
        time.sleep(rng.uniform(0, 2.0 if fresh else 0.3))


def list_names(folder: Path) -> list[str]:
    try:
        return os.listdir(folder)  # the fastest listing  # noqa: PTH208
    except OSError:
        return []


# --- signals --------------------
def signal_cases(rng: random.Random) -> list[Case]:
    kinds = ["SIGTERM", "SIGINT", "SIGTERM SIGTERM", "SIGINT SIGINT"] * 4
    return [Case("signal", rng.randrange(2**32), kind) for kind in kinds]


def run_signal(world: World, case: Case) -> Outcome:
    rng = random.Random(case.seed)
    folder = world.prepare("")
    process = world.start(folder)
    wanted = rng.randint(2, child.STEPS)
    while not has_ended(process) and len(child.curve(folder)) < wanted:
        time.sleep(0.001)
    for name in case.what.split():
        os.kill(process, signal.Signals[name])
        time.sleep(rng.uniform(0, 0.01))
    code = wait(process)
    if code != 130 or "Traceback" in words(folder):
        raise DiffersError(f"{case.what} ends it with {code}: {words(folder)}")
    Before(0, False).require_nothing_lost(folder)
    trained = [step for kind, step, _ in child.curve(folder) if kind == "train"]
    if " " not in case.what and child.newest_checkpoint(folder) != max(trained):
        raise DiffersError("the step was not saved")
    world.finish(folder)
    return Outcome(folder=str(folder.parent))
