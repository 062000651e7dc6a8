"""Exports of texts made on the spot: files, zips and folders, and what their readers return."""

from __future__ import annotations

import json
import zipfile
from collections import Counter
from collections.abc import Mapping
from pathlib import Path

from morris_mlx.collect.archives import FolderArchive, SingleFile, ZipArchive
from morris_mlx.collect.readers.export_reader import ExportKind
from morris_mlx.collect.readers.reader import FileKind, LeftOut, Member, TextPiece
from morris_mlx.collect.readers.table import EXPORT_READERS, FILE_READERS

PAINT = "The harbour was shut for painting on the Monday."
BOY = "On the Tuesday a boy had been put there to tell everybody."


def as_bytes(content: object) -> bytes:
    """Return bytes as they are, text as UTF-8, and anything else as JSON."""
    if isinstance(content, bytes):
        return content
    return (content if isinstance(content, str) else json.dumps(content)).encode()


def write_files(folder: Path, files: Mapping[str, object]) -> FolderArchive:
    """Write files below a folder, and return it as an archive."""
    for name, content in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(as_bytes(content))
    return FolderArchive(folder)


def write_zip(path: Path, files: Mapping[str, object]) -> ZipArchive:
    """Write a zip, and return it as an archive."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name, as_bytes(content))
    return ZipArchive(path)


def read_export(kind: ExportKind, archive: FolderArchive | ZipArchive) -> list[TextPiece | LeftOut]:
    """Return the pieces of all exports of a kind in an archive."""
    reader = next(reader for reader in EXPORT_READERS if reader.kind is kind)
    return [piece for claim in reader.claim(archive) for piece in reader.read(archive, claim)]


def claimed_names(archive: FolderArchive | ZipArchive) -> dict[ExportKind, set[str]]:
    """Return the names that exports claim, for each kind that claims any."""
    found = {r.kind: {n for c in r.claim(archive) for n in c.names} for r in EXPORT_READERS}
    return {kind: names for kind, names in found.items() if names}


def read_one(path: Path, content: object, kind: FileKind) -> list[TextPiece | LeftOut]:
    """Write a file, require that it is recognized as a kind, and return its pieces."""
    path.write_bytes(as_bytes(content))
    member = Member(SingleFile(path), path.name)
    head = member.read_head()
    reader = next(reader for reader in FILE_READERS if reader.accepts(member, head))
    assert reader.kind is kind
    return list(reader.read(member))


def recognized(path: Path, content: object) -> FileKind | None:
    """Write a file, and return the kind as which it is recognized."""
    path.write_bytes(as_bytes(content))
    member = Member(SingleFile(path), path.name)
    head = member.read_head()
    return next((r.kind for r in FILE_READERS if r.accepts(member, head)), None)


def texts(pieces: list[TextPiece | LeftOut]) -> list[str]:
    """Return the texts in their order."""
    return [piece.parsed.text for piece in pieces if isinstance(piece, TextPiece)]


def only_text(pieces: list[TextPiece | LeftOut]) -> TextPiece:
    """Return the only text."""
    (found,) = (piece for piece in pieces if isinstance(piece, TextPiece))
    return found


def reasons(pieces: list[TextPiece | LeftOut]) -> dict[str, int]:
    """Return the number of parts left out, by reason."""
    return dict(Counter(str(piece.reason) for piece in pieces if isinstance(piece, LeftOut)))
