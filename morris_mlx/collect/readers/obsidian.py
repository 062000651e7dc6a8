"""Marks of Obsidian, Logseq, Bear and similar notebooks in Markdown."""

from __future__ import annotations

import re

from morris_mlx.collect.parse_dates import find_date, simplify_key

# Callouts of these types are other people's words; all other callouts are the writer's own.
QUOTING_CALLOUTS = ("quote", "cite")
CALLOUT = re.compile(r"\[!([\w|/ -]{1,40})\][+-]?[ \t]*")
_COMMENT_MARK = "%%"
_EMBED = re.compile(r"!\[\[[^\[\]\n]{1,500}\]\]")
_LINK = re.compile(r"\[\[([^\[\]\n]{1,500})\]\]")
_HIGHLIGHT = re.compile(r"(?<![=\w])==(?=[^\s=])([^=\n]{1,1000}(?<=\S))==(?![=\w])")
_BEAR_HIGHLIGHT = re.compile(r"(?<![\w:])::(?=[^\s:])([^:\n]{1,1000}(?<=\S))::(?![\w:])")
_BLOCK_ID = re.compile(r"(?<!\S)\^[A-Za-z0-9-]{1,40}[ \t]*$", re.MULTILINE)
_INLINE_FIELD = re.compile(r"[\[(][\w -]{1,40}::[^\[\]()\n]{0,500}[\])]")
# For a field in round brackets, Dataview shows only the value, which may be part of the sentence.
_SHOWN_FIELD = re.compile(r"\([\w -]{1,40}::[ \t]*([^\[\]()\n]{1,500})\)(?=[ \t]*[^\W_]|[.,;:!?…])")
_PROPERTY_LINE = re.compile(r"[ \t]*(?:[-*] )?[\w-]{1,40}::(?:[ \t](?P<value>.*))?")
_FIELD = re.compile(
    r"(?:^[ \t]*|[\[(])(?P<key>[^\W\d_][\w -]{0,39})::[ \t]*(?P<value>[^\])\n]{1,60})"
)
_LIST_ITEM = re.compile(r"[ \t]*(?:[-*+]|\d{1,3}[.)])[ \t]")
# Fields with the day on which a note was written. "published" may be that of a book.
_FIELD_DATES = (
    *("date", "day", "datum", "fecha", "data", "дата", "created", "createdon", "creationdate"),
    *("datecreated", "erstellt", "written", "posted"),
)
MIN_PROSE_WORDS = 12  # a property with fewer words is a value, not a sentence
_REFERENCE = re.compile(r"\(\([0-9a-f-]{36}\)\)|\{\{(?:embed|query|\[\[)[^{}\n]{0,500}\}\}")
# Bear closes a tag of several words: #rain in winter#
_TAG = r"#(?:[^\W\d_][\w/ -]{0,40}\w#|[^\W\d_][\w/-]*|\d[\w/-]*[^\W\d][\w/-]*)"
_TAGS_AT_END = re.compile(
    rf"(?:(?<=[.!?…:;\"”’»)\]*_])|^)"
    rf"(?:[ \t]+|^){_TAG}(?:[ \t]+{_TAG})*[ \t]*$",
    re.MULTILINE,
)
_ORG_BLOCK = re.compile(
    r"^[ \t]*(?:[-*] )?#\+BEGIN_(QUOTE|SRC|EXAMPLE|EXPORT|COMMENT|QUERY)\b.{0,20000}?"
    r"^[ \t]*#\+END_\1\b[^\n]*$",
    re.DOTALL | re.MULTILINE | re.IGNORECASE,
)
_ORG_MARK = re.compile(
    r"^[ \t]*(?:[-*] )?#\+(?:BEGIN|END)_\w+[^\n]*$", re.MULTILINE | re.IGNORECASE
)
# A box, or a word of Logseq: the state of a task.
_TASK = re.compile(r"\[[ xX/>-]\][ \t]+|(?:TODO|DOING|DONE|LATER|NOW|WAITING)[ \t]+(?=[^\W_])")


def remove_org_blocks(text: str) -> str:
    """Return Markdown without the blocks of Org that Logseq writes: quotations, code, queries.

    For other blocks, such as notes and verse, only the marks are removed.
    """
    if "#+" not in text:
        return text
    return _ORG_MARK.sub("", _ORG_BLOCK.sub("", text))


def remove_comments(text: str) -> str:
    """Return Markdown without comments between two `%%`, which Obsidian never shows.

    A last mark without its partner is removed alone.
    """
    if _COMMENT_MARK not in text:
        return text
    parts = text.split(_COMMENT_MARK)
    kept = parts[::2] if len(parts) % 2 else [*parts[:-1:2], parts[-1]]
    return "".join(kept)


def is_property_line(line: str) -> bool:
    """Return True for a line like `status:: done`, which Logseq and Dataview write."""
    return "::" in line and _PROPERTY_LINE.fullmatch(line) is not None


def prose_of_property(line: str) -> str:
    """Return the value of a property's line if it is a sentence of the note, else ""."""
    found = _PROPERTY_LINE.fullmatch(line)
    value = ((found and found["value"]) or "").strip()
    is_sentence = value.endswith((".", "!", "?", "…", "”", '"', "»"))
    return value if is_sentence and len(value.split()) >= MIN_PROSE_WORDS else ""


def date_of_fields(text: str) -> str:
    """Return the ISO date that a note states in a field of Dataview, as `date:: 2024-03-04`, or "".

    Fields in the items of lists belong to the items.
    """
    if "::" not in text:
        return ""
    fields: dict[str, object] = {}
    for line in text.split("\n"):
        if "::" in line and not _LIST_ITEM.match(line):
            for found in _FIELD.finditer(line):
                fields.setdefault(simplify_key(found["key"]), found["value"].strip(" []"))
    return find_date(fields, _FIELD_DATES)


def clean_inline(text: str) -> str:
    """Return the Markdown of one paragraph without links between notes, embeds, tags and marks.

    A link becomes an HTML link with the words that the notebook shows.
    """
    if "[[" in text:
        text = _LINK.sub(lambda link: f"<a>{_shown(link[1])}</a>", _EMBED.sub("", text))
    if "::" in text:
        text = _INLINE_FIELD.sub("", _SHOWN_FIELD.sub(r"\1", text))
        text = _BEAR_HIGHLIGHT.sub(r"\1", text)
    if "((" in text or "{{" in text:
        text = _REFERENCE.sub("", text)
    if "==" in text:
        text = _HIGHLIGHT.sub(r"\1", text)
    if "^" in text:
        text = _BLOCK_ID.sub("", text)
    if "#" in text:
        text = _TAGS_AT_END.sub("", text)
    return text


def remove_task_box(text: str) -> str:
    """Return the text of a list item without the box or the word for the state of a task."""
    return _TASK.sub("", text, count=1) if _TASK.match(text) else text


def _shown(target: str) -> str:
    """Return the words that a link between notes shows: its text, or the name of the note."""
    name, bar, words = target.partition("|")
    if bar and words.strip():
        return words.strip()
    note, _, heading = name.rstrip("\\").partition("#")
    place = note.strip() or heading.strip().lstrip("^")
    return place.rsplit("/", 1)[-1].removesuffix(".md")
