"""The words that stay when a source or a person goes, and who is named in them."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from contextlib import suppress
from pathlib import Path

from morris_mlx.errors import MorrisError
from morris_mlx.formats.instruction_rows import read_rows
from morris_mlx.project.conversations import read_conversations
from morris_mlx.project.documents import read_documents
from morris_mlx.project.folder import Project
from morris_mlx.project.provenance import given_files, read_provenance
from morris_mlx.records.corpus import Conversation
from morris_mlx.text.folding import fold, same_case
from morris_mlx.text.pii import WORDS

MAY_GO = frozenset("аеёийоуыэюяьъ")  # what a Russian name may lose before an ending
MIN_STEM, MOST_ENDING = 3, 3  # letters: shorter names are compared whole


def left_texts(project: Project, ids: Collection[str], gone: Collection[str]) -> Iterator[str]:
    """All but the documents and conversations of these ids; of given rows, without `gone` files."""
    if project.documents.exists():
        for document in read_documents(project):
            if document.id not in ids:
                yield from (document.text, document.title)
    yield from _contents(c for c in read_conversations(project) if c.id not in ids)
    for file in sorted(given_files(read_provenance(project)).difference(gone)):
        with suppress(MorrisError):  # it is not there any more, or no rows: nobody can look into it
            yield from _contents(read_rows(Path(file)).rows)


def _contents(conversations: Iterable[Conversation]) -> Iterator[str]:
    return (message.content for talk in conversations for message in talk.messages)


def named_in(texts: Iterable[str], people: Sequence[Collection[str]]) -> set[int]:
    """The places in `people`, ways to call each, of those whom a text may name, inflected, too.

    Rather one too many: whoever is not listed is not redacted.
    """
    stems: dict[str, set[int]] = {}
    for place, names in enumerate(people):
        for word in (w for name in names for w in _words(name)):
            short = len(word) > MIN_STEM and word[-1] in MAY_GO
            stems.setdefault(word[:-1] if short else word, set()).add(place)
    found: set[int] = set()
    lengths = sorted({len(stem) for stem in stems})
    for text in texts if stems else ():
        for word in set(_words(text)):
            for n in lengths:
                ending = MOST_ENDING if n >= MIN_STEM else 0
                if n <= len(word) <= n + ending:
                    found |= stems.get(word[:n], set())
    return found


def _words(text: str) -> list[str]:
    return WORDS.findall(same_case(fold(text).text))
