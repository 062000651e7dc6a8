"""Kills and errors at each system call of a region, injected by strace."""

from __future__ import annotations

import os
import random
import re
import shutil
import signal
import subprocess
from collections import Counter
from pathlib import Path

from crash import child
from crash.child import Mark
from crash.world import Before, Case, DiffersError, Outcome, World, require_words, wait, words

TRACED = (
    "openat,?open,?creat,write,pwrite64,writev,pwritev,fsync,fdatasync,?rename,renameat,renameat2,"
    "?mkdir,mkdirat,?chmod,fchmod,fchmodat,?unlink,unlinkat,?rmdir,ftruncate,truncate,close,"
    "?link,linkat,utimensat"
)
MARKS = "?stat,?newfstatat,?statx"  # variants of stat: traced, never injected
CALL = re.compile(r"(?:\d+ +)?(\w+)\(")
# By region: its first call, and the folder that the run starts from.
REGIONS = {
    "commit": (Mark("commit", 0), "middle"),
    "publish": (Mark("publish", 0), "middle"),
    "replace": (Mark("publish", 0), "older"),
    "start": (Mark("start", 0), "older"),
    "resume": (Mark("resume", 0), "middle"),
    "finish": (Mark("finish", 0), "middle"),
}


def traced(world: World, region: str, inject: str) -> tuple[Path, Before, int, list[str]]:
    """Run with strace on the region; return folder, state before, exit code and calls."""
    mark, start = REGIONS[region]
    folder = world.prepare(start)
    before = Before.of(folder)
    ours, theirs = os.pipe()
    process = world.start(folder, mark, lambda: (os.write(theirs, b"."), None)[1])
    os.close(theirs)
    if not os.read(ours, 1):
        raise DiffersError(f"the run did not reach the region {region}: {words(folder)}")
    os.close(ours)
    trace = folder.parent / "trace"
    command = ["strace", "-p", str(process), "-o", str(trace), "-e", f"trace={TRACED},{MARKS}"]
    tracer = subprocess.Popen(
        [*command, *(["-e", f"inject={inject}"] if inject else [])],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    code = wait(process)
    tracer.wait(20)
    lines = trace.read_text(errors="replace").splitlines()
    begin = next((i for i, line in enumerate(lines) if child.BEGIN in line), None)
    end = next((i for i, line in enumerate(lines) if child.END in line), None)
    if begin is None:
        raise DiffersError(f"the trace has no beginning of {region}: {words(folder)}")
    if code == -signal.SIGKILL and end is not None:
        raise DiffersError(f"the kill came after {region}")
    return folder, before, code, lines[begin + 1 : end]


def count_calls(world: World, region: str) -> Counter[str]:
    """Count the system calls of a region."""
    folder, _, code, lines = traced(world, region, "")
    if code:
        raise DiffersError(f"under strace {region} exits with {code}: {words(folder)}")
    world.finish(folder)
    shutil.rmtree(folder.parent)
    names = (match[1] for line in lines if (match := CALL.match(line)))
    return Counter(name for name in names if name in re.split(r",\??", TRACED))


def commit_cases(rng: random.Random, calls: dict[str, Counter[str]]) -> list[Case]:
    return [
        Case("commit", rng.randrange(2**32), region, name, number)
        for region, counted in calls.items()
        for name, count in sorted(counted.items())
        for number in range(1, count + 1)
    ]


def run_commit(world: World, case: Case) -> Outcome:
    inject = f"{case.call}:signal=SIGKILL:when={case.number}"
    folder, before, code, _ = traced(world, case.what, inject)
    if code != -signal.SIGKILL:
        raise DiffersError(f"{inject} in {case.what}: not killed but {code}")
    torn = len(child.leftovers(folder))
    before.require_nothing_lost(folder)
    world.finish(folder)
    return Outcome(torn=torn, folder=str(folder.parent))


def error_cases(rng: random.Random, calls: dict[str, Counter[str]]) -> list[Case]:
    wanted = ("write", "pwrite64", "writev", "fsync", "fdatasync", "rename", "renameat", "mkdir")
    return [
        Case("errors", rng.randrange(2**32), f"{region} {error}", name, number)
        for region, counted in calls.items()
        for name in wanted
        for number in range(1, counted[name] + 1)
        for error in ("ENOSPC", "EIO")
    ]


def run_errors(world: World, case: Case) -> Outcome:
    region, error = case.what.split()
    folder, before, code, lines = traced(
        world, region, f"{case.call}:error={error}:when={case.number or '1+'}"
    )
    if not any("(INJECTED)" in line for line in lines):
        raise DiffersError(f"no {error} was injected")
    require_words(folder, code)
    torn = len(child.leftovers(folder))
    before.require_nothing_lost(folder)
    world.finish(folder)
    return Outcome(torn=torn, folder=str(folder.parent))


def refusing_cases(rng: random.Random, calls: dict[str, Counter[str]]) -> list[Case]:
    """Return cases in which one kind of call fails as on a read-only disk.

    Writes are left out: a read-only disk refuses to open a file for them, and the messages of the
    run are writes too.
    """
    wanted = ("fsync", "rename", "mkdir", "chmod", "unlink", "rmdir")
    return [
        Case("locked", rng.randrange(2**32), f"{region} EROFS", name)
        for region, counted in calls.items()
        for name in wanted
        if counted[name]
    ]


def cannot_trace() -> str:
    """Return the reason that strace cannot be used here, or "" if it can."""
    if not shutil.which("strace"):
        return "strace is not installed"
    sleeper = subprocess.Popen(["sleep", "20"])
    try:
        command = ["timeout", "1", "strace", "-e", "inject=fsync:error=EIO", "-p", str(sleeper.pid)]
        done = subprocess.run(command, capture_output=True, text=True)
        return "" if "attached" in done.stderr else "strace may not attach to a process here"
    finally:
        sleeper.kill()
        sleeper.wait()
