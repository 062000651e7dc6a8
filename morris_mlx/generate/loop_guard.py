"""Prevention of loops in a reply: ids that may become a loop are held back before they are shown.

When a loop is found, its ids are dropped, and the reply is sampled again from the beginning of the
loop, with another seed and without the token that began it. After MAX_REDRAWS redraws, the reply
ends before the next loop.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace

from morris_mlx.generate.backend import TokenRequest
from morris_mlx.generate.loops import LoopDetector
from morris_mlx.records.generation import MAX_SEED

MAX_REDRAWS = 8
# A large step, because the other replies of a request have the next few seeds.
SEED_STEP = 0x9E3779B1
# Marks that end a sentence. They are shown even if they repeat the end of an earlier sentence.
CLOSING = frozenset(".!?…。！？\"'”’»)")


class LoopGuard:
    """The ids of one reply, some of which are held back, and the requests for its redraws."""

    def __init__(self, request: TokenRequest, text_of: Callable[[int], str]) -> None:
        """Start with the request of a reply. `text_of` returns the text of one id."""
        self.redraws = 0
        self._request = request
        self._on = request.sampling.prevent_loops
        self._text_of = text_of
        self._detector = LoopDetector()
        self._shown = 0
        self._barred: dict[int, set[int]] = {}  # place in the reply → ids that began a loop there

    @property
    def tokens(self) -> int:
        """The number of ids so far, including those that are held back."""
        return len(self._detector)

    @property
    def looping(self) -> bool:
        """True if the ids that are held back are a loop and loops are to be prevented."""
        return self._on and self._detector.looping

    def add(self, token: int) -> None:
        """Add the next id."""
        self._detector.add(token, self._text_of(token) if self._on else "")

    def released(self) -> Iterator[int]:
        """Yield the ids that can be shown now and were not yielded before."""
        return self._up_to(len(self._detector) - (self._detector.held if self._on else 0))

    def rest(self) -> Iterator[int]:
        """Yield the ids that are still held back at the end of a reply without a loop."""
        return self._up_to(len(self._detector))

    def last_mark(self) -> Iterator[int]:
        """Yield the first ids of a loop if they only close the sentence before it."""
        for token in self._detector.ids[self._shown :]:
            text = self._text_of(token).strip()
            if not text or not CLOSING.issuperset(text):
                return
            yield token

    def _up_to(self, end: int) -> Iterator[int]:
        ids = self._detector.ids
        while self._shown < end:
            self._shown += 1
            yield ids[self._shown - 1]

    def redraw(self) -> TokenRequest | None:
        """Drop the loop and return the request that continues before it; None after MAX_REDRAWS.

        The same request leads to the same redraws: their seeds follow from its seed.
        """
        if self.redraws >= MAX_REDRAWS:
            return None
        start = len(self._detector) - self._detector.held
        barred = self._barred.setdefault(start, set())
        barred.add(self._detector.ids[start])
        self._detector.cut()
        self.redraws += 1
        first = self._request
        return replace(
            first,
            ids=(*first.ids, *self._detector.ids),
            sampling=replace(first.sampling, max_tokens=first.sampling.max_tokens - start),
            seed=(first.seed + self.redraws * SEED_STEP) % (MAX_SEED + 1),
            barred=frozenset(barred),
        )
