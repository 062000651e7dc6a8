"""Stop strings in a stream: text that may become one is held back, and none is ever shown."""

from __future__ import annotations

from collections.abc import Sequence


class StopFilter:
    """A filter that takes pieces of text and returns those that may be shown."""

    def __init__(self, stops: Sequence[str]) -> None:
        self._stops = tuple(stops)
        self._held = ""

    def feed(self, piece: str) -> tuple[str, bool]:
        """Return (text to show now, True after a stop string). After a stop, feed no more."""
        if not piece:
            return "", False
        held = self._held + piece
        found = [at for at in (held.find(stop) for stop in self._stops) if at >= 0]
        if found:
            self._held = ""
            return held[: min(found)], True
        keep = max((_overlap(held, stop) for stop in self._stops), default=0)
        shown = len(held) - keep
        self._held = held[shown:]
        return held[:shown], False

    def flush(self) -> str:
        """Return the text that was held back, at the end of a reply without a stop string."""
        held, self._held = self._held, ""
        return held


def _overlap(text: str, stop: str) -> int:
    """Return the length of the longest suffix of `text` that is a prefix of `stop`."""
    for size in range(min(len(text), len(stop) - 1), 0, -1):
        if stop.startswith(text[-size:]):
            return size
    return 0
