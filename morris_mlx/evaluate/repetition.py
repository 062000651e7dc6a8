"""Runaway repetition: a text that goes round in circles, told from a refrain and from a list.

Three measures, each with its own limit:
- one short piece of characters, again and again without a word between ("aaaa", "hahaha");
- a loop: the same words three times in a row or more, whatever their number;
- the share of the words that stand in runs seen twice before, for circles that vary a little.
A refrain comes back, but seldom thrice with nothing between, and it does not outweigh the verses.
"""

from __future__ import annotations

import re
from collections import Counter

from morris_mlx.text.copying import SHOWN_WORDS, bare_words

# A single letter 20 times is no drawn-out cry any more.
LETTER = re.compile(r"([^\W_])\1{19,}")
# Laughter is typed by the handful, not 25 times.
SYLLABLES = re.compile(r"([^\W_]\w{1,7}?)\1{24,}")
# A rule drawn in a plain text is at most as wide as a screen.
MARKS = re.compile(r"([\W_]{1,8}?)\1{119,}")
# What a loop repeats, beyond its first time. With two rounds of it: thrice a line of six words,
# five times one of three, thirteen times a single one. A song's last line said thrice is shorter.
LOOP_WORDS = 12
# Runs of six words that stand in a text three times are no turns of phrase.
RUN_WORDS = 6
REPEATED_SHARE = 0.5  # a triolet has 0.13 of it, a villanelle 0.21, a song of choruses 0.4
REPEATED_FROM_WORDS = 40  # shorter texts are too short for a share
ENUMERATOR = re.compile(r"^[ \t]*(?:\d+[.)]|[-*•–])[ \t]+", re.MULTILINE)


def repetition_of(text: str) -> str | None:
    """In words for the user what a text repeats without end; None for one that does not."""
    for pattern in (LETTER, SYLLABLES, MARKS):
        for found in pattern.finditer(text):
            if unit := found[1].strip():  # white space alone is a matter of layout
                return f"“{unit}” {len(found[0]) // len(found[1])} times on end"
    words = bare_words(ENUMERATOR.sub("", text))
    return _loop(words) or _circles(words)


def _loop(words: list[str]) -> str | None:
    """The first words that follow upon themselves at least twice, LOOP_WORDS words of them or more.

    A run that equals what stands `period` words before it is found by its first LOOP_WORDS words:
    the latest other place where they stand is one period back. Linear for every period.
    """
    latest: dict[tuple[str, ...], int] = {}
    period = repeated = 0
    found: tuple[int, int, int] | None = None
    for start in range(len(words) - LOOP_WORDS + 1):
        run = tuple(words[start : start + LOOP_WORDS])
        distance = start - latest.get(run, start)
        latest[run] = start
        repeated = repeated + 1 if distance == period else LOOP_WORDS
        period = distance
        if period and repeated >= 2 * period:
            first = start + LOOP_WORDS - repeated - period
            found = (first, period, repeated // period + 1)
        elif found:
            break  # told at its full length
    if found is None:
        return None
    first, period, times = found
    return f"the same {_counted(period)} {times} times in a row: {_shown(words, first, period)}"


def _circles(words: list[str]) -> str | None:
    """Most of the words stand in runs of RUN_WORDS that were there twice before."""
    if len(words) < REPEATED_FROM_WORDS:
        return None
    seen: Counter[tuple[str, ...]] = Counter()
    covered, end = 0, 0
    for start in range(len(words) - RUN_WORDS + 1):
        run = tuple(words[start : start + RUN_WORDS])
        seen[run] += 1
        if seen[run] > 2:
            covered += start + RUN_WORDS - max(end, start)
            end = start + RUN_WORDS
    if covered < REPEATED_SHARE * len(words):
        return None
    most, times = seen.most_common(1)[0]
    return (
        f"{covered} of {len(words)} words stand in runs that come three times or more, as "
        f"“{' '.join(most)}” does {times} times"
    )


def _counted(words: int) -> str:
    return "word" if words == 1 else f"{words} words"


def _shown(words: list[str], first: int, period: int) -> str:
    shown = words[first : first + min(period, 2 * SHOWN_WORDS)]
    return f"“{' '.join(shown)}{' …' if period > len(shown) else ''}”"
