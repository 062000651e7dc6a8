"""Rows built from documents: every request that fits the window, and the mixture of train."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from fractions import Fraction

from morris_mlx.models.chat_tokenizer import ChatTokenizer
from morris_mlx.prepare.codecs import REQUESTS, ROWS
from morris_mlx.prepare.disk_list import DiskDict
from morris_mlx.prepare.examples.from_documents import DocumentExampleBuilder
from morris_mlx.prepare.examples.task_mixture import (
    MAX_ROWS_PER_TASK,
    TaskMixture,
    select_drafts,
    share_among,
)
from morris_mlx.prepare.examples.windowing import (
    CONTEXT_WORDS,
    RowSplitter,
    TooLongError,
    row_tokens,
)
from morris_mlx.prepare.progress import Tick, no_tick
from morris_mlx.prepare.reasons import ExclusionReason
from morris_mlx.prepare.style.drafts import Draft
from morris_mlx.records.corpus import OPENING_TASK, Document, Example

RequestRows = tuple[Example, ...]  # one request for a text, in as many rows as its length needs


@dataclass(frozen=True, slots=True)
class DocumentRows:
    """The rows of each document by its ID, a tuple per request; and documents without any row.

    `tasks` are those that at least one document allows.
    """

    by_document: Mapping[str, tuple[RequestRows, ...]]
    left_out: dict[ExclusionReason, int]
    tasks: frozenset[str]


class DocumentRowBuilder:
    """A builder of rows of at most `window` tokens from documents."""

    def __init__(
        self, builder: DocumentExampleBuilder, tokenizer: ChatTokenizer, window: int
    ) -> None:
        self._builder, self._tokenizer, self._window = builder, tokenizer, window
        self._splitter = RowSplitter(builder, tokenizer, window)

    def build(self, documents: Sequence[Document], tick: Tick = no_tick) -> DocumentRows:
        """Return the rows of all requests for each document; `tick` counts its characters."""
        by_document = DiskDict(REQUESTS)
        left_out = {ExclusionReason.LONG_SENTENCE: 0}
        tasks: set[str] = set()
        for document in documents:
            requests = len(list(self._builder.build(document)))
            counter = _DocumentTick(len(document.text), requests, tick)
            if fitted := self._fit(document, counter):
                by_document[document.id] = fitted
                tasks.update(request[0].task for request in fitted)
            else:
                left_out[ExclusionReason.LONG_SENTENCE] += 1
            counter.end()
        return DocumentRows(by_document, left_out, frozenset(tasks))

    def mix(
        self,
        documents: Sequence[Document],
        rows: DocumentRows,
        weights: Mapping[str, Fraction],
        drafts: Sequence[Draft],
    ) -> Iterator[Example]:
        """Yield the rows of train by the task mixture: each text's, then its rewritten drafts.

        `rows` must have all `documents`; `weights` are by ID, 1 by default. No row is repeated,
        and no answer, later parts of long texts included, is in more rows than MAX_ROWS_PER_TASK
        times the weight of its text.
        """
        mixture = TaskMixture(share_among(rows.tasks))
        by_document = DiskDict(ROWS)
        count = 0
        for document in documents:
            requests = rows.by_document[document.id]
            weight = weights.get(document.id) or Fraction(1)
            allocated = mixture.allocate([request[0].task for request in requests], weight)
            most = math.ceil(MAX_ROWS_PER_TASK * weight)
            mixed = list(dict.fromkeys(self._allocated_rows(document, requests, allocated, most)))
            count += len(mixed)
            by_document[document.id] = mixed
        fitting = [d for d in drafts if d.source_id in by_document and self._fits(d)]
        rewritten: dict[str, list[Draft]] = {}
        for draft in select_drafts(fitting, count):
            rewritten.setdefault(draft.source_id, []).append(draft)
        for source_id, rows_of_text in by_document.items():
            yield from rows_of_text
            yield from map(self._builder.rewrite, rewritten.get(source_id, ()))

    def _fits(self, draft: Draft) -> bool:
        return row_tokens(self._builder.rewrite(draft), self._tokenizer) <= self._window

    def _allocated_rows(
        self,
        document: Document,
        requests: Sequence[RequestRows],
        allocated: Mapping[str, int],
        most: int,
    ) -> Iterator[Example]:
        """Yield the rows of a document, with another wording each time that a task is repeated.

        No answer is in more rows than `most`. Of a long text, two requests give all parts and the
        others the beginning alone: the first one, and the opening, which cuts the text at other
        places.
        """
        learned: Counter[str] = Counter()
        tasks = [request[0].task for request in requests if allocated.get(request[0].task)]
        in_parts = {*tasks[:1], *([OPENING_TASK] if OPENING_TASK in tasks else tasks[-1:])}
        for variant in range(max(allocated.values(), default=0)):
            for rows in requests if variant == 0 else self._repeated(document, variant, allocated):
                if allocated.get(rows[0].task, 0) <= variant:
                    continue
                for row in rows if variant == 0 and rows[0].task in in_parts else rows[:1]:
                    answer = row.messages[-1].content
                    learned[answer] += 1
                    if learned[answer] <= most:
                        yield row

    def _repeated(
        self, document: Document, variant: int, allocated: Mapping[str, int]
    ) -> Iterator[RequestRows]:
        """Yield the first row of each request that is repeated in another wording."""
        for number, example in enumerate(self._builder.build(document, variant)):
            if allocated.get(example.task, 0) > variant:
                with suppress(TooLongError):
                    yield (next(self._rows(document, variant, number, example)),)

    def _fit(self, document: Document, tick: Tick) -> tuple[RequestRows, ...]:
        """Return the rows of each request, except requests with which a sentence does not fit."""
        fitted: list[RequestRows] = []
        for number, example in enumerate(self._builder.build(document)):
            rows: list[Example] = []
            with suppress(TooLongError):
                for row in self._rows(document, 0, number, example):
                    rows.append(row)
                    tick(len(row.messages[-1].content))
                fitted.append(tuple(rows))
        return tuple(fitted)

    def _rows(
        self, document: Document, variant: int, number: int, example: Example
    ) -> Iterator[Example]:
        """Yield the rows of the request with this number; a long text is requested in parts."""

        def beginning() -> Example:
            return list(self._builder.build(document, variant, beginning=True))[number]

        words = CONTEXT_WORDS[number % len(CONTEXT_WORDS)]
        return self._splitter.split(example, beginning, words)


class _DocumentTick:
    """A count of the characters of one document, each of which is read once for every request."""

    def __init__(self, characters: int, requests: int, tick: Tick) -> None:
        self._left, self._requests, self._tick = characters, requests, tick

    def __call__(self, characters: int) -> None:
        done = min(characters // self._requests, self._left)
        self._left -= done
        self._tick(done)

    def end(self) -> None:
        """Count what is left, such as the requests that did not fit."""
        self._tick(self._left)
        self._left = 0


def one_request_each(documents: Iterable[Sequence[RequestRows]]) -> Iterator[Example]:
    """Yield the rows of one request for each document, taking the requests in turn.

    Held-out texts need no more: measuring a text three times would not measure it better.
    """
    for number, requests in enumerate(documents):
        yield from requests[number % len(requests)]
