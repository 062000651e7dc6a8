"""A conversation of one browser tab, and the messages that a model gets of it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from enum import StrEnum

from morris_mlx.records.corpus import Message


class Side(StrEnum):
    """One of two models that may answer the same message, each with its own transcript."""

    BASE = "base"  # the base model, beside the chosen one for comparison
    CHOSEN = "chosen"  # the chosen adapter, or the base model alone


@dataclass(frozen=True, slots=True)
class Answer:
    """The answer of one side. `author` names the model; `metrics` is set when it has ended."""

    author: str
    text: str = ""
    metrics: str = ""


@dataclass(frozen=True, slots=True)
class Turn:
    """A message of the user and its answers; `base` is None without a comparison."""

    question: str
    chosen: Answer
    base: Answer | None = None

    def answer(self, side: Side) -> Answer:
        """Return the answer of a side, or the chosen one where the base model was not asked."""
        return self.base if side is Side.BASE and self.base is not None else self.chosen

    def with_answer(self, side: Side, change: Callable[[Answer], Answer]) -> Turn:
        """Return the turn with one answer changed."""
        if side is Side.CHOSEN:
            return replace(self, chosen=change(self.chosen))
        return self if self.base is None else replace(self, base=change(self.base))


@dataclass(frozen=True, slots=True)
class Conversation:
    """The turns of one browser tab, oldest first."""

    turns: tuple[Turn, ...] = ()

    def with_turn(self, turn: Turn) -> Conversation:
        """Return the conversation with one more turn."""
        return Conversation((*self.turns, turn))

    def without_last(self) -> Conversation:
        """Return the conversation without its last turn."""
        return Conversation(self.turns[:-1])

    def with_text(self, side: Side, piece: str) -> Conversation:
        """Return the conversation with a piece of text added to the last answer."""
        return self._with_answer(side, lambda answer: replace(answer, text=answer.text + piece))

    def with_metrics(self, side: Side, metrics: str) -> Conversation:
        """Return the conversation with the metrics of the last answer."""
        return self._with_answer(side, lambda answer: replace(answer, metrics=metrics))

    def messages(self, side: Side, system_prompt: str) -> tuple[Message, ...]:
        """Return the model's input: system prompt, answered turns and the last question."""
        messages = [Message("system", system_prompt)] if system_prompt else []
        for turn in self.turns[:-1]:
            if answer := turn.answer(side).text.strip():
                messages += [Message("user", turn.question), Message("assistant", answer)]
        return (*messages, Message("user", self.turns[-1].question))

    @property
    def is_answered(self) -> bool:
        """True when the last question has any text in answer."""
        last = self.turns[-1]
        return bool(last.chosen.text or (last.base and last.base.text))

    def _with_answer(self, side: Side, change: Callable[[Answer], Answer]) -> Conversation:
        return Conversation((*self.turns[:-1], self.turns[-1].with_answer(side, change)))
