"""A studio for tests: prepared texts behind the real scheduler, and no network but this machine."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import Any

import pytest

from morris_mlx.errors import MorrisError
from morris_mlx.generate.backend import ActiveAdapter, RequestGroup, TokenRequest
from morris_mlx.generate.reply import PendingReply, Reply
from morris_mlx.generate.scheduler import QUEUE_SIZE, Scheduler
from morris_mlx.project.adapters import AdapterCard
from morris_mlx.records.corpus import Message
from morris_mlx.records.generation import SAMPLING, GenerationResult
from morris_mlx.studio import StudioContext

PIECES = ("Dear reader, ", "the committee met again,\n", "and ", "nothing ", "came of it.")
ENDLESS = tuple(f"word{n} " for n in range(5000))
FAILS = "!"  # in place of a piece: the model raises an error
END_ID = -1
# Seconds that a test waits for what comes at once on an idle machine: a busy one may stop a process
# for a minute.
PATIENCE = 120.0
CARDS = [
    AdapterCard("sample", "You are the columnist.", "practice", "2026-10-03T10:00:00"),
    AdapterCard("letters", "You write letters.", "practice"),
]


class SteppedPieces(tuple[str, ...]):
    """Pieces of a reply, each of which comes only after a call of `let_one`."""

    _allowed: threading.Semaphore

    def __new__(cls, pieces: Sequence[str]) -> SteppedPieces:
        made = super().__new__(cls, pieces)
        made._allowed = threading.Semaphore(0)
        return made

    def let_one(self) -> None:
        """Let the next piece come."""
        self._allowed.release()

    def __iter__(self) -> Iterator[str]:
        for piece in super().__iter__():
            self._allowed.acquire(timeout=PATIENCE)
            yield piece


class FakeTokenizer:
    """A tokenizer of one reply: the ID of a token is the number of a piece."""

    def __init__(self, pieces: Sequence[str]) -> None:
        self._pieces = pieces

    def decoder(self) -> FakeTokenizer:
        return self

    def feed(self, token: int) -> str:
        return self._pieces[token]


class FakeReply(Reply):
    """A reply of the real kind, with a text and metrics that do not depend on the machine."""

    def __init__(self, pending: PendingReply) -> None:
        super().__init__(pending)
        self._pending = pending

    @property
    def result(self) -> GenerationResult | None:
        result = self._pending.result
        if result is None:
            return None
        given = result.tokens - (result.finish_reason == "stop")  # without the end token
        return replace(result, tokens=given, seconds_to_first_token=0.25, seconds=2.0)


@dataclass
class FakeGenerator:
    """Replies whose pieces come from `replies` by the question, "" being any other question.

    Every piece takes `seconds`. `requests` keeps all requests, `given` counts pieces. `running`
    and `most_running` count the replies that are computed, of which there are at most `batch_size`;
    `queue_size` may wait.
    """

    replies: dict[str, Sequence[str]] = field(default_factory=dict)
    seconds: float = 0.0
    batch_size: int = 1
    queue_size: int = QUEUE_SIZE
    load: Callable[[], None] = lambda: None
    requests: list[tuple[tuple[Message, ...], dict[str, Any]]] = field(default_factory=list)
    given: int = 0
    running: int = 0
    most_running: int = 0

    def __post_init__(self) -> None:
        self._scheduler = Scheduler(self.queue_size)
        self._pieces: dict[TokenRequest, Sequence[str]] = {}

    def prepare(self) -> None:
        self.load()

    def reply(self, messages: Sequence[Message], **overrides: Any) -> FakeReply:
        self.requests.append((tuple(messages), overrides))
        pieces = self.replies.get(messages[-1].content, self.replies.get("", PIECES))
        sampling = replace(SAMPLING, max_tokens=len(pieces) + 1, prevent_loops=False)
        request = TokenRequest((1,), sampling, overrides.get("seed") or 11, frozenset({END_ID}))
        active = ActiveAdapter(strength=1.0 if overrides["adapter"] else 0.0)
        pending = PendingReply(request, active, FakeTokenizer(pieces), ())
        self._pieces[request] = pieces
        self._scheduler.submit(self, [pending])
        return FakeReply(pending)

    def close(self) -> None:
        self._scheduler.close()

    # --- as a backend of the scheduler ----------------------------------------------------

    def activate(self, active: ActiveAdapter) -> None:
        pass

    def generate(self, group: RequestGroup) -> None:
        running: dict[TokenRequest, Iterator[tuple[int, str]]] = {}
        try:
            while True:
                new = {r: enumerate(self._pieces[r]) for r in group.new_requests()}
                running |= new
                self.running = len(running)
                self.most_running = max(self.most_running, self.running)
                if not running:
                    return
                self._pause(running, group)
                for request, pieces in list(running.items()):
                    token, piece = next(pieces, (END_ID, ""))
                    if piece == FAILS:
                        raise MorrisError("The model failed. Press Retry.")
                    if token != END_ID and group.is_active(request):
                        self.given += 1
                    if not group.add_token(request, token):
                        del running[request]
        finally:
            self.running = 0

    def _pause(self, running: dict[TokenRequest, Any], group: RequestGroup) -> None:
        end = time.monotonic() + self.seconds
        while time.monotonic() < end and any(map(group.is_active, running)):
            time.sleep(0.005)


def studio_context(
    generator: FakeGenerator,
    cards: list[AdapterCard] | None = None,
    adapter: str | None = "sample",
) -> StudioContext:
    """Return the context of a studio on `generator`, whose list of adapters is `cards`."""
    listed = CARDS if cards is None else cards
    return StudioContext(generator, lambda: list(listed), "practice", adapter)


def until(true: Callable[[], object], seconds: float = PATIENCE) -> None:
    """Wait until a condition holds. Fail after `seconds`."""
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end, "the condition never held"
        time.sleep(0.02)


@contextmanager
def studio(generator: FakeGenerator, **options: Any) -> Iterator[str]:
    """Serve a studio and yield its address.

    Enter it within `sandboxed`, which must come before the first import of Gradio.
    """
    from morris_mlx.studio.server import serve

    try:
        with serve(studio_context(generator, **options)) as served:
            yield served.address
    finally:
        generator.close()


@contextmanager
def only_this_machine() -> Iterator[None]:
    """Refuse connections of this process to other machines. Fail at the end if there was one."""
    refused, connect = [], socket.socket.connect

    def connect_here(self: socket.socket, address: Any) -> None:
        if self.family in (socket.AF_INET, socket.AF_INET6) and address[0] != "127.0.0.1":
            refused.append(address)
            raise OSError(f"the test forbids {address}")
        connect(self, address)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(socket.socket, "connect", connect_here)
        yield
    assert not refused
