"""The one model thread of a process, with its queue: models are loaded, run and closed on it.

MLX's streams and random state belong to the thread that made them. Replies that arrive together and
may share a batch are generated in one batch; all other work runs in the order of arrival. Exclusive
replies that are submitted together are a batch of their own, which no other reply joins.
"""

from __future__ import annotations

import atexit
import os
import threading
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from types import TracebackType
from typing import TypeVar

from morris_mlx.errors import BusyError, MorrisError, OutOfMemoryError, is_out_of_memory
from morris_mlx.generate.backend import ActiveAdapter, Backend, TokenRequest
from morris_mlx.generate.reply import PendingReply

QUEUE_SIZE = 64  # replies that may wait for the model thread; more would only time out

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class _CallJob:
    """A function to run on the thread, and the receiver of its error."""

    run: Callable[[], None]
    fail: Callable[[BaseException], None]


@dataclass(frozen=True, slots=True)
class _ReplyJob:
    """Replies to generate in one batch, with one adapter, and the backend to generate them with."""

    backend: Backend
    replies: Sequence[PendingReply]

    @property
    def active(self) -> ActiveAdapter:
        return self.replies[0].active

    @property
    def exclusive(self) -> bool:
        return any(reply.exclusive for reply in self.replies)

    @property
    def waiting(self) -> int:
        """The number of replies that are still wanted."""
        return sum(reply.is_active() for reply in self.replies)

    def shares_batch_with(self, other: _ReplyJob) -> bool:
        return (
            self.backend is other.backend
            and self.active == other.active
            and not (self.exclusive or other.exclusive)
        )

    def start(self) -> None:
        for reply in self.replies:
            reply.start()

    def finish(self) -> None:
        for reply in self.replies:
            reply.finish("cancelled")


class Scheduler:
    """A thread with a queue of calls and replies, in the order of their arrival."""

    def __init__(self, queue_size: int = QUEUE_SIZE) -> None:
        self._queue_size = queue_size
        self._process = os.getpid()
        self._jobs: deque[_CallJob | _ReplyJob] = deque()
        self._changed = threading.Condition()
        self._closing = False
        self._on_close: list[Callable[[], None]] = []
        self._running: _Batch | None = None
        # A daemon, so that an unfinished reply cannot keep a program from ending; `close` waits.
        self._thread = threading.Thread(target=self._run, name="morris-model", daemon=True)
        self._thread.start()

    def call(self, function: Callable[[], T]) -> T:
        """Run a function on the thread and return its result. Raises what it raises."""
        self._require_own_process()
        if threading.current_thread() is self._thread:
            return function()
        future: Future[T] = Future()
        self._add(_CallJob(lambda: future.set_result(function()), future.set_exception))
        return future.result()

    def submit(self, backend: Backend, replies: Sequence[PendingReply]) -> None:
        """Generate replies with the same adapter in one batch, when their turn comes.

        If they are exclusive, no other reply joins them. Raises BusyError if the queue is full.
        """
        self._require_own_process()
        with self._changed:  # counted and queued in one step: other threads submit, too
            waiting = sum(job.waiting for job in self._jobs if isinstance(job, _ReplyJob))
            if waiting >= self._queue_size:
                raise BusyError(
                    f"{waiting} requests are waiting for the model already. Try again in a moment, "
                    "or send them as one batch (batch_run)."
                )
            self._add(_ReplyJob(backend, replies))

    def on_close(self, function: Callable[[], None]) -> None:
        """Run a function, once, on the thread, when the thread ends."""
        if function not in self._on_close:
            self._on_close.append(function)

    def cancel(self, backend: Backend) -> None:
        """Cancel all replies of a backend within a token."""
        if self.is_forked:
            return
        with self._changed:
            for job in self._jobs:
                if isinstance(job, _ReplyJob) and job.backend is backend:
                    job.finish()
            if self._running is not None and self._running.first.backend is backend:
                self._running.cancel()

    def close(self) -> None:
        """Cancel every reply within a token, then end the thread. Later requests are errors."""
        if self.is_forked:
            return
        with self._changed:
            self._closing = True
            for job in self._jobs:
                if isinstance(job, _ReplyJob):
                    job.finish()
            if self._running is not None:
                self._running.cancel()
            self._changed.notify()
        if threading.current_thread() is not self._thread:
            self._thread.join()

    @property
    def is_forked(self) -> bool:
        """Return True in a process that was forked from the scheduler's: it has no such thread."""
        return os.getpid() != self._process

    def _require_own_process(self) -> None:
        """Raise MorrisError in a forked process, which would wait for ever: for a lock, too."""
        if self.is_forked:
            raise _forked()

    def _add(self, job: _CallJob | _ReplyJob) -> None:
        with self._changed:
            if self._closing:
                raise MorrisError("The generator is closed. Create a new one.")
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
                if isinstance(job, _ReplyJob):  # from here on `cancel` finds it in `_running`
                    self._running = _Batch(job, self._next_like)
                    job.start()
            if isinstance(job, _CallJob):
                with _PassErrors(job.fail):
                    job.run()
            else:
                self._generate(job)
        for function in self._on_close:
            function()

    def _generate(self, job: _ReplyJob) -> None:
        assert self._running is not None
        if job.waiting:
            _generate_batch(self._running)
        with self._changed:
            self._running = None

    def _next_like(self, first: _ReplyJob) -> _ReplyJob | None:
        """Take the next job off the queue if it shares a batch with `first`, else return None."""
        with self._changed:
            while self._jobs:
                job = self._jobs[0]
                if isinstance(job, _ReplyJob) and not job.waiting:
                    self._jobs.popleft()
                elif isinstance(job, _ReplyJob) and job.shares_batch_with(first):
                    self._jobs.popleft()
                    job.start()
                    return job
                else:
                    break
        return None


class _Batch:
    """Replies that a backend generates together: a `RequestGroup`."""

    def __init__(self, first: _ReplyJob, find: Callable[[_ReplyJob], _ReplyJob | None]) -> None:
        self.first = first
        self._find = find
        self._most_rows = _most_rows(first)
        self._waiting = deque(first.replies)
        self._cancelled = False
        self._replies: dict[TokenRequest, PendingReply] = {}
        self._again: list[PendingReply] = []  # ran into a loop: another request continues them

    def new_requests(self) -> Sequence[TokenRequest]:
        new, self._again = self._again, []
        while len(self._replies) + len(new) < self._most_rows:
            if not self._waiting and not self.first.exclusive:
                job = self._find(self.first)
                self._waiting.extend(job.replies if job else ())
            if not self._waiting:
                break
            reply = self._waiting.popleft()
            if reply.is_active():
                new.append(reply)
        self._replies |= {reply.request: reply for reply in new}
        if self._cancelled:  # while they were neither in the queue nor in this batch
            self.cancel()
        return [reply.request for reply in new]

    def add_token(self, request: TokenRequest, token: int) -> bool:
        active = self._replies[request].add_token(token)
        if not active:
            reply = self._replies.pop(request)
            if not reply.ended:
                self._again.append(reply)
        return active

    def is_active(self, request: TokenRequest) -> bool:
        reply = self._replies.get(request)
        return reply is not None and reply.is_active()

    def cancel(self) -> None:
        self._cancelled = True
        for reply in self._all():
            reply.finish("cancelled")

    def fail(self, error: BaseException) -> None:
        """End all replies that have not ended with an error."""
        for reply in self._all():
            reply.fail(error)

    def _all(self) -> list[PendingReply]:
        return [*self.first.replies, *self._waiting, *self._replies.values(), *self._again]


def _most_rows(job: _ReplyJob) -> int:
    """Return the most replies at once of a batch that begins with a job."""
    if not job.exclusive:
        return job.backend.batch_size
    return job.backend.rows_at_once(max(reply.most_tokens for reply in job.replies))


class _PassErrors:
    """A context that passes every error to a receiver.

    The thread must survive the error, and every caller must get an outcome.
    """

    def __init__(self, receive: Callable[[BaseException], None]) -> None:
        self._receive = receive

    def __enter__(self) -> None:
        pass

    def __exit__(
        self, kind: object, error: BaseException | None, trace: TracebackType | None
    ) -> bool:
        if error is not None:
            self._receive(_explained(error))
        return True


def _explained(error: BaseException) -> BaseException:
    """Return the error, or for an engine that is out of memory one that says what to do."""
    if isinstance(error, MorrisError) or not is_out_of_memory(error):
        return error
    explained = OutOfMemoryError(
        f"Memory ran out ({error}). Close other programs, ask for fewer tokens, or take a model "
        "of fewer bits (`morris convert --bits 4`)."
    )
    explained.__cause__ = error
    return explained


def _generate_batch(batch: _Batch) -> None:
    """Generate the replies of a batch; afterwards every one of them has ended."""
    backend, reply = batch.first.backend, batch.first.replies[0]
    with _PassErrors(batch.fail):
        backend.activate(batch.first.active)
        if reply.request.beams is None:
            backend.generate(batch)
        else:
            reply.finish_search(backend.search(reply.request, reply.may_search_on))
    batch.fail(RuntimeError("The engine left a reply unfinished."))


class InlineScheduler:
    """A scheduler without a thread: everything runs at once, on the calling thread.

    For a model that belongs to this thread already, as during a training.
    """

    def call(self, function: Callable[[], T]) -> T:
        """Run a function and return its result."""
        return function()

    def submit(self, backend: Backend, replies: Sequence[PendingReply]) -> None:
        """Generate replies in one batch, to their ends."""
        _generate_batch(_Batch(_ReplyJob(backend, replies), lambda _: None))


def _forked() -> MorrisError:
    return MorrisError(
        "A model was loaded before this process was forked, and engines cannot be used in a fork. "
        "Load the model in each process by itself, and start processes by the method 'spawn' "
        "(multiprocessing.set_start_method)."
    )


_shared: Scheduler | None = None
_users = 0
_engine_process: int | None = None  # the ID of the process that used an engine first
_sharing = threading.Lock()


def acquire_scheduler() -> Scheduler:
    """Return the process's scheduler, started if need be. Pair it with `release_scheduler`."""
    global _shared, _users, _engine_process
    if _engine_process is not None and _engine_process != os.getpid():
        raise _forked()
    with _sharing:
        _engine_process = os.getpid()
        if _shared is None:
            _shared = Scheduler()
        _users += 1
        return _shared


def release_scheduler() -> None:
    """Give the scheduler back. The last release ends its thread."""
    global _shared, _users
    if _engine_process != os.getpid():
        return
    with _sharing:
        _users -= 1
        leaving, _shared = (_shared, None) if _users == 0 else (None, _shared)
    if leaving is not None:
        leaving.close()


@atexit.register
def _close_at_exit() -> None:
    if _shared is not None:
        _shared.close()
