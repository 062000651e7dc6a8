"""One reply on its way: the model thread puts tokens in, whoever asked takes text out."""

from __future__ import annotations

import math
import queue
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Self

from morris_mlx.generate.backend import ActiveAdapter, Hypothesis, TokenRequest
from morris_mlx.generate.stop_strings import StopFilter
from morris_mlx.models.chat_tokenizer import ChatTokenizer
from morris_mlx.records.generation import FinishReason, GenerationResult

GRACE_SECONDS = 0.5  # the model thread ends a reply in time itself, unless it is busy elsewhere


@dataclass(frozen=True, slots=True)
class Piece:
    """What the model thread sends: text, or, with `ended`, that there is no more of it."""

    text: str = ""
    ended: bool = False


class Draft:
    """The model thread's side of a reply: tokens in, pieces of text out."""

    def __init__(
        self,
        request: TokenRequest,
        active: ActiveAdapter,
        tokenizer: ChatTokenizer,
        stops: tuple[str, ...],
        *,
        alone: bool = False,
        hidden_id: int | None = None,
        timeout_seconds: float | None = None,
        note: Callable[[GenerationResult], None] | None = None,
        send: Callable[[Piece], None] | None = None,
    ) -> None:
        """`alone`: never computed together with others. `hidden_id` is left out of the text.

        `send` gets the pieces on the model thread; without it they wait in `pieces`. `note` gets
        the result, once, before the last piece is sent.
        """
        self.request = request
        self.active = active
        self.alone = alone
        self.result: GenerationResult | None = None
        self.error: BaseException | None = None
        self.deadline = math.inf if timeout_seconds is None else time.monotonic() + timeout_seconds
        self.pieces: queue.SimpleQueue[Piece] = queue.SimpleQueue()
        self._send = send or self.pieces.put
        self._note = note
        self._tokenizer = tokenizer
        self._stops = stops
        self._decoder = tokenizer.decoder()
        self._filter = StopFilter(stops)
        self._hidden_id = hidden_id
        self._began = time.monotonic()
        self._first = 0.0
        self._tokens = 0
        self._shown: list[str] = []
        self._ending = threading.Lock()

    @property
    def ended(self) -> bool:
        return self.result is not None or self.error is not None

    def take(self, token: int) -> bool:
        """The next id. False when the reply is over: see `Work.take`."""
        if not self.wanted():
            return False
        if self._tokens == 0:
            self._first = time.monotonic()
        self._tokens += 1
        if token in self.request.end_ids:
            self.end("stop")
            return False
        if token != self._hidden_id:
            text, stopped = self._filter.feed(self._decoder.feed(token))
            self._show(text)
            if stopped:
                self.end("stop")
                return False
        if self._tokens >= self.request.sampling.max_tokens:
            self.end("length")
            return False
        return True

    def wanted(self) -> bool:
        """Whether it goes on: it has not ended, and its time is not up."""
        if not self.ended and time.monotonic() > self.deadline:
            self.end("timeout")
        return not self.ended

    def in_time(self) -> bool:
        """The same for a search, which has something to give when its time is up."""
        return not self.ended and time.monotonic() <= self.deadline

    def end(self, reason: FinishReason) -> None:
        """No more tokens come. Only the first end counts."""
        with self._ending:
            if self.ended:
                return
            self._show(self._filter.flush())
            self.result = self._result("".join(self._shown), reason, self._tokens)
        self._finish(self.result)

    def end_search(self, found: Sequence[Hypothesis]) -> None:
        """What a beam search found, the best first."""
        self._first = time.monotonic()
        results = [self._read(hypothesis) for hypothesis in found]
        with self._ending:
            if self.ended:
                return
            self.result = replace(results[0], alternatives=tuple(results[1:]))
            self._show(self.result.text)
        self._finish(self.result)

    def _finish(self, result: GenerationResult) -> None:
        if self._note is not None:
            self._note(result)
        self._send(Piece(ended=True))

    def _read(self, found: Hypothesis) -> GenerationResult:
        reason: FinishReason = "length" if time.monotonic() <= self.deadline else "timeout"
        decoder, stops, text, stopped = (
            self._tokenizer.decoder(),
            StopFilter(self._stops),
            "",
            False,
        )
        for token in found.ids:
            if token in self.request.end_ids:
                stopped = True
            elif token != self._hidden_id:
                shown, stopped = stops.feed(decoder.feed(token))
                text += shown
            if stopped:
                break
        text += stops.flush()
        result = self._result(text, "stop" if stopped else reason, len(found.ids))
        return replace(result, score=found.score)

    def _result(self, text: str, reason: FinishReason, tokens: int) -> GenerationResult:
        now = time.monotonic()
        return GenerationResult(
            text=text.strip(),
            finish_reason=reason,
            prompt_tokens=len(self.request.ids),
            tokens=tokens,
            seconds_to_first_token=(self._first or now) - self._began,
            seconds=now - self._began,
            seed=self.request.seed,
        )

    def fail(self, error: BaseException) -> None:
        """The engine could not; whoever asked gets the error."""
        with self._ending:
            if self.ended:
                return
            self.error = error
        self._send(Piece(ended=True))

    def _show(self, text: str) -> None:
        shown = text if self._shown else text.lstrip()
        if shown:
            self._shown.append(shown)
            self._send(Piece(shown))


class Reply:
    """A reply for whoever asked: iterate over its pieces of text.

    `result` is there when it has ended. `close` stops the model within a token; so does letting
    go of the reply. What the engine raised is raised from the iteration.
    """

    def __init__(self, draft: Draft) -> None:
        self._draft = draft

    @property
    def result(self) -> GenerationResult | None:
        return self._draft.result

    def __iter__(self) -> Self:
        return self

    def __next__(self) -> str:
        draft = self._draft
        try:
            left = max(0.0, draft.deadline + GRACE_SECONDS - time.monotonic())
            piece = draft.pieces.get(timeout=None if math.isinf(left) else left)
        except queue.Empty:  # the model is busy elsewhere, or still reads the prompt
            draft.end("timeout")
            piece = draft.pieces.get()
        if not piece.ended:
            return piece.text
        draft.pieces.put(piece)  # whoever asks again learns the same
        if draft.error is not None:
            raise draft.error
        raise StopIteration

    def close(self) -> None:
        self._draft.end("cancelled")

    def __del__(self) -> None:
        self.close()

    def whole(self) -> GenerationResult:
        """Waits for the end; the result."""
        try:
            for _ in self:
                pass
        finally:
            self.close()  # Ctrl-C while waiting
        assert self._draft.result is not None
        return self._draft.result


def first_of(results: Sequence[GenerationResult]) -> GenerationResult:
    """The first result, with the others as its alternatives."""
    return replace(results[0], alternatives=(*results[0].alternatives, *results[1:]))
