"""The inventory of all files below the given paths: each is a text, part of a chat, or left out.

The files of a zip are listed in place of the zip, those of a zip in a zip as well.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from morris_mlx.collect.archives import (
    Archive,
    FolderArchive,
    SingleFile,
    ZipArchive,
    open_zip,
    read_error,
)
from morris_mlx.collect.chats.chat_likeness import reason_not_to_read
from morris_mlx.collect.chats.detect_format import (
    HEAD_BYTES,
    SQLITE_MAGIC,
    ZIP_MAGIC,
    ChatExport,
    detect_format,
)
from morris_mlx.collect.chats.export_format import ExportFormat, ReadAs
from morris_mlx.collect.chats.find_exports import (
    find_companions,
    find_containers,
    is_apple_database,
)
from morris_mlx.collect.readers.documents.zip_parts import find_zip_document
from morris_mlx.collect.readers.export_reader import Claim, ExportReader
from morris_mlx.collect.readers.reader import Member
from morris_mlx.collect.readers.table import EXPORT_READERS, find_reader
from morris_mlx.collect.text import PARSER_ERRORS
from morris_mlx.collect.unread_kinds import (
    DATABASE,
    HIDDEN,
    SPECIAL,
    UnreadKind,
    kind_by_name,
    kind_of_package,
    suffix_of,
)
from morris_mlx.collect.walk import is_hidden, list_folder
from morris_mlx.errors import MissingError, MorrisError
from morris_mlx.files import path_text
from morris_mlx.records.corpus import Skipped

VAULT_SETTINGS = "/.obsidian/"
EMPTY_ZIP = b"PK\x05\x06"
MAX_DEPTH = 2  # a zip, and a zip in it: some services pack the parts of an export in one more zip
# Text is zipped to about a tenth. A larger ratio over so many bytes is a zip bomb.
MAX_ZIP_RATIO, RATIO_FROM_BYTES = 100, 4 << 30


# The place of a file: a chat, a zip to be opened, an entry of what is left out, or a file to read.
Verdict = ChatExport | ZipArchive | Skipped | None


@dataclass(frozen=True, slots=True)
class TextExport:
    """An export of many texts, such as a blog's, and the files that belong to it."""

    archive: Archive
    reader: ExportReader
    claim: Claim

    @property
    def sources(self) -> tuple[str, ...]:
        """The sources of all its files."""
        return tuple(Member(self.archive, name).source for name in sorted(self.claim.names))


@dataclass(slots=True)
class Inventory:
    """All files below the given paths.

    Attributes:
        named: the sources of the files that were given themselves, not with their folder.
        members: files to be read one by one.
        text_exports: exports of many texts.
        chats: chat exports.
        chat_files: the export of every file that belongs to one, by the file's source.
        left_out: files that are not read, one entry each.
        read_as: how to read files that could be a text or a chat.
    """

    named: frozenset[str] = frozenset()
    members: list[Member] = field(default_factory=list)
    text_exports: list[TextExport] = field(default_factory=list)
    chats: list[ChatExport] = field(default_factory=list)
    chat_files: dict[str, ChatExport] = field(default_factory=dict)
    left_out: list[Skipped] = field(default_factory=list)
    read_as: ReadAs | None = None

    @property
    def sources(self) -> list[str]:
        """The source of every file, each once."""
        of_exports = (source for export in self.text_exports for source in export.sources)
        return [
            *(member.source for member in self.members),
            *of_exports,
            *self.chat_files,
            *(skipped.source for skipped in self.left_out),
        ]


def absolute_path(path: Path) -> Path:
    """Return a path that the user gave as an absolute one.

    Raises MissingError for one that does not exist, and MorrisError for one out of reach.
    """
    try:
        absolute = path.expanduser().resolve()
        absolute.stat()
    except (FileNotFoundError, NotADirectoryError, RuntimeError, ValueError) as error:
        raise MissingError(
            f"{path_text(path)} does not exist. Check the spelling of the path."
        ) from error
    except OSError as error:
        raise read_error(path, error) from error
    return absolute


def take_inventory(paths: Sequence[Path], read_as: ReadAs | None = None) -> Inventory:
    """Return the inventory of files and folders. No file is read as a whole.

    `read_as` says how to read files that could be a text or a chat. Raises MissingError for a
    path that does not exist.
    """
    places = list(dict.fromkeys(absolute_path(path) for path in paths))
    folders = {place for place in places if place.is_dir()}
    named = frozenset(path_text(p) for p in places if p not in folders)
    inventory = Inventory(named, read_as=read_as)
    sorter = _Sorter(inventory)
    for place in places:
        if not folders.isdisjoint(place.parents):
            continue  # it is found with its folder
        if place in folders:
            sorter.sort_folder(place)
        elif place.is_file():
            sorter.sort_archive(SingleFile(place))
        else:  # a pipe would wait for its other end
            inventory.left_out.append(leave_out(path_text(place), SPECIAL))
    return inventory


@dataclass(slots=True)
class _Sorter:
    """Sorting of archives into an inventory, one after the other."""

    inventory: Inventory

    def sort_folder(self, folder: Path) -> None:
        """Add all files of a folder."""
        names, hidden = [], []
        for entry in list_folder(folder):
            source = path_text(folder / entry.name)
            if VAULT_SETTINGS in f"/{entry.name}":
                names.append(entry.name)  # hidden, but it says which files are templates
            elif entry.kind:
                self.inventory.left_out.append(leave_out(source, entry.kind))
                hidden += [entry.name] if entry.kind is HIDDEN else []
            elif entry.problem:
                self.inventory.left_out.append(Skipped(source, entry.problem))
            else:
                names.append(entry.name)
        # Some programs keep the marks of their folders in hidden files.
        marks = FolderArchive(folder, [*names, *hidden]) if hidden else None
        self.sort_archive(FolderArchive(folder, names), marks=marks)

    def sort_archive(self, archive: Archive, depth: int = 0, marks: Archive | None = None) -> None:
        """Add all files of an archive.

        `depth` counts the zips around it. `marks` is the same archive with its hidden files, by
        which exports of texts are recognized.
        """
        rest = dict.fromkeys(archive.names)
        self._take_chat_folders(archive, rest)
        self._take_text_exports(marks or archive, rest)
        verdicts = {name: self._look(Member(archive, name), depth) for name in rest}
        chats = {name: v for name, v in verdicts.items() if isinstance(v, ChatExport)}
        verdicts = {name: v for name, v in verdicts.items() if name not in chats}
        self._add_chats(archive, chats, verdicts)
        for name, verdict in verdicts.items():
            if isinstance(verdict, Skipped):
                self.inventory.left_out.append(verdict)
            elif isinstance(verdict, ZipArchive):
                self.sort_archive(verdict, depth + 1)
            else:
                self.inventory.members.append(Member(archive, name))

    def _add_chats(
        self, archive: Archive, chats: dict[str, ChatExport], others: dict[str, Verdict]
    ) -> None:
        """Add chats of one file each, and take what belongs to them out of `others`."""
        beside: dict[str, list[str]] = {}
        for name in others:
            beside.setdefault(name.rpartition("/")[0], []).append(name)
        for name, export in chats.items():
            # A folder may hold thousands of WhatsApp chats, whose attachments lie beside them.
            is_flat = export.format is ExportFormat.WHATSAPP
            near = beside.get(name.rpartition("/")[0], []) if is_flat else others
            try:
                companions = list(find_companions(archive, name, export.format, near))
            except (MorrisError, OSError):  # damaged, which its parser reports
                companions = []
            found = [companion for companion in companions if companion in others]
            self._add_chat(archive, export, (name, *found))
            for companion in found:
                del others[companion]

    def _take_chat_folders(self, archive: Archive, rest: dict[str, None]) -> None:
        """Take the chat exports that are folders out of `rest`."""
        for found in find_containers(archive):
            names = sorted(name for name in found.names if name in rest)
            if names:
                self._add_chat(archive, found.export, names)
            for name in names:
                del rest[name]

    def _take_text_exports(self, archive: Archive, rest: dict[str, None]) -> None:
        """Take the exports of many texts out of `rest`."""
        if isinstance(archive, SingleFile):
            return
        for reader in EXPORT_READERS:
            try:
                claims = list(reader.claim(archive))
            except (MorrisError, *PARSER_ERRORS):  # a damaged file, reported when it is read
                continue
            for claim in claims:
                names = sorted(claim.names & rest.keys())
                if names:
                    mine = Claim(claim.root, frozenset(names))
                    self.inventory.text_exports.append(TextExport(archive, reader, mine))
                for name in names:
                    del rest[name]

    def _add_chat(self, archive: Archive, export: ChatExport, names: Iterable[str]) -> None:
        self.inventory.chats.append(export)
        self.inventory.chat_files |= {Member(archive, name).source: export for name in names}

    def _look(self, member: Member, depth: int) -> Verdict:
        """Return the place of a file that belongs to no folder of an export; None to read it."""
        is_named = member.source in self.inventory.named
        if is_hidden(member.name) and not is_named:
            return leave_out(member.source, HIDDEN)
        kind = kind_by_name(member.name)
        if kind and not kind.is_opened:
            return leave_out(member.source, kind)
        if kind and not kind.may_be_chat:
            return None
        try:
            head = member.read_head(HEAD_BYTES)
            if head.startswith((ZIP_MAGIC, EMPTY_ZIP)):
                return _look_into_zip(member, depth)
        except MorrisError as error:
            return Skipped(member.source, reason_of(error, member.source))
        if head.startswith(SQLITE_MAGIC):
            return _look_at_database(member, is_named)
        read_as = self.inventory.read_as
        if format_ := detect_format(head, read_as):
            return ChatExport(format_, *_place(member))
        if unread := reason_not_to_read(head, member.suffix, read_as):
            return Skipped(member.source, unread)
        return None


def _place(member: Member) -> tuple[Archive, str]:
    """Return the archive and name of a chat; a file on disk is an archive of its own."""
    if isinstance(member.archive, FolderArchive):
        path = member.archive.path / member.name
        return SingleFile(path), path.name
    return member.archive, member.name


def _look_into_zip(member: Member, depth: int) -> ZipArchive | Skipped | None:
    """Return the zip, or None for a file that a reader reads. Raises MorrisError."""
    try:
        archive = open_zip(member.archive, member.name)
    except MorrisError:
        if find_reader(member):
            return None  # it says what is wrong with a file of this kind
        raise
    if kind_of_package(archive.names) or find_zip_document(member, member.read_head()):
        return None  # a document that is stored as a zip
    if depth >= MAX_DEPTH:
        return Skipped(member.source, "a zip in a zip in a zip. Unpack it and collect the folder.")
    if archive.has_password:
        return Skipped(member.source, "has a password. Unpack it and collect the folder.")
    total = sum(archive.size(name) for name in archive.names)
    if total > RATIO_FROM_BYTES and total > MAX_ZIP_RATIO * member.archive.size(member.name):
        size = f"{total / 1e9:.1f} GB"
        return Skipped(member.source, f"would expand to {size}. Give it as it was downloaded.")
    return archive if archive.names else Skipped(member.source, "an empty zip")


def _look_at_database(member: Member, is_named: bool) -> ChatExport | Skipped:
    archive, name = _place(member)
    on_disk = isinstance(archive, SingleFile)
    if on_disk and (is_named or is_apple_database(archive.path)):
        return ChatExport(ExportFormat.IMESSAGE, archive, name)
    return leave_out(member.source, DATABASE)


def reason_of(error: MorrisError, source: str) -> str:
    """Return the text of an error without the name of the file, beside which it is shown."""
    text = str(error)
    return text.removeprefix(f"{source}: ").removeprefix(f"{source} ")


def leave_out(source: str, kind: UnreadKind) -> Skipped:
    """Return the entry of a file of a kind that is not read."""
    label = kind.label(suffix_of(source) or "no suffix")
    return Skipped(
        source, f"{label}. {kind.way_out}" if kind.way_out else label, label, kind.way_out
    )
