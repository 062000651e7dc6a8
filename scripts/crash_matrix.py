"""A training is killed, starved and damaged in every way we know; it must end as if nothing was.

    python scripts/crash_matrix.py [--seed N] [--only kill,commit,...] [--sample N] [--work FOLDER]

After each case the training is started again, without a word about where it was, until it
finishes; its losses and its adapters must then equal those of a run that nobody interrupted, bit
for bit, and right after the crash nothing may be lost that was there before. Prints a line for
every class of cases; exit code 1, and the folder of the failed cases kept, if anything differs.

    kill    SIGKILL at seeded moments, half of them inside a commit
    commit  SIGKILL at every system call of a commit, a publication, the start, a resume, the end
    errors  "disk full" and "input/output error" from each write, fsync and rename of the same
    damage  flipped, cut, emptied and missing files
    full    a small file system that fills up, and is enlarged
    locked  a file system that becomes read-only, by remounting and call by call
    signal  SIGTERM and SIGINT

`commit`, `errors` and a part of `locked` need strace and its permission, `full` the right to mount.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import os
import random
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import traceback
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import crash_child as child
from crash_child import Mark

AT_ONCE = 2  # processes
KILLS = 100
MIDDLE = 7  # the step of the checkpoint that most cases go on from
FILES = ("adapter.safetensors", "optimizer.safetensors", "state.json", "manifest.json")
TRACED = (
    "openat,?open,?creat,write,pwrite64,writev,pwritev,fsync,fdatasync,?rename,renameat,renameat2,"
    "?mkdir,mkdirat,?chmod,fchmod,fchmodat,?unlink,unlinkat,?rmdir,ftruncate,truncate,close,"
    "?link,linkat,utimensat"
)
MARKS = "?stat,?newfstatat,?statx"  # what a stat may be: only ever shown, never injected
CALL = re.compile(r"(?:\d+ +)?(\w+)\(")
# Where a region begins: (mark, the folder that the run finds, its rank).
REGIONS = {
    "commit": (Mark("commit", 0), "middle"),
    "publish": (Mark("publish", 0), "middle"),
    "replace": (Mark("publish", 0), "older"),
    "start": (Mark("start", 0), "older"),
    "resume": (Mark("resume", 0), "middle"),
    "finish": (Mark("finish", 0), "middle"),
}


@dataclass(frozen=True, slots=True)
class Case:
    """`kind` says which function runs it, `what` and `number` what happens, `seed` when."""

    kind: str
    seed: int
    what: str = ""
    call: str = ""
    number: int = 0


@dataclass(frozen=True, slots=True)
class Outcome:
    """`problem` is "" when everything was as it must be; `torn` temporary files were left."""

    problem: str = ""
    torn: int = 0
    folder: str = ""


class DiffersError(Exception):
    """The run is not what it must be, or something was lost."""


class World:
    """The folders of one matrix: a model, the reference, what runs start from, and the cases."""

    def __init__(self, work: Path) -> None:
        self.work, self.model = work, work / "model"

    def build(self) -> None:
        wait(fork(lambda: child.make_model(self.model), self.work / "words"), 0)
        for name, rank in (("reference", child.SETTINGS.rank), ("older", child.OTHER_RANK)):
            folder = self.work / name / "adapter"
            folder.parent.mkdir()
            wait(self.start(folder, fresh=True, rank=rank), 0)
        older = self.work / "older" / "adapter"
        shutil.copytree(older, older / "replaced", ignore=shutil.ignore_patterns("last"))
        self.reference = child.identity(self.work / "reference" / "adapter")
        shutil.copytree(self.work / "older" / "tokens", self.work / "middle" / "tokens")
        wait(self.start(self.work / "middle" / "adapter", Mark("commit", MIDDLE + 1, True)), -9)
        (self.work / "cases").mkdir()

    def prepare(self, start: str) -> Path:
        """A new adapter's folder for a case, with what `start` left; "" for nothing."""
        folder = Path(tempfile.mkdtemp(dir=self.work / "cases"))
        if start:
            shutil.copytree(self.work / start, folder, dirs_exist_ok=True)
        return folder / "adapter"

    def start(
        self,
        folder: Path,
        mark: Mark | None = None,
        ready: Callable[[], None] = lambda: None,
        fresh: bool = False,
        rank: int = child.SETTINGS.rank,
    ) -> int:
        """The id of a process that trains; `fresh` if it is to load everything itself."""

        def run() -> int:
            if fresh:
                command = [sys.executable, __file__, "--child", str(folder), "--rank", str(rank)]
                os.execve(
                    sys.executable,
                    [*command, "--work", str(self.work)],
                    os.environ | {"OPENBLAS_NUM_THREADS": "1"},
                )
            if mark:
                child.set_mark(mark, ready)
            return child.train(self.model, folder, rank)

        return fork(run, folder.parent / "words")

    def finish(self, folder: Path, fresh: bool = False, since: int = -1) -> None:
        """Start it without a word, and it must finish. Raises DiffersError for another result.

        Of metrics.jsonl only the steps after `since` count.
        """
        if code := wait(self.start(folder, fresh=fresh)):
            raise DiffersError(f"started again it ends with {code}: {words(folder)}")
        found, expected = child.identity(folder), dict(self.reference)
        for one in (found, expected):
            one["curve"] = [row for row in one["curve"] if row[1] > since]
        for name in expected:
            if found[name] != expected[name]:
                raise DiffersError(f"{name} is another")
        left = child.leftovers(folder)
        if left or (folder / "checkpoints").exists():
            raise DiffersError(f"left after the end: {[str(p.relative_to(folder)) for p in left]}")


# --- processes -----------------------------------------------------------------------------
def fork(run: Callable[[], int | None], words: Path) -> int:
    """Run it in a child of this process, which has loaded everything and computed nothing."""
    sys.stdout.flush()
    process = os.fork()
    if process:
        return process
    code = child.BUG
    try:
        output = os.open(words, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        os.dup2(output, 1)
        os.dup2(output, 2)
        code = run() or 0
    except BaseException:  # noqa: BLE001  # a bug, told like any other
        traceback.print_exc()
    finally:
        sys.stderr.flush()
        os._exit(code)


def wait(process: int, expected: int | None = None) -> int:
    """The exit code, or minus the signal."""
    code = os.waitstatus_to_exitcode(os.waitpid(process, 0)[1])
    if expected is not None and code != expected:
        raise DiffersError(f"ended with {code} instead of {expected}")
    return code


def has_ended(process: int) -> bool:
    return os.waitid(os.P_PID, process, os.WEXITED | os.WNOHANG | os.WNOWAIT) is not None


def words(folder: Path) -> str:
    return (folder.parent / "words").read_text().strip()[-2000:]


def require_words(folder: Path, code: int) -> None:
    """A failed run says in words where it failed; no traceback. An unharmed one is as well."""
    text = words(folder)
    if "Traceback" in text or code not in (0, 1):
        raise DiffersError(f"exit code {code}: {text}")
    if code == 1 and not ("morris: " in text and str(folder.parent) in text):
        raise DiffersError(f"the words name no place: {text}")


@dataclass(frozen=True, slots=True)
class Before:
    """What there was before a crash."""

    newest: int
    had_adapter: bool

    @classmethod
    def of(cls, folder: Path) -> Before:
        return cls(child.newest_checkpoint(folder), (folder / "adapters.safetensors").exists())

    def require_nothing_lost(self, folder: Path) -> None:
        """Right after the crash. Raises DiffersError."""
        if fault := child.adapter_fault(folder):
            raise DiffersError(f"after the crash: {fault}")
        kept = folder / "replaced"
        whole_replaced = (kept / "run.json").exists() and not child.adapter_fault(kept)
        present = (folder / "adapters.safetensors").exists()
        if self.had_adapter and not present and not whole_replaced:
            raise DiffersError("after the crash: the adapter that was there is gone")
        newest, steps = child.newest_checkpoint(folder), child.curve(folder)
        if newest < 0 and present and child.is_finished(folder, child.SETTINGS.rank):
            return
        if newest < self.newest:
            raise DiffersError(f"after the crash: checkpoint {newest}, before it {self.newest}")
        last = max((step for kind, step, _ in steps if kind == "train"), default=0)
        if self.newest >= 0 and newest < last - 1:
            raise DiffersError(f"after the crash: checkpoint {newest} of step {last}")


# --- killed at seeded moments ------------------------------------------------------------------
def kill_cases(rng: random.Random) -> list[Case]:
    kinds = ["inside"] * (KILLS // 2) + ["beginning"] * 15 + ["resuming"] * 15
    kinds += ["moment"] * (KILLS - len(kinds))
    return [Case("kill", rng.randrange(2**32), kind, "", i % 10) for i, kind in enumerate(kinds)]


def run_kill(world: World, case: Case) -> Outcome:
    rng = random.Random(case.seed)
    fresh = case.number == 0  # one in ten loads everything itself, as a user's would
    for _ in range(20):  # until the kill came before the end, or inside a commit
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
        raise DiffersError("no kill came in time")
    torn = len(child.leftovers(folder))
    before.require_nothing_lost(folder)
    if case.what == "resuming":  # and once more
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
        wanted = rng.randint(1, 40)  # how many temporary names come before
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
        return os.listdir(folder)  # noqa: PTH208  # the fastest way to look
    except OSError:
        return []


# --- traced: killed or refused at one system call -----------------------------------------------
def traced(world: World, region: str, inject: str) -> tuple[Path, Before, int, list[str]]:
    """Run with strace on the region alone: (folder, what was before, exit code, its calls)."""
    mark, start = REGIONS[region]
    folder = world.prepare(start)
    before = Before.of(folder)
    ours, theirs = os.pipe()
    process = world.start(folder, mark, lambda: (os.write(theirs, b"."), None)[1])
    os.close(theirs)
    if not os.read(ours, 1):
        raise DiffersError(f"the region {region} was never reached: {words(folder)}")
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
        raise DiffersError(f"strace did not see the beginning of {region}: {words(folder)}")
    if code == -signal.SIGKILL and end is not None:
        raise DiffersError(f"the kill fell behind {region}")
    return folder, before, code, lines[begin + 1 : end]


def count_calls(world: World, region: str) -> Counter[str]:
    """How often each system call happens in a region, up to the marks."""
    folder, _, code, lines = traced(world, region, "")
    if code:
        raise DiffersError(f"under strace {region} ends with {code}: {words(folder)}")
    world.finish(folder)
    shutil.rmtree(folder.parent)
    names = (match[1] for line in lines if (match := CALL.match(line)))
    return Counter(name for name in names if f"{name}" in re.split(r",\??", TRACED))


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


# --- damaged files ------------------------------------------------------------------------------
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
    # What somebody cuts out of metrics.jsonl is nowhere else; the run itself does not need it.
    lost = name == "metrics.jsonl" and harm != "tear"
    world.finish(folder, since=MIDDLE if lost else -1)
    events = [json.loads(line) for line in (folder / "events.jsonl").read_text().splitlines()]
    notices = " ".join(event["text"] for event in events if event["event"] == "notice")
    named = newest if name in FILES else []
    if missing := [step for step in named if step not in notices]:
        raise DiffersError(f"nothing says that {missing} was damaged: {notices}")
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


# --- full and read-only file systems -----------------------------------------------------------
@contextmanager
def small_disk(folder: Path, kilobytes: int) -> Iterator[Callable[[str], None]]:
    """A tmpfs on `folder`; yields what remounts it with other options."""
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
    """What a run says on a disk that takes no more goes beside it."""
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
    """Read-only from the very beginning."""
    return [Case("locked", rng.randrange(2**32), what) for what in ("", "middle", "older")]


def refusing_cases(rng: random.Random, calls: dict[str, Counter[str]]) -> list[Case]:
    """Read-only in the midst of it, as far as one kind of call is concerned.

    Not writes: a read-only disk refuses to open a file for them, and words are writes as well.
    """
    wanted = ("fsync", "rename", "mkdir", "chmod", "unlink", "rmdir")
    return [
        Case("locked", rng.randrange(2**32), f"{region} EROFS", name)
        for region, counted in calls.items()
        for name in wanted
        if counted[name]
    ]


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


# --- signals -----------------------------------------------------------------------------------
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


# --- the matrix --------------------------------------------------------------------------------
RUNNERS: dict[str, Callable[[World, Case], Outcome]] = {
    "kill": run_kill,
    "commit": run_commit,
    "errors": run_errors,
    "damage": run_damage,
    "full": run_full,
    "locked": run_locked,
    "signal": run_signal,
}
TRACED_CASES = {"commit": commit_cases, "errors": error_cases, "locked": refusing_cases}


def cannot_trace() -> str:
    """Why strace cannot be used here; "" if it can."""
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


def cannot_mount(work: Path) -> str:
    try:
        with small_disk(work / "probe", 64):
            return ""
    except (OSError, subprocess.CalledProcessError):
        return "mounting is not allowed here"


def run_case(world: World, case: Case) -> Outcome:
    """One case, in a process of the pool."""
    try:
        outcome = RUNNERS[case.kind](world, case)
    except DiffersError as error:
        return Outcome(f"{case}: {error}")
    except Exception:  # noqa: BLE001  # a case that cannot be judged has failed
        return Outcome(f"{case}: {traceback.format_exc()}")
    shutil.rmtree(outcome.folder, ignore_errors=True)
    return outcome


def choose(cases: list[Case], count: int, rng: random.Random) -> list[Case]:
    """At most `count` of the cases, as different in `what` as can be; 0 for all."""
    if not count or len(cases) <= count:
        return cases
    rng.shuffle(cases)
    rounds: Counter[str] = Counter()
    order = []
    for case in cases:
        order.append((rounds[case.what], len(order)))
        rounds[case.what] += 1
    return [cases[index] for _, index in sorted(order)[:count]]


class Matrix:
    """Runs the classes one after another and prints a line for each."""

    def __init__(self, world: World, seed: int, sample: int) -> None:
        self.world, self.seed, self.sample = world, seed, sample
        context = multiprocessing.get_context("fork")
        self.pool = ProcessPoolExecutor(AT_ONCE, mp_context=context)
        self.no_trace, self.no_mount = cannot_trace(), cannot_mount(world.work)
        self.calls: dict[str, Counter[str]] = {}

    def run(self, kind: str) -> bool:
        """Whether every case of the class ended as it must."""
        began = time.monotonic()
        rng = random.Random(f"{self.seed} {kind}")
        cases, skipped = self._cases(kind, rng)
        cases = choose(cases, self.sample, rng)
        outcomes = list(self.pool.map(run_case, [self.world] * len(cases), cases))
        problems = [outcome.problem for outcome in outcomes if outcome.problem]
        torn = sum(outcome.torn > 0 for outcome in outcomes)
        print(
            f"{kind:8}{len(cases):5} cases{len(cases) - len(problems):6} identical{torn:6} torn"
            f"{time.monotonic() - began:7.0f} s" + (f"  skipped: {skipped}" if skipped else ""),
            flush=True,
        )
        for problem in problems:
            print(f"    {problem}", flush=True)
        return not problems

    def _cases(self, kind: str, rng: random.Random) -> tuple[list[Case], str]:
        """(the cases, why some or all of the class are skipped)"""
        plain = {"kill": kill_cases, "damage": damage_cases, "signal": signal_cases}
        if kind in plain:
            return plain[kind](rng), ""
        cases, skipped = [], [self.no_mount] if kind in ("full", "locked") else []
        if kind in ("full", "locked") and not self.no_mount:
            cases += full_cases(rng) if kind == "full" else locked_cases(rng)
        if kind in TRACED_CASES and self.no_trace:
            skipped.append(self.no_trace)
        elif kind in TRACED_CASES:
            cases += TRACED_CASES[kind](rng, self._counted())
        return cases, " and ".join(filter(None, skipped))

    def _counted(self) -> dict[str, Counter[str]]:
        if not self.calls:
            counts = self.pool.map(count_calls, [self.world] * len(REGIONS), REGIONS)
            self.calls = dict(zip(REGIONS, counts, strict=True))
        return self.calls


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--only", default=",".join(RUNNERS), help="classes, with commas")
    parser.add_argument("--sample", type=int, default=0, help="cases of each class (0 = all)")
    parser.add_argument("--work", type=Path, help="a folder; default: a temporary one")
    parser.add_argument("--child", type=Path, help="only train, into this folder")
    parser.add_argument("--rank", type=int, default=child.SETTINGS.rank, help="with --child")
    options = parser.parse_args()
    kinds = options.only.split(",")
    if unknown := [kind for kind in kinds if kind not in RUNNERS]:
        parser.error(f"--only knows {', '.join(RUNNERS)}, not {', '.join(unknown)}")
    if options.child:
        return child.train(options.work / "model", options.child, options.rank)
    if options.work:
        options.work.mkdir(parents=True, exist_ok=True)
    work = Path(tempfile.mkdtemp(prefix="crash-matrix-", dir=options.work)).resolve()
    world = World(work)
    world.build()
    matrix = Matrix(world, options.seed, options.sample)
    good = [matrix.run(kind) for kind in kinds]
    matrix.pool.shutdown()
    if all(good):
        shutil.rmtree(work)
        return 0
    print(f"The failed cases are kept in {work / 'cases'}.")
    return 1


if __name__ == "__main__":
    sys.exit(main())
