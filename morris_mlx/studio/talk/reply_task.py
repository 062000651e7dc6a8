"""The answering of one message: the model is loaded, then one or both sides reply.

Nothing here orders or limits the requests of several tabs: the generator's scheduler does.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait
from contextlib import ExitStack
from dataclasses import dataclass
from threading import Event, Lock
from typing import Any

from morris_mlx.records.corpus import Message
from morris_mlx.records.generation import GenerationResult
from morris_mlx.studio.interfaces import ReplyStream, TextGenerator
from morris_mlx.studio.talk.state import Side

# How soon a page without new text notices that its tab was closed: Gradio looks between two steps.
TICK_SECONDS = 0.2


@dataclass(frozen=True, slots=True)
class ReplyRequest:
    """A request to one side. `overrides` are fields of GenerationSettings."""

    side: Side
    messages: tuple[Message, ...]
    overrides: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Loading:
    """The model is being loaded."""


@dataclass(frozen=True, slots=True)
class Waiting:
    """The request waits for other replies."""


@dataclass(frozen=True, slots=True)
class ReadingPrompt:
    """The model has begun, but has generated no text yet."""


@dataclass(frozen=True, slots=True)
class NewText:
    """Text of a reply since the last event; "" when there is none yet."""

    side: Side
    text: str


@dataclass(frozen=True, slots=True)
class ReplyEnded:
    """The end of a reply."""

    side: Side
    result: GenerationResult | None


TaskEvent = Loading | Waiting | ReadingPrompt | NewText | ReplyEnded


class ModelLoader:
    """A loader of the model, once for all tabs, on its own thread. A failed load is tried again."""

    def __init__(self, prepare: Callable[[], None]) -> None:
        self._prepare = prepare
        self._thread = ThreadPoolExecutor(1, "studio-load")
        self._starting = Lock()
        self._load: Future[None] | None = None

    def load(self) -> Future[None]:
        """Return the load that runs or succeeded; start one if there is none."""
        with self._starting:
            if self._load is None or (self._load.done() and self._load.exception() is not None):
                self._load = self._thread.submit(self._prepare)
            return self._load

    def close(self) -> None:
        """Start no more loads. One that runs cannot be stopped."""
        self._thread.shutdown(wait=False, cancel_futures=True)


class ReplyTask:
    """The replies to one message. `stop` may be called by any thread and ends them in a token."""

    def __init__(
        self, generator: TextGenerator, loader: ModelLoader, requests: Sequence[ReplyRequest]
    ) -> None:
        self._generator = generator
        self._loader = loader
        self._requests = requests
        self._stopped = Event()
        self._replies: list[ReplyStream] = []

    def stop(self) -> None:
        """Cancel the replies, or the waiting for the model to be loaded."""
        self._stopped.set()
        for reply in list(self._replies):
            reply.close()

    def events(self) -> Iterator[TaskEvent]:
        """Run the task and yield an event at least every TICK_SECONDS. Raises MorrisError."""
        yield from self._load()
        with ExitStack() as cleanup:
            for request in self._requests:  # all at once: the scheduler puts them in order
                if self._stopped.is_set():
                    return
                reply = self._generator.reply(request.messages, **request.overrides)
                cleanup.callback(reply.close)
                self._replies.append(reply)
            if self._stopped.is_set():  # after the check above, before `stop` could see the reply
                self.stop()
            for request, reply in zip(self._requests, self._replies, strict=True):
                yield from _read(request.side, reply)

    def _load(self) -> Iterator[TaskEvent]:
        load = self._loader.load()
        while not self._stopped.is_set():
            wait([load], TICK_SECONDS)
            if load.done():
                load.result()
                return
            yield Loading()


def _read(side: Side, reply: ReplyStream) -> Iterator[TaskEvent]:
    begun = False
    while (text := reply.poll(TICK_SECONDS)) is not None:
        begun = begun or bool(text)
        if begun:
            yield NewText(side, text)
        else:
            yield Waiting() if reply.is_waiting else ReadingPrompt()
    yield ReplyEnded(side, reply.result)
