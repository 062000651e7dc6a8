"""Parts of an Obsidian vault that are not texts: templates, boards, drawings and its trash.

The notes themselves are Markdown files like others. Daily notes are texts, too.
"""

from __future__ import annotations

import json
from collections.abc import Iterator

from morris_mlx.collect.archives import Archive
from morris_mlx.collect.readers.export_reader import Claim
from morris_mlx.collect.readers.posts.claims import head_of, roots_of
from morris_mlx.collect.readers.posts.pieces import Reason
from morris_mlx.collect.readers.reader import LeftOut, Member
from morris_mlx.collect.text import UnreadableError

SETTINGS = ".obsidian/"
# The settings that name templates, relative to the folder of settings.
TEMPLATE_SETTINGS = {
    "templates.json": "folder",
    "daily-notes.json": "template",
    "plugins/templater-obsidian/data.json": "templates_folder",
}
DRAWINGS = (".canvas", ".excalidraw.md", ".excalidraw", ".base")
# Plugins that keep boards and drawings in Markdown files, and the mark in their front matter.
BOARD_PLUGINS = ("kanban", "excalidraw")
BOARD_MARKS = (b"kanban-plugin:", b"excalidraw-plugin:")
PLUGIN_LIST = "community-plugins.json"
BOARD_HEAD = 1000  # bytes of a note, searched for a mark


def claim_vault(archive: Archive) -> Iterator[Claim]:
    """Yield the parts of each vault in an archive that are not texts."""
    for root in sorted({root for root, _ in roots_of(archive, r"\.obsidian/.+")}):
        templates = _templates(archive, root)
        inside = [name for name in archive.names if name.startswith(root)]
        names = {name for name in inside if _reason(name[len(root) :], templates)}
        if _has_boards(archive, root, inside):
            notes = (n for n in inside if n.endswith(".md") and n not in names)
            names |= {name for name in notes if _is_board(archive, name)}
        yield Claim(root, frozenset(names))


def read_vault(archive: Archive, claim: Claim) -> Iterator[LeftOut]:
    """Yield a reason for each part of a vault that is not a text, except its settings."""
    templates = _templates(archive, claim.root)
    for name in sorted(claim.names):
        below = name[len(claim.root) :]
        if not below.startswith(SETTINGS):
            yield LeftOut(_reason(below, templates) or Reason.DRAWING, name)


def _templates(archive: Archive, root: str) -> tuple[str, ...]:
    """Return the names of templates and their folders below the root, without a slash."""
    wanted = {f"{root}{SETTINGS}{file}": key for file, key in TEMPLATE_SETTINGS.items()}
    found: list[str] = []
    for name in archive.names:
        if name not in wanted:
            continue
        try:
            settings = json.loads(Member(archive, name).read_bytes())
        except (ValueError, RecursionError, UnreadableError):
            continue
        value = settings.get(wanted[name]) if isinstance(settings, dict) else None
        if isinstance(value, str) and value.strip("/ "):
            found.append(value.strip("/ "))
    return tuple(found)


def _reason(below: str, templates: tuple[str, ...]) -> str:
    """Return the reason why a file is no text, by its name below the root; "" if it may be one."""
    if below.startswith(SETTINGS):
        return Reason.SETTING
    if below.startswith(".trash/"):
        return Reason.TRASH
    if below.endswith(DRAWINGS):
        return Reason.DRAWING
    is_template = any(below in (t, f"{t}.md") or below.startswith(f"{t}/") for t in templates)
    return Reason.TEMPLATE if is_template else ""


def _has_boards(archive: Archive, root: str, inside: list[str]) -> bool:
    """Return True for a vault with a plugin of boards: only then all notes are looked at."""
    plugins = [n[len(root) :] for n in inside if n.startswith(f"{root}{SETTINGS}plugins/")]
    listed = f"{root}{SETTINGS}{PLUGIN_LIST}"
    known = head_of(archive, listed).decode("utf-8", "replace") if listed in inside else ""
    return any(word in text for word in BOARD_PLUGINS for text in (*plugins, known))


def _is_board(archive: Archive, name: str) -> bool:
    head = head_of(archive, name)[:BOARD_HEAD]
    return head.startswith(b"---") and any(mark in head for mark in BOARD_MARKS)
