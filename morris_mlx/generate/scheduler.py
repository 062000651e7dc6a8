"""The one model thread of a process: engines are loaded on it, asked on it and closed on it.

MLX's streams and random state belong to the thread that made them. Replies that may be computed
together and arrive together are; everything else goes in the order in which it came.
"""

from __future__ import annotations

import atexit
import threading
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from types import TracebackType
from typing import TypeVar

from morris_mlx.errors import BusyError, MorrisError, OutOfMemoryError, is_out_of_memory
from morris_mlx.generate.backend import Backend, TokenRequest
from morris_mlx.generate.reply import Draft

QUEUE_SIZE = 64  # requests that may wait for the one model thread; more would only time out

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class _Call:
    """Something to do on the thread, and where its outcome goes."""

    do: Callable[[], None]
    fail: Callable[[BaseException], None]


@dataclass(frozen=True, slots=True)
class _Asked:
    """A reply to write, and the engine that is to write it."""

    backend: Backend
    draft: Draft

    def goes_with(self, other: _Asked) -> bool:
        return (
            self.backend is other.backend
            and self.draft.active == other.draft.active
            and not (self.draft.alone or other.draft.alone)
        )


class ModelThread:
    """Runs calls and writes replies, one group at a time, in the order of their coming."""

    def __init__(self, waiting: int = QUEUE_SIZE) -> None:
        self._waiting = waiting
        self._jobs: deque[_Call | _Asked] = deque()
        self._changed = threading.Condition()
        self._closing = False
        self._at_end: list[Callable[[], None]] = []
        self._working: _Group | None = None
        # A daemon, so that an unfinished reply cannot keep a program from ending; `close` waits.
        self._thread = threading.Thread(target=self._run, name="morris-model", daemon=True)
        self._thread.start()

    def call(self, function: Callable[[], T]) -> T:
        """Runs it on the thread and waits. Raises what it raises."""
        if threading.current_thread() is self._thread:
            return function()
        future: Future[T] = Future()
        self._add(_Call(lambda: future.set_result(function()), future.set_exception))
        return future.result()

    def write(self, backend: Backend, draft: Draft) -> None:
        """Begins a reply as soon as the engine is free. Raises BusyError when too many wait."""
        with self._changed:  # counted and queued in one step: others write, too
            waiting = sum(isinstance(job, _Asked) and job.draft.wanted() for job in self._jobs)
            if waiting >= self._waiting:
                raise BusyError(
                    f"{waiting} requests wait for the model already. Try again in a moment, or "
                    "send them as one batch (batch_run)."
                )
            self._add(_Asked(backend, draft))

    def at_end(self, function: Callable[[], None]) -> None:
        """Runs it, once, on the thread, when that ends."""
        if function not in self._at_end:
            self._at_end.append(function)

    def drop(self, backend: Backend) -> None:
        """Ends the replies of an engine within a token."""
        with self._changed:
            for job in self._jobs:
                if isinstance(job, _Asked) and job.backend is backend:
                    job.draft.end("cancelled")
            if self._working is not None and self._working.first.backend is backend:
                self._working.cancel()

    def close(self) -> None:
        """Ends every reply within a token, and then the thread. Later requests are errors."""
        with self._changed:
            self._closing = True
            for job in self._jobs:
                if isinstance(job, _Asked):
                    job.draft.end("cancelled")
            if self._working is not None:
                self._working.cancel()
            self._changed.notify()
        if threading.current_thread() is not self._thread:
            self._thread.join()

    def _add(self, job: _Call | _Asked) -> None:
        with self._changed:
            if self._closing:
                raise MorrisError("The generator is closed. Make a new one.")
            self._jobs.append(job)
            self._changed.notify()

    def _run(self) -> None:
        while True:
            with self._changed:
                while not self._jobs and not self._closing:
                    self._changed.wait()
                if not self._jobs:
                    break
                job = self._jobs.popleft()
                if isinstance(job, _Asked):  # from here on it is found there by who drops it
                    self._working = _Group(job, self._next_like)
            if isinstance(job, _Call):
                with _Delivered(job.fail):
                    job.do()
            else:
                self._write(job.draft)
        for function in self._at_end:
            function()

    def _write(self, draft: Draft) -> None:
        assert self._working is not None
        if draft.wanted():
            _answer(self._working)
        with self._changed:
            self._working = None

    def _next_like(self, first: _Asked) -> _Asked | None:
        """The next in the queue, if it can be computed with `first`; else it waits its turn."""
        with self._changed:
            while self._jobs:
                job = self._jobs[0]
                if isinstance(job, _Asked) and not job.draft.wanted():
                    self._jobs.popleft()
                elif isinstance(job, _Asked) and job.goes_with(first):
                    self._jobs.popleft()
                    return job
                else:
                    break
        return None


class _Group:
    """Replies that an engine writes together: `Work`, as engines know it."""

    def __init__(self, first: _Asked, find: Callable[[_Asked], _Asked | None]) -> None:
        self.first = first
        self._find = find
        self._begun = False
        self._cancelled = False
        self._drafts: dict[TokenRequest, Draft] = {}

    def more(self) -> Sequence[TokenRequest]:
        new: list[Draft] = []
        if not self._begun:
            self._begun = True
            new.append(self.first.draft)
        if not self.first.draft.alone:
            while len(self._drafts) + len(new) < self.first.backend.batch_size:
                asked = self._find(self.first)
                if asked is None:
                    break
                new.append(asked.draft)
        self._drafts |= {draft.request: draft for draft in new}
        if self._cancelled:  # while they were on their way from the queue, where nobody saw them
            self.cancel()
        return [draft.request for draft in new]

    def take(self, request: TokenRequest, token: int) -> bool:
        going = self._drafts[request].take(token)
        if not going:
            del self._drafts[request]
        return going

    def wanted(self, request: TokenRequest) -> bool:
        draft = self._drafts.get(request)
        return draft is not None and draft.wanted()

    def cancel(self) -> None:
        self._cancelled = True
        for draft in (self.first.draft, *list(self._drafts.values())):
            draft.end("cancelled")

    def fail(self, error: BaseException) -> None:
        """Everybody who still waits gets the error."""
        for draft in (self.first.draft, *self._drafts.values()):
            draft.fail(error)


class _Delivered:
    """Gives an error to whoever waits for the outcome, instead of to the thread.

    The thread must outlive it, and nobody may be left waiting.
    """

    def __init__(self, give: Callable[[BaseException], None]) -> None:
        self._give = give

    def __enter__(self) -> None:
        pass

    def __exit__(
        self, kind: object, error: BaseException | None, trace: TracebackType | None
    ) -> bool:
        if error is not None:
            self._give(_explained(error))
        return True


def _explained(error: BaseException) -> BaseException:
    if isinstance(error, MorrisError) or not is_out_of_memory(error):
        return error
    told = OutOfMemoryError(
        f"Memory ran out ({error}). Close other programs, ask for fewer tokens, or take a model "
        "of fewer bits (`morris convert --bits 4`)."
    )
    told.__cause__ = error
    return told


def _answer(group: _Group) -> None:
    """Writes the replies of a group; afterwards every one of them has ended."""
    backend, draft = group.first.backend, group.first.draft
    with _Delivered(group.fail):
        backend.wear(draft.active)
        if draft.request.beams is None:
            backend.generate(group)
        else:
            draft.end_search(backend.search(draft.request, draft.in_time))
    group.fail(RuntimeError("The engine left a reply unfinished."))


class CallingThread:
    """In place of the model thread: everything at once, by whoever asks.

    For a model that belongs to this thread already, as during a training.
    """

    def call(self, function: Callable[[], T]) -> T:
        return function()

    def write(self, backend: Backend, draft: Draft) -> None:
        _answer(_Group(_Asked(backend, draft), lambda _: None))


_shared: ModelThread | None = None
_users = 0
_sharing = threading.Lock()


def join_model_thread() -> ModelThread:
    """The process's model thread, begun if need be. Every join wants a `leave_model_thread`."""
    global _shared, _users
    with _sharing:
        if _shared is None:
            _shared = ModelThread()
        _users += 1
        return _shared


def leave_model_thread() -> None:
    """The last one to leave ends the thread."""
    global _shared, _users
    with _sharing:
        _users -= 1
        leaving, _shared = (_shared, None) if _users == 0 else (None, _shared)
    if leaving is not None:
        leaving.close()


@atexit.register
def _end_with_the_program() -> None:
    if _shared is not None:
        _shared.close()
