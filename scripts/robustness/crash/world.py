"""The folders of a matrix, the processes that train in them, and the checks after a crash."""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
import traceback
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from crash import child
from crash.child import Mark

SCRIPT = Path(__file__).parents[1] / "crash_matrix.py"
MIDDLE = 7  # the step of the checkpoint that most cases resume from


@dataclass(frozen=True, slots=True)
class Case:
    """A crash: `kind` selects its function, `what` and `number` the fault, `seed` the moment."""

    kind: str
    seed: int
    what: str = ""
    call: str = ""
    number: int = 0


@dataclass(frozen=True, slots=True)
class Outcome:
    """The result of a case: a problem or "", and the number of temporary files left behind."""

    problem: str = ""
    torn: int = 0
    folder: str = ""


class DiffersError(Exception):
    """A run with another result than the reference, or with something lost."""


class World:
    """The folders of a matrix: model, reference run, starting points and cases."""

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
        """Return a new adapter folder for a case, copied from `start` unless that is ""."""
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
        """Start a training and return its process ID; with `fresh` in a new Python process."""

        def run() -> int:
            if fresh:
                command = [sys.executable, str(SCRIPT), "--child", str(folder), "--rank", str(rank)]
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
        """Run the training to its end and compare it with the reference.

        Only the steps of metrics.jsonl after `since` are compared.

        Raises:
            DiffersError: If the run fails or has another result.
        """
        if code := wait(self.start(folder, fresh=fresh)):
            raise DiffersError(f"started again, it exits with {code}: {words(folder)}")
        found, expected = child.identity(folder), dict(self.reference)
        for one in (found, expected):
            one["curve"] = [row for row in one["curve"] if row[1] > since]
        for name in expected:
            if found[name] != expected[name]:
                raise DiffersError(f"{name} is different")
        left = child.leftovers(folder)
        if left or (folder / "checkpoints").exists():
            raise DiffersError(f"left after the end: {[str(p.relative_to(folder)) for p in left]}")


# --- processes -----------------------------------------------------------------------------
def fork(run: Callable[[], int | None], words: Path) -> int:
    """Run a function in a fork of this process, which has imported everything already."""
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
    except BaseException:  # any bug is printed  # noqa: BLE001
        traceback.print_exc()
    finally:
        sys.stderr.flush()
        os._exit(code)


def wait(process: int, expected: int | None = None) -> int:
    """Wait for a process and return its exit code, or minus its signal."""
    code = os.waitstatus_to_exitcode(os.waitpid(process, 0)[1])
    if expected is not None and code != expected:
        raise DiffersError(f"ended with {code} instead of {expected}")
    return code


def has_ended(process: int) -> bool:
    return os.waitid(os.P_PID, process, os.WEXITED | os.WNOHANG | os.WNOWAIT) is not None


def words(folder: Path) -> str:
    return (folder.parent / "words").read_text().strip()[-2000:]


def require_words(folder: Path, code: int) -> None:
    """Require a message with a place of a failed run, and no traceback."""
    text = words(folder)
    if "Traceback" in text or code not in (0, 1):
        raise DiffersError(f"exit code {code}: {text}")
    if code == 1 and not ("morris: " in text and str(folder.parent) in text):
        raise DiffersError(f"the message names no place: {text}")


@dataclass(frozen=True, slots=True)
class Before:
    """The newest checkpoint and the adapter before a crash."""

    newest: int
    had_adapter: bool

    @classmethod
    def of(cls, folder: Path) -> Before:
        return cls(child.newest_checkpoint(folder), (folder / "adapters.safetensors").exists())

    def require_nothing_lost(self, folder: Path) -> None:
        """Check the folder right after a crash.

        Raises:
            DiffersError: If an adapter or a checkpoint is lost or inconsistent.
        """
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
