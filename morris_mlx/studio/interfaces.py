"""What the studio is given: somebody who speaks, and the adapters to choose from."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from morris_mlx.records.corpus import Message
from morris_mlx.records.generation import GenerationResult


class Reply(Protocol):
    """A reply while it is written: text pieces, then `result`.

    One thread reads it. `close` may be called by another one at any time, twice too: the model
    stops within a token and the iteration ends.
    """

    @property
    def result(self) -> GenerationResult | None: ...

    def __iter__(self) -> Reply: ...

    def __next__(self) -> str: ...

    def close(self) -> None: ...


class Speaker(Protocol):
    """A model that replies. `overrides` are fields of GenerationSettings."""

    def reply(self, messages: Sequence[Message], **overrides: Any) -> Reply:
        """Raises MorrisError, at once or while it is read."""
        ...


@dataclass(frozen=True, slots=True)
class AdapterCard:
    """An adapter to choose: what it learned with, on which base, and when (ISO 8601 or "")."""

    name: str
    system_prompt: str
    base_model: str
    when: str = ""


@dataclass(frozen=True, slots=True)
class Workshop:
    """All that the studio works with.

    `prepare` makes the speaker ready and says what it is doing; it is called before the first
    reply, and again after a failure. `list_adapters` looks anew each time. `adapter` is the name
    of the one that speaks first, None for the base alone.
    """

    speaker: Speaker
    prepare: Callable[[Callable[[str], None]], None]
    list_adapters: Callable[[], Sequence[AdapterCard]]
    base_model: str
    adapter: str | None = None
