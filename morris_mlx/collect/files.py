"""Reader of the files of an inventory into documents. Typography is kept."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import dataclass, field

from morris_mlx.collect.chats.chat_likeness import LOOK_BYTES, chat_reason
from morris_mlx.collect.chats.export_format import ReadAs
from morris_mlx.collect.html.byline import names_author
from morris_mlx.collect.inventory import Inventory, TextExport, leave_out
from morris_mlx.collect.readers.characters import decode_text
from morris_mlx.collect.readers.plain_text import read_plain_text
from morris_mlx.collect.readers.posts.json_items import check_json
from morris_mlx.collect.readers.reader import FileKind, LeftOut, Member, TextPiece
from morris_mlx.collect.readers.split_text import count_parts, split_pieces
from morris_mlx.collect.readers.table import find_reader
from morris_mlx.collect.text import (
    PARSER_ERRORS,
    UnreadableError,
    damage_reason,
    normalize_text,
    text_id,
)
from morris_mlx.collect.unread_kinds import (
    JSON,
    UNKNOWN,
    UNKNOWN_BINARY,
    kind_by_content,
    kind_by_name,
    kind_of_json,
)
from morris_mlx.errors import MorrisError
from morris_mlx.files import path_text
from morris_mlx.records.corpus import SAME_TEXT, Document, Skipped, SplitAt

# Files whose text is not the file itself, so that only their reader shows what is in them.
DOCUMENT_KINDS = frozenset(
    {
        *(FileKind.WORD, FileKind.OPEN_DOCUMENT, FileKind.FLAT_OPEN_DOCUMENT, FileKind.RTF),
        *(FileKind.PDF, FileKind.EPUB, FileKind.EVERNOTE, FileKind.ORG, FileKind.MDX),
    }
)
NOTHING_TAKEN = "nothing in it was taken"
MOST_REPORTS = 200  # of progress; a job writes each to its log
NO_TEXT = "no text in it"


@dataclass(slots=True)
class TextReading:
    """The texts of an inventory as they are read, with the result for every file.

    Attributes:
        inventory: the files.
        author: texts that name another author are left out; "" takes all. Texts that name none are
            taken.
        authors: the authors that the texts name, and of how many texts.
        skipped: files and parts that are left out, complete when all documents were read.
        licenses: the license texts that files state, by the document's source.
        taken: the files that gave a document, and how many.
        repeated: the files with a text that another file gave before.
        on_progress: called with the files read so far and all files to be read.
        split: where each file is split into texts; None leaves a file one text.
        divisible: the sources of documents that seem to contain several texts, and how many.
    """

    inventory: Inventory
    author: str = ""
    authors: Counter[str] = field(default_factory=Counter)
    skipped: list[Skipped] = field(default_factory=list)
    licenses: dict[str, str] = field(default_factory=dict)
    taken: Counter[str] = field(default_factory=Counter)
    repeated: set[str] = field(default_factory=set)
    on_progress: Callable[[int, int], None] = lambda done, total: None
    split: SplitAt | None = None
    divisible: dict[str, int] = field(default_factory=dict)
    _file_of: dict[str, str] = field(default_factory=dict)  # by the source of a document in a file
    _first_source: dict[str, str] = field(default_factory=dict)  # by the ID of the document

    def documents(self) -> Iterator[Document]:
        """Yield the documents of all files, each text once."""
        self.skipped += self.inventory.left_out
        for export in self.inventory.text_exports:
            yield from self._read_export(export)
        total = len(self.inventory.members)
        for number, member in enumerate(self.inventory.members):
            if number % (total // MOST_REPORTS + 1) == 0:
                self.on_progress(number, total)
            yield from self._read_member(member)

    def give_up(self, known: Iterable[Skipped]) -> None:
        """Take yielded documents out of the counts, because another source had them before."""
        for skipped in known:
            file = self._file_of.get(skipped.source, skipped.source)
            self.repeated.add(file)
            self.taken[file] -= 1
        self.taken = +self.taken

    def _read_member(self, member: Member) -> Iterator[Document]:
        """Yield the new documents of a file. A file that gives none gets an entry in `skipped`."""
        source = member.source
        before = len(self.skipped)
        try:
            for piece in self._pieces(member):
                for document in self._take(piece, source):
                    self.taken[source] += 1
                    if document.source != source:
                        self._file_of[document.source] = source
                    yield document
        except MorrisError as error:
            self.skipped.append(Skipped(source, str(error)))
        except (OSError, *PARSER_ERRORS) as error:
            self.skipped.append(Skipped(source, damage_reason(error)))
        parts = self.skipped[before:]
        if source not in self.taken and all(part.source != source for part in parts):
            reasons = {part.reason for part in parts}
            reason = reasons.pop() if len(reasons) == 1 else NOTHING_TAKEN
            self.skipped.append(Skipped(source, reason))

    def _pieces(self, member: Member) -> Iterator[TextPiece | LeftOut]:
        """Yield the texts of a file, or note why there is none. Raises UnreadableError."""
        if reader := find_reader(member):
            pieces = self._without_chats(reader.kind, reader.read(member))
            yield from split_pieces(pieces, self.split)
            return
        head = member.read_head()
        kind = kind_by_name(member.name) or kind_by_content(head)
        if kind is None and _is_plain_text(head):
            kind = UNKNOWN
            if member.source in self.inventory.named:
                yield from split_pieces(read_plain_text(member), self.split)
                return
        if kind is JSON:
            check_json(member)
            kind = kind_of_json(head)
        self.skipped.append(leave_out(member.source, kind or UNKNOWN_BINARY))

    def _without_chats(
        self, kind: FileKind, pieces: Iterable[TextPiece | LeftOut]
    ) -> Iterator[TextPiece | LeftOut]:
        """Yield the pieces of a file. A chat that was pasted into a document is left out.

        Plain texts and pages were looked at by the inventory.
        """
        is_looked_at = kind in DOCUMENT_KINDS and self.inventory.read_as is not ReadAs.TEXT
        for piece in pieces:
            if is_looked_at and isinstance(piece, TextPiece):
                head = piece.parsed.text[:LOOK_BYTES].encode("utf-8", "replace")
                if reason := chat_reason(head, ".txt"):
                    yield LeftOut(reason, piece.name)
                    continue
            yield piece

    def _read_export(self, export: TextExport) -> Iterator[Document]:
        """Yield the documents of an export of many texts."""
        archive, claim = export.archive, export.claim
        base = path_text(archive.path)
        before = len(self.skipped)
        sources = dict.fromkeys(export.sources)
        try:
            for piece in export.reader.read(archive, claim):
                for document in self._take(piece, base):
                    if file := _file_of(document.source, sources):
                        self.taken[file] += 1
                        self._file_of[document.source] = file
                    yield document
        except MorrisError as error:
            self.skipped.append(Skipped(f"{base}/{claim.root}".rstrip("/"), str(error)))
        except (OSError, *PARSER_ERRORS) as error:
            reason = damage_reason(error)
            self.skipped.append(Skipped(f"{base}/{claim.root}".rstrip("/"), reason))
        left = {skipped.source for skipped in self.skipped[before:]}
        for source in sources:
            if source not in left and source not in self.taken:
                kind = f"files of {export.reader.kind}"
                self.skipped.append(Skipped(source, NOTHING_TAKEN, kind))

    def _take(self, piece: TextPiece | LeftOut, base: str) -> Iterator[Document]:
        """Yield the document of a piece, or note the reason to leave it out."""
        source = path_text(f"{base}/{piece.name}") if piece.name else base
        if isinstance(piece, LeftOut):
            self.skipped.append(Skipped(source, piece.reason))
            return
        named = piece.parsed.author
        if self.author and named and not names_author(self.author, named):
            self.skipped.append(Skipped(source, f"by {named}"))
            return
        text = normalize_text(piece.parsed.text)
        if not text:
            self.skipped.append(Skipped(source, NO_TEXT))
            return
        document = _document(piece, text, source)
        if same := self._first_source.get(document.id):
            reason = f"the same text as {same}"
            self.skipped.append(Skipped(source, reason, summary=SAME_TEXT))
            self.repeated.add(base)
            return
        self._first_source[document.id] = source
        if named:
            self.authors[named] += 1
        if self.split is None and (count := count_parts(text)):
            self.divisible[source] = count
        if piece.parsed.license:
            self.licenses[source] = piece.parsed.license
        yield document


def _file_of(source: str, files: Collection[str]) -> str:
    """Return the file among `files` in which a document is: its source, or the start of it."""
    while source and source not in files:
        source = source.rpartition("/")[0]
    return source


def _is_plain_text(head: bytes) -> bool:
    """Return True if a file begins as a text."""
    try:
        text = decode_text(head[: head.rfind(b"\n") + 1] or head)
    except UnreadableError:
        return False
    return all(character.isprintable() or character in "\t\n\r\f" for character in text)


def _document(piece: TextPiece, text: str, source: str) -> Document:
    return Document(
        id=text_id(text),
        text=text,
        title=piece.parsed.title,
        author=piece.parsed.author,
        source=source,
        date=piece.parsed.date,
        kind=piece.kind,
    )
