"""Checks of drafts: plain, complete, with the same facts, and not a copy of the passage."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from enum import StrEnum

from morris_mlx.prepare.cleaning.language import detect_language
from morris_mlx.text.folding import fold_lowercase
from morris_mlx.text.word_runs import shares_words, word_runs
from morris_mlx.text.words import HYPHENATED_WORD, PLACEHOLDER

RUN_WORDS, MAX_SHARED_RUNS = 4, 0.3  # share of a draft's runs; facts and names bring some
# Times the passage's words: a shorter draft lost facts, a longer one added some.
MIN_LENGTH, MAX_LENGTH = 0.4, 1.8
# Before the draft: "Here is the passage in plain words:".
INTRODUCTION = re.compile(
    r"\A(?:sure|certainly|here|rewritten|plain|draft|passage|вот|конечно|переписанн\w+|отрывок)"
    r"[^\n]{0,80}:\s*\n+|\A(?:rewritten passage|passage|draft|переписанный отрывок|отрывок):\s*",
    re.I,
)
# After the draft: "Note: I kept all facts."
CLOSING_NOTE = re.compile(r"\n\s*[(\[*]*(?:note|p\.s\.|примечание)\b[^\n]*\Z", re.I)
# Words about the task or a refusal. A passage about rewriting may have them, too.
TASK_WORDS = re.compile(
    r"\b(?:rewrit\w+|rewrote|(?:the|this|your) passage|as an ai|language model"
    r"|i (?:cannot|can[’']t|am unable to) (?:rewrite|help|assist|provide|comply|fulfil\w*))\b"
    r"|\bперепи(?:сал|сать|шу|сан)\w*|\bотрыв(?:ок|ка|ке)\b|языков\w+ модел\w+"
    r"|\bне могу (?:помочь|выполнить)\b",
    re.I,
)
QUOTED = re.compile(r"\A[\"“«„](?P<text>[^\"“”«»„]+)[\"”»“]\Z", re.DOTALL)
END = re.compile(r"[.!?…][”’\"')\]»]*\Z")
NUMBER = re.compile(r"\d+(?:[.,]\d+)*")
SENTENCE_START = re.compile(
    r"(?:\A|[.!?…:][”’\"')\]»]*\s+|\n\s*|[“‘\"'(\[«„])[“‘\"'(\[«„–—-]*\s*\Z"
)
STEM_LETTERS = 4  # the case endings of a name come later: Петрова, Петровой
# "nine" and 9 are the same number. "One" is left out, because it is as often a pronoun.
FROM_TWO_TO_TWENTY = (
    "two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen "
    "seventeen eighteen nineteen twenty",
    "два три четыре пять шесть семь восемь девять десять одиннадцать двенадцать тринадцать "
    "четырнадцать пятнадцать шестнадцать семнадцать восемнадцать девятнадцать двадцать",
)
NUMBER_WORDS = {
    word: str(n) for words in FROM_TWO_TO_TWENTY for n, word in enumerate(words.split(), 2)
}
NUMBER_WORDS |= {"thirty": "30", "forty": "40", "fifty": "50", "hundred": "100", "thousand": "1000"}
NUMBER_WORDS |= {"million": "1000000", "сто": "100", "тысяча": "1000", "миллион": "1000000"}
NUMBER_WORDS |= {
    "две": "2",
    "двух": "2",
    "трёх": "3",
    "трех": "3",
    "тысяч": "1000",
    "тысячи": "1000",
}


class DraftFault(StrEnum):
    """Reasons to reject a draft, as reports show them."""

    NO_ROOM = "the passage and a draft of it do not fit into the model's window"
    EMPTY = "empty draft"
    OFF_TASK = "draft speaks of the task or refuses it"
    UNFINISHED = "unfinished draft"
    LENGTH = "draft much shorter or longer than the passage"
    OTHER_LANGUAGE = "draft in another language"
    COPY = "draft copies the passage"
    NEW_NUMBER = "draft adds a number"
    NEW_NAME = "draft adds a name"


def extract_draft(answer: str) -> str:
    """Return the draft in a model's answer, without introduction, closing note and quotes."""
    text = CLOSING_NOTE.sub("", INTRODUCTION.sub("", answer.strip(), count=1)).strip()
    quoted = QUOTED.match(text)
    return quoted["text"].strip() if quoted else text


def find_fault(draft: str, original: str) -> DraftFault | None:
    """Return the first fault of a draft, or None if it is fit to learn from."""
    checks: tuple[tuple[DraftFault, Callable[[str, str], bool]], ...] = (
        (DraftFault.EMPTY, lambda new, _: not HYPHENATED_WORD.search(new)),
        (DraftFault.OFF_TASK, _mentions_the_task),
        (DraftFault.UNFINISHED, lambda new, old: bool(END.search(old)) and not END.search(new)),
        (DraftFault.LENGTH, _differs_in_length),
        (DraftFault.OTHER_LANGUAGE, _differs_in_language),
        (DraftFault.COPY, _is_copy),
        (DraftFault.NEW_NUMBER, lambda new, old: not numbers_in(new) <= numbers_in(old)),
        (DraftFault.NEW_NAME, lambda new, old: bool(added_names(new, old))),
    )
    return next((fault for fault, fails in checks if fails(draft, original)), None)


def numbers_in(text: str) -> set[str]:
    """Return the numbers of a text in digits, without separators: 1,000 is 1000, and nine is 9."""
    digits = {re.sub(r"[.,](?=\d{3}\b)", "", n) for n in NUMBER.findall(fold_lowercase(text))}
    digits = {n.replace(",", ".") for n in digits}
    return digits | {
        NUMBER_WORDS[w] for w in HYPHENATED_WORD.findall(fold_lowercase(text)) if w in NUMBER_WORDS
    }


def added_names(draft: str, original: str) -> set[str]:
    """Return the names and placeholders of a draft that are not in the original.

    A name is a capitalized word inside a sentence; at the beginning, it looks like any other word.
    """
    known = {_stem(word) for word in HYPHENATED_WORD.findall(original)}
    new = {name for name in _names(draft) if _stem(name) not in known}
    return new | (set(PLACEHOLDER.findall(draft)) - set(PLACEHOLDER.findall(original)))


def _names(text: str) -> Iterator[str]:
    for match in HYPHENATED_WORD.finditer(text):
        word = match[0]
        # "I" and "I’m" are no names in any language that is written with apostrophes.
        is_name = word[0].isupper() and len(re.split("[’']", word)[0]) > 1
        if is_name and not SENTENCE_START.search(text, 0, match.start()):
            yield word


def _stem(word: str) -> str:
    return fold_lowercase(word)[:STEM_LETTERS]


def _mentions_the_task(draft: str, original: str) -> bool:
    return bool(TASK_WORDS.search(draft)) and not TASK_WORDS.search(original)


def _differs_in_length(draft: str, original: str) -> bool:
    words = len(original.split())
    return not MIN_LENGTH * words <= len(draft.split()) <= MAX_LENGTH * words


def _differs_in_language(draft: str, original: str) -> bool:
    one, other = detect_language(draft), detect_language(original)
    return bool(one and other) and one != other


def _is_copy(draft: str, original: str) -> bool:
    """Return True if too many short word runs are the original's, or a long one is."""
    own = word_runs(draft, RUN_WORDS)
    shared = own & word_runs(original, RUN_WORDS)
    return len(shared) > MAX_SHARED_RUNS * len(own) or shares_words(draft, original)
