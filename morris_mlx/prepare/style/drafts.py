"""Plain drafts: the base model rewrites the writer's passages without their style.

An example that rewrites a draft into its original passage teaches the style. The requests depend on
the texts alone, so a second run makes the same requests and can reuse the drafts.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction

from morris_mlx.models.chat_tokenizer import ChatTokenizer
from morris_mlx.prepare.cleaning.language import detect_language
from morris_mlx.prepare.job import DraftMany
from morris_mlx.prepare.style.draft_checks import DraftFault, extract_draft, find_fault
from morris_mlx.records.corpus import Document, DraftRequest, Message

DRAFT_PROMPT = (
    "Rewrite the passage below in plain, neutral words, as a short factual report would put it. "
    "Keep every fact, name and number and the order of what is said. Add nothing. Leave out irony, "
    "jokes, comparisons and the writer's manner, and use other wordings than the passage does. "
    "Answer with the rewritten passage alone.\n\n{passage}"
)
DRAFT_PROMPT_RU = (
    "Перепиши отрывок ниже простыми, нейтральными словами, как в короткой справке, по-русски. "
    "Сохрани все факты, имена, числа и порядок изложения. Ничего не добавляй. Убери иронию, шутки, "
    "сравнения и манеру автора и не повторяй его формулировок. Ответь только переписанным "
    "отрывком.\n\n{passage}"
)
# Words of a passage: shorter ones have no style, and longer ones are summarized instead.
MIN_PASSAGE_WORDS, MAX_PASSAGE_WORDS = 30, 200
DRAFTS_PER_TEXT = 3  # one more than the mixture needs, since some are rejected


@dataclass(frozen=True, slots=True)
class Draft:
    """A passage in plain words (`text`) and as the writer wrote it (`original`)."""

    source_id: str
    text: str
    original: str


@dataclass(frozen=True, slots=True)
class Drafts:
    """The accepted drafts, and counts: `passages` is the number of accepted and rejected ones."""

    accepted: tuple[Draft, ...]
    passages: int
    rejected: dict[DraftFault, int]


def make_drafts(
    documents: Sequence[Document],
    weights: Mapping[str, Fraction],
    draft_many: DraftMany,
    tokenizer: ChatTokenizer,
    window: int,
) -> Drafts:
    """Draft passages of the documents, which must be from train.

    A document of weight 2 gets twice as many drafts; `weights` are by ID, 1 by default. `window` is
    the context window, in tokens, of the model that writes the drafts.
    """
    passages = [
        (document, passage)
        for document in documents
        for passage in choose_passages(document.text, weights.get(document.id, Fraction(1)))
    ]
    rejected = dict.fromkeys(DraftFault, 0)
    requests: list[DraftRequest] = []
    fitting: list[tuple[Document, str]] = []
    for document, passage in passages:
        prompt = draft_prompt(passage, detect_language(document.text))
        request = DraftRequest(document.id, (Message("user", prompt),))
        if _has_room(request, tokenizer, window):
            requests.append(request)
            fitting.append((document, passage))
        else:
            rejected[DraftFault.NO_ROOM] += 1
    accepted: list[Draft] = []
    for (document, passage), answer in zip(fitting, draft_many(requests), strict=True):
        text = extract_draft(answer)
        if fault := find_fault(text, passage):
            rejected[fault] += 1
        else:
            accepted.append(Draft(document.id, text, passage))
    return Drafts(tuple(accepted), len(passages), rejected)


def choose_passages(text: str, weight: Fraction = Fraction(1)) -> list[str]:
    """Return the passages to draft, in the order of the text; they are chosen by their hashes."""
    passages = list(dict.fromkeys(split_passages(text)))
    ordered = sorted(passages, key=lambda p: hashlib.sha256(p.encode()).hexdigest())
    chosen = set(ordered[: round(DRAFTS_PER_TEXT * weight)])
    return [passage for passage in passages if passage in chosen]


def split_passages(text: str) -> Iterator[str]:
    """Yield the paragraphs of a text: short ones with the next, and none that are too long."""
    waiting: list[str] = []
    for paragraph in (p.strip() for p in text.split("\n\n")):
        if not paragraph:
            continue
        waiting.append(paragraph)
        words = sum(len(p.split()) for p in waiting)
        if words < MIN_PASSAGE_WORDS:
            continue
        if words <= MAX_PASSAGE_WORDS:
            yield "\n\n".join(waiting)
        elif MIN_PASSAGE_WORDS <= len(paragraph.split()) <= MAX_PASSAGE_WORDS:
            yield paragraph
        waiting = []


def draft_prompt(passage: str, language: str) -> str:
    """Return the prompt for a plain draft of a passage in a language (ISO 639-1)."""
    return (DRAFT_PROMPT_RU if language == "ru" else DRAFT_PROMPT).format(passage=passage)


def _has_room(request: DraftRequest, tokenizer: ChatTokenizer, window: int) -> bool:
    """Return True if an answer as long as the request fits into the window, too."""
    return 2 * len(tokenizer.render(request.messages, reply=True).ids) <= window
