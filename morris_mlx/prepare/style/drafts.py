"""The writer's passages, rewritten plainly by the base model: draft → original teaches the voice.

What is asked for is a function of the texts alone, so that a second run asks for the same and
finds it made.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction

from morris_mlx.models.chat_tokenizer import ChatTokenizer
from morris_mlx.prepare.cleaning.language import language_of
from morris_mlx.prepare.style.draft_checks import REASONS, cleaned, why_not
from morris_mlx.prepare.style.numbers import DRAFTS_PER_TEXT, MAX_DRAFT_WORDS, MIN_DRAFT_WORDS
from morris_mlx.records.corpus import Document, DraftRequest, Message

# To the model that makes a plain draft of a passage.
PLAIN_ENGLISH = (
    "Rewrite the passage below in plain, neutral words, as a short factual report would put it. "
    "Keep every fact, name and number and the order of what is said. Add nothing. Leave out irony, "
    "jokes, comparisons and the writer's manner, and use other wordings than the passage does. "
    "Answer with the rewritten passage alone.\n\n{passage}"
)
PLAIN_RUSSIAN = (
    "Перепиши отрывок ниже простыми, нейтральными словами, как в короткой справке, по-русски. "
    "Сохрани все факты, имена, числа и порядок изложения. Ничего не добавляй. Убери иронию, шутки, "
    "сравнения и манеру автора и не повторяй его формулировок. Ответь только переписанным "
    "отрывком.\n\n{passage}"
)

# Drafts that were asked for, in their order; some may be known from an earlier run.
DraftMany = Callable[[Sequence[DraftRequest]], Iterator[str]]
ASKED, KEPT = "passages", "kept"
NO_ROOM = "the passage and a draft of it do not fit into the model's window"


@dataclass(frozen=True, slots=True)
class Draft:
    """A passage in plain words (`text`) and as the writer has it (`original`)."""

    source_id: str
    text: str
    original: str


@dataclass(frozen=True, slots=True)
class Drafted:
    """Drafts to learn from, and counts: passages = kept + those rejected, by reason."""

    drafts: tuple[Draft, ...]
    counts: dict[str, int]


def make_drafts(
    documents: Sequence[Document],
    weights: Mapping[str, Fraction],
    draft_many: DraftMany,
    tokenizer: ChatTokenizer,
    window: int,
) -> Drafted:
    """`documents` are those to learn from alone; of one of weight 2 twice as much is drafted.

    `window` is that of the model which drafts, in tokens.
    """
    chosen = [
        (document, passage)
        for document in documents
        for passage in choose_passages(document.text, weights.get(document.id, Fraction(1)))
    ]
    asked = [
        DraftRequest(document.id, _asked(passage, language_of(document.text)))
        for document, passage in chosen
    ]
    fitting = [_fits(request.messages, tokenizer, window) for request in asked]
    answers = draft_many([r for r, fits in zip(asked, fitting, strict=True) if fits])
    counts = {ASKED: len(chosen), KEPT: 0, NO_ROOM: fitting.count(False)} | dict.fromkeys(
        REASONS, 0
    )
    drafts: list[Draft] = []
    possible = (pair for pair, fits in zip(chosen, fitting, strict=True) if fits)
    for (document, passage), answer in zip(possible, answers, strict=True):
        text = cleaned(answer)
        reason = why_not(text, passage)
        counts[reason or KEPT] += 1
        if not reason:
            drafts.append(Draft(document.id, text, passage))
    return Drafted(tuple(drafts), counts)


def choose_passages(text: str, weight: Fraction = Fraction(1)) -> list[str]:
    """The passages of a text to be drafted, in its order; chosen by their own hashes."""
    found = list(dict.fromkeys(passages(text)))
    ordered = sorted(found, key=lambda p: hashlib.sha256(p.encode()).hexdigest())
    chosen = set(ordered[: round(DRAFTS_PER_TEXT * weight)])
    return [passage for passage in found if passage in chosen]


def passages(text: str) -> Iterator[str]:
    """Paragraphs; short ones with those that follow. What is too long for one draft is left out."""
    waiting: list[str] = []
    for paragraph in (p.strip() for p in text.split("\n\n")):
        if not paragraph:
            continue
        waiting.append(paragraph)
        words = sum(len(p.split()) for p in waiting)
        if words < MIN_DRAFT_WORDS:
            continue
        if words <= MAX_DRAFT_WORDS:
            yield "\n\n".join(waiting)
        elif MIN_DRAFT_WORDS <= len(paragraph.split()) <= MAX_DRAFT_WORDS:
            yield paragraph
        waiting = []


def _asked(passage: str, language: str) -> tuple[Message, ...]:
    return (Message("user", plain_request(passage, language)),)


def _fits(messages: Sequence[Message], tokenizer: ChatTokenizer, window: int) -> bool:
    """Whether there is room for an answer as long as the request."""
    return 2 * len(tokenizer.render(messages, reply=True).ids) <= window


def plain_request(passage: str, language: str) -> str:
    return (PLAIN_RUSSIAN if language == "ru" else PLAIN_ENGLISH).format(passage=passage)
