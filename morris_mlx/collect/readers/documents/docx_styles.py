"""Paragraph styles of Word documents: the parts that paragraphs have in a text."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from morris_mlx.collect.safe_xml import attribute, child, local_name

if TYPE_CHECKING:
    from lxml.etree import _Element

MAX_BASES = 20  # styles that are based on each other; more are a circle
# Names of built-in styles in small letters without spaces: Word writes them in English in every
# language. LibreOffice's are among them.
_LEFT_OUT = {
    *("caption", "tableoffigures", "tocheading", "bibliography", "header", "footer"),
    *("footnotetext", "endnotetext", "balloontext", "commenttext", "annotationtext", "tabletext"),
    *("quote", "intensequote", "blocktext", "quotations", "macro", "codeblock", "date"),
    *("illustration", "figure", "table", "contentsheading", "indexheading", "sourcecode", "author"),
}
_LEVELS, _OUTLINE_LEVELS = set("123456789"), set("012345678")  # 9 is the level of text
_LEFT_OUT_PREFIXES = ("toc", "index", "contents")


@dataclass(frozen=True, slots=True)
class ParagraphKind:
    """The part of a paragraph in the text: the level of a heading or 0, or the title.

    `is_kept` is False where it has none.
    """

    level: int = 0
    is_title: bool = False
    is_kept: bool = True


def kind_of_style(name: str) -> ParagraphKind | None:
    """Return the kind of a built-in style by its English name, or None for another style."""
    key = "".join(name.casefold().replace("_20_", "").split())
    if key in _LEFT_OUT or (key.startswith(_LEFT_OUT_PREFIXES) and key[-1:].isdigit()):
        return ParagraphKind(is_kept=False)
    if key == "title":
        return ParagraphKind(is_title=True)
    if key.startswith("heading"):
        level = key.removeprefix("heading")
        return ParagraphKind(int(level) if level in _LEVELS else 1)
    return None


class Styles:
    """The styles of a document by their ids."""

    def __init__(self, root: _Element | None) -> None:
        self._names: dict[str, str] = {}
        self._bases: dict[str, str] = {}
        self._levels: dict[str, int] = {}
        for style in root if root is not None else ():
            if local_name(style) != "style":
                continue
            id_ = attribute(style, "styleId")
            name, base = child(style, "name"), child(style, "basedOn")
            self._names[id_] = attribute(name, "val") if name is not None else ""
            if base is not None:
                self._bases[id_] = attribute(base, "val")
            self._levels[id_] = _outline_level(child(style, "pPr"))

    def kind_of(self, properties: _Element | None) -> ParagraphKind:
        """Return the kind of a paragraph by its properties."""
        if properties is None:
            return ParagraphKind()
        style = child(properties, "pStyle")
        id_ = attribute(style, "val") if style is not None else ""
        for _ in range(MAX_BASES):
            if not id_:
                break
            if kind := kind_of_style(self._names.get(id_) or id_):
                return kind
            if level := self._levels.get(id_):
                return ParagraphKind(level)
            id_ = self._bases.get(id_, "")
        return ParagraphKind(_outline_level(properties))


def _outline_level(properties: _Element | None) -> int:
    """Return the level that the properties give a paragraph among the headings, or 0."""
    level = child(properties, "outlineLvl") if properties is not None else None
    value = attribute(level, "val") if level is not None else ""
    return int(value) + 1 if value in _OUTLINE_LEVELS else 0
