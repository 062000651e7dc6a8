"""Detection of loops in a reply, token by token: a passage that repeats an earlier one verbatim.

A phrase that comes again and again and a paragraph that is written twice are the same case: the
last tokens equal those a distance before them. A loop of a short phrase is a run at a distance
shorter than the run itself.
"""

from __future__ import annotations

from collections.abc import Sequence

# A run this long is a loop. Three times a refrain of ten tokens in a row is shorter, and so are the
# names and turns of phrase that a writer uses twice.
LOOP_TOKENS = 24
# Where a token is a letter or a byte, 24 of them are three words: a run must have this many
# characters, too.
LOOP_CHARACTERS = 80
# Whatever its characters are: a line drawn with dots is at most as wide as a screen.
LONGEST_RUN = 120
# A chorus of four lines may come again later in a song; a list of a few items, over and over, is
# longer.
VERSE_TOKENS = 64
VERSE_LINE = 16  # tokens of a line, at most, where lines are verse or a list
LOOKBACK = 4096  # tokens; what came earlier is out of a reader's mind, and costs time and memory


class LoopDetector:
    """The repetitions in a growing sequence of token ids.

    `held` is the number of last ids that repeat earlier ones: those that must not be shown until it
    is clear that they are no loop. When `looping`, these are the ids to drop.
    """

    def __init__(self) -> None:
        self._ids: list[int] = []
        self._characters = [0]  # in the first n tokens
        self._lines = [0]  # lines that ended in the first n tokens
        self._places: dict[int, list[int]] = {}
        self._runs: dict[int, int] = {}  # distance to the earlier passage → length of the run
        self._fixed = 0  # ids that were left after a cut: they are shown and cannot be held again
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
        """Add the next id, whose text counts with its characters and line breaks."""
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
        """Forget the ids that are held. What is left cannot be held later."""
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
