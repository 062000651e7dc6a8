"""Lines of Markdown that are not text: notes, properties, instructions, blocks of code.

They are removed before the parser reads the rest, which would take them for paragraphs.
"""

from __future__ import annotations

import re

from morris_mlx.collect.lines import looks_like_prose
from morris_mlx.collect.readers.obsidian import (
    is_property_line,
    prose_of_property,
    remove_comments,
    remove_org_blocks,
)
from morris_mlx.collect.readers.site_marks import is_site_line, remove_site_marks

_FENCE = re.compile(r" {0,3}(`{3,}|~{3,})[ \t]*([^`\n]*)")
_VERSE_FENCES = ("poem", "poetry", "verse")  # whose content is text, line by line
_NOTE = re.compile(r" {0,3}\[\^[^\]\n]{1,80}\]:")
_NOTE_MARK = re.compile(r"\[\^[^\]\s]{1,80}\](?!:)")
_INLINE_NOTE = re.compile(r"\^\[[^\[\]\n]{1,2000}\]")
# A heading without the space behind its marks, which older programs allow.
_TIGHT_HEADING = re.compile(r"(#{2,6})(?=[^\s#])|#(?=[^\W\d_][^\s#]*(?: [^\s#]+)+$)")
# Pandoc: a span with a class, and lines that keep their breaks.
_SPAN = re.compile(r"\[([^\[\]\n]{1,500})\]\{[.#][^{}\n]{1,80}\}")
_LINE_BLOCK = re.compile(r"^(?:\|(?: [^|\n]*)?\n){2,}", re.MULTILINE)
_DEFINITION = re.compile(r"[ ]{0,3}:[ \t]+(?=\S)")


def clean_source(text: str) -> str:
    """Return Markdown without code blocks, notes and lines that are not text.

    Marks are removed between blocks of code, never within them, so that code cannot open a mark
    that text would close.
    """
    parts: list[str] = []
    for kind, block in _split_at_fences(text):
        if kind == "text":
            block = remove_org_blocks(remove_comments(block))
            block = _LINE_BLOCK.sub(_verse_of, _SPAN.sub(r"\1", block))
            block = remove_site_marks(block)
            block = _INLINE_NOTE.sub("", _NOTE_MARK.sub("", _remove_lines(block)))
        elif kind == "verse":  # two spaces at the end keep the lines apart
            block = "\n" + "".join(f"{line.strip()}  \n" for line in block.split("\n")) + "\n"
        else:
            block = "\n\n"
        parts.append(block)
    return "".join(parts)


def _verse_of(block: re.Match[str]) -> str:
    """Return the lines of a line block as verse: two spaces at the end keep them apart."""
    lines = (line.removeprefix("|").strip() for line in block[0].rstrip("\n").split("\n"))
    return "\n" + "".join(f"{line}  \n" if line else "\n" for line in lines) + "\n"


def _split_at_fences(text: str) -> list[tuple[str, str]]:
    """Return the parts of a text as ("text" | "code" | "verse", content), in order.

    A fence that is never closed is no fence if what follows it reads like prose.
    """
    parts: list[tuple[str, list[str]]] = [("text", [])]
    mark = ""
    for line in text.split("\n"):
        found = _FENCE.match(line)
        if not mark and found and "`" not in found[2]:
            mark = found[1]
            language = found[2].strip().split(" ")[0].strip("{}.").lower()
            parts.append(("verse" if language in _VERSE_FENCES else "code", []))
        elif mark and found and found[1].startswith(mark) and not found[2].strip():
            mark = ""
            parts.append(("text", []))
        else:
            parts[-1][1].append(line)
    if mark and parts[-1][0] == "code" and looks_like_prose(parts[-1][1]):
        parts[-1] = ("text", parts[-1][1])
    return [(kind, "\n".join(lines) + "\n") for kind, lines in parts]


def _remove_lines(text: str) -> str:
    """Remove notes with their continuation, properties and instructions; split definitions."""
    kept: list[str] = []
    is_note = is_after_empty = False
    for line in text.split("\n"):
        is_empty = not line.strip()
        if is_note:
            # A note goes on up to an empty line, and below it in indented paragraphs.
            is_note = is_empty or not is_after_empty or line.startswith(("    ", "\t"))
            if _NOTE.match(line):
                is_note = True
        else:
            is_note = _NOTE.match(line) is not None
        is_after_empty = is_empty
        if is_note:
            if is_empty:
                kept.append("")
        elif is_property_line(line):
            kept += ["", prose, ""] if (prose := prose_of_property(line)) else [""]
        elif is_site_line(line):
            kept.append("")
        elif (found := _DEFINITION.match(line)) and kept and kept[-1].strip():
            kept += ["", line[found.end() :]]
        elif _TIGHT_HEADING.match(line) and not (kept and kept[-1].strip()):
            kept.append(_TIGHT_HEADING.sub(lambda mark: f"{mark[0]} ", line, count=1))
        else:
            kept.append(line)
    return "\n".join(kept)
