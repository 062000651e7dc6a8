"""A conversation as the page remembers it: turns, and what a model is told of them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Literal

from morris_mlx.records.corpus import Message

Side = Literal["base", "clone"]  # "clone" is who was chosen: an adapter, or the base alone


@dataclass(frozen=True, slots=True)
class Answer:
    """What one side said: `who` in words, and a line of figures once it has ended."""

    who: str
    text: str = ""
    figures: str = ""


@dataclass(frozen=True, slots=True)
class Turn:
    """A question and its answers; `base` only where both sides were asked."""

    question: str
    clone: Answer
    base: Answer | None = None

    def answer(self, side: Side) -> Answer:
        """Where the base was not asked, what was said stands for its own words."""
        return self.base if side == "base" and self.base is not None else self.clone

    def changed(self, side: Side, change: Callable[[Answer], Answer]) -> Turn:
        if side == "clone":
            return replace(self, clone=change(self.clone))
        return self if self.base is None else replace(self, base=change(self.base))


@dataclass(frozen=True, slots=True)
class Talk:
    """The turns of one browser tab, oldest first."""

    turns: tuple[Turn, ...] = ()

    def asked(self, turn: Turn) -> Talk:
        return Talk((*self.turns, turn))

    def without_last(self) -> Talk:
        return Talk(self.turns[:-1])

    def grown(self, side: Side, piece: str) -> Talk:
        """The last answer goes on."""
        return self._changed(side, lambda answer: replace(answer, text=answer.text + piece))

    def ended(self, side: Side, figures: str) -> Talk:
        return self._changed(side, lambda answer: replace(answer, figures=figures))

    def messages(self, side: Side, system_prompt: str) -> tuple[Message, ...]:
        """What a model is told: answered turns, then the last question."""
        said = [Message("system", system_prompt)] if system_prompt else []
        for turn in self.turns[:-1]:
            if answer := turn.answer(side).text.strip():
                said += [Message("user", turn.question), Message("assistant", answer)]
        return (*said, Message("user", self.turns[-1].question))

    @property
    def is_answered(self) -> bool:
        """Whether anything was said to the last question."""
        last = self.turns[-1]
        return bool(last.clone.text or (last.base and last.base.text))

    def _changed(self, side: Side, change: Callable[[Answer], Answer]) -> Talk:
        return Talk((*self.turns[:-1], self.turns[-1].changed(side, change)))
