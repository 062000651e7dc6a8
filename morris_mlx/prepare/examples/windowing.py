"""Every row fits the window whole: long texts become several rows, none is cut short."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from morris_mlx.errors import MorrisError
from morris_mlx.models.chat_tokenizer import ChatTokenizer
from morris_mlx.prepare.examples.from_documents import SENTENCE_END, Pairing
from morris_mlx.records.corpus import Example
from morris_mlx.text.word_runs import trim_overlap

CONTEXT_WORDS = 60  # of what came before, when a long text goes on in another row


class TooLongError(MorrisError):
    """Not even one sentence of this text fits beside its request."""


def fit_example(
    example: Example, pairing: Pairing, tokenizer: ChatTokenizer, window: int
) -> Iterator[Example]:
    """The example itself when it fits, else its parts, split between paragraphs.

    A later part is asked for by the sentences before it, as far as they do not come again in it.
    A paragraph longer than the window is split between sentences. Raises TooLongError when a
    sentence alone is too long.
    """
    if row_tokens(example, tokenizer) <= window:
        yield example
        return
    left = _pieces(example.messages[-1].content, tokenizer)
    current = example
    while left:
        taken = _most_that_fits(current, left, tokenizer, window)
        if taken == 0 and not left[0].final:
            left = [*_sentences(left[0], tokenizer), *left[1:]]
            taken = _most_that_fits(current, left, tokenizer, window)
        if taken == 0:
            raise TooLongError(f"A sentence of {example.source_id} is longer than {window} tokens.")
        yield _with_answer(current, _join(left[:taken]))
        before, left = _last_words(left[:taken]), left[taken:]
        current = pairing.continuation(example, trim_overlap(before, _join(left)))


@dataclass(frozen=True, slots=True)
class _Piece:
    """A stretch of text with the white space after it; `final` when it is one sentence."""

    text: str
    tokens: int
    final: bool = False


def row_tokens(example: Example, tokenizer: ChatTokenizer) -> int:
    return len(tokenizer.render(example.messages).ids)


def _pieces(text: str, tokenizer: ChatTokenizer) -> list[_Piece]:
    paragraphs = [p for p in text.split("\n\n") if p.strip()]
    return [_Piece(p + "\n\n", tokenizer.count(p)) for p in paragraphs]


def _sentences(paragraph: _Piece, tokenizer: ChatTokenizer) -> list[_Piece]:
    text = paragraph.text
    cuts = [0, *(m.end() for m in SENTENCE_END.finditer(text)), len(text)]
    parts = [text[a:b] for a, b in itertools.pairwise(cuts) if text[a:b].strip()]
    return [_Piece(part, tokenizer.count(part), final=True) for part in parts]


def _join(pieces: Sequence[_Piece]) -> str:
    return "".join(piece.text for piece in pieces).strip()


def _last_words(pieces: Sequence[_Piece]) -> str:
    """The end of a text from a sentence's beginning on, as the context of what follows."""
    text = _join(pieces).split("\n\n")[-1]
    cuts = [0, *(m.end() for m in SENTENCE_END.finditer(text))]
    for cut in cuts:
        if len(text[cut:].split()) <= CONTEXT_WORDS:
            return text[cut:].strip()
    return " ".join(text.split()[-CONTEXT_WORDS:])


def _with_answer(example: Example, answer: str) -> Example:
    *prompt, last = example.messages
    return Example((*prompt, type(last)(last.role, answer)), example.source_id, example.task)


def _most_that_fits(
    example: Example, pieces: Sequence[_Piece], tokenizer: ChatTokenizer, window: int
) -> int:
    """How many leading pieces fit: guessed from their sizes, then made exact."""

    def fits(count: int) -> bool:
        return row_tokens(_with_answer(example, _join(pieces[:count])), tokenizer) <= window

    room = window - row_tokens(_with_answer(example, ""), tokenizer)
    sizes = itertools.accumulate(piece.tokens for piece in pieces)
    count = sum(1 for _ in itertools.takewhile(lambda size: size <= room, sizes))
    while count < len(pieces) and fits(count + 1):
        count += 1
    while count > 0 and not fits(count):
        count -= 1
    return count
