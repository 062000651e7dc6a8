"""The process that runs a step as a child, explains why the child died, and starts it again.

An abort of the engine (memory, a watchdog of the graphics driver) ends a process without a Python
exception. The supervisor loads no engine. It passes signals on, says why the child died as far as
that can be known, and starts it again from the last checkpoint.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType

from morris_mlx.errors import mentions_memory
from morris_mlx.streams import LENIENT

MAX_RESTARTS = 5  # of a step that died; more would only hide that it cannot work

CHILD = "MORRIS_SUPERVISED"  # set: this is the child; its value is the pipe that ends with us
LAST_WORDS = "MORRIS_LAST_WORDS"  # the file that the engine's own messages go to
GIVE_UP = "MORRIS_GIVE_UP"  # how many times to lower the memory settings
INTERRUPTED = 130  # the exit code of a step that was told to stop and ended at once
OUT_OF_MEMORY = 75  # the child's exit code when Python could still report it
WATCHDOG = ("impactinginteractivity", "timeout")
LOST_PEER = "Failing pending tasks"  # MLX's ring, when the other machines do not answer
RANK = "MLX_RANK"  # set by mlx.launch, which looks after its processes itself
TICK_SECONDS = 0.1  # between two looks at the child: a progress line moves ten times a second


@dataclass(frozen=True, slots=True)
class ChildOptions:
    """Options of a child process: its variables, open files and output, and a callback.

    `tick` is called every TICK_SECONDS while the child runs, and once more after its end.
    """

    environment: Mapping[str, str] = field(default_factory=dict)
    pass_fds: tuple[int, ...] = ()
    output: int | None = None  # a file descriptor for stdout and stderr; None: our own
    tick: Callable[[], None] = lambda: None


def print_note(text: str) -> None:
    """Print a remark on stderr."""
    print(text, file=sys.stderr, flush=True)


def is_supervised() -> bool:
    """Return True in a child that a supervisor started."""
    return CHILD in os.environ


def is_launched() -> bool:
    """Return True under mlx.launch, which starts one process on each of several machines."""
    return RANK in os.environ


def is_first_machine() -> bool:
    """Return True unless mlx.launch started this process on another machine than the first."""
    return os.environ.get(RANK, "0") == "0"


def supervise(
    arguments: Sequence[str],
    resumed: Sequence[str],
    checkpoints: Path,
    note: Callable[[str], None] = print_note,
    options: ChildOptions | None = None,
) -> int:
    """Run `morris ARGUMENTS` and, when it dies, `morris RESUMED`. Return the last exit code.

    After the first checkpoint a restart uses `resumed`; checkpoints that were there before belong
    to another run. A child that ran out of memory is restarted with lower memory settings. One
    that was asked to stop is not restarted: the code is INTERRUPTED.
    """
    options = options or ChildOptions()
    lowered, before = 0, newest_checkpoint(checkpoints)
    reached = -1 if list(arguments) != list(resumed) else before
    with tempfile.TemporaryDirectory() as folder:
        words = Path(folder) / "last-words"
        for restart in range(MAX_RESTARTS + 1):
            code = _run_child(arguments, words, lowered, options)
            if code >= 0 and code != OUT_OF_MEMORY:
                return code
            memory, reason = cause(code, words.read_text(errors="replace"))
            newest = newest_checkpoint(checkpoints)
            progress = newest >= 0 and newest != before
            if progress:
                lowered, reached, before = 0, newest, newest
            # What dies twice at one place without a word was most likely killed for its memory.
            lowered += memory or (restart > 0 and not progress)
            note(f"The training process died: {reason}.")
            if reached >= 0:
                arguments = resumed
            if restart < MAX_RESTARTS:
                where = (
                    f"from the checkpoint of step {reached}"
                    if reached >= 0
                    else "from the beginning"
                )
                note(f"Restarting it {where} ({restart + 1} of at most {MAX_RESTARTS} times).")
    note(
        f"It was restarted {MAX_RESTARTS} times and is not restarted again. What it had saved "
        "is still there."
    )
    return 1


def cause(code: int, words: str) -> tuple[bool, str]:
    """Return whether memory is the likely cause of a child's end, and the reason in words."""
    said = words.strip().splitlines()[-1][:200] if words.strip() else ""
    quoted = f" (“{said}”)" if said else ""
    if code == OUT_OF_MEMORY or mentions_memory(words):
        return True, f"out of memory{quoted}"
    if any(word in words.lower() for word in WATCHDOG):
        return False, (
            f"the system's watchdog stopped the graphics processor{quoted}, as it does when the "
            "screen has to wait; let the display sleep, or lower --batch-size"
        )
    name = signal.Signals(-code).name if code < 0 else f"exit code {code}"
    if -code == signal.SIGKILL:
        return False, "it was killed, perhaps by the system because memory ran out"
    return False, f"{name}{quoted}"


def newest_checkpoint(checkpoints: Path) -> int:
    """Return the step of the newest checkpoint in a folder, -1 when there is none."""
    names = [p.name for p in checkpoints.iterdir()] if checkpoints.is_dir() else []
    return max((int(name) for name in names if name.isdigit()), default=-1)


def _run_child(arguments: Sequence[str], words: Path, lowered: int, options: ChildOptions) -> int:
    """Run it in a process group of its own, so that each Ctrl-C reaches it once: through us."""
    ours, theirs = os.pipe()
    words.write_text("")
    environment = os.environ | dict(options.environment)
    environment |= {CHILD: str(ours), LAST_WORDS: str(words), GIVE_UP: str(lowered)}
    child = subprocess.Popen(
        [sys.executable, "-m", "morris_mlx", *arguments],
        env=environment,
        pass_fds=[ours, *options.pass_fds],
        process_group=0,
        stdin=None if options.output is None else subprocess.DEVNULL,
        stdout=options.output,
        stderr=options.output,
    )
    os.close(ours)

    asked = False

    def pass_on(number: int, frame: FrameType | None) -> None:
        nonlocal asked
        asked = True
        child.send_signal(number)

    old = {s: signal.signal(s, pass_on) for s in (signal.SIGINT, signal.SIGTERM)}
    try:
        while True:
            try:
                code = child.wait(TICK_SECONDS)
            except subprocess.TimeoutExpired:
                options.tick()
            else:
                options.tick()
                # A signal before the child can finish its step ends it without an exit code.
                asked = asked or code in (-signal.SIGINT, -signal.SIGTERM)
                died = code < 0 or code == OUT_OF_MEMORY
                return INTERRUPTED if asked and died else code
    finally:
        for number, previous in old.items():
            signal.signal(number, previous)
        os.close(theirs)


# --- in the child -------------------------------------------------------------------------
def lowered_times() -> int:
    """Return how many memory settings this child has to give up before it starts."""
    return int(os.environ.get(GIVE_UP, "0"))


def begin_child(orphaned: Callable[[], None]) -> None:
    """Send the engine's last output to the supervisor; call `orphaned` when it is gone."""
    if CHILD not in os.environ or LAST_WORDS not in os.environ:
        return
    sys.stderr = os.fdopen(os.dup(2), "w", buffering=1, errors=LENIENT)
    os.dup2(os.open(os.environ[LAST_WORDS], os.O_WRONLY | os.O_APPEND), 2)
    pipe = int(os.environ[CHILD])

    def wait_for_the_end() -> None:
        os.read(pipe, 1)  # nothing is ever written: it returns when the supervisor has ended
        orphaned()

    threading.Thread(target=wait_for_the_end, daemon=True).start()


def end_with_the_peers(note: Callable[[str], None] = print_note) -> None:
    """Under mlx.launch: end this process when another machine is gone.

    MLX's ring reports the loss on stderr and then waits for ever. Checkpoints are whole at any
    moment, so ending at once loses nothing that is in one.
    """
    if not is_launched():
        return
    sys.stderr = os.fdopen(os.dup(2), "w", buffering=1, errors=LENIENT)
    reader, writer = os.pipe()
    os.dup2(writer, 2)

    def listen() -> None:
        for line in os.fdopen(reader, errors="replace"):
            note(line.rstrip())
            if LOST_PEER in line:
                note("Another machine is gone. Start again with --resume: checkpoints are whole.")
                os._exit(1)

    threading.Thread(target=listen, daemon=True).start()
