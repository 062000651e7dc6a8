"""Documents → rows that fit, for each way of asking; and rows to learn from, by the mixture."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from fractions import Fraction

from morris_mlx.models.chat_tokenizer import ChatTokenizer
from morris_mlx.prepare.examples.from_documents import Pairing
from morris_mlx.prepare.examples.task_mixture import Ledger, share_of_drafts
from morris_mlx.prepare.examples.windowing import TooLongError, fit_example, row_tokens
from morris_mlx.prepare.style.drafts import Draft
from morris_mlx.records.corpus import Document, Example

TOO_LONG, NO_REQUEST = "a sentence longer than the window", "no way to ask for it"
Way = tuple[Example, ...]  # one request for a text, in as many rows as its length needs


@dataclass(frozen=True, slots=True)
class Asked:
    """The ways of asking for each document that can be learned from; how many others, and why."""

    ways: Mapping[str, tuple[Way, ...]]
    reasons: dict[str, int]


class Asking:
    """Asks for documents under one system prompt, in rows of at most `window` tokens."""

    def __init__(self, pairing: Pairing, tokenizer: ChatTokenizer, window: int) -> None:
        self._pairing, self._tokenizer, self._window = pairing, tokenizer, window

    def ask(self, documents: Sequence[Document]) -> Asked:
        ways: dict[str, tuple[Way, ...]] = {}
        reasons = {TOO_LONG: 0, NO_REQUEST: 0}
        for document in documents:
            examples = list(self._pairing.examples(document))
            if fitted := self._fitted(examples):
                ways[document.id] = fitted
            else:
                reasons[TOO_LONG if examples else NO_REQUEST] += 1
        return Asked(ways, reasons)

    def train_rows(
        self,
        documents: Sequence[Document],
        asked: Asked,
        weights: Mapping[str, Fraction],
        drafts: Sequence[Draft],
    ) -> list[Example]:
        """Every text in as many rows as the mixture has for it, then its drafts.

        No row comes twice: of a long text the later parts may be asked for in the same words.
        """
        ledger = Ledger()
        texts = {
            document.id: list(
                dict.fromkeys(
                    self._dealt(document, asked.ways[document.id], ledger, weights.get(document.id))
                )
            )
            for document in documents
        }
        count = sum(len(rows) for rows in texts.values())
        possible = [d for d in drafts if d.source_id in texts and self._fits(d)]
        for draft in share_of_drafts(possible, count):
            texts[draft.source_id].append(self._pairing.rewriting(draft))
        return [row for rows in texts.values() for row in rows]

    def _fits(self, draft: Draft) -> bool:
        return row_tokens(self._pairing.rewriting(draft), self._tokenizer) <= self._window

    def _dealt(
        self, document: Document, ways: Sequence[Way], ledger: Ledger, weight: Fraction | None
    ) -> Iterator[Example]:
        dealt = ledger.deal([way[0].task for way in ways], weight or Fraction(1))
        for way in ways:
            if dealt.get(way[0].task):
                yield from way
        for turn in range(1, max(dealt.values(), default=0)):
            again = [
                e for e in self._pairing.examples(document, turn) if dealt.get(e.task, 0) > turn
            ]
            for way in self._fitted(again):
                yield from way

    def _fitted(self, examples: Sequence[Example]) -> tuple[Way, ...]:
        """The rows of each way; one under which a sentence cannot fit is left out whole."""
        fitted: list[Way] = []
        for example in examples:
            with suppress(TooLongError):
                fitted.append(
                    tuple(fit_example(example, self._pairing, self._tokenizer, self._window))
                )
        return tuple(fitted)


def asked_once(documents: Sequence[Sequence[Way]]) -> Iterator[Example]:
    """Held-out documents in one way each, by turns: measuring a text thrice tells no more."""
    for number, ways in enumerate(documents):
        yield from ways[number % len(ways)]
