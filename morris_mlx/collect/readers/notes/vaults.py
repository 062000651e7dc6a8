"""Parts of an Obsidian vault that are no texts: templates, boards, drawings and its trash.

The notes themselves are Markdown files like others. Daily notes are texts, too.
"""

from __future__ import annotations

import json
from collections.abc import Iterator

from morris_mlx.collect.archives import Archive
from morris_mlx.collect.readers.export_reader import Claim
from morris_mlx.collect.readers.posts.claims import head_of, roots_of
from morris_mlx.collect.readers.posts.pieces import Reason
from morris_mlx.collect.readers.reader import LeftOut

# The settings that name a template or the folder of all, relative to the folder of settings.
TEMPLATE_SETTINGS = {
    "templates.json": ("folder",),
    "daily-notes.json": ("template",),
    "plugins/templater-obsidian/data.json": ("templates_folder", "template_folder"),
}
SETTINGS = ".obsidian/"
DRAWINGS = (".canvas", ".excalidraw.md", ".excalidraw", ".base")
# Front matter of plugins that keep boards and drawings in Markdown files.
BOARD_MARKS = (b"kanban-plugin:", b"excalidraw-plugin:")


def claim_vault(archive: Archive) -> Iterator[Claim]:
    """Yield the parts of each vault in an archive that are no texts."""
    for root in sorted({root for root, _ in roots_of(archive, r"\.obsidian/.+")}):
        templates = _templates(archive, root)
        names = (
            n for n in archive.names if n.startswith(root) and _reason(archive, root, n, templates)
        )
        yield Claim(root, frozenset(names))


def read_vault(archive: Archive, claim: Claim) -> Iterator[LeftOut]:
    """Yield the reasons for the parts of a vault that are no texts; settings need none."""
    templates = _templates(archive, claim.root)
    for name in sorted(claim.names):
        reason = _reason(archive, claim.root, name, templates)
        if reason and not name.startswith(f"{claim.root}{SETTINGS}"):
            yield LeftOut(reason, name)


def _templates(archive: Archive, root: str) -> tuple[str, ...]:
    """Return the templates' folders and files, as beginnings of names."""
    found: list[str] = []
    for file, keys in TEMPLATE_SETTINGS.items():
        try:
            settings = json.loads(head_of(archive, f"{root}{SETTINGS}{file}"))
        except (ValueError, RecursionError):
            continue
        values = (settings.get(key) for key in keys) if isinstance(settings, dict) else ()
        found += [
            f"{root}{value.strip('/')}"
            for value in values
            if isinstance(value, str) and value.strip("/ ")
        ]
    return tuple(found)


def _reason(archive: Archive, root: str, name: str, templates: tuple[str, ...]) -> str:
    below = name[len(root) :]
    if below.startswith(SETTINGS):
        return Reason.SETTING
    if below.startswith(".trash/"):
        return Reason.TRASH
    if below.endswith(DRAWINGS):
        return Reason.DRAWING
    if any(name == t or name == f"{t}.md" or name.startswith(f"{t}/") for t in templates):
        return Reason.TEMPLATE
    if below.endswith(".md"):
        head = head_of(archive, name)[:1000]
        if head.startswith(b"---") and any(mark in head for mark in BOARD_MARKS):
            return Reason.DRAWING
    return ""
