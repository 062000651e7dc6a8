"""Random seeds of requests that name none."""

from __future__ import annotations

import hashlib
import secrets
import threading


class Seeds:
    """A seed for every reply that was given none: of `entropy` and of how many before it."""

    def __init__(self, entropy: int | None = None, drawn: int = 0) -> None:
        self.entropy = secrets.randbits(64) if entropy is None else entropy
        self.drawn = drawn
        self._drawing = threading.Lock()

    def draw(self) -> int:
        with self._drawing:
            number, self.drawn = self.drawn, self.drawn + 1
        word = f"{self.entropy} {number}".encode()
        return int.from_bytes(hashlib.sha256(word).digest()[:4], "big")
