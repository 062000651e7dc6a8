"""Which drafts are fit to learn from: plain, whole, of the same facts, and no copies."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

from morris_mlx.prepare.cleaning.language import language_of
from morris_mlx.prepare.style.numbers import DRAFT_COPY_WORDS, DRAFT_LENGTHS, MAX_DRAFT_COPY
from morris_mlx.text.folding import fold_lowercase
from morris_mlx.text.word_runs import shares_words, word_runs

EMPTY, UNFINISHED = "empty draft", "unfinished draft"
LENGTH = "draft much shorter or longer than the passage"
FOREIGN = "draft in another language"
COPIED = "draft copies the passage"
NUMBERS, NAMES = "draft adds a number", "draft adds a name"
OFF_TASK = "draft speaks of the task or refuses it"
REASONS = (EMPTY, OFF_TASK, UNFINISHED, LENGTH, FOREIGN, COPIED, NUMBERS, NAMES)
# "Here is the passage in plain words:" and the like, before the draft itself.
INTRODUCTION = re.compile(
    r"\A(?:sure|certainly|here|rewritten|plain|draft|passage|вот|конечно|переписанн\w+|отрывок)"
    r"[^\n]{0,80}:\s*\n+|\A(?:rewritten passage|passage|draft|переписанный отрывок|отрывок):\s*",
    re.I,
)
# "Note: I kept all facts.", after it.
NOTE = re.compile(r"\n\s*[(\[*]*(?:note|p\.s\.|примечание)\b[^\n]*\Z", re.I)
# What only somebody says who was asked to rewrite; a passage of which it is the subject may.
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
WORD = re.compile(r"[^\W\d_]+(?:[’'-][^\W\d_]+)*")
PLACEHOLDER = re.compile(r"\[[^\]\n]{1,40}\]")
SENTENCE_BEGINS = re.compile(
    r"(?:\A|[.!?…:][”’\"')\]»]*\s+|\n\s*|[“‘\"'(\[«„])[“‘\"'(\[«„–—-]*\s*\Z"
)
STEM_LETTERS = 4  # a name's case endings come later: Петрова, Петровой
# "nine" and 9 are the same number. "One" is left out: it is a pronoun as often.
SPELT = (
    "two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen "
    "seventeen eighteen nineteen twenty",
    "два три четыре пять шесть семь восемь девять десять одиннадцать двенадцать тринадцать "
    "четырнадцать пятнадцать шестнадцать семнадцать восемнадцать девятнадцать двадцать",
)
FIGURES = {word: str(n) for words in SPELT for n, word in enumerate(words.split(), 2)}
FIGURES |= {"thirty": "30", "forty": "40", "fifty": "50", "hundred": "100", "thousand": "1000"}
FIGURES |= {"million": "1000000", "сто": "100", "тысяча": "1000", "миллион": "1000000"}
FIGURES |= {"две": "2", "двух": "2", "трёх": "3", "трех": "3", "тысяч": "1000", "тысячи": "1000"}


def cleaned(answer: str) -> str:
    """The draft without what a model says before and after it, and without quotes around it."""
    text = NOTE.sub("", INTRODUCTION.sub("", answer.strip(), count=1)).strip()
    quoted = QUOTED.match(text)
    return quoted["text"].strip() if quoted else text


def why_not(draft: str, original: str) -> str:
    """The first reason against a draft; "" when there is none."""
    rules: tuple[tuple[str, Callable[[str, str], bool]], ...] = (
        (EMPTY, lambda new, _: not WORD.search(new)),
        (OFF_TASK, _speaks_of_the_task),
        (UNFINISHED, lambda new, old: bool(END.search(old)) and not END.search(new)),
        (LENGTH, _is_of_another_length),
        (FOREIGN, _is_foreign),
        (COPIED, copies),
        (NUMBERS, lambda new, old: not numbers(new) <= numbers(old)),
        (NAMES, lambda new, old: bool(added_names(new, old))),
    )
    return next((reason for reason, broken in rules if broken(draft, original)), "")


def copies(draft: str, original: str) -> bool:
    """Too many runs of words that are the original's, or one so long that it gives it away."""
    own = word_runs(draft, DRAFT_COPY_WORDS)
    shared = own & word_runs(original, DRAFT_COPY_WORDS)
    return len(shared) > MAX_DRAFT_COPY * len(own) or shares_words(draft, original)


def numbers(text: str) -> set[str]:
    """All numbers of a text as figures: 1,000 and 1000 are one, and so are nine and 9."""
    figures = {re.sub(r"[.,](?=\d{3}\b)", "", n) for n in NUMBER.findall(fold_lowercase(text))}
    figures = {n.replace(",", ".") for n in figures}
    return figures | {FIGURES[w] for w in WORD.findall(fold_lowercase(text)) if w in FIGURES}


def added_names(draft: str, original: str) -> set[str]:
    """Words with a capital inside a sentence, and placeholders, that the original has nowhere.

    A name that only opens a sentence cannot be told from any other word there.
    """
    known = {_stem(word) for word in WORD.findall(original)}
    new = {name for name in _names(draft) if _stem(name) not in known}
    return new | (set(PLACEHOLDER.findall(draft)) - set(PLACEHOLDER.findall(original)))


def _names(text: str) -> Iterator[str]:
    for found in WORD.finditer(text):
        word = found[0]
        # "I", "I’m": no name in any language that is written so.
        name = word[0].isupper() and len(re.split("[’']", word)[0]) > 1
        if name and not SENTENCE_BEGINS.search(text, 0, found.start()):
            yield word


def _stem(word: str) -> str:
    return fold_lowercase(word)[:STEM_LETTERS]


def _speaks_of_the_task(draft: str, original: str) -> bool:
    return bool(TASK_WORDS.search(draft)) and not TASK_WORDS.search(original)


def _is_of_another_length(draft: str, original: str) -> bool:
    least, most = (share * len(original.split()) for share in DRAFT_LENGTHS)
    return not least <= len(draft.split()) <= most


def _is_foreign(draft: str, original: str) -> bool:
    one, other = language_of(draft), language_of(original)
    return bool(one and other) and one != other
