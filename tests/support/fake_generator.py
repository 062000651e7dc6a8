"""A generator that says what a test tells it to, and remembers what it was asked."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import pytest

from morris_mlx.errors import MorrisError
from morris_mlx.records.corpus import Message
from morris_mlx.records.generation import GenerationResult
from morris_mlx.studio import AdapterCard, Workshop

LINES = ("Dear reader, ", "the committee met again,\n", "and ", "nothing ", "came of it.")
ENDLESS = tuple(f"word{n} " for n in range(5000))


class FakeReply:
    def __init__(self, pieces: Sequence[str], seconds: float, generator: FakeGenerator, seed: int):
        self._pieces = iter(pieces)
        self._seconds = seconds
        self._generator = generator
        self._seed = seed
        self._given = 0
        self._closed = threading.Event()
        self.result: GenerationResult | None = None

    def __iter__(self) -> FakeReply:
        return self

    def __next__(self) -> str:
        self._closed.wait(self._seconds)
        piece = None if self._closed.is_set() else next(self._pieces, None)
        if piece is None:
            if self.result is None:
                how = "cancelled" if self._closed.is_set() else "stop"
                self.result = GenerationResult("", how, 9, self._given, 0.25, 2.0, self._seed)
            raise StopIteration
        self._given += 1
        self._generator.given += 1
        if piece == "!":
            raise MorrisError("The model fell over. Press Retry.")
        return piece

    def close(self) -> None:
        if not self._closed.is_set():
            self._closed.set()
            self._generator.at_once -= 1


@dataclass
class FakeGenerator:
    """`says` maps a question to its pieces; `seconds` pass before each piece."""

    says: dict[str, Sequence[str]] = field(default_factory=dict)
    seconds: float = 0.0
    asked: list[tuple[tuple[Message, ...], dict[str, Any]]] = field(default_factory=list)
    given: int = 0
    at_once: int = 0
    most_at_once: int = 0

    def reply(self, messages: Sequence[Message], **overrides: Any) -> FakeReply:
        self.asked.append((tuple(messages), overrides))
        self.at_once += 1
        self.most_at_once = max(self.most_at_once, self.at_once)
        question = messages[-1].content
        pieces = self.says.get(question, self.says.get("", LINES))
        return FakeReply(pieces, self.seconds, self, overrides.get("seed") or 11)


CARDS = [
    AdapterCard("sample", "You are the columnist.", "practice", "2026-10-03T10:00:00"),
    AdapterCard("letters", "You write letters.", "practice"),
]


def workshop(
    generator: FakeGenerator,
    prepare: Callable[[Callable[[str], None]], None] | None = None,
    cards: list[AdapterCard] | None = None,
    adapter: str | None = "sample",
) -> Workshop:
    def load(say: Callable[[str], None]) -> None:
        say("Loading practice …")

    listed = CARDS if cards is None else cards
    return Workshop(generator, prepare or load, lambda: list(listed), "practice", adapter)


def until(true: Callable[[], object], seconds: float = 10.0) -> None:
    """Wait for something that must come."""
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end, "it never came"
        time.sleep(0.02)


@contextmanager
def studio(generator: FakeGenerator, **more: Any) -> Iterator[str]:
    """The page's address. To be entered within `sealed`, which must come before Gradio."""
    from morris_mlx.studio.server import serve

    with serve(workshop(generator, **more)) as served:
        yield served.address


@contextmanager
def only_this_machine() -> Iterator[None]:
    """This process connects to nothing else; what tries is an error at the end."""
    away, connect = [], socket.socket.connect

    def only_here(self: socket.socket, address: Any) -> None:
        if self.family in (socket.AF_INET, socket.AF_INET6) and address[0] != "127.0.0.1":
            away.append(address)
            raise OSError(f"the test forbids {address}")
        connect(self, address)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(socket.socket, "connect", only_here)
        yield
    assert not away
