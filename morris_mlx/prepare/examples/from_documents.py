"""Examples built from documents: the same text, requested in several ways."""

from __future__ import annotations

import math
import random
import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence

from morris_mlx.files import digest
from morris_mlx.prepare.cleaning.language import detect_language
from morris_mlx.prepare.examples.request_wordings import Wordings, wordings_for
from morris_mlx.prepare.style.drafts import Draft
from morris_mlx.records.corpus import REWRITE_TASK, Document, Example, Message
from morris_mlx.text.word_runs import shares_words
from morris_mlx.text.words import SENTENCE_GAP

WORD = re.compile(r"[^\W\d_][^\W\d_’'-]+")
MIN_KEYWORD_LETTERS = 4
TOPIC_KEYWORDS = 4  # two for the topic and two for the angle
TASK_HEADLINE, TASK_TOPIC, TASK_OPENING, TASK_CONTINUATION = (
    "headline",
    "topic",
    "opening",
    "continuation",
)


class DocumentExampleBuilder:
    """A builder of examples from documents under one system prompt.

    `seed` and a document's ID choose the wording of a request. `documents` are all of the writer's
    texts: a word that is in many of them is no keyword.
    """

    def __init__(self, documents: Sequence[Document], system_prompt: str, seed: int) -> None:
        self._system = Message("system", system_prompt)
        self._seed = seed
        self._count = max(1, len(documents))
        self._document_frequency: Counter[str] = Counter()
        self._languages: dict[str, str] = {}
        for document in documents:
            self._document_frequency.update({w.casefold() for w in WORD.findall(document.text)})
            self._languages[document.id] = detect_language(document.text)

    def build(self, document: Document, variant: int = 0) -> Iterator[Example]:
        """Yield an example for each task that the document allows: headline, topic, opening.

        Every `variant` has another wording, until there are no more. A headline that is in the text
        and an opening that is repeated in the rest are left out: they would give the answer away.
        """
        wordings = self._wordings(document.id)
        if document.title and not shares_words(document.title, document.text):
            request = self._request(wordings.headline, document.id, variant, title=document.title)
            yield self._example(document.id, TASK_HEADLINE, request, document.text)
        keywords = self.keywords(document.text)
        if len(keywords) == TOPIC_KEYWORDS:
            pairs = wordings.and_.format(*keywords[:2]), wordings.and_.format(*keywords[2:])
            topic, angle = pairs if variant % 2 == 0 else pairs[::-1]
            request = self._request(wordings.topic, document.id, variant, topic=topic, angle=angle)
            yield self._example(document.id, TASK_TOPIC, request, document.text)
        opening, rest = split_opening(document.text)
        if opening and rest and not shares_words(opening, rest):
            request = self._request(wordings.opening, document.id, variant, opening=opening)
            yield self._example(document.id, TASK_OPENING, request, rest)

    def continuation(self, example: Example, context: str) -> Example:
        """Return an example, without its answer yet, for the next part of a long text.

        `example` is the one whose answer was too long, and `context` is the end of the previous
        part. Examples of the same text with different requests also get different wordings here.
        """
        wordings = self._wordings(example.source_id).continuation
        key = f"{example.source_id}/{digest(example.messages[1].content)}/{context}"
        request = self._request(wordings, key, 0, opening=context)
        return self._example(example.source_id, TASK_CONTINUATION, request, "")

    def rewrite(self, draft: Draft) -> Example:
        """Return the example that rewrites a plain draft into the writer's own passage."""
        wordings = self._wordings(draft.source_id).rewrite
        key = f"{draft.source_id}/{draft.original}"
        request = self._request(wordings, key, 0, draft=draft.text)
        messages = (self._system, Message("user", request), Message("assistant", draft.original))
        return Example(messages, draft.source_id, REWRITE_TASK)

    def keywords(self, text: str, count: int = TOPIC_KEYWORDS) -> list[str]:
        """Return at most `count` keywords of a text, by tf-idf, the best first."""
        words = [w for w in WORD.findall(text) if len(w) >= MIN_KEYWORD_LETTERS]
        forms: dict[str, str] = {}
        for word in words:
            key = word.casefold()
            # A word that is also in lower case has its capital from the beginning of a sentence.
            if key not in forms or word.islower():
                forms[key] = word
        counts = Counter(w.casefold() for w in words)
        scores = _tf_idf(counts, self._document_frequency, self._count)
        return [forms[w] for w in sorted(scores, key=lambda w: (-scores[w], w))[:count]]

    def _example(self, source_id: str, task: str, request: str, answer: str) -> Example:
        messages = (self._system, Message("user", request), Message("assistant", answer.strip()))
        return Example(messages, source_id, task)

    def _wordings(self, source_id: str) -> Wordings:
        return wordings_for(self._languages.get(source_id, ""))

    def _request(self, wordings: Sequence[str], key: str, variant: int, **slots: str) -> str:
        """Return the wording of a variant; wordings repeat only after all of them were used."""
        order = random.Random(f"{self._seed}/{key}/{wordings[0]}")
        shuffled = order.sample(wordings, len(wordings))
        return shuffled[variant % len(shuffled)].format(**slots)


def split_opening(text: str) -> tuple[str, str]:
    """Return the opening of a text and the rest: the first paragraph, or else the first sentence.

    The opening of a text with one sentence is "".
    """
    head, gap, tail = text.partition("\n\n")
    if gap and tail.strip():
        return head.strip(), tail.strip()
    found = SENTENCE_GAP.search(text)
    if found and text[found.end() :].strip():
        return text[: found.end()].strip(), text[found.end() :].strip()
    return "", text


def _tf_idf(
    counts: Mapping[str, int], document_frequency: Mapping[str, int], documents: int
) -> dict[str, float]:
    """Return the weight of each word, without words in more than a third of the documents."""
    limit = max(1.0, documents / 3)
    return {
        w: n * math.log((1 + documents) / (1 + document_frequency.get(w, 0)))
        for w, n in counts.items()
        if document_frequency.get(w, 0) <= limit
    }
