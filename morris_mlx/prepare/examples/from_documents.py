"""Documents → examples: the same text asked for in several ways."""

from __future__ import annotations

import math
import random
import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence

from morris_mlx.files import digest
from morris_mlx.prepare.cleaning.language import language_of
from morris_mlx.prepare.examples.request_wordings import Wordings, wordings
from morris_mlx.prepare.style.drafts import Draft
from morris_mlx.records.corpus import REWRITE_TASK, Document, Example, Message
from morris_mlx.text.word_runs import shares_words

WORD = re.compile(r"[^\W\d_][^\W\d_’'-]+")
MIN_KEYWORD_LETTERS = 4
SENTENCE_END = re.compile(r"(?<=[.!?…])[”’\"')\]]*\s+")
TASK_HEADLINE, TASK_TOPIC, TASK_OPENING, TASK_CONTINUATION = (
    "headline",
    "topic",
    "opening",
    "continuation",
)


class Pairing:
    """Turns documents into examples; `seed` and the document's id choose the wording."""

    def __init__(self, documents: Sequence[Document], system_prompt: str, seed: int) -> None:
        self._system = Message("system", system_prompt)
        self._seed = seed
        # In how many of the writer's texts a word stands: what is in most of them is no topic.
        self._spread: Counter[str] = Counter()
        self._count = max(1, len(documents))
        self._languages: dict[str, str] = {}
        for document in documents:
            self._spread.update({w.casefold() for w in WORD.findall(document.text)})
            self._languages[document.id] = language_of(document.text)

    def examples(self, document: Document, turn: int = 0) -> Iterator[Example]:
        """headline → text, brief → text, opening → rest: those the document allows, once each.

        Every `turn` has another wording, until there are no more. A headline that stands in the
        text and an opening that comes again in the rest are no requests: they would give the answer
        away.
        """
        words = self._wordings(document.id)
        if document.title and not shares_words(document.title, document.text):
            request = self._worded(words.headline, document.id, turn, title=document.title)
            yield self.example(document, TASK_HEADLINE, request, document.text)
        topics = self.keywords(document.text)
        if len(topics) >= 4:
            pairs = words.and_.format(*topics[:2]), words.and_.format(*topics[2:])
            request = self._worded(
                words.topic, document.id, turn, topic=pairs[turn % 2], angle=pairs[1 - turn % 2]
            )
            yield self.example(document, TASK_TOPIC, request, document.text)
        opening, rest = split_opening(document.text)
        if opening and rest and not shares_words(opening, rest):
            request = self._worded(words.opening, document.id, turn, opening=opening)
            yield self.example(document, TASK_OPENING, request, rest)

    def example(self, document: Document, task: str, request: str, answer: str) -> Example:
        messages = (self._system, Message("user", request), Message("assistant", answer.strip()))
        return Example(messages, document.id, task)

    def continuation(self, example: Example, before: str) -> Example:
        """The next part of a text too long for one row: asked for by what came before it.

        `example` asked for its beginning. Another way of asking has other words here, too.
        """
        words = self._wordings(example.source_id).continuation
        way = digest(example.messages[1].content)
        request = self._worded(words, f"{example.source_id}/{way}/{before}", 0, opening=before)
        messages = (self._system, Message("user", request), Message("assistant", ""))
        return Example(messages, example.source_id, TASK_CONTINUATION)

    def rewriting(self, draft: Draft) -> Example:
        """plain draft → the writer's own passage."""
        words = self._wordings(draft.source_id).rewrite
        request = self._worded(words, f"{draft.source_id}/{draft.original}", 0, draft=draft.text)
        messages = (self._system, Message("user", request), Message("assistant", draft.original))
        return Example(messages, draft.source_id, REWRITE_TASK)

    def _wordings(self, source_id: str) -> Wordings:
        return wordings(self._languages.get(source_id, ""))

    def _worded(self, wordings: Sequence[str], key: str, turn: int, **slots: str) -> str:
        """One wording for each turn, no two alike until all were used."""
        order = random.Random(f"{self._seed}/{key}/{wordings[0]}")
        shuffled = order.sample(wordings, len(wordings))
        return shuffled[turn % len(shuffled)].format(**slots)

    def keywords(self, text: str, most: int = 4) -> list[str]:
        """The text's own words, most telling first: often here, in few of the other texts."""
        words = [w for w in WORD.findall(text) if len(w) >= MIN_KEYWORD_LETTERS]
        forms: dict[str, str] = {}
        for word in words:
            key = word.casefold()
            # A word seen in lower case is no name that only opened a sentence.
            if key not in forms or word.islower():
                forms[key] = word
        counts = Counter(w.casefold() for w in words)
        scores = _weights(counts, self._spread, self._count)
        return [forms[w] for w in sorted(scores, key=lambda w: (-scores[w], w))[:most]]


def _weights(counts: Mapping[str, int], spread: Mapping[str, int], total: int) -> dict[str, float]:
    """tf-idf; words in more than a third of the texts are left out (when there are a few)."""
    limit = max(1.0, total / 3)
    return {
        w: n * math.log((1 + total) / (1 + spread.get(w, 0)))
        for w, n in counts.items()
        if spread.get(w, 0) <= limit
    }


def split_opening(text: str) -> tuple[str, str]:
    """(first paragraph, the rest); with one paragraph its first sentence; ("", text) if neither."""
    head, gap, tail = text.partition("\n\n")
    if gap and tail.strip():
        return head.strip(), tail.strip()
    found = SENTENCE_END.search(text)
    if found and text[found.end() :].strip():
        return text[: found.end()].strip(), text[found.end() :].strip()
    return "", text
