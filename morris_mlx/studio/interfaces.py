"""The inputs of the studio: a text generator, and the adapters to choose from."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from morris_mlx.project.adapters import AdapterCard
from morris_mlx.records.corpus import Message
from morris_mlx.records.generation import GenerationResult


class ReplyStream(Protocol):
    """A reply while it is generated.

    One thread reads it. `close` may be called by any thread, at any time and more than once: the
    model stops within a token and the stream ends.
    """

    @property
    def result(self) -> GenerationResult | None:
        """The result of a reply that has ended; None before its end, and after an error."""
        ...

    @property
    def is_waiting(self) -> bool:
        """True while the model generates other replies first."""
        ...

    def poll(self, seconds: float) -> str | None:
        """Return the text since the last read, "" if none came in `seconds`, None at the end.

        Raises the model's error once all text has been read.
        """
        ...

    def close(self) -> None:
        """Cancel the reply, unless it has ended."""
        ...


class TextGenerator(Protocol):
    """A model that replies. It queues requests, orders them and refuses too many."""

    def prepare(self) -> None:
        """Load the model. Raises MorrisError."""
        ...

    def reply(self, messages: Sequence[Message], **overrides: Any) -> ReplyStream:
        """Queue a request and return its reply. `overrides` are fields of GenerationSettings.

        Raises BusyError when too many requests are waiting, and other MorrisErrors.
        """
        ...


@dataclass(frozen=True, slots=True)
class StudioContext:
    """Everything that the studio works with.

    `list_adapters` returns the adapters that there are at each call. `adapter` is the name of the
    one that is chosen at first, None for the base model alone.
    """

    generator: TextGenerator
    list_adapters: Callable[[], Sequence[AdapterCard]]
    base_model: str
    adapter: str | None = None
