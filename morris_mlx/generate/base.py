"""BaseLLM: the interface of every generator. A subclass needs nothing but `run`."""

from __future__ import annotations

import asyncio
from abc import ABC, abstractmethod
from collections.abc import AsyncIterator, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from morris_mlx.errors import MorrisError, UsageError
from morris_mlx.generate.backend import BATCH_SIZE
from morris_mlx.generate.conversation import History, messages_from, transcript
from morris_mlx.generate.metrics import Metrics
from morris_mlx.generate.request_log import RequestLog
from morris_mlx.generate.saved_state import (
    GeneratorState,
    read_checkpoint,
    require_same_weights,
    write_checkpoint,
)
from morris_mlx.generate.seeds import Seeds
from morris_mlx.generate.setting_attributes import SettingAttributes
from morris_mlx.generate.settings import settings_with
from morris_mlx.generate.summary import SUMMARY_WORDS, summarize
from morris_mlx.records.corpus import Message
from morris_mlx.records.generation import GenerationSettings


class BaseLLM(SettingAttributes, Metrics, RequestLog, ABC):
    """A generator of text from tasks, with settings, history and metrics.

    All settings are keyword arguments, attributes and, for one call, keyword arguments of that
    call: see `GenerationSettings`. None is the model's or Morris's own default. An unknown or
    impossible setting raises UsageError, which says what is possible.
    """

    def __init__(self, model_name: str | Path | None = None, **settings: Any) -> None:
        self.settings = settings_with(GenerationSettings(), {"model_name": model_name} | settings)

    # --- for subclasses to override -----------------------------------------------------

    @abstractmethod
    def run(self, task: str | None = None, *args: Any, **kwargs: Any) -> str:
        """Return the reply to a task. Keyword arguments override settings for this call."""

    def close(self) -> None:
        """Free what was loaded. A closed generator cannot be used any more."""
        self.disable_logging()

    def _num_tokens(self, text: str) -> int:
        """Return the number of tokens of a text. Raises MorrisError without a tokenizer."""
        raise MorrisError(f"{type(self).__name__} has no tokenizer, so it cannot count tokens.")

    def _reply_to(self, messages: Sequence[Message], **overrides: Any) -> str:
        """Return the answer to a conversation, which `run` gets as a transcript."""
        if len(messages) == 1:
            return self.run(messages[0].content, **overrides)
        return self.run(f"{transcript(messages)}\nAssistant:", **overrides)

    def _summary_limit(self) -> int:
        """Return how much of a text, measured by `_summary_size`, is summarized at once."""
        return SUMMARY_WORDS

    def _summary_size(self, text: str) -> int:
        return len(text.split())

    def _reference_for(self, settings: GenerationSettings) -> Mapping[str, str]:
        """Return names and hashes of model and adapter, for a checkpoint."""
        return {}

    # --- inherited as it is -------------------------------------------------------------

    def __call__(self, task: str | None = None, *args: Any, **kwargs: Any) -> str:
        """Return the reply to a task, as `run` does."""
        return self.run(task, *args, **kwargs)

    def stream(self, task: str | None = None, **overrides: Any) -> Iterator[str]:
        """Yield the reply in pieces; in one piece where there is only `run`."""
        yield self.run(task, **overrides)

    async def arun(self, task: str | None = None, **overrides: Any) -> str:
        """Return the reply to a task without blocking the event loop."""
        return await asyncio.to_thread(self.run, task, **overrides)

    async def astream(self, task: str | None = None, **overrides: Any) -> AsyncIterator[str]:
        """Yield the reply in pieces without blocking the event loop."""
        yield await self.arun(task, **overrides)

    def batch_run(self, tasks: Sequence[str], **overrides: Any) -> list[str]:
        """Return the replies, in the order of the tasks."""
        return [self.run(task, **overrides) for task in checked_tasks(tasks)]

    async def abatch_run(self, tasks: Sequence[str], **overrides: Any) -> list[str]:
        """Return the replies, in the order of the tasks. If one fails, the others are stopped."""
        few = asyncio.Semaphore(BATCH_SIZE)

        async def one(task: str) -> str:
            async with few:
                return await self.arun(task, **overrides)

        running = [asyncio.ensure_future(one(task)) for task in checked_tasks(tasks)]
        try:
            return await asyncio.gather(*running)
        finally:
            for task in running:
                task.cancel()

    def chat(self, task: str, history: History = "", **overrides: Any) -> str:
        """Return the reply to `task` after the turns in `history`.

        Without a history the one of this object is continued; a given one replaces it. The turn
        is appended to `self.history`; after an error the history is unchanged.
        """
        before = messages_from(history) if history else list(self.history)
        asked = [*before, Message("user", checked_task(task))]
        reply = self._reply_to(asked, **overrides)
        self.history = [*asked, Message("assistant", reply)]
        return reply

    @property
    def history(self) -> list[Message]:
        """The turns so far. Assign a list of messages, of dicts, or a transcript."""
        turns: list[Message] = self.__dict__.setdefault("_history", [])
        return turns

    @history.setter
    def history(self, history: History) -> None:
        self.__dict__["_history"] = messages_from(history)

    def clear_history(self) -> None:
        """Forget all turns."""
        self.history = []

    def generate_summary(self, text: str, **overrides: Any) -> str:
        """Return a few sentences about a text. One longer than the window is split first."""
        return summarize(
            checked_text("text", text),
            lambda task: self.run(task, **overrides),
            self._summary_size,
            self._summary_limit(),
        )

    @property
    def _seeds(self) -> Seeds:
        """The source of seeds for replies without one."""
        seeds: Seeds = self.__dict__.setdefault("_seeds_drawn", Seeds())
        return seeds

    def save_checkpoint(self, checkpoint_dir: str | Path = "checkpoints") -> Path:
        """Write settings, history, seed state and a reference to the adapter; return the path."""
        state = GeneratorState(
            self.settings,
            self._before_creative,
            tuple(self.history),
            self._seeds,
            self._reference_for(self.settings),
        )
        return write_checkpoint(state, Path(checkpoint_dir).expanduser())

    def load_checkpoint(self, checkpoint_path: str | Path) -> None:
        """Restore a checkpoint: the next reply is the one that would have come after saving.

        Raises MissingError or MorrisError, and changes nothing, when the checkpoint is missing or
        damaged, or when model or adapter have changed since.
        """
        state = read_checkpoint(Path(checkpoint_path).expanduser())
        require_same_weights(self._reference_for(state.settings), state.reference)
        self.settings, self._before_creative = state.settings, state.before_creative
        self.history = list(state.history)
        self.__dict__["_seeds_drawn"] = state.seeds

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: object, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def checked_text(what: str, text: object) -> str:
    """Return `text`. Raises UsageError, naming it `what`, unless it is a string."""
    if not isinstance(text, str):
        raise UsageError(f"The {what} is {type(text).__name__}; it must be text.")
    return text


def checked_task(task: object) -> str:
    """Return the task. Raises UsageError unless it is a string that is not empty."""
    text = checked_text("task", task)
    if not text.strip():
        raise UsageError("The task is empty. Write what the model is to do.")
    return text


def checked_tasks(tasks: Iterable[str]) -> list[str]:
    """Return the tasks as a list. Raises UsageError for one string, and for what is no list."""
    if isinstance(tasks, str):
        raise UsageError("tasks is one string; it must be a list of strings. For one, call run.")
    if not isinstance(tasks, Iterable):
        raise UsageError(f"tasks is {type(tasks).__name__}; it must be a list of strings.")
    return [checked_task(task) for task in tasks]
