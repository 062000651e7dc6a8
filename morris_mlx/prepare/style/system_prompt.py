"""Measured habits → the system prompt that says them in plain words, in the writer's language."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from morris_mlx.defaults import SYSTEM_PROMPT, SYSTEM_PROMPT_RU
from morris_mlx.prepare.style.habits import Habits, heard, unused
from morris_mlx.prepare.style.numbers import HABITS_TOKENS

MOST_MARKS, MOST_OPENINGS = 3, 2
UNEVEN = 3  # times as long are the long sentences as the median: short and long by turns


@dataclass(frozen=True, slots=True)
class _Words:
    """How habits are said in one language; slots in braces."""

    rhythm: str
    uneven: str
    even: str
    opening: str
    openings: Mapping[str, str]
    marks: str
    never: str
    mark: Mapping[str, str]
    favourites: str
    phrases: str
    more_phrases: str
    quote: str
    and_: str


ENGLISH = _Words(
    rhythm="Your sentences have about {n} words, {evenness}.",
    uneven="short and long by turns",
    even="all of much the same length",
    opening="You begin {how}.",
    openings={
        "question": "with a question",
        "quotation": "with a quotation",
        "reader": "by speaking to the reader",
        "first person": "with yourself",
        "short": "with a short sentence",
        "long": "with a long sentence",
    },
    marks="You like {marks}.",
    never="You use no {marks}.",
    mark={
        "dash": "dashes",
        "brackets": "brackets",
        "semicolon": "semicolons",
        "colon": "colons",
        "question": "questions",
        "exclamation": "exclamation marks",
        "ellipsis": "ellipses",
    },
    favourites="Words of yours: {words}.",
    phrases="Now and then you say {phrases}.",
    more_phrases="At other times {phrases}.",
    quote="“{}”",
    and_="and",
)
RUSSIAN = _Words(
    rhythm="В твоих предложениях примерно {n} слов, {evenness}.",
    uneven="короткие чередуются с длинными",
    even="все почти одной длины",
    opening="Начинаешь ты {how}.",
    openings={
        "question": "с вопроса",
        "quotation": "с цитаты",
        "reader": "с обращения к читателю",
        "first person": "с себя",
        "short": "с короткой фразы",
        "long": "с длинной фразы",
    },
    marks="Ты любишь {marks}.",
    never="Ты не ставишь {marks}.",
    mark={
        "dash": "тире",
        "brackets": "скобки",
        "semicolon": "точки с запятой",
        "colon": "двоеточия",
        "question": "вопросы",
        "exclamation": "восклицательные знаки",
        "ellipsis": "многоточия",
    },
    favourites="Твои слова: {words}.",
    phrases="Иногда говоришь: {phrases}.",
    more_phrases="А то и {phrases}.",
    quote="«{}»",
    and_="и",
)


def compose_prompt(habits: Habits | None, system_prompt: str, count: Callable[[str], int]) -> str:
    """The system prompt with as many habits after it as HABITS_TOKENS holds, by `count` of tokens.

    What matters most comes first: when there is no room for a sentence, a shorter one may still
    fit. Morris's own prompt speaks the writer's language; one that the user gave stays as it is.
    """
    if habits is None:
        return system_prompt
    russian = habits.language == "ru"
    if russian and system_prompt == SYSTEM_PROMPT:
        system_prompt = SYSTEM_PROMPT_RU
    told = system_prompt.strip()
    for sentence in _sentences(habits, RUSSIAN if russian else ENGLISH):
        longer = f"{told} {sentence}".strip()
        if count(longer) <= HABITS_TOKENS:
            told = longer
    return told


def _sentences(habits: Habits, words: _Words) -> list[str]:
    _, median, long = habits.sentence_words
    evenness = words.uneven if long >= UNEVEN * median else words.even
    said = [words.rhythm.format(n=median, evenness=evenness)]
    if liked := [words.mark[mark] for mark in heard(habits)][:MOST_MARKS]:
        said.append(words.marks.format(marks=_listed(liked, words.and_)))
    if openings := [words.openings[kind] for kind, _ in habits.openings][:MOST_OPENINGS]:
        said.append(words.opening.format(how=_listed(openings, words.and_)))
    # One after the other, so that the first fit where all of them do not.
    said += [words.phrases.format(phrases=words.quote.format(p)) for p in habits.phrases[:1]]
    if habits.favourites:
        said.append(words.favourites.format(words=", ".join(habits.favourites)))
    if rest := [words.quote.format(p) for p in habits.phrases[1:]]:
        said.append(words.more_phrases.format(phrases=_listed(rest, words.and_)))
    if silent := [words.mark[mark] for mark in unused(habits)][:MOST_MARKS]:
        said.append(words.never.format(marks=_listed(silent, words.and_)))
    return said


def _listed(items: Sequence[str], and_: str) -> str:
    """a; a and b; a, b and c."""
    return f" {and_} ".join(part for part in (", ".join(items[:-1]), items[-1]) if part)
