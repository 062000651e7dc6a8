"""Windowing: a text too long for the window becomes several rows, and no word of it is lost."""

from __future__ import annotations

import itertools
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from morris_mlx.errors import MorrisError
from morris_mlx.models.chat_tokenizer import ChatTokenizer
from morris_mlx.prepare.cleaning.duplicates import run_hashes
from morris_mlx.prepare.examples.from_documents import DocumentExampleBuilder
from morris_mlx.records.corpus import Example, RowLength
from morris_mlx.text.word_runs import OVERLAP_WORDS, plain_words, trim_overlap
from morris_mlx.text.words import SENTENCE_GAP

# Words of the previous part in the request for the next part of a long text. The requests for one
# text take turns, so that a passage that is learned twice has another context each time.
CONTEXT_WORDS = (60, 25, 120)
CONTEXT_SHARE = 0.25  # of the window at most: in a foreign script a word has many tokens
FEWEST_CONTEXT_WORDS = 8  # before a sentence that fills the window
# Characters for each token of the window: a longer paragraph never fits, so it is split into
# sentences without counting its tokens as a whole.
LONG_PARAGRAPH = 16
KEPT_TEXTS = 2  # measured texts: a whole one, and the rest of it after its opening


class TooLongError(MorrisError):
    """An error for a text with a sentence that does not fit into the window with its request."""


class RowSplitter:
    """A splitter of examples into rows of at most `window` tokens.

    The time is linear in the length of a text: its pieces and runs of words are measured once and
    used for all requests.
    """

    def __init__(
        self, builder: DocumentExampleBuilder, tokenizer: ChatTokenizer, window: int
    ) -> None:
        self._builder, self._tokenizer, self._window = builder, tokenizer, window
        self._gap = tokenizer.count("a\n\n") - tokenizer.count("a")  # tokens between paragraphs
        self._measured = lru_cache(KEPT_TEXTS)(self._measure)

    def split(
        self, example: Example, beginning: Callable[[], Example], context_words: int
    ) -> Iterator[Example]:
        """Yield the example if it fits, else its parts, split at paragraphs.

        The first part is the answer to the request of `beginning`. Each later part is requested by
        the sentences before it, at most `context_words` words, except those that the part repeats.
        A paragraph longer than the window is split at sentences. Raises TooLongError for a longer
        sentence.
        """
        answer = example.messages[-1].content
        text = self._measured(answer)
        # A few tokens may be saved where pieces join, so only a clear excess needs no rendering.
        excess = text.tokens - 2 * len(text.pieces) - self._window
        if excess <= 0 and row_tokens(example, self._tokenizer) <= self._window:
            yield example
            return
        left = deque(text.pieces)
        words_done = 0
        context = ""
        current = beginning()
        while left:
            count = self._fitting_count(current, left)
            if count == 0 and not left[0].is_sentence:
                left.extendleft(reversed(self._sentences(left.popleft().text)))
                count = self._fitting_count(current, left)
            if count == 0 and context:
                context = " ".join(context.split()[-FEWEST_CONTEXT_WORDS:])
                current = self._builder.continuation(example, context)
                count = self._fitting_count(current, left)
            if count == 0:
                raise TooLongError(
                    f"A sentence of {example.source_id} is longer than {self._window} tokens."
                )
            part = [left.popleft() for _ in range(count)]
            yield _with_answer(current, _join(part))
            if left:
                words_done += sum(piece.words for piece in part)
                context = self._context(part, context_words)
                context = trim_overlap(context, text.runs.after(words_done))
                current = self._builder.continuation(example, context)

    def _measure(self, text: str) -> _MeasuredText:
        pieces: list[_Piece] = []
        for paragraph in text.split("\n\n"):
            if len(paragraph) > LONG_PARAGRAPH * self._window:
                pieces += self._sentences(paragraph + "\n\n")
            elif paragraph.strip():
                tokens = self._tokenizer.count(paragraph) + self._gap
                words = len(plain_words(paragraph))
                pieces.append(_Piece(paragraph + "\n\n", tokens, words))
        return _MeasuredText(tuple(pieces), _RunIndex(text))

    def _sentences(self, text: str) -> list[_Piece]:
        cuts = [0, *(m.end() for m in SENTENCE_GAP.finditer(text)), len(text)]
        parts = [text[a:b] for a, b in itertools.pairwise(cuts) if text[a:b].strip()]
        return [
            _Piece(part, self._tokenizer.count(part), len(plain_words(part)), is_sentence=True)
            for part in parts
        ]

    def _context(self, part: Sequence[_Piece], most_words: int) -> str:
        """Return the end of a part, in at most so many words and a share of the window."""
        context = _last_sentences(part, most_words)
        tokens = self._tokenizer.count(context)
        if (room := int(CONTEXT_SHARE * self._window)) < tokens:
            fewer = max(FEWEST_CONTEXT_WORDS, len(context.split()) * room // tokens)
            context = _last_sentences(part, fewer)
        return context

    def _fitting_count(self, example: Example, pieces: deque[_Piece]) -> int:
        """Return how many leading pieces fit: estimated from their lengths, then made exact."""

        def fits(count: int) -> bool:
            answer = _join(list(itertools.islice(pieces, count)))
            return row_tokens(_with_answer(example, answer), self._tokenizer) <= self._window

        room = self._window - row_tokens(_with_answer(example, ""), self._tokenizer)
        lengths = itertools.accumulate(piece.tokens for piece in pieces)
        count = sum(1 for _ in itertools.takewhile(lambda length: length <= room, lengths))
        while count < len(pieces) and fits(count + 1):
            count += 1
        while count > 0 and not fits(count):
            count -= 1
        return count


def row_tokens(example: Example, tokenizer: ChatTokenizer) -> int:
    """Return the length of a row in tokens."""
    return len(tokenizer.render(example.messages).ids)


def row_length(example: Example, tokenizer: ChatTokenizer) -> RowLength:
    """Return the tokens of a row, and how many of them are supervised."""
    rendered = tokenizer.render(example.messages)
    return RowLength(len(rendered.ids), sum(rendered.mask[1:]))


@dataclass(frozen=True, slots=True)
class _Piece:
    """A paragraph or a sentence, with the white space after it, and its tokens and words."""

    text: str
    tokens: int
    words: int
    is_sentence: bool = False


class _RunIndex:
    """The runs of OVERLAP_WORDS words of a text, with the place where each occurs last."""

    def __init__(self, text: str) -> None:
        hashes = run_hashes(plain_words(text), OVERLAP_WORDS)
        self._places = np.argsort(hashes, kind="stable")
        self._sorted = hashes[self._places]

    def after(self, words: int) -> Callable[[str], bool]:
        """Return a test for texts that share a run with this one without its first `words`."""

        def shares(text: str) -> bool:
            asked = run_hashes(plain_words(text), OVERLAP_WORDS)
            last = np.searchsorted(self._sorted, asked, side="right") - 1
            last = last[(last >= 0) & (self._sorted[last] == asked)] if len(self._sorted) else []
            return len(last) > 0 and bool((self._places[last] >= words).any())

        return shares


@dataclass(frozen=True, slots=True)
class _MeasuredText:
    """The pieces of a text and an index of its runs of words."""

    pieces: tuple[_Piece, ...]
    runs: _RunIndex

    @property
    def tokens(self) -> int:
        """Return about how many tokens the text has."""
        return sum(piece.tokens for piece in self.pieces)


def _join(pieces: Sequence[_Piece]) -> str:
    return "".join(piece.text for piece in pieces).strip()


def _last_sentences(pieces: Sequence[_Piece], most_words: int) -> str:
    """Return the last sentences of a part, at most `most_words` words."""
    text = _join(pieces).split("\n\n")[-1]
    cuts = [0, *(m.end() for m in SENTENCE_GAP.finditer(text))]
    for cut in cuts:
        if len(text[cut:].split()) <= most_words:
            return text[cut:].strip()
    return " ".join(text.split()[-most_words:])


def _with_answer(example: Example, answer: str) -> Example:
    *prompt, last = example.messages
    return Example((*prompt, type(last)(last.role, answer)), example.source_id, example.task)
