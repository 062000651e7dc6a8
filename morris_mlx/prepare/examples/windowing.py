"""Windowing: a text too long for the window becomes several rows, and no word of it is lost."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from morris_mlx.errors import MorrisError
from morris_mlx.models.chat_tokenizer import ChatTokenizer
from morris_mlx.prepare.examples.from_documents import DocumentExampleBuilder
from morris_mlx.records.corpus import Example, RowLength
from morris_mlx.text.word_runs import trim_overlap
from morris_mlx.text.words import SENTENCE_GAP

CONTEXT_WORDS = 60  # of the previous part, in the request for the next part of a long text


class TooLongError(MorrisError):
    """An error for a text with a sentence that does not fit into the window with its request."""


def split_to_window(
    example: Example, builder: DocumentExampleBuilder, tokenizer: ChatTokenizer, window: int
) -> Iterator[Example]:
    """Yield the example if it fits into `window` tokens, else its parts, split at paragraphs.

    Each later part is requested by the sentences before it, except those that the part repeats. A
    paragraph longer than the window is split at sentences. Raises TooLongError for a longer
    sentence.
    """
    if row_tokens(example, tokenizer) <= window:
        yield example
        return
    left = _paragraphs(example.messages[-1].content, tokenizer)
    current = example
    while left:
        count = _fitting_count(current, left, tokenizer, window)
        if count == 0 and not left[0].is_sentence:
            left = [*_sentences(left[0], tokenizer), *left[1:]]
            count = _fitting_count(current, left, tokenizer, window)
        if count == 0:
            raise TooLongError(f"A sentence of {example.source_id} is longer than {window} tokens.")
        yield _with_answer(current, _join(left[:count]))
        context, left = _context(left[:count]), left[count:]
        current = builder.continuation(example, trim_overlap(context, _join(left)))


def row_tokens(example: Example, tokenizer: ChatTokenizer) -> int:
    """Return the length of a row in tokens."""
    return len(tokenizer.render(example.messages).ids)


def row_length(example: Example, tokenizer: ChatTokenizer) -> RowLength:
    """Return the tokens of a row, and how many of them are supervised."""
    rendered = tokenizer.render(example.messages)
    return RowLength(len(rendered.ids), sum(rendered.mask[1:]))


@dataclass(frozen=True, slots=True)
class _Piece:
    """A paragraph or a sentence, with the white space after it, and its length in tokens."""

    text: str
    tokens: int
    is_sentence: bool = False


def _paragraphs(text: str, tokenizer: ChatTokenizer) -> list[_Piece]:
    paragraphs = [p for p in text.split("\n\n") if p.strip()]
    return [_Piece(p + "\n\n", tokenizer.count(p)) for p in paragraphs]


def _sentences(paragraph: _Piece, tokenizer: ChatTokenizer) -> list[_Piece]:
    text = paragraph.text
    cuts = [0, *(m.end() for m in SENTENCE_GAP.finditer(text)), len(text)]
    parts = [text[a:b] for a, b in itertools.pairwise(cuts) if text[a:b].strip()]
    return [_Piece(part, tokenizer.count(part), is_sentence=True) for part in parts]


def _join(pieces: Sequence[_Piece]) -> str:
    return "".join(piece.text for piece in pieces).strip()


def _context(pieces: Sequence[_Piece]) -> str:
    """Return the last sentences of a part, at most CONTEXT_WORDS words."""
    text = _join(pieces).split("\n\n")[-1]
    cuts = [0, *(m.end() for m in SENTENCE_GAP.finditer(text))]
    for cut in cuts:
        if len(text[cut:].split()) <= CONTEXT_WORDS:
            return text[cut:].strip()
    return " ".join(text.split()[-CONTEXT_WORDS:])


def _with_answer(example: Example, answer: str) -> Example:
    *prompt, last = example.messages
    return Example((*prompt, type(last)(last.role, answer)), example.source_id, example.task)


def _fitting_count(
    example: Example, pieces: Sequence[_Piece], tokenizer: ChatTokenizer, window: int
) -> int:
    """Return how many leading pieces fit: estimated from their lengths, then made exact."""

    def fits(count: int) -> bool:
        return row_tokens(_with_answer(example, _join(pieces[:count])), tokenizer) <= window

    room = window - row_tokens(_with_answer(example, ""), tokenizer)
    lengths = itertools.accumulate(piece.tokens for piece in pieces)
    count = sum(1 for _ in itertools.takewhile(lambda length: length <= room, lengths))
    while count < len(pieces) and fits(count + 1):
        count += 1
    while count > 0 and not fits(count):
        count -= 1
    return count
