"""The system prompt that describes the writer's habits, in the writer's language."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from morris_mlx.defaults import SYSTEM_PROMPT
from morris_mlx.prepare.style.habits import Habits, absent_marks, noticeable_marks

SYSTEM_PROMPT_RU = "Ты автор. Отвечай своим голосом."  # the default for Russian texts
MAX_TOKENS = 120  # with the habits: the prompt is in every row and request, and uses up the window
MAX_MARKS, MAX_OPENINGS = 3, 2
UNEVEN_RATIO = 3  # of the long sentences to the median: short and long sentences alternate


@dataclass(frozen=True, slots=True)
class _Phrasing:
    """The sentences that describe habits in one language, with slots in braces."""

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


ENGLISH = _Phrasing(
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
RUSSIAN = _Phrasing(
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


def compose_system_prompt(
    habits: Habits | None, system_prompt: str, count: Callable[[str], int]
) -> str:
    """Return the system prompt, followed by as many habits as fit into MAX_TOKENS tokens.

    `count` counts tokens. The most important habits come first; if a sentence does not fit, a later
    and shorter one still may. Morris's default prompt is translated into the writer's language, and
    a prompt of the user is kept.
    """
    if habits is None:
        return system_prompt
    russian = habits.language == "ru"
    if russian and system_prompt == SYSTEM_PROMPT:
        system_prompt = SYSTEM_PROMPT_RU
    prompt = system_prompt.strip()
    for sentence in _sentences(habits, RUSSIAN if russian else ENGLISH):
        longer = f"{prompt} {sentence}".strip()
        if count(longer) <= MAX_TOKENS:
            prompt = longer
    return prompt


def _sentences(habits: Habits, phrasing: _Phrasing) -> list[str]:
    _, median, long = habits.sentence_words
    evenness = phrasing.uneven if long >= UNEVEN_RATIO * median else phrasing.even
    sentences = [phrasing.rhythm.format(n=median, evenness=evenness)]
    if liked := [phrasing.mark[mark] for mark in noticeable_marks(habits)][:MAX_MARKS]:
        sentences.append(phrasing.marks.format(marks=_listed(liked, phrasing.and_)))
    if openings := [phrasing.openings[kind] for kind, _ in habits.openings][:MAX_OPENINGS]:
        sentences.append(phrasing.opening.format(how=_listed(openings, phrasing.and_)))
    # The first phrase has its own sentence, so that it fits where all of them do not.
    quoted = [phrasing.quote.format(phrase) for phrase in habits.phrases]
    if quoted:
        sentences.append(phrasing.phrases.format(phrases=quoted[0]))
    if habits.favourites:
        sentences.append(phrasing.favourites.format(words=", ".join(habits.favourites)))
    if quoted[1:]:
        sentences.append(phrasing.more_phrases.format(phrases=_listed(quoted[1:], phrasing.and_)))
    if absent := [phrasing.mark[mark] for mark in absent_marks(habits)][:MAX_MARKS]:
        sentences.append(phrasing.never.format(marks=_listed(absent, phrasing.and_)))
    return sentences


def _listed(items: Sequence[str], and_: str) -> str:
    """Return "a", "a and b", or "a, b and c"."""
    return f" {and_} ".join(part for part in (", ".join(items[:-1]), items[-1]) if part)
