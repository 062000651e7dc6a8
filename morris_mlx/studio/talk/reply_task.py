"""One answering: it runs in the model's thread, and the page reads along from its own."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from concurrent.futures import CancelledError, Executor, Future
from contextlib import suppress
from dataclasses import dataclass, field
from queue import Empty, SimpleQueue
from threading import Event
from typing import Any

from morris_mlx.records.corpus import Message
from morris_mlx.records.generation import GenerationResult
from morris_mlx.studio.interfaces import Reply, Workshop
from morris_mlx.studio.talk.state import Side

TICK_SECONDS = 0.2  # how soon the page sees that somebody has left, or that nothing comes


@dataclass(frozen=True, slots=True)
class Ask:
    """One side is asked: these messages, these fields of GenerationSettings."""

    side: Side
    messages: tuple[Message, ...]
    overrides: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Said:
    """How the loading goes, in words; "" when it is done."""

    text: str


@dataclass(frozen=True, slots=True)
class Piece:
    side: Side
    text: str


@dataclass(frozen=True, slots=True)
class Ended:
    side: Side
    result: GenerationResult | None


@dataclass(slots=True)
class Ready:
    """Whether the speaker is. Only the model's thread looks."""

    yes: bool = False


News = Said | Piece | Ended


@dataclass(slots=True)
class Work:
    """The sides are asked one after the other. `stop` ends it within a token."""

    workshop: Workshop
    ready: Ready
    asks: Sequence[Ask]
    _news: SimpleQueue[News] = field(default_factory=SimpleQueue)
    _stopped: Event = field(default_factory=Event)
    _reply: Reply | None = None
    _future: Future[None] | None = None

    def start(self, thread: Executor) -> None:
        self._future = thread.submit(self._run)

    @property
    def waits(self) -> bool:
        """Whether another answering has the model still."""
        return self._future is not None and not (self._future.running() or self._future.done())

    def stop(self) -> None:
        self._stopped.set()
        if self._future is not None:
            self._future.cancel()
        if self._reply is not None:
            self._reply.close()

    def news(self) -> Iterator[list[News]]:
        """What came since the last look; empty lists while nothing does. Raises MorrisError."""
        assert self._future is not None
        while True:
            done = self._future.done()  # before the look: nothing comes after
            if batch := self._take(0 if done else TICK_SECONDS):
                yield batch
            elif done:
                with suppress(CancelledError):
                    self._future.result()
                return
            elif self._stopped.is_set() and self._reply is None:
                return  # a model that loads cannot be stopped, but need not be waited for
            else:
                yield []

    def _take(self, seconds: float) -> list[News]:
        """All at once that is there: a quick model would else write pages faster than they show."""
        batch: list[News] = []
        with suppress(Empty):
            batch.append(self._news.get(timeout=seconds) if seconds else self._news.get_nowait())
            while True:
                batch.append(self._news.get_nowait())
        return batch

    def _run(self) -> None:
        if not self.ready.yes:
            self.workshop.prepare(lambda text: self._news.put(Said(text)))
            self.ready.yes = True
            self._news.put(Said(""))
        for ask in self.asks:
            if self._stopped.is_set():
                return
            reply = self.workshop.speaker.reply(ask.messages, **ask.overrides)
            self._reply = reply
            if self._stopped.is_set():  # while the reply began
                reply.close()
            try:
                for piece in reply:
                    self._news.put(Piece(ask.side, piece))
            finally:
                reply.close()
            self._news.put(Ended(ask.side, reply.result))
