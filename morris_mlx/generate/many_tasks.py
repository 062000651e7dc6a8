"""Many tasks, answered several at a time, with the results in the order of the tasks."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from morris_mlx.errors import MorrisError, UsageError
from morris_mlx.generate.backend import BATCH_SIZE
from morris_mlx.generate.reply import PendingReply, Reply, with_alternatives
from morris_mlx.records.corpus import Message
from morris_mlx.records.generation import GenerationResult


@dataclass(frozen=True, slots=True)
class Task:
    """A request with its own settings; `seeded` if it must be reproducible."""

    text: str | Sequence[Message]
    overrides: Mapping[str, Any]
    seeded: bool


@dataclass(frozen=True, slots=True)
class _Started:
    """A task with its replies, or with the error for which it was refused."""

    task: Task
    pending: Sequence[PendingReply]
    error: MorrisError | None = None

    @property
    def size(self) -> int:
        """The rows of its batch; 1 for a refused task, so that few outcomes are in memory."""
        return max(1, len(self.pending))


class ManyTasks:
    """The tasks of one call. Only as many are queued as are computed at once.

    As many neighboring tasks with seeds as an engine answers at once are queued as one batch. The
    rows of a batch depend only on the list of tasks, not on timing, so its texts are reproducible.
    """

    def __init__(
        self,
        tasks: Sequence[Task],
        prepare: Callable[[Task], list[PendingReply]],
        queue: Callable[[Sequence[PendingReply]], None],
        answer: Callable[[Task], GenerationResult],
        rows_at_once: Callable[[int], int],
    ) -> None:
        """Store the tasks; `outcomes` starts them.

        Args:
            tasks: The tasks to answer.
            prepare: Returns the replies to a task, not yet queued.
            queue: Starts replies; those with seeds as one batch.
            answer: Answers one task alone.
            rows_at_once: Returns the most rows of a batch, given the tokens of the longest one.
        """
        self._todo = deque(tasks)
        self._prepare = prepare
        self._queue = queue
        self._answer = answer
        self._rows_at_once = rows_at_once

    def outcomes(self) -> Iterator[GenerationResult | UsageError]:
        """Yield a result or a UsageError for each task. Raises other errors when a task is due."""
        running: deque[_Started] = deque()
        try:
            while self._todo or running:
                while self._todo and sum(started.size for started in running) < BATCH_SIZE:
                    running.extend(self._start_next())
                yield self._outcome(running[0])
                running.popleft()
        finally:
            for started in running:
                for pending in started.pending:
                    pending.finish("cancelled")

    def _start_next(self) -> list[_Started]:
        """Start the next task and, if it has a seed, those after it that share its batch."""
        started: list[_Started] = []
        while self._todo and self._has_room(started):
            if started and not (started[0].task.seeded and self._todo[0].seeded):
                break
            started.append(self._checked(self._todo.popleft()))
        try:
            self._queue([reply for one in started for reply in one.pending])
        except MorrisError as error:
            return [replace(one, pending=(), error=one.error or error) for one in started]
        return started

    def _has_room(self, started: Sequence[_Started]) -> bool:
        """Return True if another row as long as those of a batch fits in it."""
        longest = max((reply.most_tokens for one in started for reply in one.pending), default=1)
        return sum(one.size for one in started) < self._rows_at_once(longest)

    def _checked(self, task: Task) -> _Started:
        try:
            return _Started(task, self._prepare(task))
        except MorrisError as error:
            return _Started(task, (), error)

    def _outcome(self, started: _Started) -> GenerationResult | UsageError:
        if started.error is not None:
            if isinstance(started.error, UsageError):
                return started.error
            raise started.error
        try:
            return with_alternatives([Reply(pending).wait() for pending in started.pending])
        except UsageError:
            pass  # an engine may report the error of one reply for all replies of its batch
        try:
            return self._answer(started.task)
        except UsageError as error:
            return error
