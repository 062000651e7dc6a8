"""Collect the texts of files into a project, with an account of every file."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Any

from morris_mlx.errors import MorrisError
from morris_mlx.files import enclosing_paths, path_text
from morris_mlx.jobs.events import Progress, Sink, ignore
from morris_mlx.project.documents import MergedDocuments, replace_documents
from morris_mlx.project.folder import Project, open_project
from morris_mlx.project.left_out import LeftOut, add_left_out, group_by_reason
from morris_mlx.project.provenance import (
    Ground,
    Provenance,
    SourceKind,
    add_provenance,
    unique_texts,
)
from morris_mlx.records.corpus import Document, Skipped, SplitAt

if TYPE_CHECKING:
    from morris_mlx.collect import ChatsFound
    from morris_mlx.collect.files import TextReading
    from morris_mlx.collect.inventory import Inventory

READING = "Reading"  # the stage of collecting texts
OF_A_FAILED_EXPORT = "belongs to an export that could not be read"
OTHER_FILES = "other files of exports that could not be read"


@dataclass(frozen=True, slots=True)
class FileCounts:
    """The files below the given paths, those in zips included: each is in one of three places."""

    texts: int = 0
    chats: int = 0
    left_out: int = 0

    @property
    def total(self) -> int:
        """The number of all files."""
        return self.texts + self.chats + self.left_out

    def as_json(self) -> dict[str, Any]:
        """Return the counts as JSON values."""
        return {"total": self.total, **asdict(self)}


@dataclass(frozen=True, slots=True)
class TextsCollected:
    """Texts that were collected.

    Attributes:
        found: the number of new texts.
        words: their words.
        total: the documents in all.
        skipped: files and pages, and parts of them, that were left out.
        files: the account of all files.
        failed: the given files and folders of which nothing was taken, though others were, and
            the exports of chats that could not be read.
        sources: the sources of the new texts.
        authors: the authors that texts in files name, and of how many texts, most texts first.
        divisible: the sources of texts that seem to be several, and how many.
    """

    found: int = 0
    words: int = 0
    total: int = 0
    skipped: tuple[Skipped, ...] = ()
    files: FileCounts = FileCounts()
    failed: tuple[str, ...] = ()
    sources: tuple[str, ...] = ()
    authors: Mapping[str, int] = field(default_factory=dict)
    divisible: Mapping[str, int] = field(default_factory=dict)


def source_paths(paths: Sequence[Path]) -> list[Path]:
    """Return given paths as the names of sources, in which all bytes can be encoded."""
    return [Path(path_text(path.expanduser().resolve())) for path in paths]


def collect_texts(
    project: Project,
    paths: Sequence[Path],
    ground: Ground,
    inventory: Inventory | None = None,
    chats: ChatsFound | None = None,
    sink: Sink = ignore,
    author: str = "",
    split: SplitAt | None = None,
) -> TextsCollected:
    """Read the texts of files and folders, merge them with the documents of the project, write.

    `inventory` is that of the paths, where it was taken before, and `chats` was read from it.
    With `author`, texts that name another author are left out. `split` is where each file is split
    into texts; None leaves a file one text.

    Raises MissingError, or the error of the chats, when neither a text nor a message was found.
    """
    from morris_mlx.collect import read_texts, take_inventory

    reading = read_texts(inventory or take_inventory(paths), author, split)
    reading.on_progress = lambda done, total: sink(Progress(READING, done, total))
    found = reading.documents()
    first = next(found, None)
    failed = _failed_exports(reading.inventory, chats)
    reading.skipped += failed
    posts = chats.documents if chats else ()
    if first is None and not posts and (chats is None or not chats.own):
        raise _nothing_found(paths, reading, chats)
    places = dict.fromkeys(map(str, source_paths(paths)))
    merged = MergedDocuments()
    if first is not None or posts or project.documents.exists():
        documents: chain[Document] = chain([first] if first else [], found, posts)
        # What an export gave before stays until it can be read again.
        stay = [each.export.path for each in chats.failed] if chats else []
        kept = {path_text(path) for path in stay if path.is_file()}
        merged = replace_documents(
            project,
            documents,
            lambda source: (
                any(enclosing_paths(source, places)) and not any(enclosing_paths(source, kept))
            ),
        )
    _note_files(project, places, ground, merged.new, reading)
    reading.give_up(merged.known)
    files = _count_files(reading, failed)
    taken = {*reading.taken, *reading.repeated, *reading.inventory.chat_files}
    taken -= {skipped.source for skipped in failed}
    gave = {place for source in taken for place in enclosing_paths(source, places)}
    damaged = [path_text(each.export.path) for each in chats.failed] if chats else []
    skipped = (*reading.skipped, *merged.known)
    add_left_out(project, _by_place(skipped, places))
    return TextsCollected(
        found=len(merged.new),
        words=merged.words,
        total=len(merged.sources),
        skipped=skipped,
        files=files,
        failed=tuple(dict.fromkeys((*(p for p in places if p not in gave), *damaged))),
        sources=merged.new,
        authors=dict(reading.authors.most_common()),
        divisible=reading.divisible,
    )


def _nothing_found(
    paths: Sequence[Path], reading: TextReading, chats: ChatsFound | None
) -> MorrisError:
    """Return the error where nothing can be collected: that of the chats, if there are any."""
    from morris_mlx.collect import nothing_found

    if chats and chats.failed:
        return chats.failed[0].error
    return (chats and chats.problem) or nothing_found(paths, reading.skipped)


def _by_place(skipped: Sequence[Skipped], places: Collection[str]) -> LeftOut:
    """Return what was left out of each given path, grouped by reason."""
    found: dict[str, list[Skipped]] = {place: [] for place in places}
    for item in skipped:
        for place in enclosing_paths(item.source, places):
            found[place].append(item)
    return {place: group_by_reason(items) for place, items in found.items()}


def _failed_exports(inventory: Inventory, chats: ChatsFound | None) -> list[Skipped]:
    """Return an entry for every file of the exports that could not be read."""
    from morris_mlx.collect.inventory import reason_of

    reasons = {}
    for each in chats.failed if chats else ():
        reasons[each.export] = reason_of(each.error, path_text(each.export.path))
    entries: list[Skipped] = []
    told = set()
    for source, export in inventory.chat_files.items():
        if export not in reasons:
            continue
        if export not in told:
            told.add(export)
            entries.append(Skipped(source, reasons[export]))
        else:
            reason = f"belongs to {path_text(export.path)}, which could not be read"
            entries.append(Skipped(source, reason, OTHER_FILES, summary=OF_A_FAILED_EXPORT))
    return entries


def _count_files(reading: TextReading, failed: Sequence[Skipped]) -> FileCounts:
    """Return the account of all files of an inventory, which was read."""
    inventory = reading.inventory
    texts, chats = len(reading.taken), len(inventory.chat_files) - len(failed)
    return FileCounts(texts, chats, len(inventory.sources) - texts - chats)


def _note_files(
    project: Project,
    places: Collection[str],
    ground: Ground,
    new: Sequence[str],
    reading: TextReading,
) -> None:
    """Note where texts came from, when, and on what ground they may be used."""
    here: dict[str, list[str]] = {place: [] for place in places}
    for source in new:
        for place in enclosing_paths(source, places):
            here[place].append(source)
    noted: dict[str, Provenance] = {}
    for place, sources in here.items():
        if not sources and reading.inventory.chats:
            continue  # an export, which is noted with its chats
        licenses = reading.licenses
        noted[place] = Provenance(
            kind=SourceKind.folder if Path(place).is_dir() else SourceKind.file,
            ground=ground,
            documents=len(sources),
            licences=unique_texts([licenses[s] for s in sources if s in licenses]),
        )
    if noted:
        open_project(project)
        add_provenance(project, noted)
