"""Scrivener projects (.scriv): the documents of the manuscript, in the order of the binder.

Research, templates, the trash, and documents that are not compiled are left out.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import TYPE_CHECKING

from morris_mlx.collect.archives import Archive
from morris_mlx.collect.readers.documents.rtf import read_rtf
from morris_mlx.collect.readers.export_reader import Claim
from morris_mlx.collect.readers.reader import LeftOut, Member, TextPiece
from morris_mlx.collect.safe_xml import attribute, child, parse_xml, text_of
from morris_mlx.collect.text import ParsedText, UnreadableError, iso_date

if TYPE_CHECKING:
    from lxml.etree import _Element

BINDER_SUFFIX = ".scrivx"
MAX_BINDER_BYTES = 40_000_000
# Marks of styles and placeholders that Scrivener writes into the text.
_MARK = re.compile(r"<!?\$Scr_\w+::\d+>|\{\\Scrv_\w+[^{}]*\\end_Scrv_\w+\}|<\$\w+>")


def claim_scrivener(archive: Archive) -> Iterator[Claim]:
    """Yield the projects in an archive: folders with a binder."""
    for name in archive.names:
        if name.lower().endswith(BINDER_SUFFIX):
            folder = posixpath.dirname(name)
            root = f"{folder}/" if folder else ""
            yield Claim(root, frozenset(n for n in archive.names if n.startswith(root)))


def read_scrivener(archive: Archive, claim: Claim) -> Iterator[TextPiece | LeftOut]:
    """Yield the documents of a project. Raises UnreadableError for a damaged binder."""
    binder = next(n for n in sorted(claim.names) if n.lower().endswith(BINDER_SUFFIX))
    project = parse_xml(Member(archive, binder).read_bytes(MAX_BINDER_BYTES))
    root = child(project, "Binder")
    if root is None:
        raise UnreadableError("a damaged Scrivener project: no binder in it")
    listed: set[str] = set()
    try:
        for item, reason in _items(root, ""):
            name = _content_of(item, claim)
            if name is None or name in listed:
                continue
            listed.add(name)
            if reason:
                yield LeftOut(reason, name)
            else:
                yield from _read_item(item, Member(archive, name))
    except RecursionError as error:
        raise UnreadableError("nested too deeply") from error
    for name in sorted(claim.names - listed):
        if name.lower().endswith("/content.rtf"):
            yield LeftOut("not in the binder of the Scrivener project", name)


def _items(parent: _Element, reason: str) -> Iterator[tuple[_Element, str]]:
    """Yield the items of the binder with the reason to leave them out, or ""."""
    for item in parent.iterchildren("{*}BinderItem"):
        type_ = attribute(item, "Type")
        here = reason
        if type_ == "TrashFolder":
            here = "in the trash of the Scrivener project"
        elif parent.tag == "Binder" and type_ != "DraftFolder":
            here = "outside the manuscript of the Scrivener project"
        own = here
        if not here and text_of(child(item, "MetaData", "IncludeInCompile")) == "No":
            own = "not compiled into the manuscript of the Scrivener project"
        yield item, own
        if (children := child(item, "Children")) is not None:
            yield from _items(children, here)


def _content_of(item: _Element, claim: Claim) -> str | None:
    """Return the name of the file of an item, in the layout of Scrivener 3 or of older ones."""
    names: Iterable[str] = (
        f"Files/Data/{attribute(item, 'UUID')}/content.rtf",
        f"Files/Docs/{attribute(item, 'ID')}.rtf",
    )
    return next((f"{claim.root}{n}" for n in names if f"{claim.root}{n}" in claim.names), None)


def _read_item(item: _Element, member: Member) -> Iterator[TextPiece | LeftOut]:
    try:
        pieces = list(read_rtf(member))
    except UnreadableError as error:
        yield LeftOut(str(error), member.name)
        return
    for piece in pieces:
        if isinstance(piece, LeftOut):
            yield replace(piece, name=f"{member.name}/{piece.name}")
            continue
        text = _MARK.sub("", piece.parsed.text)
        if not text.strip():
            continue  # a folder, or a document that was not begun
        title = text_of(child(item, "Title")) or piece.parsed.title
        date = iso_date(attribute(item, "Created"))
        yield replace(piece, parsed=ParsedText(text, title, date=date), name=member.name)
