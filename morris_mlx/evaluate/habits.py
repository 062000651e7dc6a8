"""Habits of writing that can be counted: lengths, punctuation, questions, contractions."""

from __future__ import annotations

import re
import statistics
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

from morris_mlx.text.words import PROSE_WORD, SENTENCE_GAP

PARAGRAPH = re.compile(r"\n\s*\n")
# A contraction is an apostrophe in a word, except the possessive, which all writers use.
CONTRACTION = re.compile(
    r"(?:n[’']t|[’'](?:re|ve|ll|d|m)|\b(?:it|that|there|here|what|who|he|she|let)[’']s)\b",
    re.IGNORECASE,
)
FIRST_PERSON = re.compile(
    r"\b(?:i|me|my|mine|myself|я|меня|мне|мной|мой|моя|моё|мое|мои|моего|моей|моих)\b",
    re.IGNORECASE,
)
SECOND_PERSON = re.compile(
    r"\b(?:you|your|yours|yourself|ты|тебя|тебе|тобой|вы|вас|вам|вами|ваш|ваша|ваше|ваши)\b",
    re.IGNORECASE,
)
CONJUNCTION_START = re.compile(r"[“\"«(]*(?:and|but|so|or|и|но|а|или|да)\b", re.IGNORECASE)
QUOTED = re.compile(r"“[^”]+”|«[^»]+»|\"[^\"\n]+\"")
MIN_SENTENCE = 5  # words of an example of word length: "He did." shows nothing
LIST_ITEM = re.compile(r"^\s*(?:[-*•]|\d+[.)])\s", re.MULTILINE)


class HabitKind(StrEnum):
    """Countable habits, and PHRASE for favorite words."""

    SENTENCES = "sentence length"
    PARAGRAPHS = "paragraph length"
    WORDS = "word length"
    COMMAS = "commas"
    SEMICOLONS = "semicolons"
    COLONS = "colons"
    DASHES = "dashes"
    BRACKETS = "brackets"
    ELLIPSES = "ellipses"
    QUESTIONS = "questions"
    EXCLAMATIONS = "exclamation marks"
    QUOTATIONS = "quotations"
    CONTRACTIONS = "contractions"
    FIRST_PERSON = "first person"
    SECOND_PERSON = "second person"
    CONJUNCTION_STARTS = "conjunctions at the start"
    LISTS = "list items"
    CURLY = "curly quotes"
    STRAIGHT = "straight quotes"
    PHRASE = "phrase"


@dataclass(frozen=True, slots=True)
class Habit:
    """A figure of a text, with words for it.

    Attributes:
        kind: The habit's key.
        name: Its subject in a sentence: "Sentences are", or a plural such as "semicolons".
        measure: Returns the figure of a text: a mean length, or a number per 1,000 words.
        units: Returns sentences (or paragraphs) of a text with their own figures, for examples.
        lengths: Words for less and more, if the figure is a length; otherwise None.
        unit: The unit of the figure.
    """

    kind: HabitKind
    name: str
    measure: Callable[[str], float]
    units: Callable[[str], list[tuple[str, float]]]
    lengths: tuple[str, str] | None = None
    unit: str = "per 1,000 words"

    def show(self, value: float) -> str:
        """Return a figure with its unit."""
        digits = 1 if value < 10 else 0
        return f"{value:.{digits}f} {self.unit}"


def sentences_of(text: str) -> list[str]:
    """Return the sentences of a text. A line break ends a sentence."""
    parts = (p.strip() for line in text.splitlines() for p in SENTENCE_GAP.split(line))
    return [part for part in parts if PROSE_WORD.search(part)]


def spoken_words(text: str) -> list[str]:
    """Return the words of a text in lower case, with curly apostrophes."""
    return [word.casefold().replace("'", "’") for word in PROSE_WORD.findall(text)]


def _count_words(text: str) -> int:
    return len(PROSE_WORD.findall(text))


def _paragraphs(text: str) -> list[str]:
    return [p.strip() for p in PARAGRAPH.split(text) if PROSE_WORD.search(p)]


def _mean(values: list[float]) -> float:
    return statistics.fmean(values) if values else 0.0


def _sentence_units(text: str) -> list[tuple[str, float]]:
    return [(s, float(_count_words(s))) for s in sentences_of(text)]


def _paragraph_units(text: str) -> list[tuple[str, float]]:
    return [(p, float(_count_words(p))) for p in _paragraphs(text)]


def _word_units(text: str) -> list[tuple[str, float]]:
    """Return sentences with the mean length of their words, short ones only without others."""
    found = [(sentence, spoken_words(sentence)) for sentence in sentences_of(text)]
    whole = [pair for pair in found if len(pair[1]) >= MIN_SENTENCE] or found
    return [(sentence, _mean([float(len(word)) for word in words])) for sentence, words in whole]


def _counted(kind: HabitKind, pattern: str | re.Pattern[str], name: str = "") -> Habit:
    """Return a habit that counts matches per 1,000 words."""
    compiled = re.compile(pattern)

    def measure(text: str) -> float:
        return 1000 * len(compiled.findall(text)) / max(1, _count_words(text))

    def units(text: str) -> list[tuple[str, float]]:
        return [(s, float(len(compiled.findall(s)))) for s in sentences_of(text)]

    return Habit(kind, name or kind.value, measure, units)


def _conjunction_starts() -> Habit:
    def starts(sentence: str) -> bool:
        return bool(CONJUNCTION_START.match(sentence))

    def measure(text: str) -> float:
        found = sentences_of(text)
        return 100 * sum(map(starts, found)) / max(1, len(found))

    def units(text: str) -> list[tuple[str, float]]:
        return [(s, float(starts(s))) for s in sentences_of(text)]

    return Habit(
        HabitKind.CONJUNCTION_STARTS,
        "sentences that begin with a conjunction",
        measure,
        units,
        unit="per 100 sentences",
    )


HABITS = (
    Habit(
        HabitKind.SENTENCES,
        "Sentences are",
        lambda text: _mean([n for _, n in _sentence_units(text)]),
        _sentence_units,
        ("shorter", "longer"),
        "words",
    ),
    Habit(
        HabitKind.PARAGRAPHS,
        "Paragraphs are",
        lambda text: _mean([n for _, n in _paragraph_units(text)]),
        _paragraph_units,
        ("shorter", "longer"),
        "words",
    ),
    Habit(
        HabitKind.WORDS,
        "Words are",
        lambda text: _mean([float(len(w)) for w in spoken_words(text)]),
        _word_units,
        ("shorter", "longer"),
        "letters",
    ),
    _counted(HabitKind.COMMAS, ","),
    _counted(HabitKind.SEMICOLONS, ";"),
    _counted(HabitKind.COLONS, r":(?!//)"),
    _counted(HabitKind.DASHES, r"[—–]|(?<=\s)--?(?=\s)|(?<=\w)--(?=\w)"),
    _counted(HabitKind.BRACKETS, r"\("),
    _counted(HabitKind.ELLIPSES, r"…|\.\.\."),
    _counted(HabitKind.QUESTIONS, r"\?+"),
    _counted(HabitKind.EXCLAMATIONS, r"!+"),
    _counted(HabitKind.QUOTATIONS, QUOTED),
    _counted(HabitKind.CONTRACTIONS, CONTRACTION),
    _counted(HabitKind.FIRST_PERSON, FIRST_PERSON, "words such as “I” and “my”"),
    _counted(HabitKind.SECOND_PERSON, SECOND_PERSON, "words such as “you” and “your”"),
    _conjunction_starts(),
    _counted(HabitKind.LISTS, LIST_ITEM),
    _counted(HabitKind.CURLY, r"[“”«»„]", "curly quotation marks"),
    _counted(HabitKind.STRAIGHT, r'"', "straight quotation marks"),
)
