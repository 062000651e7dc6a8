"""Reduction of a text to its grammar: words of grammar stay, words of content become classes.

Topics must not decide who wrote a text. LambdaG masks content words by their part of speech (Nini
and others 2026, arXiv 2403.08462; the masking is Halvani and Graner's POSNoise, doi
10.1145/3465481.3470050). That needs a tagger for every language. Here the ending of a word stands
for its part of speech. This approximation takes "bring" for a participle, but on both sides of a
comparison alike.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import cache
from pathlib import Path

from morris_mlx.text.words import SENTENCE_GAP

FOLDER = Path(__file__).parent / "words"
LANGUAGES = ("en", "ru")  # with a list of words of grammar and endings
TOKEN = re.compile(r"[^\W\d_]+(?:['’-][^\W\d_]+)*|\d+(?:[.,:]\d+)*|\.{3}|[^\w\s]")
STRAIGHT = str.maketrans({"“": '"', "”": '"', "„": '"', "«": '"', "»": '"', "‘": "'", "—": "–"})
MARKS = (",", ".", ";", ":", "?", "!", "(", ")", "–", "-", "…", '"', "'", "’", "/", "[", "]", "*")
# The classes have no names, because they are not exactly parts of speech.
ENDINGS = {
    "en": "ingly edly fully ation ition ness ment ship hood tion sion ence ance able ible less ical"
    " ings ers ity ism ist ous ive ful est ing ed ly er al ic en es s y e",
    "ru": "ующий ающий ющий ящий вший нный тельно ость ости ение ения ство ства тель ация ации ться"
    " лось лась лись ого его ому ему ыми ими ешь ишь ете ите ать ять еть ить уть лся ыйся ая яя ую"
    " юю ые ие ый ий ой ое ее ых их ым им ом ем ам ям ах ях ов ев ей ет ит ют ут ат ят ал ял ил ел"
    " ла ло ли ть ся ь о а е и ы у ю я й",
}
START, END, NUMBER, NAME, WORD, OTHER = "<s>", "</s>", "<number>", "<name>", "<word>", "<other>"


@cache
def function_words(language: str) -> frozenset[str]:
    """Return the words of grammar of a language; none if there is no list."""
    if language not in LANGUAGES:
        return frozenset()
    lines = (FOLDER / f"{language}.txt").read_text(encoding="utf-8").splitlines()
    return frozenset(w for line in lines if not line.startswith("#") for w in line.split())


@cache
def endings(language: str) -> tuple[str, ...]:
    """Return the endings that stand for parts of speech, the longest first."""
    return tuple(sorted(ENDINGS.get(language, "").split(), key=lambda e: (-len(e), e)))


def classes(language: str) -> tuple[str, ...]:
    """Return all tokens of masked texts that are no words."""
    return (START, END, NUMBER, NAME, WORD, OTHER, *MARKS, *(f"-{e}" for e in endings(language)))


def tokenize(text: str) -> list[list[str]]:
    """Return the sentences of a text as words, numbers and marks, in the text's own case.

    Typography is folded: straight and curly quotes are the same, and so are dashes.
    """
    plain = text.translate(STRAIGHT)
    parts = (p for line in plain.splitlines() for p in SENTENCE_GAP.split(line) if p.strip())
    return [TOKEN.findall(part.replace("...", "…")) for part in parts]


def mask_grammar(
    sentences: Sequence[Sequence[str]], kept: frozenset[str], language: str
) -> list[list[str]]:
    """Return sentences with every word that is not in `kept` replaced by a class."""
    known_endings = endings(language)
    masked: list[list[str]] = []
    for sentence in sentences:
        row = [_mask(token, kept, known_endings, first=not at) for at, token in enumerate(sentence)]
        masked.append(row)
    return masked


def fold_word(word: str) -> str:
    """Return a word in lower case with a curly apostrophe."""
    return word.casefold().replace("'", "’")


def _mask(token: str, kept: frozenset[str], known_endings: tuple[str, ...], first: bool) -> str:
    if token[0].isdigit():
        return NUMBER
    if not token[0].isalpha():
        return token if token in MARKS else OTHER
    word = fold_word(token)
    if word in kept:
        return word
    if token[0].isupper() and not first:
        return NAME
    return _ending(word, known_endings)


def _ending(word: str, known_endings: tuple[str, ...]) -> str:
    """Return the class of the longest ending that leaves at least two letters of the word."""
    for ending in known_endings:
        if word.endswith(ending) and len(word) >= len(ending) + 2:
            return f"-{ending}"
    return WORD
