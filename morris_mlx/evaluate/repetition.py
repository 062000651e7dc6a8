"""Detection of degenerate repetition, as distinct from a refrain or a list.

Three measures, each with its own limit:
- a short piece of characters repeated without a gap ("aaaa", "hahaha");
- a loop: the same words at least three times in a row, whatever their number;
- the share of words in runs that occurred twice before, for loops that vary a little.
A refrain returns too, but rarely three times in a row, and it does not outweigh the verses.
"""

from __future__ import annotations

import re
from collections import Counter

from morris_mlx.text.copying import SHOWN_WORDS, normalize_words

# A cry such as "aaargh" has fewer than 20 equal letters in a row.
LETTER = re.compile(r"([^\W_])\1{19,}")
# Typed laughter has fewer than 25 equal syllables.
SYLLABLES = re.compile(r"([^\W_]\w{1,7}?)\1{24,}")
# A line drawn with characters is at most as wide as a screen.
MARKS = re.compile(r"([\W_]{1,8}?)\1{119,}")
# Words repeated by a loop beyond the first round, at least two rounds: three times a line of six
# words, five times one of three, 13 times one word. The repeated last line of a song is shorter.
LOOP_WORDS = 12
# A run of six words that occurs three times is not a turn of phrase.
RUN_WORDS = 6
REPEATED_SHARE = 0.5  # measured: a triolet has 0.13, a villanelle 0.21, a song with choruses 0.4
REPEATED_FROM_WORDS = 40  # a share means nothing in a shorter text
ENUMERATOR = re.compile(r"^[ \t]*(?:\d+[.)]|[-*•–])[ \t]+", re.MULTILINE)


def find_repetition(text: str) -> str | None:
    """Return a description of a text's degenerate repetition, or None."""
    for pattern in (LETTER, SYLLABLES, MARKS):
        for found in pattern.finditer(text):
            if unit := found[1].strip():  # white space alone is layout
                return f"“{unit}” {len(found[0]) // len(found[1])} times on end"
    words = normalize_words(ENUMERATOR.sub("", text))
    return _describe_loop(words) or _describe_varied_loop(words)


def _describe_loop(words: list[str]) -> str | None:
    """Describe the first words that repeat at least twice more, by LOOP_WORDS words or more.

    A run that equals the words `period` before it is found by its first LOOP_WORDS words: their
    latest earlier occurrence is one period back. The search is linear for every period.
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
            break  # the loop has its full length
    if found is None:
        return None
    first, period, times = found
    return f"the same {_counted(period)} {times} times in a row: {_shown(words, first, period)}"


def _describe_varied_loop(words: list[str]) -> str | None:
    """Describe a text in which most words are in runs of RUN_WORDS that occurred twice before."""
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
        f"{covered} of {len(words)} words are in runs that occur three times or more, such as "
        f"“{' '.join(most)}”, {times} times"
    )


def _counted(words: int) -> str:
    return "word" if words == 1 else f"{words} words"


def _shown(words: list[str], first: int, period: int) -> str:
    shown = words[first : first + min(period, 2 * SHOWN_WORDS)]
    return f"“{' '.join(shown)}{' …' if period > len(shown) else ''}”"
