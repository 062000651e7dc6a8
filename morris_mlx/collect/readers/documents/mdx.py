"""MDX files (.mdx) → Markdown: imports, exports, components and expressions are removed."""

from __future__ import annotations

import re
from collections.abc import Iterator

from morris_mlx.collect.readers.characters import read_characters
from morris_mlx.collect.readers.front_matter import split_front_matter
from morris_mlx.collect.readers.markdown import add_facts_of_path, parse_markdown
from morris_mlx.collect.readers.reader import Member, TextPiece

MAX_STATEMENT_LINES = 200  # a damaged one must not take the rest of the text with it
_FENCE = re.compile(r" {0,3}(`{3,}|~{3,})")
# JavaScript at the start of a line, to the next empty line.
_STATEMENT = re.compile(
    r"import\s*(?:['\"{]|\*\s+as\b|[\w$]+\s+from\s+['\"]|[\w$]+\s*,\s*[{*])|"
    r"export\s*(?:[{*]|default\b|(?:async\s+)?function\b|(?:const|let|var|class)\s+[\w${\[])"
)
# A tag of a component (<Chart …>) or fragment (<>). Attributes may hold strings and expressions.
_COMPONENT = re.compile(
    r"</?(?:[A-Z][\w.]*|[a-z][\w-]*:[\w-]+)"
    r"(?:\s(?:[^<>{}\"']|\"[^\"]{0,1000}\"|'[^']{0,1000}'|\{(?:[^{}]|\{[^{}]*\}){0,1000}+\})"
    r"{0,2000}+)?>|</?>"
)
# Elements of HTML keep their tags, which the Markdown reader knows; MDX gives them expressions.
_EXPRESSION = re.compile(r"(?<!\\)\{(?:[^{}]|\{(?:[^{}]|\{[^{}]*\})*\})*\}")
_STRING = re.compile(r"\{\s*(?:'([^'\n]*)'|\"([^\"\n]*)\"|`([^`$\n]*)`)\s*\}")


def read_mdx(member: Member) -> Iterator[TextPiece]:
    """Yield the one text of a file. Raises UnreadableError."""
    parsed = parse_markdown(strip_mdx(read_characters(member)), member.stem)
    yield TextPiece(add_facts_of_path(parsed, member, uses_slugs=False))


def strip_mdx(text: str) -> str:
    """Return the Markdown of an MDX file. Text in components stays, code stays as it is."""
    text = text.replace("\r\n", "\n")
    start = len(text) - len(split_front_matter(text)[1])
    return text[:start] + "".join(_parts(text[start:]))


def _parts(text: str) -> Iterator[str]:
    """Yield the text between blocks of code without MDX, and the blocks unchanged."""
    prose: list[str] = []
    fence = ""
    in_statement, lines, depth = False, 0, 0  # depth: brackets that are open
    for line in text.splitlines(keepends=True):
        mark = _FENCE.match(line)
        if fence:
            yield line
            if mark and mark[1].startswith(fence) and not line.strip().strip(fence[0]):
                fence = ""
        elif mark:
            yield _strip_prose("".join(prose))
            prose.clear()
            fence, in_statement = mark[1], False
            yield line
        elif in_statement or _STATEMENT.match(line):
            lines, depth = (lines + 1, depth) if in_statement else (1, 0)
            depth += sum((c in "{[(") - (c in ")]}") for c in line)
            in_statement = (bool(line.strip()) or depth > 0) and lines < MAX_STATEMENT_LINES
        else:
            prose.append(line)
    yield _strip_prose("".join(prose))


def _strip_prose(text: str) -> str:
    text = _STRING.sub(lambda found: next(filter(None, found.groups()), ""), text)
    text = _COMPONENT.sub("", text)
    text = _EXPRESSION.sub("", text)
    # A tag is often indented with its text, which Markdown would take for code.
    return re.sub(r"^ {4,}(?=\S)", "", text, flags=re.MULTILINE)
