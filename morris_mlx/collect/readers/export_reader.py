"""Interface of the readers of exports of many files: the zip or folder of a blog or network.

All files of an export have one source. Files that belong to no export are read one by one.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from enum import StrEnum

from morris_mlx.collect.archives import Archive
from morris_mlx.collect.readers.reader import LeftOut, TextPiece


class ExportKind(StrEnum):
    """A kind of export of many files. The value is its name for the user."""

    SUBSTACK = "Substack"
    MEDIUM = "Medium"
    X = "X (Twitter)"
    MASTODON = "Mastodon"
    META = "Facebook or Instagram"
    REDDIT = "Reddit"
    LINKEDIN = "LinkedIn"
    NOTION = "Notion"
    OBSIDIAN = "Obsidian"
    KEEP = "Google Keep"
    TEXT_BUNDLES = "TextBundles"
    SCRIVENER = "Scrivener project"


@dataclass(frozen=True, slots=True)
class Claim:
    """An export that was found in an archive.

    `root` is the folder inside the archive, "" or with a slash at its end. `names` are all files
    that belong to the export, with those that are not read, such as pictures.
    """

    root: str
    names: frozenset[str]


@dataclass(frozen=True, slots=True)
class ExportReader:
    """The reader of one kind of export.

    Attributes:
        kind: the kind of export.
        claim: returns the exports of this kind in an archive, recognized by content. It may read
            the heads of files, and is called with every folder and zip: it must be quick.
        read: returns the texts and the parts that are left out. Their `name` is the name of the
            file in the archive, and what tells apart the texts of one file.
    """

    kind: ExportKind
    claim: Callable[[Archive], Iterable[Claim]]
    read: Callable[[Archive, Claim], Iterable[TextPiece | LeftOut]]
