"""Journals of Day One (Journal.json): the entries, which are Markdown."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator

from morris_mlx.collect.readers.markdown import parse_markdown
from morris_mlx.collect.readers.reader import LeftOut, Member, TextPiece
from morris_mlx.collect.text import ParsedText, UnreadableError, iso_date

MAX_BYTES = 100_000_000
_METADATA = re.compile(rb'"metadata"\s*:\s*\{\s*"version"|"entries"\s*:\s*\[')
_ENTRY_KEYS = (b'"creationDate"', b'"creationDevice"', b'"richText"', b'"timeZone"')
_UUID = re.compile(r"[0-9A-Fa-f-]{8,40}")
_MOMENT = re.compile(r"!\[[^\]]*\]\(dayone-moment:[^)]*\)")


def is_day_one(member: Member, head: bytes) -> bool:
    """Return True for a journal by the keys at its start."""
    if not head.lstrip(b"\xef\xbb\xbf \r\n\t").startswith(b"{") or b'"entries"' not in head:
        return False
    has_keys = sum(key in head for key in _ENTRY_KEYS) > 1
    return has_keys and _METADATA.search(head) is not None


def read_day_one(member: Member) -> Iterator[TextPiece | LeftOut]:
    """Yield the entries of a journal, and those without text. Raises UnreadableError."""
    try:
        journal = json.loads(member.read_bytes(MAX_BYTES))
        entries = journal["entries"]
    except (ValueError, TypeError, KeyError, RecursionError) as error:
        raise UnreadableError("a damaged Day One journal") from error
    if not isinstance(entries, list):
        raise UnreadableError("a damaged Day One journal")
    for number, entry in enumerate(entries, 1):
        if not isinstance(entry, dict):
            yield LeftOut("damaged", f"entry {number}")
            continue
        uuid = str(entry.get("uuid") or "")
        name = uuid if _UUID.fullmatch(uuid) else f"entry {number}"
        markdown = entry.get("text")
        if not isinstance(markdown, str) or not markdown.strip():
            yield LeftOut("no text in it", name)
            continue
        yield TextPiece(_read_entry(markdown, entry.get("creationDate")), name)


def _read_entry(markdown: str, created: object) -> ParsedText:
    # JSON may hold half of a character. A blank line first: an entry has no front matter.
    text = "\n" + _MOMENT.sub("", markdown).encode("utf-8", "replace").decode()
    parsed = parse_markdown(text)
    return ParsedText(parsed.text, parsed.title, date=iso_date(created))
