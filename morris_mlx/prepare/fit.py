"""Every row fits the window whole: long texts become several rows, none is cut short."""

from __future__ import annotations

import itertools
from collections.abc import Iterator

from morris_mlx.errors import MorrisError
from morris_mlx.prepare.pair import SENTENCE_END, Pairing
from morris_mlx.prompt import ChatTokenizer
from morris_mlx.records import Example
from morris_mlx.settings import CONTEXT_WORDS


class TooLongError(MorrisError):
    """Not even one sentence of this text fits beside its request."""


def fit_example(
    example: Example, pairing: Pairing, tokenizer: ChatTokenizer, window: int
) -> Iterator[Example]:
    """The example itself when it fits, else its parts, split between paragraphs.

    A later part is asked for by the sentences before it. A paragraph longer than the
    window is split between sentences. Raises TooLongError when a sentence alone is too long.
    """
    if row_tokens(example, tokenizer) <= window:
        yield example
        return
    left = _pieces(example.messages[-1].content)
    current = example
    while left:
        taken = _most_that_fits(current, left, tokenizer, window)
        if taken == 0 and left[0][1] != "":
            left = _by_sentence(left)
            taken = _most_that_fits(current, left, tokenizer, window)
        if taken == 0:
            raise TooLongError(f"A sentence of {example.source_id} is longer than {window} tokens.")
        yield _with_answer(current, _join(left[:taken]))
        before, left = _last_words(left[:taken]), left[taken:]
        if left:
            current = pairing.continuation(current, before, _join(left))


def row_tokens(example: Example, tokenizer: ChatTokenizer) -> int:
    return len(tokenizer.render(example.messages).ids)


def _pieces(text: str) -> list[tuple[str, str]]:
    """(paragraph, "\\n\\n") pairs."""
    return [(p, "\n\n") for p in text.split("\n\n") if p.strip()]


def _by_sentence(pieces: list[tuple[str, str]]) -> list[tuple[str, str]]:
    """The first paragraph in sentences; "" marks that they cannot be split again."""
    first, rest = pieces[0][0], pieces[1:]
    cuts = [0, *(m.end() for m in SENTENCE_END.finditer(first)), len(first)]
    sentences = [first[a:b] for a, b in itertools.pairwise(cuts) if first[a:b].strip()]
    joined = [(s, "") for s in sentences]
    joined[-1] = (joined[-1][0] + "\n\n", "")
    return joined + rest


def _join(pieces: list[tuple[str, str]]) -> str:
    return "".join(text + gap for text, gap in pieces).strip()


def _last_words(pieces: list[tuple[str, str]]) -> str:
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
    example: Example, pieces: list[tuple[str, str]], tokenizer: ChatTokenizer, window: int
) -> int:
    """How many leading pieces fit; found by halving, since more text is never fewer tokens."""
    low, high = 0, len(pieces)
    while low < high:
        middle = (low + high + 1) // 2
        row = _with_answer(example, _join(pieces[:middle]))
        if row_tokens(row, tokenizer) <= window:
            low = middle
        else:
            high = middle - 1
    return low
