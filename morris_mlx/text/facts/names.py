"""Names: words with a capital that is not due to the beginning of a sentence."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

from morris_mlx.text.facts.fact import Fact, FactKind
from morris_mlx.text.facts.ordinary_russian import OF_SURNAMES, is_ordinary_russian, stems
from morris_mlx.text.folding import lowercase, without_accents
from morris_mlx.text.words import word_list

WORD = re.compile(r"[^\W\d_]+(?:['’][^\W\d_]+)*")
HANDLE = re.compile(r"(?<![\w@])[@#]\w{2,}")
SENTENCE_START = re.compile(
    r"(?:\A|[.!?…:;][”’\"')\]»*_]*\s+|\n\s*|[“‘\"'(\[«„—–]|(?<=\s)-\s)[“‘\"'(\[«„*_#>\s-]*\Z"
)
# A full stop after one of these ends no sentence: "Mr. Smith", "А. П. Чехов", "г. Тверь".
ABBREVIATION = re.compile(
    r"(?:\b(?:Mr|Mrs|Ms|Dr|Prof|St|Sr|Jr|Gen|Col|Capt|Rev|Hon|vs|No|г|ул|им|пр|пл|д|о|с|гр|т|п|"
    r"проф|акад|св|оз|р|пос|дер|обл)|(?<!\w)[^\W\d_])\.\s*\Z"
)
TITLES = frozenset(word_list("mr mrs ms miss dr prof sir madam lord lady st saint"))
# Capitals that are no names.
NOT_NAMES = frozenset(
    word_list(
        "i i'm i've i'd i'll i’m i’ve i’d i’ll ok tv am pm вы вас вам вами ваш ваша ваше ваши "
        "вашего вашей вашему вашим ваших вашу"
    )
)
FINITE_VERBS = frozenset(
    word_list(
        "is was has had will would could can should did does said says told asked came went "
        "took made wrote left gave got knew thought wants wanted lives lived works brought "
        "bought sold sent met saw won lost paid sat stood found called kept ran and"
    )
)
ABSTRACT = re.compile(r".{3}(?:tion|sion|ness|ment|ity|ism)s?\Z")
PAST = re.compile(r"(?:ed|л|ла|лся|лась)\Z")
ENGLISH_ENDINGS = (("ies", "y"), ("es", ""), ("s", ""), ("ed", ""), ("ed", "e"), ("d", ""),
                   ("ing", ""), ("ing", "e"), ("ly", ""), ("er", ""), ("er", "e"), ("ness", ""),
                   ("ment", ""), ("less", ""), ("ful", ""))  # fmt: skip
MIN_ORDINARY = 3  # letters of an English stem


@dataclass(frozen=True, slots=True)
class Lexicon:
    """Words, in lower case with е for ё, that tell names at the beginning of a sentence.

    `ordinary` are words that are no names, `given` names of people, `known` stems of names that
    occur inside sentences of the same work.
    """

    ordinary: frozenset[str] = frozenset()
    given: frozenset[str] = frozenset()
    known: frozenset[str] = frozenset()


def find_names(folded: str, lexicon: Lexicon) -> Iterator[Fact]:
    """Yield each word of a name in a folded text, and handles such as @anna."""
    lower = _lower_stems(folded)
    words = list(WORD.finditer(folded))
    for at, match in enumerate(words):
        low = lowercase(match[0])
        if not match[0][0].isupper() or low in NOT_NAMES or low in TITLES:
            continue
        if len(base_form(low)) < 2:  # an initial, or Я
            continue
        following = words[at + 1] if at + 1 < len(words) else None
        sure = True
        if _begins_sentence(folded, match.start()):
            if not _may_be_name(match, following, lexicon, lower):
                continue
            sure = _is_surely_name(folded, match, following, lexicon)
        keys = frozenset(f"name {stem}" for stem in name_stems(low))
        yield Fact(FactKind.NAME, match[0], keys, *match.span(), unsure=not sure)
    for match in HANDLE.finditer(folded):
        key = f"name {match[0].lower()}"
        yield Fact(FactKind.NAME, match[0], frozenset((key,)), *match.span())


def name_stems(low: str) -> frozenset[str]:
    """Return the stems of a name in lower case; two forms of a name have one in common."""
    base = base_form(low)
    if any("а" <= c <= "я" for c in base):
        return frozenset(stems(base))
    plain = without_accents(base)
    return frozenset({plain, plain.removesuffix("s")} if len(plain) > 3 else {plain})


def base_form(low: str) -> str:
    """Return a word without the English possessive."""
    return re.sub(r"['’]s?\Z", "", low)


def word_stems(folded: str) -> frozenset[str]:
    """Return the keys that the words of a text would have as names, in lower case or not."""
    found = (stem for match in WORD.finditer(lowercase(folded)) for stem in name_stems(match[0]))
    return frozenset(f"name {stem}" for stem in found)


def _begins_sentence(folded: str, start: int) -> bool:
    before = folded[max(0, start - 40) : start]
    if ABBREVIATION.search(before):
        return False
    return bool(SENTENCE_START.search(before)) or start == 0


def _may_be_name(
    match: re.Match[str],
    following: re.Match[str] | None,
    lexicon: Lexicon,
    lower: frozenset[str],
) -> bool:
    """Return True if a word with the capital of a sentence's beginning may be a name."""
    low = base_form(lowercase(match[0]))
    own = name_stems(low)
    if own & lexicon.known:
        return True
    ordinary = is_ordinary(low, lexicon)
    if own & _stems_of(lexicon.given):
        follows = lowercase(following[0]) if following else ""
        return not ordinary or follows in FINITE_VERBS or bool(PAST.search(follows))
    return not ordinary and not own & lower


def _is_surely_name(
    folded: str, match: re.Match[str], following: re.Match[str] | None, lexicon: Lexicon
) -> bool:
    """Return True if more than an unknown word says that this is a name."""
    low = lowercase(match[0])
    own = name_stems(low)
    if own & lexicon.known or own & _stems_of(lexicon.given) or low != base_form(low):
        return True
    if match[0].isupper() or OF_SURNAMES.match(low):
        return True
    if following is None or folded[match.end() : following.start()] not in (" ", "-"):
        return False
    # "Профессор Орлов": in Russian, the first word is often no name.
    capitals = following[0][0].isupper() and match[0].isascii()
    return capitals or lowercase(following[0]) in FINITE_VERBS


def is_ordinary(low: str, lexicon: Lexicon) -> bool:
    """Return True if a word in lower case, or the word that it is formed of, is no name."""
    if low in lexicon.ordinary or len(low) < 2:
        return True
    if any("а" <= c <= "я" for c in low):
        return is_ordinary_russian(low)
    if ABSTRACT.search(low):
        return True
    for ending, put_back in ENGLISH_ENDINGS:
        stem = low.removesuffix(ending)
        if stem != low and len(stem) >= MIN_ORDINARY:
            doubled = stem[:-1] if stem[-1] == stem[-2] else stem
            if {stem + put_back, doubled} & lexicon.ordinary:
                return True
    return low.split("'")[0].split("’")[0] in lexicon.ordinary


def _lower_stems(folded: str) -> frozenset[str]:
    """Return the stems of words that the text has in lower case: they are no names."""
    words = (match[0] for match in WORD.finditer(folded) if match[0][0].islower())
    return frozenset(stem for word in words for stem in name_stems(lowercase(word)))


@lru_cache(4)
def _stems_of(given: frozenset[str]) -> frozenset[str]:
    """Return the stems of given names."""
    return frozenset(stem for name in given for stem in name_stems(name))
