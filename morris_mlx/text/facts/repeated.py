"""Numbers that a draft uses for several things: "40 in the spring and 40 in the autumn".

The second mention of one thing ("14 buns … the 14 buns") is no other use: a rewriting may leave it
out. Dates, times, names and quotations are not counted, because their repetition says nothing new.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from morris_mlx.text.facts.fact import Fact, FactKind, amount_key
from morris_mlx.text.facts.names import FINITE_VERBS
from morris_mlx.text.folding import lowercase
from morris_mlx.text.words import SENTENCE_GAP, WORD_PART, word_list

COUNTED = frozenset((FactKind.NUMBER, FactKind.PERCENT, FactKind.MONEY))
# Before a number: it was mentioned before.
MENTIONED = re.compile(
    r"\b(?:the|these|those|all|its|their|his|her|our|my|эти|этих|этим|этими|те|тех|все|всех|их|его|"
    r"ее)[ \n]+(?:\w+[ \n]+)?\Z"
)
# In a sentence with a number: it may stand for several.
FOR_SEVERAL = frozenset(
    word_list(
        "each apiece both either every per same twice again double equally likewise another also "
        "too many much alike respectively "
        "каждый каждая каждое каждого каждой каждому каждом каждую оба обе обоих обеих обоим обеим "
        "столько тоже также дважды снова опять одинаково поровну еще ровно"
    )
)
BY_PORTIONS = re.compile(r"\bпо[ \n]+\Z")  # "по 40": forty for each
# After a number, these are not what it counts.
NO_NOUNS = FINITE_VERBS | frozenset(
    word_list(
        "have been with from when then that than more less over under about after before into "
        "were while where which there during seemed remained "
        "было были была будет стало стали если когда чтобы только более менее перед после через"
    )
)
STEM = 4  # letters by which two forms of a noun are compared
SHOWN_WORDS = 3  # after the number, to name the use
TIMES = ("none", "one", "two", "three", "four", "five")
ONE = amount_key(1)


@dataclass(frozen=True, slots=True)
class FewerUses:
    """A number with more uses in the draft than in the text.

    `uses` has the words of the draft for each; `found` is the number of its uses in the text.
    """

    fact: Fact
    uses: tuple[str, ...]
    found: int

    @property
    def missing(self) -> str:
        """A phrase such as "one of two"."""
        return f"{_count(len(self.uses) - self.found)} of {_count(len(self.uses))}"


def find_fewer_uses(
    draft: str, old: Sequence[Fact], text: str, new: Sequence[Fact]
) -> Iterator[FewerUses]:
    """Yield the numbers that the text uses, but for fewer things than the draft does.

    Args:
        draft: The folded draft.
        old: Its facts.
        text: The folded text.
        new: Its facts.
    """
    seen: set[str] = set()
    for fact in old:
        if not _is_counted(fact) or fact.keys & seen:
            continue
        same = [other for other in old if _is_counted(other) and other.keys & fact.keys]
        seen |= {key for other in same for key in other.keys}
        uses = _different_uses(draft, same)
        found = [other for other in new if _is_same_number(fact, other)]
        for_several = any(_stands_for_several(text, other) for other in found)
        if 0 < len(found) < len(uses) and not for_several:
            yield FewerUses(fact, tuple(_phrase(draft, use) for use in uses), len(found))


def _is_counted(fact: Fact) -> bool:
    return fact.kind in COUNTED and not fact.weak and ONE not in fact.keys


def _is_same_number(fact: Fact, other: Fact) -> bool:
    """Return True for the same number, also if the other one has lost its unit."""
    if fact.keys & other.keys:
        return True
    bare = [key for key in other.keys if key.startswith("amount ") and key.endswith(" ")]
    return any(key.startswith(one) for one in bare for key in fact.keys)


def _different_uses(draft: str, facts: Sequence[Fact]) -> list[Fact]:
    """Return the facts without those that mention a thing again."""
    lowered = lowercase(draft)
    uses: list[Fact] = []
    for fact in facts:
        again = MENTIONED.search(lowered, max(0, fact.start - 30), fact.start)
        if not uses or not (again or any(_is_same_use(draft, one, fact) for one in uses)):
            uses.append(fact)
    return uses


def _is_same_use(draft: str, one: Fact, other: Fact) -> bool:
    """Return True for two mentions in different sentences that count the same noun, or none."""
    if not SENTENCE_GAP.search(draft, one.end, other.start):
        return False
    nouns = [_next_word(draft, fact) for fact in (one, other)]
    return nouns[0] == nouns[1] or not all(nouns)


def _next_word(draft: str, fact: Fact) -> str:
    """Return the beginning of the word after a number, "" if there is none of some length."""
    match = WORD_PART.search(draft, fact.end, fact.end + 40)
    word = lowercase(match[0]) if match and not draft[fact.end : match.start()].strip() else ""
    return word[:STEM] if len(word) >= STEM and word not in NO_NOUNS else ""


def _stands_for_several(text: str, fact: Fact) -> bool:
    """Return True if the sentence around a number may use it for several things."""
    gaps = [gap.end() for gap in SENTENCE_GAP.finditer(text)]
    begin = max((at for at in gaps if at <= fact.start), default=0)
    end = min((at for at in gaps if at > fact.start), default=len(text))
    words = {lowercase(match[0]) for match in WORD_PART.finditer(text, begin, end)}
    before = lowercase(text[begin : fact.start])
    return bool(words & FOR_SEVERAL) or bool(BY_PORTIONS.search(before))


def _phrase(draft: str, fact: Fact) -> str:
    """Return a number with a few words after it, within its sentence."""
    gap = SENTENCE_GAP.search(draft, fact.end)
    rest = draft[fact.end : gap.start() if gap else len(draft)]
    clause = re.split(r"[,.;:!?()]", rest, maxsplit=1)[0]
    words = [match[0] for match in WORD_PART.finditer(clause)]
    return " ".join([fact.text, *words[:SHOWN_WORDS]])


def _count(number: int) -> str:
    return TIMES[number] if number < len(TIMES) else str(number)
