"""Marks of programs that build pages out of Markdown: shortcodes, Liquid tags, MDX, annotations.

They are instructions to a program or to an editor. Text between an opening and a closing mark is
the writer's and stays, unless the mark says that it is code, a comment or a quotation.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Callable

# Tags between which nothing is the writer's text.
_DROPPED_PAIRS = (
    *("comment", "highlight", "quote", "blockquote", "pullquote", "epigraph", "code", "codeblock"),
    *("mermaid", "math", "sourcecode", "tweet", "gist", "figure", "gallery", "playlist", "embed"),
)
_NAMES = "|".join(_DROPPED_PAIRS)
_PAIR_OPENED = re.compile(
    rf"\{{%-?\s?(?P<liquid>{_NAMES})\b[^%\n]{{0,500}}%\}}"
    rf"|\{{\{{[<%]\s?(?P<hugo>{_NAMES})\b[^<>%\n]{{0,500}}[>%]\}}\}}"
    r"|\[(?P<press>caption|gallery|playlist|embed|code|sourcecode)\b[^\]\n]{0,500}\]"
)
_PAIR_CLOSED = re.compile(
    r"\{%-?\s?end_?(?P<liquid>\w+)\s?-?%\}"
    r"|\{\{[<%]\s?/\s?(?P<hugo>\w+)\s?[>%]\}\}"
    r"|\[/(?P<press>\w+)\]"
)
_MAX_PAIR = 20_000  # characters between two marks; a mark without its partner costs only itself
# Instructions, from their first to their last characters, and the longest that is one.
_SPANS = (
    ("{{<", ">}}", 2000),  # Hugo: {{< figure src="…" >}}
    ("{{%", "%}}", 2000),
    ("{%", "%}", 2000),  # Liquid and Jinja: {% include … %}
    ("{{", "}}", 500),  # Liquid and Handlebars: {{ page.title }}
    ("{/*", "*/}", 5000),  # a comment in MDX
    ("<%", "%>", 2000),  # Templater and EJS
    ("{>>", "<<}", 5000),  # CriticMarkup: a remark of an editor, and a deletion
    ("{--", "--}", 5000),
)
_KEPT_SPANS = (("{++", "++}"), ("{==", "==}"), ("{~~", "~~}"))  # CriticMarkup
_WORDPRESS = re.compile(
    r"\[/?(?:caption|gallery|embed|audio|video|playlist|youtube|vimeo|contact-form(?:-7)?|"
    r"vc_\w{1,40}|et_pb_\w{1,40})\b[^\]\n]{0,500}\]"
)
_ATTRIBUTE = r"(?:[#.][\w-]{1,80}|[\w-]{1,80}=(?:\"[^\"\n]{0,200}\"|[\w-]{1,80}))"
_ATTRIBUTES = re.compile(rf"[ \t]?\{{:?[ ]?{_ATTRIBUTE}(?: {_ATTRIBUTE})*[ ]?\}}")
_CITATION = re.compile(
    r"[ \t]?\[(?:see |cf\.? |e\.g\. |vgl\. |siehe )?-?@[\w:.#$%&+?<>~/-]{1,80}[^\[\]\n]{0,200}\]"
)
_WHOLE_LINE = re.compile(
    r"\s{0,3}(?::{3,}.*"  # a container: ::: warning
    r"|\[\[?_?toc_?\]?\]|\{:?toc\}|[-*] TOC|\$toc"  # a table of contents
    r"|\{:[^{}\n]*\}"  # attributes of the block above
    r"|\*\[[^\]\n]{1,60}\]:.*"  # an abbreviation
    r"|\\(?:newpage|pagebreak|clearpage|tableofcontents|vspace|hspace|bigskip|medskip)\b.*"
    r")\s*",
    re.IGNORECASE,
)


def remove_site_marks(text: str) -> str:
    """Return Markdown without shortcodes, template tags, MDX comments and an editor's remarks."""
    text = _replace_spans(text, "<!--", "-->", len(text), lambda inside: "").replace("<!--", "")
    if "{" not in text and "[" not in text and "<%" not in text:
        return text
    text = _remove_pairs(text)
    for opening, closing, limit in _SPANS:
        text = _replace_spans(text, opening, closing, limit, lambda inside: "")
    for opening, closing in _KEPT_SPANS:
        text = _replace_spans(text, opening, closing, 5000, lambda inside: inside.split("~>")[-1])
    for pattern in (_WORDPRESS, _CITATION, _ATTRIBUTES):
        text = pattern.sub("", text)
    return text


def is_site_line(line: str) -> bool:
    """Return True for a line that is only an instruction to the program that builds the page."""
    return _WHOLE_LINE.fullmatch(line) is not None


def _remove_pairs(text: str) -> str:
    """Remove code, comments and quotations between marks, with the marks."""
    closed: dict[tuple[str, str], list[tuple[int, int]]] = {}
    for found in _PAIR_CLOSED.finditer(text):
        closed.setdefault((str(found.lastgroup), found[str(found.lastgroup)]), []).append(
            found.span()
        )
    kept: list[str] = []
    position = 0
    for found in _PAIR_OPENED.finditer(text) if closed else ():
        kind = str(found.lastgroup)
        ends = closed.get((kind, found[kind]), [])
        index = bisect_left(ends, (found.end(), 0))
        if found.start() < position or index == len(ends):
            continue
        start, end = ends[index]
        if start - found.end() <= _MAX_PAIR:
            kept.append(text[position : found.start()])
            position = end
    return "".join(kept) + text[position:]


def _replace_spans(
    text: str, opening: str, closing: str, limit: int, replace: Callable[[str], str]
) -> str:
    """Replace the text between two marks, at most `limit` characters apart, with the marks."""
    kept: list[str] = []
    position = 0
    start = text.find(opening)
    while start >= 0:
        inside = start + len(opening)
        end = text.find(closing, inside, inside + limit)
        if end < 0 and inside + limit >= len(text):
            break  # nor is there one behind a later opening
        if end >= 0:
            kept += [text[position:start], replace(text[inside:end])]
            inside = position = end + len(closing)
        start = text.find(opening, inside)
    return "".join(kept) + text[position:]
