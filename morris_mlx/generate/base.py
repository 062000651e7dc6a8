"""BaseLLM: what everything that speaks can do. A subclass needs nothing but `run`."""

from __future__ import annotations

import asyncio
from abc import ABC, abstractmethod
from collections.abc import AsyncIterator, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from morris_mlx.errors import MorrisError, UsageError
from morris_mlx.generate.backend import BATCH_SIZE
from morris_mlx.generate.checkpoint import Kept, read, require_same, write
from morris_mlx.generate.conversation import History, messages_from, transcript
from morris_mlx.generate.metrics import Figures
from morris_mlx.generate.request_log import Journal
from morris_mlx.generate.seeds import Seeds
from morris_mlx.generate.setting_attributes import Attributes
from morris_mlx.generate.settings import settings_with
from morris_mlx.generate.summary import SUMMARY_WORDS, summarise
from morris_mlx.records.corpus import Message
from morris_mlx.records.generation import GenerationSettings


class BaseLLM(Attributes, Figures, Journal, ABC):
    """A task in, a text out, with settings, history and figures.

    All settings are keyword arguments, attributes and, for one call, keyword arguments of that
    call: see `GenerationSettings`. None is the model's or Morris's own default. An unknown or
    impossible one raises UsageError, which says what is possible.
    """

    def __init__(self, model_name: str | None = None, **settings: Any) -> None:
        self.settings = settings_with(GenerationSettings(), {"model_name": model_name} | settings)

    # --- what a subclass gives ----------------------------------------------------------

    @abstractmethod
    def run(self, task: str | None = None, *args: Any, **kwargs: Any) -> str:
        """The reply to a task. Keyword arguments override settings for this call."""

    def close(self) -> None:
        """Gives back what was loaded. A closed generator is of no more use."""
        self.disable_logging()

    def _num_tokens(self, text: str) -> int:
        """Tokens of a text. Raises MorrisError where there is no tokenizer to count with."""
        raise MorrisError(f"{type(self).__name__} has no tokenizer, so it cannot count tokens.")

    def _reply_to(self, messages: Sequence[Message], **overrides: Any) -> str:
        """The answer to a conversation. Without a chat template it is told as a transcript."""
        if len(messages) == 1:
            return self.run(messages[0].content, **overrides)
        return self.run(f"{transcript(messages)}\nAssistant:", **overrides)

    def _summary_room(self) -> int:
        """How much of a text, counted as `_summary_size` does, is summarised at once."""
        return SUMMARY_WORDS

    def _summary_size(self, text: str) -> int:
        return len(text.split())

    def _reference_for(self, settings: GenerationSettings) -> Mapping[str, str]:
        """Names and hashes of model and adapter, for a checkpoint."""
        return {}

    # --- what everybody gets ------------------------------------------------------------

    def __call__(self, task: str | None = None, *args: Any, **kwargs: Any) -> str:
        return self.run(task, *args, **kwargs)

    def stream(self, task: str | None = None, **overrides: Any) -> Iterator[str]:
        """The reply in pieces; in one piece where `run` is all there is."""
        yield self.run(task, **overrides)

    async def arun(self, task: str | None = None, **overrides: Any) -> str:
        return await asyncio.to_thread(self.run, task, **overrides)

    async def astream(self, task: str | None = None, **overrides: Any) -> AsyncIterator[str]:
        yield await self.arun(task, **overrides)

    def batch_run(self, tasks: Sequence[str], **overrides: Any) -> list[str]:
        """The replies, in the order of the tasks."""
        return [self.run(task, **overrides) for task in checked_tasks(tasks)]

    async def abatch_run(self, tasks: Sequence[str], **overrides: Any) -> list[str]:
        """The same; when one fails, the others are stopped."""
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
        """A turn of a conversation: the reply to `task` after the turns in `history`.

        Without a history the one of this object goes on. A given one takes its place. The turn
        is appended to `self.history`; after an error the history is as it was.
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
        self.history = []

    def generate_summary(self, text: str, **overrides: Any) -> str:
        """A few sentences of what a text says. One longer than the window goes in pieces."""
        return summarise(
            checked_text("text", text),
            lambda task: self.run(task, **overrides),
            self._summary_size,
            self._summary_room(),
        )

    @property
    def _seeds(self) -> Seeds:
        """Where the seeds of replies that were given none come from."""
        seeds: Seeds = self.__dict__.setdefault("_seeds_drawn", Seeds())
        return seeds

    def save_checkpoint(self, checkpoint_dir: str | Path = "checkpoints") -> Path:
        """Settings, history, the state of the seeds and which adapter; the file's path."""
        kept = Kept(
            self.settings,
            self._before_creative,
            tuple(self.history),
            self._seeds,
            self._reference_for(self.settings),
        )
        return write(kept, Path(checkpoint_dir).expanduser())

    def load_checkpoint(self, checkpoint_path: str | Path) -> None:
        """All of it again: the next reply is the one that would have come after saving.

        Raises MissingError or MorrisError, and changes nothing, when the checkpoint is not there
        or damaged, or when model or adapter are others now.
        """
        kept = read(Path(checkpoint_path).expanduser())
        require_same(self._reference_for(kept.settings), kept.reference)
        self.settings, self._before_creative = kept.settings, kept.before_creative
        self.history = list(kept.history)
        self.__dict__["_seeds_drawn"] = kept.seeds

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: object, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def checked_text(what: str, text: object) -> str:
    if not isinstance(text, str):
        raise UsageError(f"The {what} is {type(text).__name__}; it must be text.")
    return text


def checked_task(task: object) -> str:
    text = checked_text("task", task)
    if not text.strip():
        raise UsageError("The task is empty. Say what to write.")
    return text


def checked_tasks(tasks: Iterable[str]) -> list[str]:
    if isinstance(tasks, str):
        raise UsageError("tasks is one text; give a list of them, or call run.")
    if not isinstance(tasks, Iterable):
        raise UsageError(f"tasks is {type(tasks).__name__}; give a list of texts.")
    return [checked_task(task) for task in tasks]
