"""Renders, streams, decodes, stops and counts: the same for every backend."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from morris_mlx.errors import UsageError
from morris_mlx.generate.backend import Backend
from morris_mlx.prompt import STOP_STRINGS, ChatTokenizer
from morris_mlx.records import GenerationRequest, GenerationResult, Message


class Generator:
    """Text from a backend. `result` holds the figures of the last reply once it has ended."""

    def __init__(self, backend: Backend, tokenizer: ChatTokenizer) -> None:
        self.backend = backend
        self.tokenizer = tokenizer
        self.result: GenerationResult | None = None

    def generate(self, request: GenerationRequest) -> GenerationResult:
        """The whole reply."""
        for _ in self.stream(request):
            pass
        assert self.result is not None
        return self.result

    def stream(self, request: GenerationRequest) -> Iterator[str]:
        """Pieces of the reply as they come: stop strings never shown, characters never torn.

        Raises UsageError when the last message alone does not fit the model's window.
        """
        self.result = None
        began = time.monotonic()
        prompt, room = self._fit(request)
        counted = _Counted(self.tokenizer.end_id, began)
        request = replace(request, sampling=replace(request.sampling, max_tokens=room))
        ids = counted.count(self.backend.stream(prompt, request))
        shown: list[str] = []
        ended_by_string = False
        pieces = self.tokenizer.decode_stream(ids)
        for piece, stopped in hold_back_stops(pieces, (*STOP_STRINGS, *request.stop)):
            ended_by_string = stopped
            text = piece if shown else piece.lstrip()
            if text:
                shown.append(text)
                yield text
        reason: Literal["stop", "length"] = "stop" if counted.ended or ended_by_string else "length"
        self.result = GenerationResult(
            text="".join(shown).rstrip(),
            finish_reason=reason,
            prompt_tokens=len(prompt),
            tokens=counted.tokens,
            seconds_to_first_token=counted.first - began,
            seconds=time.monotonic() - began,
        )

    def score(self, messages: Sequence[Message]) -> tuple[float, int]:
        """(sum of -log p in nats, how many tokens) of the assistant's turns."""
        rendered = self.tokenizer.render(messages)
        return self.backend.score(rendered.ids, rendered.mask)

    def _fit(self, request: GenerationRequest) -> tuple[tuple[int, ...], int]:
        """Prompt ids and room for the reply; the oldest turns go first, the system stays."""
        window = self.backend.window
        wanted = request.sampling.max_tokens
        room = min(wanted, window // 2)
        messages = list(request.messages)
        while True:
            ids = self.tokenizer.render(messages, reply=True).ids
            if len(ids) + room <= window:
                return ids, min(wanted, window - len(ids))
            oldest = next(i for i, m in enumerate(messages) if m.role != "system")
            if oldest == len(messages) - 1:
                raise UsageError(
                    f"The prompt has {len(ids)} tokens; with room for an answer this model takes "
                    f"{window - room}. Shorten it or lower --max-tokens."
                )
            # A user's turn goes together with the answer to it.
            following = messages[oldest + 1].role == "assistant"
            del messages[oldest : oldest + 1 + following]


@dataclass(slots=True)
class _Counted:
    """Passes ids on until the end token; remembers how many came and when the first did."""

    end_id: int
    first: float
    tokens: int = 0
    ended: bool = False

    def count(self, ids: Iterator[int]) -> Iterator[int]:
        for i in ids:
            if self.tokens == 0:
                self.first = time.monotonic()
            self.tokens += 1
            if i == self.end_id:
                self.ended = True
                return
            yield i


def hold_back_stops(pieces: Iterator[str], stops: Sequence[str]) -> Iterator[tuple[str, bool]]:
    """(text, whether a stop string came): what might become a stop string waits.

    Nothing after a stop string is read, so the model stops too.
    """
    held = ""
    for piece in pieces:
        held += piece
        found = [at for at in (held.find(stop) for stop in stops) if at >= 0]
        if found:
            yield held[: min(found)], True
            return
        keep = max((_overlap(held, stop) for stop in stops), default=0)
        if len(held) > keep:
            yield held[: len(held) - keep], False
            held = held[len(held) - keep :]
    if held:
        yield held, False


def _overlap(text: str, stop: str) -> int:
    """Length of the longest end of `text` that begins `stop`."""
    for size in range(min(len(text), len(stop) - 1), 0, -1):
        if stop.startswith(text[-size:]):
            return size
    return 0
