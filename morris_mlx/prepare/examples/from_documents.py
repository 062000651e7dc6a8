"""Examples built from documents: the same text, requested in several ways."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from types import MappingProxyType

from morris_mlx.files import digest
from morris_mlx.prepare.cleaning.language import detect_language
from morris_mlx.prepare.examples.request_wordings import (
    rewrite_request,
    word_request,
    wordings_for,
)
from morris_mlx.prepare.examples.topics import TopicFinder
from morris_mlx.prepare.examples.wordings.wordings import Wordings
from morris_mlx.prepare.style.drafts import Draft
from morris_mlx.records.corpus import OPENING_TASK, REWRITE_TASK, Document, Example, Message
from morris_mlx.text.word_runs import shares_words
from morris_mlx.text.words import SENTENCE_GAP

MAX_OPENING_WORDS = 300  # a longer first paragraph is no opening, and would fill the window
KEPT_DOCUMENTS = 4  # of which requests are made one after the other
TASK_HEADLINE, TASK_TOPIC, TASK_CONTINUATION = "headline", "topic", "continuation"


@dataclass(frozen=True, slots=True)
class _Parts:
    """The parts of a document that requests are made of; each is empty if it cannot be used."""

    title: str
    topics: tuple[str, ...]
    opening: str
    rest: str


class DocumentExampleBuilder:
    """A builder of examples from documents under one system prompt.

    `seed` and a document's ID choose the wording of a request. `documents` are all of the writer's
    texts: a word that is in many of them is no topic. A text with a brief, by its ID, is requested
    by it in place of its topics.
    """

    def __init__(
        self,
        documents: Sequence[Document],
        system_prompt: str,
        seed: int,
        briefs: Mapping[str, str] = MappingProxyType({}),
    ) -> None:
        self._system = Message("system", system_prompt)
        self._seed = seed
        self._briefs = briefs
        self._languages: dict[str, str] = {}
        self._topics = TopicFinder(self._with_languages(documents))
        self._parts = lru_cache(KEPT_DOCUMENTS)(self._find_parts)

    def _with_languages(self, documents: Sequence[Document]) -> Iterator[tuple[str, str]]:
        """Yield the text and the language of each document, and remember the language."""
        for document in documents:
            self._languages[document.id] = detect_language(document.text)
            yield document.text, self._languages[document.id]

    def build(
        self, document: Document, variant: int = 0, beginning: bool = False
    ) -> Iterator[Example]:
        """Yield an example for each task that the document allows: headline, topic, opening.

        Every `variant` has another wording, until there are no more. A headline that is in the text
        and an opening that is repeated in the rest are left out: they would give the answer away.
        With `beginning`, the same examples ask for the beginning of the text alone, because a
        request for a whole text would teach to stop in the middle of it. A text that allows none of
        them, such as a post of one sentence, is requested as a text of the writer.
        """
        wordings, parts = self._wordings(document.id), self._parts(document)
        brief = self._briefs.get(document.id)
        if not (parts.title or parts.topics or parts.opening or brief):
            yield self._example(document.id, TASK_TOPIC, wordings.own_text, document.text)
            return
        headline, topic, opening = (
            (wordings.headline_beginning, wordings.topic_beginning, wordings.continuation)
            if beginning
            else (wordings.headline, wordings.topic, wordings.opening)
        )
        if parts.title:
            request = self._request(headline, document.id, variant, title=parts.title)
            yield self._example(document.id, TASK_HEADLINE, request, document.text)
        if brief:
            briefed = wordings.brief_beginning if beginning else wordings.brief
            request = self._request(briefed, document.id, variant, brief=brief)
            yield self._example(document.id, TASK_TOPIC, request, document.text)
        elif parts.topics:
            about = wordings.and_.join(parts.topics if variant % 2 == 0 else parts.topics[::-1])
            request = self._request(topic, document.id, variant, topic=about)
            yield self._example(document.id, TASK_TOPIC, request, document.text)
        if parts.opening:
            request = self._request(opening, document.id, variant, opening=parts.opening)
            yield self._example(document.id, OPENING_TASK, request, parts.rest)

    def _find_parts(self, document: Document) -> _Parts:
        title, text = document.title, document.text
        topics = self._topics.find(text, self._languages.get(document.id, ""), title)
        opening, rest = split_opening(text)
        if not rest or shares_words(opening, rest):
            opening = ""
        return _Parts(
            "" if shares_words(title, text) else title, topics, opening, rest if opening else ""
        )

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
        language = self._languages.get(draft.source_id, "")
        key = f"{draft.source_id}/{draft.original}"
        request = rewrite_request(draft.text, language, key, self._seed)
        messages = (self._system, Message("user", request), Message("assistant", draft.original))
        return Example(messages, draft.source_id, REWRITE_TASK)

    def _example(self, source_id: str, task: str, request: str, answer: str) -> Example:
        messages = (self._system, Message("user", request), Message("assistant", answer.strip()))
        return Example(messages, source_id, task)

    def _wordings(self, source_id: str) -> Wordings:
        return wordings_for(self._languages.get(source_id, ""))

    def _request(self, wordings: Sequence[str], key: str, variant: int, **slots: str) -> str:
        return word_request(wordings, key, self._seed, variant, **slots)


def split_opening(text: str) -> tuple[str, str]:
    """Return the opening of a text and the rest: the first paragraph, or else the first sentence.

    The opening of a text with one sentence is "".
    """
    head, gap, tail = text.partition("\n\n")
    if gap and tail.strip() and len(head.split(maxsplit=MAX_OPENING_WORDS)) <= MAX_OPENING_WORDS:
        return head.strip(), tail.strip()
    found = SENTENCE_GAP.search(text)
    if found and text[found.end() :].strip():
        return text[: found.end()].strip(), text[found.end() :].strip()
    return "", text
