"""A reply while it is generated: the model thread adds tokens, the caller reads text."""

from __future__ import annotations

import math
import queue
import threading
import time
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Self

from morris_mlx.generate.backend import ActiveAdapter, Hypothesis, TokenRequest
from morris_mlx.generate.loop_guard import LoopGuard
from morris_mlx.generate.stop_strings import StopFilter
from morris_mlx.models.chat_tokenizer import ChatTokenizer
from morris_mlx.records.generation import FinishReason, GenerationResult

# The model thread ends a reply at its deadline itself, unless it is busy with another one; after
# this time the caller does it.
GRACE_SECONDS = 0.5


@dataclass(frozen=True, slots=True)
class Piece:
    """A piece of text from the model thread or, with `ended`, the end of the reply."""

    text: str = ""
    ended: bool = False


class PendingReply:
    """The model thread's side of a reply: it takes token ids and sends pieces of text."""

    def __init__(
        self,
        request: TokenRequest,
        active: ActiveAdapter,
        tokenizer: ChatTokenizer,
        stop_strings: tuple[str, ...],
        *,
        exclusive: bool = False,
        hidden_id: int | None = None,
        timeout_seconds: float | None = None,
        on_result: Callable[[GenerationResult], None] | None = None,
        send: Callable[[Piece], None] | None = None,
    ) -> None:
        """Prepare an empty reply; its timeout begins now.

        Args:
            request: The prompt and how to continue it; it is replaced after a loop.
            active: The adapter to generate with.
            tokenizer: Turns the ids into text.
            stop_strings: Strings that end the reply and are not part of it.
            exclusive: Generate it in a batch only with the replies that are submitted with it.
            hidden_id: An id that is left out of the text.
            timeout_seconds: The time after which the reply ends as it is.
            on_result: Called with the result, once, before the last piece is sent.
            send: Gets the pieces, on the model thread; without it they are queued in `pieces`.
        """
        self.request = request
        self.active = active
        self.exclusive = exclusive
        self.waiting = True  # in the scheduler's queue
        self.result: GenerationResult | None = None
        self.error: BaseException | None = None
        self.deadline = math.inf if timeout_seconds is None else time.monotonic() + timeout_seconds
        self.pieces: queue.SimpleQueue[Piece] = queue.SimpleQueue()
        self._send = send or self.pieces.put
        self._on_result = on_result
        self._tokenizer = tokenizer
        self._stop_strings = stop_strings
        self._decoder = tokenizer.decoder()
        self._filter = StopFilter(stop_strings)
        self._hidden_id = hidden_id
        self._began = time.monotonic()
        self._first = 0.0
        self._first_request = request
        self._guard = LoopGuard(request, lambda token: tokenizer.decode([token]))
        self._tokens = 0  # in the text so far
        self._stopped = False  # by a stop string
        self._shown: list[str] = []
        # Also held while ids are added, because a timeout may end the reply on the caller's thread.
        self._ending = threading.RLock()

    @property
    def batched_by_seed(self) -> bool:
        """True if its batch may hold only the replies that are submitted with it."""
        request = self.request
        return request.reproducible and request.beams is None and not request.rotate

    @property
    def most_tokens(self) -> int:
        """The tokens of the prompt and of the longest possible reply."""
        return len(self.request.ids) + self.request.sampling.max_tokens

    @property
    def ended(self) -> bool:
        """True when there is a result or an error."""
        return self.result is not None or self.error is not None

    def start(self) -> None:
        """Leave the queue. The seconds of the result count from here, the timeout does not."""
        self.waiting = False
        self._began = time.monotonic()

    def add_token(self, token: int) -> bool:
        """Add the next id. Return False if the request is over: see `RequestGroup.add_token`.

        After a loop the reply continues with another `request`, unless it has `ended`.
        """
        with self._ending:
            if not self.is_active():
                return False
            if not self._first:
                self._first = time.monotonic()
            if token in self.request.end_ids:
                if not self._show_ids(self._guard.rest()):
                    self._tokens += 1
                self.finish("stop")
                return False
            self._guard.add(token)
            if self._show_ids(self._guard.released()):
                self.finish("stop")
            elif self._guard.looping:
                self._leave_loop()
                return False
            elif self._guard.tokens >= self._first_request.sampling.max_tokens:
                self.finish("length")
            return not self.ended

    def _leave_loop(self) -> None:
        """Continue the reply from before the loop that was found, or end it there."""
        again = self._guard.redraw()
        if again is None:
            self.finish("loop")
        else:
            self.request = again

    def _show_ids(self, ids: Iterable[int]) -> bool:
        """Show the text of further ids. Return True after a stop string; the rest is dropped."""
        for token in ids:
            if self._stopped:
                break
            self._tokens += 1
            if token != self._hidden_id:
                text, self._stopped = self._filter.feed(self._decoder.feed(token))
                self._show(text)
        return self._stopped

    def is_active(self) -> bool:
        """Return True unless the reply is over; finish it first when its time is up."""
        if not self.ended and time.monotonic() > self.deadline:
            self.finish("timeout")
        return not self.ended

    def may_search_on(self) -> bool:
        """Return True unless the reply is over or its time is up.

        It does not finish the reply: at the timeout a search still returns its best so far.
        """
        return not self.ended and time.monotonic() <= self.deadline

    def finish(self, reason: FinishReason) -> None:
        """End the reply with the text so far. Only the first end counts."""
        with self._ending:
            if self.ended:
                return
            held = self._guard.last_mark() if reason == "loop" else self._guard.rest()
            if self._show_ids(held):
                reason = "stop"
            self._show(self._filter.flush())
            self.result = self._result("".join(self._shown), reason, self._tokens)
        self._send_end(self.result)

    def finish_search(self, found: Sequence[Hypothesis]) -> None:
        """End the reply with the hypotheses of a beam search, the best first."""
        self._first = time.monotonic()
        results = [self._read(hypothesis) for hypothesis in found]
        with self._ending:
            if self.ended:
                return
            self.result = replace(results[0], alternatives=tuple(results[1:]))
            self._show(self.result.text)
        self._send_end(self.result)

    def _send_end(self, result: GenerationResult) -> None:
        if self._on_result is not None:
            self._on_result(result)
        self._send(Piece(ended=True))

    def _read(self, found: Hypothesis) -> GenerationResult:
        reason: FinishReason = "length" if time.monotonic() <= self.deadline else "timeout"
        decoder, stops = self._tokenizer.decoder(), StopFilter(self._stop_strings)
        text, stopped = "", False
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
            prompt_tokens=len(self._first_request.ids),
            tokens=tokens,
            seconds_to_first_token=(self._first or now) - self._began,
            seconds=now - self._began,
            seed=self._first_request.seed,
            redraws=self._guard.redraws,
        )

    def fail(self, error: BaseException) -> None:
        """End the reply with an error of the engine, which the caller gets."""
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
    """The caller's side of a reply: iterate over its pieces of text.

    `result` is there when it has ended. `close` stops the model within a token, and so does
    dropping the last reference to the reply. An error of the engine is raised from the iteration.
    """

    def __init__(self, pending: PendingReply) -> None:
        self._pending = pending

    @property
    def result(self) -> GenerationResult | None:
        """The result of a reply that has ended; None before its end, and after an error."""
        return self._pending.result

    @property
    def is_waiting(self) -> bool:
        """True while the model generates other replies first."""
        return self._pending.waiting and not self._pending.ended

    def __iter__(self) -> Self:
        return self

    def poll(self, seconds: float) -> str | None:
        """Return the text since the last read, for a caller that must not block; None at the end.

        It waits up to `seconds` for text and returns "" if there is none by then. Raises the
        engine's error once all text has been read.
        """
        pending = self._pending
        text = ""
        with suppress(queue.Empty):
            piece = pending.pieces.get(timeout=seconds)
            while not piece.ended:
                text += piece.text
                piece = pending.pieces.get_nowait()
            pending.pieces.put(piece)  # the next call ends in the same way
            if not text and pending.error is not None:
                raise pending.error
            return text or None
        if time.monotonic() > pending.deadline + GRACE_SECONDS:  # as in `__next__`
            pending.finish("timeout")
        return text

    def __next__(self) -> str:
        pending = self._pending
        try:
            left = max(0.0, pending.deadline + GRACE_SECONDS - time.monotonic())
            piece = pending.pieces.get(timeout=None if math.isinf(left) else left)
        except queue.Empty:  # the model is busy with another reply, or still reads the prompt
            pending.finish("timeout")
            piece = pending.pieces.get()
        if not piece.ended:
            return piece.text
        pending.pieces.put(piece)  # the next call ends in the same way
        if pending.error is not None:
            raise pending.error
        raise StopIteration

    def close(self) -> None:
        """Cancel the reply, unless it has ended."""
        self._pending.finish("cancelled")

    def __del__(self) -> None:
        self.close()

    def wait(self) -> GenerationResult:
        """Wait for the end and return the result."""
        try:
            for _ in self:
                pass
        finally:
            self.close()  # after Ctrl-C
        assert self._pending.result is not None
        return self._pending.result


def with_alternatives(results: Sequence[GenerationResult]) -> GenerationResult:
    """Return the first result, with the others as its alternatives."""
    return replace(results[0], alternatives=(*results[0].alternatives, *results[1:]))
