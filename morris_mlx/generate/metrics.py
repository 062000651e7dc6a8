"""Metrics of the last reply, counted while it was generated. Asking for them runs nothing."""

from __future__ import annotations

import time
from dataclasses import dataclass

import psutil

from morris_mlx.errors import MorrisError, UsageError
from morris_mlx.records.generation import GenerationResult

BEGAN = time.monotonic(), time.process_time()


@dataclass(frozen=True, slots=True)
class MeasuredReply:
    """A finished reply, its task, and the processor time that it took."""

    task: str
    result: GenerationResult
    cpu_seconds: float


class Metrics:
    """Metrics of the last generation. Before the first they raise MorrisError."""

    _last: MeasuredReply | None = None

    @property
    def result(self) -> GenerationResult | None:
        """The last finished reply; None before the first."""
        return None if self._last is None else self._last.result

    def _measured(self) -> MeasuredReply:
        if self._last is None:
            raise MorrisError(
                f"{type(self).__name__} has no metrics yet: nothing was generated, or its `run` "
                "counts nothing. Generate a text first."
            )
        return self._last

    def _tokens_per_second(self) -> float:
        """Return the speed of the last reply, from the request to its end."""
        return self._measured().result.tokens_per_second

    def _time_for_generation(self, task: str | None = None) -> float:
        """Return the seconds that the last reply took.

        With `task`, raises UsageError unless the reply was to that task.
        """
        last = self._measured()
        if task is not None and task != last.task:
            raise UsageError(
                "The last generation was of another task, so there is no time for this one. "
                "Run this task first."
            )
        return last.result.seconds

    def get_generation_time(self) -> float:
        """Return the seconds that the last reply took."""
        return self._time_for_generation()

    def time_to_first_token(self) -> float:
        """Return the seconds from the request to the first token of the last reply."""
        return self._measured().result.seconds_to_first_token

    def metrics(self) -> dict[str, float | int | str]:
        """Return all metrics of the last reply, with its finish reason, redraws and seed."""
        result = self._measured().result
        return {
            "prompt_tokens": result.prompt_tokens,
            "tokens": result.tokens,
            "seconds_to_first_token": result.seconds_to_first_token,
            "seconds": result.seconds,
            "tokens_per_second": result.tokens_per_second,
            "finish_reason": result.finish_reason,
            "redraws": result.redraws,
            "seed": result.seed,
        }

    def track_resource_utilization(self) -> dict[str, float | None]:
        """Return memory in 1e9 bytes, processors in use (2.0 = two whole ones), tokens a second.

        The processors are those of the last generation, or since the program began before the
        first. A value that this class cannot know is None.
        """
        now, peak = self._engine_memory_gb()
        cpu_seconds, seconds = time.process_time() - BEGAN[1], time.monotonic() - BEGAN[0]
        if self._last is not None:
            cpu_seconds, seconds = self._last.cpu_seconds, self._last.result.seconds
        return {
            "process_memory_gb": psutil.Process().memory_info().rss / 1e9,
            "engine_memory_gb": now,
            "engine_peak_memory_gb": peak,
            "cpu_share": cpu_seconds / seconds if seconds > 0 else None,
            "tokens_per_second": None if self._last is None else self._tokens_per_second(),
        }

    def _engine_memory_gb(self) -> tuple[float | None, float | None]:
        return None, None
