"""A backend without a model: gives prepared replies. For tests and for building an interface."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from morris_mlx.errors import MorrisError
from morris_mlx.prompt import ChatTokenizer
from morris_mlx.records import GenerationRequest, Message


class ScriptedBackend:
    """Replies in turn; `prompts` keeps the ids that it was asked with."""

    name = "scripted"

    def __init__(self, replies: Sequence[str], tokenizer: ChatTokenizer, window: int) -> None:
        self.window = window
        self.prompts: list[tuple[int, ...]] = []
        self.strength = 1.0
        self._tokenizer = tokenizer
        self._replies = list(replies)

    def stream(self, ids: Sequence[int], request: GenerationRequest) -> Iterator[int]:
        if not self._replies:
            raise MorrisError("The script has no reply left. Give it one more.")
        self.prompts.append(tuple(ids))
        rendered = self._tokenizer.render([Message("assistant", self._replies.pop(0))])
        reply = [i for i, said in zip(rendered.ids, rendered.mask, strict=True) if said]
        yield from reply[: request.sampling.max_tokens]

    def score(self, ids: Sequence[int], mask: Sequence[bool]) -> tuple[float, int]:
        """One nat a token: enough for code that only adds up."""
        count = sum(mask[1:])
        return float(count), count

    def set_strength(self, strength: float) -> None:
        self.strength = strength
