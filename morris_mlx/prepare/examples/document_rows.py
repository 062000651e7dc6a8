"""Rows built from documents: every request that fits the window, and the mixture of train."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from fractions import Fraction

from morris_mlx.models.chat_tokenizer import ChatTokenizer
from morris_mlx.prepare.examples.from_documents import DocumentExampleBuilder
from morris_mlx.prepare.examples.task_mixture import TaskMixture, select_drafts
from morris_mlx.prepare.examples.windowing import TooLongError, row_tokens, split_to_window
from morris_mlx.prepare.reasons import ExclusionReason
from morris_mlx.prepare.style.drafts import Draft
from morris_mlx.records.corpus import Document, Example

RequestRows = tuple[Example, ...]  # one request for a text, in as many rows as its length needs


@dataclass(frozen=True, slots=True)
class DocumentRows:
    """The rows of each document by its ID, a tuple per request; and documents without any row."""

    by_document: Mapping[str, tuple[RequestRows, ...]]
    left_out: dict[ExclusionReason, int]


class DocumentRowBuilder:
    """A builder of rows of at most `window` tokens from documents."""

    def __init__(
        self, builder: DocumentExampleBuilder, tokenizer: ChatTokenizer, window: int
    ) -> None:
        self._builder, self._tokenizer, self._window = builder, tokenizer, window

    def build(self, documents: Sequence[Document]) -> DocumentRows:
        """Return the rows of all requests for each document."""
        by_document: dict[str, tuple[RequestRows, ...]] = {}
        left_out = {ExclusionReason.LONG_SENTENCE: 0, ExclusionReason.NO_REQUEST: 0}
        for document in documents:
            examples = list(self._builder.build(document))
            if fitted := self._fit(examples):
                by_document[document.id] = fitted
            else:
                left_out[
                    ExclusionReason.LONG_SENTENCE if examples else ExclusionReason.NO_REQUEST
                ] += 1
        return DocumentRows(by_document, left_out)

    def mix(
        self,
        documents: Sequence[Document],
        rows: DocumentRows,
        weights: Mapping[str, Fraction],
        drafts: Sequence[Draft],
    ) -> list[Example]:
        """Return the rows of train by the task mixture: each text's, then its rewritten drafts.

        `rows` must have all `documents`; `weights` are by ID, 1 by default. No row is repeated,
        although the later parts of a long text may have the same request twice.
        """
        mixture = TaskMixture()
        by_document: dict[str, list[Example]] = {}
        for document in documents:
            requests = rows.by_document[document.id]
            weight = weights.get(document.id) or Fraction(1)
            allocated = mixture.allocate([request[0].task for request in requests], weight)
            mixed = self._allocated_rows(document, requests, allocated)
            by_document[document.id] = list(dict.fromkeys(mixed))
        count = sum(len(mixed) for mixed in by_document.values())
        fitting = [d for d in drafts if d.source_id in by_document and self._fits(d)]
        for draft in select_drafts(fitting, count):
            by_document[draft.source_id].append(self._builder.rewrite(draft))
        return [row for mixed in by_document.values() for row in mixed]

    def _fits(self, draft: Draft) -> bool:
        return row_tokens(self._builder.rewrite(draft), self._tokenizer) <= self._window

    def _allocated_rows(
        self, document: Document, requests: Sequence[RequestRows], allocated: Mapping[str, int]
    ) -> Iterator[Example]:
        """Yield the rows of a document, with another wording each time that a task is repeated."""
        for request in requests:
            if allocated.get(request[0].task):
                yield from request
        for variant in range(1, max(allocated.values(), default=0)):
            repeated = [
                e
                for e in self._builder.build(document, variant)
                if allocated.get(e.task, 0) > variant
            ]
            for request in self._fit(repeated):
                yield from request

    def _fit(self, examples: Sequence[Example]) -> tuple[RequestRows, ...]:
        """Return the rows of each request, except requests with which a sentence does not fit."""
        fitted: list[RequestRows] = []
        for example in examples:
            with suppress(TooLongError):
                rows = split_to_window(example, self._builder, self._tokenizer, self._window)
                fitted.append(tuple(rows))
        return tuple(fitted)


def one_request_each(documents: Sequence[Sequence[RequestRows]]) -> Iterator[Example]:
    """Yield the rows of one request for each document, taking the requests in turn.

    Held-out texts need no more: measuring a text three times would not measure it better.
    """
    for number, requests in enumerate(documents):
        yield from requests[number % len(requests)]
