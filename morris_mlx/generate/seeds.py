"""Random seeds for requests without one."""

from __future__ import annotations

import hashlib
import secrets
import threading


class Seeds:
    """A sequence of seeds, which `entropy` and the number of seeds drawn so far determine."""

    def __init__(self, entropy: int | None = None, drawn: int = 0) -> None:
        self.entropy = secrets.randbits(64) if entropy is None else entropy
        self.drawn = drawn
        self._drawing = threading.Lock()

    def draw(self) -> int:
        """Return the next seed. Safe to call from several threads."""
        with self._drawing:
            number, self.drawn = self.drawn, self.drawn + 1
        word = f"{self.entropy} {number}".encode()
        return int.from_bytes(hashlib.sha256(word).digest()[:4], "big")
