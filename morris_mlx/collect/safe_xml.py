"""XML parsed without expanding entities and without fetching anything.

lxml is imported when it is needed: most collections contain no XML.
"""

from __future__ import annotations

import io
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any, BinaryIO

from morris_mlx.collect.text import UnreadableError

if TYPE_CHECKING:
    from lxml.etree import _Element

OWN_ENTITIES = "declares XML entities of its own, which could expand without limit"
_SAFE: dict[str, Any] = {
    "resolve_entities": False,
    "no_network": True,
    "load_dtd": False,
    "huge_tree": False,
    "remove_comments": True,
    "remove_pis": True,
}


def begins_as_xml(head: bytes) -> bool:
    """Return True if the first bytes of a file can be XML. XML in a zip begins as a zip."""
    return head.lstrip(b"\xef\xbb\xbf \r\n\t").startswith(b"<")


def declares_entities(data: bytes) -> bool:
    """Return True for XML that declares entities, in any encoding of one or two bytes.

    A few lines of entities can expand to gigabytes, or refer to files on this machine.
    """
    return b"<!ENTITY" in data.replace(b"\0", b"").upper()


def parse_xml(raw: bytes) -> _Element:
    """Return the root element. Raises UnreadableError for damaged XML."""
    from lxml import etree

    try:
        root = etree.fromstring(raw, etree.XMLParser(**_SAFE))
    except (etree.XMLSyntaxError, ValueError) as error:
        raise UnreadableError("damaged: its XML cannot be read") from error
    if root is None:
        raise UnreadableError("damaged: its XML cannot be read")
    return root


def iterate_xml(
    source: BinaryIO | io.RawIOBase, events: Sequence[str] = ("end",)
) -> Iterator[tuple[str, _Element]]:
    """Yield the events of a stream with their elements, for the caller to clear.

    Damaged places are skipped. Raises UnreadableError for a stream that is not XML.
    """
    from lxml import etree

    try:
        yield from etree.iterparse(source, events=events, recover=True, **_SAFE)
    except (etree.XMLSyntaxError, ValueError, AssertionError) as error:
        raise UnreadableError(f"not valid XML ({error})") from error


def local_name(element: _Element) -> str:
    """Return the name of an element without its namespace; "" for what is no element."""
    tag = element.tag
    return tag.rpartition("}")[2] if isinstance(tag, str) else ""


def namespace(element: _Element) -> str:
    """Return the namespace of an element, or ""."""
    tag = element.tag
    return tag.rpartition("}")[0].removeprefix("{") if isinstance(tag, str) else ""


def attribute(element: _Element, name: str) -> str:
    """Return the attribute of a name in any namespace, or ""."""
    for key, value in element.attrib.items():
        if str(key).rpartition("}")[2] == name:
            return str(value)
    return ""


def child(element: _Element, *path: str) -> _Element | None:
    """Return the first element at a path of names below an element, or None."""
    found: _Element | None = element
    for name in path:
        found = (
            next((e for e in found if local_name(e) == name), None) if found is not None else None
        )
    return found


def text_of(element: _Element | None) -> str:
    """Return all text in an element, with single spaces; "" for None."""
    return " ".join("".join(map(str, element.itertext())).split()) if element is not None else ""
