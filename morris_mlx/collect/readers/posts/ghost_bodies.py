"""Bodies of posts in the JSON of Ghost's editors: Lexical, and Mobiledoc before it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from morris_mlx.collect.text import UnreadableError

PARAGRAPHS = {
    *("paragraph", "heading", "extended-heading", "listitem", "aside", "toggle", "header"),
}
# Quotations, and parts that are not prose.
DROPPED = {
    *("quote", "extended-quote", "code", "codeblock", "image", "gallery", "bookmark", "embed"),
    *(
        "button",
        "signup",
        "file",
        "audio",
        "video",
        "product",
        "horizontalrule",
        "paywall",
        "email",
    ),
    *("email-cta", "call-to-action", "transistor"),
}
MAX_DEPTH = 50


def lexical_text(source: str) -> str:
    """Return the text of a Lexical document. Raises UnreadableError for damage."""
    root = _loaded(source).get("root")
    paragraphs = _lexical_blocks(root, 0) if isinstance(root, dict) else ()
    return "\n\n".join(p for p in paragraphs if p.strip())


def _lexical_blocks(node: dict[str, Any], depth: int) -> Iterator[str]:
    kind = str(node.get("type"))
    if kind in DROPPED or depth > MAX_DEPTH:
        return
    for form in ("html", "markdown", "calloutText", "content"):
        if isinstance(node.get(form), str):
            yield _markup_text("markdown" if form == "markdown" else "html", node[form])
    if kind in PARAGRAPHS:
        yield "".join(_lexical_inline(node, depth)).strip()
        inner = [c for c in _children(node) if c.get("type") == "list"]
    else:
        inner = _children(node)
    for child in inner:
        yield from _lexical_blocks(child, depth + 1)


def _lexical_inline(node: dict[str, Any], depth: int) -> Iterator[str]:
    for child in _children(node):
        if child.get("type") in ("linebreak", "tab"):
            yield "\n" if child.get("type") == "linebreak" else " "
        elif isinstance(child.get("text"), str):
            yield child["text"]
        elif depth < MAX_DEPTH and child.get("type") != "list":
            yield from _lexical_inline(child, depth + 1)


def _children(node: dict[str, Any]) -> list[dict[str, Any]]:
    children = node.get("children")
    return [c for c in children if isinstance(c, dict)] if isinstance(children, list) else []


def mobiledoc_text(source: str) -> str:
    """Return the text of a Mobiledoc document. Raises UnreadableError for damage."""
    document = _loaded(source)
    sections = document.get("sections")
    cards = document.get("cards")
    known_cards = cards if isinstance(cards, list) else []
    paragraphs: list[str] = []
    for section in sections if isinstance(sections, list) else ():
        paragraphs += _section(section, known_cards)
    return "\n\n".join(p for p in paragraphs if p.strip())


def _section(section: object, cards: list[Any]) -> Iterator[str]:
    """Yield the paragraphs of a section: [1, tag, markers], [3, tag, items] or [10, card]."""
    match section:
        case [1, str(tag), list(markers)]:
            if tag not in ("blockquote", "aside", "pull-quote"):
                yield _markers(markers)
        case [3, str(), list(items)]:
            yield from (_markers(item) for item in items if isinstance(item, list))
        case [10, int(index)] if 0 <= index < len(cards):
            match cards[index]:
                case [("markdown" | "card-markdown"), {"markdown": str(text)}]:
                    yield _markup_text("markdown", text)
                case ["html", {"html": str(text)}]:
                    yield _markup_text("html", text)


def _markers(markers: list[Any]) -> str:
    """Return the text of markers: [kind, opened markups, closed markups, text]."""
    texts = (m[3] for m in markers if isinstance(m, list) and len(m) > 3 and m[0] == 0)
    return "".join(text for text in texts if isinstance(text, str)).strip()


def _markup_text(form: str, text: str) -> str:
    """Return the text of a card; "" for one that is only a quotation or damaged."""
    from morris_mlx.collect.html.fragment import fragment_text
    from morris_mlx.collect.readers.markdown import parse_markdown

    try:
        return fragment_text(text) if form == "html" else parse_markdown(text).text
    except UnreadableError:
        return ""


def _loaded(source: str) -> dict[str, Any]:
    try:
        value = json.loads(source)
    except (ValueError, RecursionError) as error:
        raise UnreadableError("the JSON of its body is damaged") from error
    return value if isinstance(value, dict) else {}
