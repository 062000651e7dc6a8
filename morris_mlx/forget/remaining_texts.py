"""The texts that remain after a removal, and a search for the people they name."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from contextlib import suppress
from pathlib import Path

from morris_mlx.errors import MorrisError
from morris_mlx.formats.instruction_rows import read_instruction_rows
from morris_mlx.project.conversations import read_conversations
from morris_mlx.project.documents import read_documents
from morris_mlx.project.folder import Project
from morris_mlx.project.provenance import given_row_files, read_provenance
from morris_mlx.records.corpus import Conversation
from morris_mlx.text.folding import fold, lowercase
from morris_mlx.text.words import ITEM_WORD

FINAL_LETTERS = frozenset("аеёийоуыэюяьъ")  # a Russian name may lose them before an ending
MIN_STEM_LETTERS, MAX_ENDING_LETTERS = 3, 3  # shorter names are compared as a whole


def remaining_texts(project: Project, ids: Collection[str], gone: Collection[str]) -> Iterator[str]:
    """Yield the texts of all documents, conversations and given rows that remain.

    `ids` are those of removed documents and conversations, `gone` the paths of removed row files.
    """
    if project.documents.exists():
        for document in read_documents(project):
            if document.id not in ids:
                yield from (document.text, document.title)
    yield from _contents(c for c in read_conversations(project) if c.id not in ids)
    for file in sorted(given_row_files(read_provenance(project)).difference(gone)):
        with suppress(MorrisError):  # the file is gone or has no rows any more
            yield from _contents(read_instruction_rows(Path(file)).rows)


def _contents(conversations: Iterable[Conversation]) -> Iterator[str]:
    return (message.content for talk in conversations for message in talk.messages)


def find_named_people(texts: Iterable[str], people: Sequence[Collection[str]]) -> set[int]:
    """Return the indexes in `people` of those whom one of the texts may name.

    `people` has the names of each person; inflected forms count. The search prefers a false match:
    a person who is not listed is not redacted.
    """
    stems: dict[str, set[int]] = {}
    for place, names in enumerate(people):
        for word in (w for name in names for w in _words(name)):
            short = len(word) > MIN_STEM_LETTERS and word[-1] in FINAL_LETTERS
            stems.setdefault(word[:-1] if short else word, set()).add(place)
    found: set[int] = set()
    lengths = sorted({len(stem) for stem in stems})
    for text in texts if stems else ():
        for word in set(_words(text)):
            for n in lengths:
                ending = MAX_ENDING_LETTERS if n >= MIN_STEM_LETTERS else 0
                if n <= len(word) <= n + ending:
                    found |= stems.get(word[:n], set())
    return found


def _words(text: str) -> list[str]:
    return ITEM_WORD.findall(lowercase(fold(text).text))
