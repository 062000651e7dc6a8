"""Detection of loops in a reply, token by token: a passage that repeats an earlier one verbatim.

A phrase that is repeated again and again and a paragraph that is written twice are the same case:
the last tokens equal the tokens at some distance before them. The run of equal tokens may be longer
than the distance; then a short phrase is being repeated.
"""

from __future__ import annotations

from collections.abc import Sequence

# A run of this length is a loop. A refrain of ten tokens that is written three times in a row makes
# a shorter run, and so do the names and turns of phrase that a writer uses twice.
LOOP_TOKENS = 24
# A run must also have this many characters: if tokens are letters or bytes, 24 of them are only
# three words.
LOOP_CHARACTERS = 80
# A run of this many tokens is a loop with any number of characters. A line of dots is shorter.
LONGEST_RUN = 120
# Verse needs a longer run, because a chorus of four lines may recur in a song. A list that repeats
# a few items over and over soon exceeds it.
VERSE_TOKENS = 64
VERSE_LINE = 16  # the most tokens in a line of verse or of a list
LOOKBACK = 4096  # tokens; searching earlier ones costs time and memory, and readers forget them


class LoopDetector:
    """The repetitions in a growing sequence of token ids.

    `held` is the number of last ids that repeat earlier ones. They must not be shown until it is
    clear that they are not a loop. If `looping` is True, they are the ids to drop.
    """

    def __init__(self) -> None:
        self._ids: list[int] = []
        self._characters = [0]  # in the first n tokens
        self._lines = [0]  # lines that ended in the first n tokens
        self._places: dict[int, list[int]] = {}
        self._runs: dict[int, int] = {}  # distance to the earlier passage → length of the run
        self._fixed = 0  # ids that were kept by a cut: they were shown and cannot be held again
        self._after_break = False
        self.held = 0
        self.looping = False

    def __len__(self) -> int:
        return len(self._ids)

    @property
    def ids(self) -> Sequence[int]:
        """All ids so far."""
        return self._ids

    def add(self, token: int, text: str) -> None:
        """Add the next id. The characters and line breaks of its text are counted."""
        place = len(self._ids)
        ends_line = "\n" in text and not self._after_break
        self._after_break = text.endswith("\n")
        self._ids.append(token)
        self._characters.append(self._characters[-1] + len(text))
        self._lines.append(self._lines[-1] + ends_line)
        known = self._places.setdefault(token, [])
        if known and known[0] < place - LOOKBACK:
            del known[0]
        self._runs = {place - at: self._runs.get(place - at, 0) + 1 for at in known}
        known.append(place)
        longest = max(self._runs.values(), default=0)
        self.held = min(longest, len(self._ids) - self._fixed)
        self.looping = self._is_loop(longest)

    def cut(self) -> None:
        """Remove the ids that are held. The ids before them cannot be held later."""
        kept = len(self._ids) - self.held
        for token in self._ids[kept:]:
            self._places[token].pop()
        del self._ids[kept:], self._characters[kept + 1 :], self._lines[kept + 1 :]
        self._runs = self._runs_at_end()
        self._fixed, self.held, self.looping = kept, 0, False

    def _runs_at_end(self) -> dict[int, int]:
        """Return the runs that end with the last id, as `add` counts them."""
        runs: dict[int, int] = {}
        last = len(self._ids) - 1
        for at in self._places[self._ids[last]][:-1] if self._ids else ():
            length = 1
            while length <= at and self._ids[at - length] == self._ids[last - length]:
                length += 1
            runs[last - at] = length
        return runs

    def _is_loop(self, run: int) -> bool:
        """Return True if the last `run` ids, which repeat earlier ones, are too many."""
        if run < LOOP_TOKENS or run >= LONGEST_RUN:
            return run >= LONGEST_RUN
        start = len(self._ids) - run
        if self._characters[-1] - self._characters[start] < LOOP_CHARACTERS:
            return False
        lines = self._lines[-1] - self._lines[start]
        distance = min(distance for distance, length in self._runs.items() if length == run)
        verse = lines > 1 and run <= VERSE_LINE * lines and distance >= LOOP_TOKENS
        return not verse or run >= VERSE_TOKENS
