"""The files below a folder, each once, without opening any."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from morris_mlx.collect.unread_kinds import HIDDEN, LINKS, SPECIAL, UnreadKind


@dataclass(frozen=True, slots=True)
class FolderEntry:
    """A file below a folder by its relative name, and the reason for which it is not opened.

    Both `kind` and `problem` are empty for a file to be opened. `problem` is the error of a folder
    that cannot be listed.
    """

    name: str
    kind: UnreadKind | None = None
    problem: str = ""


def list_folder(folder: Path) -> Iterator[FolderEntry]:
    """Yield every file below a folder, in no particular order.

    Links to files elsewhere are yielded to be opened. Links to folders are not followed, which
    could lead in a circle, and links to a file of the same folder would yield it twice.
    """
    waiting = [""]
    while waiting:
        inside = waiting.pop()
        try:
            with os.scandir(folder / inside) as entries:
                for entry in entries:
                    name = inside + entry.name
                    if entry.is_dir(follow_symlinks=False):
                        waiting.append(f"{name}/")
                    else:
                        yield FolderEntry(name, _unopened_kind(folder, name, entry))
        except OSError as error:
            name = inside.rstrip("/") or "."
            yield FolderEntry(name, None, f"cannot be read ({error.strerror})")


def is_hidden(name: str) -> bool:
    """Return True for a file that is hidden, or in a hidden folder."""
    return any(part.startswith(".") and part not in (".", "..") for part in name.split("/"))


def _unopened_kind(folder: Path, name: str, entry: os.DirEntry[str]) -> UnreadKind | None:
    """Return the kind of a file that must not be opened, by its place and type, or None."""
    if is_hidden(name):
        return HIDDEN
    if entry.is_symlink():
        try:
            target = Path(entry.path).resolve()
            is_elsewhere = target.is_file() and not target.is_relative_to(folder)
        except (OSError, RuntimeError):  # links in a circle
            is_elsewhere = False
        return None if is_elsewhere else LINKS
    return None if entry.is_file(follow_symlinks=False) else SPECIAL
