"""Checks of briefs: one plain sentence on the subject of the text, and no copy of it."""

from __future__ import annotations

import re
from collections.abc import Callable
from enum import StrEnum

from morris_mlx.prepare.cleaning.language import detect_language
from morris_mlx.prepare.style.common_words import common_words
from morris_mlx.prepare.style.draft_checks import added_names, numbers_in
from morris_mlx.text.folding import fold_lowercase
from morris_mlx.text.word_runs import word_runs
from morris_mlx.text.words import HYPHENATED_WORD, SENTENCE_GAP

# Words in a row that a brief may not have from the text: a wording of the writer, no subject.
COPIED_WORDS = 5
MIN_BRIEF_WORDS, MAX_BRIEF_WORDS = 5, 40
# Half of the words with a meaning must be of the text; the others say what it does with them.
MIN_SHARE, MIN_SHARED = 0.5, 2
STEM_LETTERS, MIN_LETTERS = 4, 4  # case endings and plurals come later
# Words of every request for a text, which say nothing about its subject.
_REQUEST = """
write about text texts column piece article essay story describe explain tell argue discuss
напиши расскажи опиши текст колонку колонка статью статья рассказ эссе
"""
REQUEST_WORDS = frozenset(_REQUEST.split())
SENTENCE_END = re.compile(r"[.!?…][”’\"')\]»]*\Z")
# Questions, exclamations, the first person, praise, and names of a style: a brief has none.
NOT_NEUTRAL = re.compile(
    r"[!?]|\b(?:i|i[’']m|my|me|we|our|us"
    r"|humou?r(?:ous(?:ly)?)?|wit(?:ty|tily)|satir\w+|iron(?:y|ic|ically)|funny|hilarious\w*"
    r"|engaging|compelling|captivating|vivid\w*|brilliant\w*|wonderful\w*|insightful|amusing\w*"
    r"|thought-provoking|interesting\w*|lively|style|tone|voice"
    r"|я|мне|меня|мой|моя|моё|мои|мы|нам|нас|наш\w*"
    r"|юмор\w*|остроумн\w*|сатир\w*|ирони\w*|смешн\w*|увлекательн\w*|яркий|ярко|интересн\w*"
    r"|стил\w+|тон|тоном)\b",
    re.I,
)
# Words about the task, or a refusal.
TASK_WORDS = re.compile(
    r"\b(?:the (?:author|writer|passage|text|request|editor)|as an ai|language model"
    r"|i (?:cannot|can[’']t|am unable)|автор\w*|отрыв(?:ок|ка|ке)|запрос\w*|редактор\w*"
    r"|языков\w+ модел\w+|не могу)\b",
    re.I,
)


class BriefFault(StrEnum):
    """Reasons to reject a brief, as reports show them."""

    NO_ROOM = "the text and a brief of it do not fit into the model's window"
    EMPTY = "empty brief"
    OFF_TASK = "brief speaks of the task or refuses it"
    SENTENCES = "brief is not one sentence"
    LENGTH = f"brief of fewer than {MIN_BRIEF_WORDS} or more than {MAX_BRIEF_WORDS} words"
    OTHER_LANGUAGE = "brief in another language"
    NOT_NEUTRAL = "brief is not neutral"
    COPY = "brief copies the text"
    NEW_NUMBER = "brief adds a number"
    NEW_NAME = "brief adds a name"
    OFF_SUBJECT = "brief is not about the text"


def find_brief_fault(brief: str, text: str) -> BriefFault | None:
    """Return the first fault of a brief of a text, or None if it is fit to be a request."""
    checks: tuple[tuple[BriefFault, Callable[[str, str], bool]], ...] = (
        (BriefFault.EMPTY, lambda new, _: not HYPHENATED_WORD.search(new)),
        (BriefFault.OFF_TASK, lambda new, _: bool(TASK_WORDS.search(new))),
        (BriefFault.SENTENCES, lambda new, _: not _is_one_sentence(new)),
        (BriefFault.LENGTH, lambda new, _: not _has_length(new)),
        (BriefFault.OTHER_LANGUAGE, _differs_in_language),
        (BriefFault.NOT_NEUTRAL, lambda new, _: bool(NOT_NEUTRAL.search(new))),
        (BriefFault.COPY, lambda new, old: bool(_runs(new) & _runs(old))),
        (BriefFault.NEW_NUMBER, lambda new, old: not numbers_in(new) <= numbers_in(old)),
        (BriefFault.NEW_NAME, lambda new, old: bool(added_names(new, old))),
        (BriefFault.OFF_SUBJECT, lambda new, old: not _is_about(new, old)),
    )
    return next((fault for fault, fails in checks if fails(brief, text)), None)


def _is_one_sentence(brief: str) -> bool:
    one_line = "\n" not in brief and not SENTENCE_GAP.search(brief)
    return one_line and bool(SENTENCE_END.search(brief))


def _has_length(brief: str) -> bool:
    return MIN_BRIEF_WORDS <= len(brief.split()) <= MAX_BRIEF_WORDS


def _differs_in_language(brief: str, text: str) -> bool:
    one, other = detect_language(brief), detect_language(text)
    return bool(one and other) and one != other


def _runs(text: str) -> set[tuple[str, ...]]:
    return word_runs(text, COPIED_WORDS)


def _is_about(brief: str, text: str) -> bool:
    """Return True if enough words with a meaning are those of the text."""
    language = detect_language(text)
    asked, own = _stems(brief, language), _stems(text, language)
    shared = len(asked & own)
    return shared >= MIN_SHARED and shared >= MIN_SHARE * len(asked)


def _stems(text: str, language: str) -> set[str]:
    left_out = common_words(language) | REQUEST_WORDS
    words = HYPHENATED_WORD.findall(fold_lowercase(text))
    return {w[:STEM_LETTERS] for w in words if len(w) >= MIN_LETTERS and w not in left_out}
