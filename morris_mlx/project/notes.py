"""Full-text search in the user's notes and documents, with SQLite FTS5 in memory.

Nothing is written to disk or sent anywhere; the index is gone with the process.
"""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Self

from morris_mlx.errors import MorrisError
from morris_mlx.formats.plain_text import read_plain_text
from morris_mlx.project.documents import iter_documents
from morris_mlx.project.folder import Project
from morris_mlx.text.facts.names import name_stems
from morris_mlx.text.folding import fold, lowercase
from morris_mlx.text.front_matter import without_front_matter
from morris_mlx.text.words import PLAIN_WORD, split_sentences

PASSAGE_WORDS = 80  # a longer paragraph is divided between sentences
MIN_TERM = 4  # letters; shorter words are seldom specific
MIN_STEM = 3  # letters of a stem that is searched for as a prefix
CANDIDATES = 20  # passages that are compared more closely
MIN_SHARED = 2  # terms; one name or number is enough


@dataclass(frozen=True, slots=True)
class Passage:
    """A passage of a note or document, and the name of its source."""

    source: str
    text: str


@dataclass(frozen=True, slots=True)
class _Term:
    """A stem to search for; `specific` for a name or a number."""

    stem: str
    specific: bool


class NotesIndex:
    """A full-text index of passages, ranked by BM25.

    with NotesIndex([Passage("notes.md", "Anna was born in Tver.")], common=()) as index:
        index.search("Where was Anna from?", 3)
    """

    def __init__(self, texts: Iterable[Passage], common: Collection[str]) -> None:
        """Index the texts by paragraphs. Words of `common`, in lower case, are not searched for.

        Raises MorrisError if this Python has a SQLite without FTS5.
        """
        self._common = common
        self._base = sqlite3.connect(":memory:")
        try:
            self._base.execute(
                "CREATE VIRTUAL TABLE passages USING fts5"
                "(body, source UNINDEXED, shown UNINDEXED, tokenize = 'unicode61')"
            )
        except sqlite3.OperationalError as error:
            self._base.close()
            raise MorrisError(
                f"This Python's SQLite has no full-text search ({error}). Leave --facts out, or "
                "use a Python with FTS5, such as one from python.org."
            ) from error
        self._base.executemany(
            "INSERT INTO passages VALUES (?, ?, ?)",
            (
                (_searchable(piece), text.source, piece)
                for text in texts
                for piece in _passages(text.text)
            ),
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._base.close()

    def search(self, text: str, limit: int) -> list[Passage]:
        """Return at most `limit` passages that share a name, a number or two words with `text`.

        A passage that the text contains is left out.
        """
        terms = self._terms(text)
        if not terms:
            return []
        wanted = " OR ".join(f'"{term.stem}"*' for term in terms)
        rows = self._base.execute(
            "SELECT body, source, shown FROM passages WHERE passages MATCH ? "
            "ORDER BY bm25(passages), rowid LIMIT ?",
            (wanted, CANDIDATES),
        ).fetchall()
        own = _searchable(text)
        found: dict[str, Passage] = {}
        for body, source, shown in rows:
            if body not in own and _is_about(body.split(), terms):
                found.setdefault(body, Passage(source, shown))
        return list(found.values())[:limit]

    def _terms(self, text: str) -> list[_Term]:
        found: dict[str, _Term] = {}
        folded = fold(text).text
        for match in PLAIN_WORD.finditer(folded):
            low = lowercase(match[0])
            is_number = low.isdigit() and len(low) > 1
            if low in self._common or (len(low) < MIN_TERM and not is_number):
                continue
            before = folded[: match.start()].rstrip("“«„\"'(")
            inside = bool(re.search(r"[\w,] \Z", before))
            named = match[0][0].isupper() and inside
            stem = low if is_number else _stem(low)
            if stem not in found or named:
                found[stem] = _Term(stem, is_number or named)
        return list(found.values())


def read_notes(paths: Sequence[Path]) -> list[Passage]:
    """Return the texts of the user's note files. Raises MissingError or UsageError."""
    return [Passage(path.name, without_front_matter(_read(path))) for path in paths]


def project_passages(project: Project) -> Iterator[Passage]:
    """Yield the collected documents of a project; nothing before the first collection."""
    if project.documents.exists():
        for document in iter_documents(project):
            yield Passage(document.title or Path(document.source).name, document.text)


def _read(path: Path) -> str:
    text = read_plain_text(path.read_bytes, str(path), "Check the path given to --facts.")
    return text.replace("\r\n", "\n").replace("\r", "\n")


def _passages(text: str) -> Iterator[str]:
    """Yield paragraphs, and long ones in pieces of whole sentences."""
    for paragraph in re.split(r"\n\s*\n", text):
        held: list[str] = []
        for sentence in split_sentences(paragraph.strip()):
            if held and sum(len(s.split()) for s in (*held, sentence)) > PASSAGE_WORDS:
                yield "".join(held).strip()
                held = []
            held.append(sentence)
        if held:
            yield "".join(held).strip()


def _searchable(text: str) -> str:
    """Return the words in the form in which they are compared, separated by spaces."""
    return " ".join(PLAIN_WORD.findall(lowercase(fold(text).text)))


def _stem(low: str) -> str:
    """Return the longest stem of a word that all its common forms begin with."""
    stems = [stem for stem in name_stems(low) if len(stem) >= MIN_STEM and low.startswith(stem)]
    return min(stems, key=len, default=low)


def _is_about(words: Sequence[str], terms: Sequence[_Term]) -> bool:
    shared = [t for t in terms if any(word.startswith(t.stem) for word in words)]
    return len(shared) >= MIN_SHARED or any(term.specific for term in shared)
