"""Streaming XML of blogs: the items of a feed or export one by one, however large the file.

Nothing from outside is loaded, and entities of the file's own are refused: a few lines of them can
expand to gigabytes.
"""

from __future__ import annotations

import codecs
import html
import io
import re
from collections.abc import Iterator
from typing import BinaryIO

from lxml import etree

from morris_mlx.collect.readers.posts.json_items import opened
from morris_mlx.collect.readers.reader import Member
from morris_mlx.collect.safe_xml import OWN_ENTITIES, declares_entities, iterate_xml, local_name
from morris_mlx.collect.text import UnreadableError

# Characters that XML forbids and old exports contain. In UTF-8 and its like each is one byte.
_FORBIDDEN = bytes(set(range(32)) - {9, 10, 13})
_UTF16_MARKS = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
_TAIL_BYTES = 4096


class XmlItems:
    """The elements of some names in an XML file, each with everything in it.

    `iterate` yields them. Each is emptied when the next one is asked for.
    """

    def __init__(self, member: Member, names: frozenset[str]) -> None:
        self._member, self._names = member, names

    def iterate(self) -> Iterator[etree._Element]:
        """Yield the elements. Raises UnreadableError for a file that is no XML or was cut off."""
        with opened(self._member) as file:
            source = _Cleaned(file)
            root = ""
            inside = 0
            for event, element in iterate_xml(source, ("start", "end")):
                is_item = local_name(element) in self._names
                if event == "start":
                    root = root or local_name(element)
                    inside += is_item
                elif is_item:
                    inside -= 1
                    if not inside:
                        yield element
                        _forget(element)
            if not root:
                raise UnreadableError("not valid XML (nothing in it)")
            if not source.ends_with(root):
                raise UnreadableError("cut off: its end is missing; export or download it again")


def content(element: etree._Element | None) -> str:
    """Return the text in an element.

    References to entities of HTML, which feeds contain though XML does not know them, are resolved.
    """
    if element is None:
        return ""
    pieces = [element.text or ""]
    for inner in element:
        if inner.tag is etree.Entity:
            pieces.append(html.unescape(inner.text or ""))
        else:
            pieces.append(content(inner) if isinstance(inner.tag, str) else "")
        pieces.append(inner.tail or "")
    return "".join(pieces)


def markup(element: etree._Element) -> str:
    """Return the tags and text in an element, as markup: XHTML in an Atom feed."""
    pieces = [html.escape(element.text or "", quote=False)]
    pieces += [etree.tostring(inner, encoding="unicode", method="html") for inner in element]
    # HTML knows no namespaces.
    return re.sub(r"<(/?)[\w-]+:(?=\w)", r"<\1", "".join(pieces))


def _forget(element: etree._Element) -> None:
    """Empty an element, and remove those before it: the memory of an item, not of the file."""
    element.clear(keep_tail=False)
    parent = element.getparent()
    while parent is not None and (before := element.getprevious()) is not None:
        parent.remove(before)


class _Cleaned(io.RawIOBase):
    """A stream of XML without forbidden characters. Raises UnreadableError for entities."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self._tail = b""
        self._is_utf16: bool | None = None

    def read(self, size: int = -1) -> bytes:
        data = self._file.read(size)
        if self._is_utf16 is None:
            data = data.lstrip() if not data.startswith(_UTF16_MARKS) else data
            self._is_utf16 = data.startswith(_UTF16_MARKS) or b"\x00<" in data[:8]
        if declares_entities(self._tail[-16:] + data):
            raise UnreadableError(OWN_ENTITIES)
        self._tail = (self._tail + data)[-_TAIL_BYTES:]
        return data if self._is_utf16 else data.translate(None, _FORBIDDEN)

    def ends_with(self, name: str) -> bool:
        """Return True if the end tag of the root element is at the end of the stream."""
        end = self._tail.replace(b"\0", b"").decode("utf-8", "replace")
        return (
            re.search(rf"</(?:[\w.-]+:)?{re.escape(name)}\s*>\s*(?:<!--.*?-->\s*)*\Z", end, re.S)
            is not None
        )
