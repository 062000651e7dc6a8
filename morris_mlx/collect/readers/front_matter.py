"""Front matter of Markdown by other programs: YAML, TOML, JSON, or lines of keys and values.

A front matter that cannot be parsed never costs the text: its title and date are then read line by
line.
"""

from __future__ import annotations

import json
import re
import tomllib
from typing import Any

import yaml

from morris_mlx.collect.parse_dates import simplify_key
from morris_mlx.collect.readers.metadata import KNOWN_KEYS, Metadata, simplify_keys

MAX_FRONT_MATTER = 32_000  # characters: the parser of YAML is slow, and no header is that long
MAX_HEADER_LINES = 60  # of a header without marks around it
_FENCED = re.compile(
    r"\A\s*(?P<mark>---|\+\+\+)(?P<language>[a-z]*)[ \t]*\n(?P<block>.*?)"
    r"^(?:(?P=mark)|\.\.\.)[ \t]*(?:\n|\Z)",
    re.DOTALL | re.MULTILINE,
)
_KEY_LINE = re.compile(r"""["']?(?P<key>[^\W\d_][\w .-]{0,39}?)["']?[ \t]*(?::|=)(?:\s+|$)(.*)""")
_BLOCK_MARKS = {"", ">", "|", ">-", "|-", ">+", "|+"}  # the value is in the lines below
_YAML_TAGS = "tag:yaml.org,2002:"  # prefix of standard tags such as !!str
# "title: #metoo", which is a comment in YAML.
_HASH_VALUE = re.compile(r"^([^\W\d_][\w .-]{0,39}:[ \t]+)(#[^\s#][^\n]*?)[ \t]*$", re.MULTILINE)
_PANDOC = re.compile(
    r"\A\s*% (?P<title>[^\n]*)\n(?:%(?P<author>[^\n]*)\n)?(?:%(?P<date>[^\n]*)\n)?"
)
# The heading of a page, and below it lines like "Created: March 4, 2024", as Notion writes them.
_PROPERTIES = re.compile(
    r"\A(\s*# [^\n]*\n\s*\n)((?:[^\W\d_][^\n:]{0,39}:[ \t][^\n]*(?:\n|\Z))+)(?=\s)"
)
_ID_IN_NAME = re.compile(r"[ _-][0-9a-f]{12,32}$")  # Notion's, at the end of a file name
_PROPERTY_KEYS = {
    "tags",
    "created",
    "createdtime",
    "date",
    "lasteditedtime",
    "lastedited",
    "published",
}


class _AliasError(yaml.YAMLError):
    """YAML that repeats a part of itself, which a front matter has no use for."""


class _Loader(yaml.reader.Reader, yaml.scanner.Scanner, yaml.parser.Parser, yaml.composer.Composer,
              yaml.constructor.BaseConstructor, yaml.resolver.BaseResolver):  # fmt: skip
    """A loader that leaves every value as the text that was typed, and refuses aliases.

    So a title "No" is no boolean, and a few lines cannot unfold into gigabytes.
    """

    def __init__(self, stream: str) -> None:
        self._source = stream
        yaml.reader.Reader.__init__(self, stream)
        yaml.scanner.Scanner.__init__(self)
        yaml.parser.Parser.__init__(self)
        yaml.composer.Composer.__init__(self)
        yaml.constructor.BaseConstructor.__init__(self)
        yaml.resolver.BaseResolver.__init__(self)

    def compose_node(self, parent: Any, index: Any) -> Any:
        if self.check_event(yaml.AliasEvent):
            raise _AliasError("an alias")
        return super().compose_node(parent, index)

    def compose_scalar_node(self, anchor: Any) -> Any:
        """Return a value as it was typed if YAML would take its first word for a tag or an anchor.

        A writer's title may begin in this way: "!Rain", "&c."
        """
        node = super().compose_scalar_node(anchor)
        if anchor or not node.tag.startswith(_YAML_TAGS):
            node.value = self._source[node.start_mark.index : node.end_mark.index].strip()
        return node


def split_front_matter(text: str) -> tuple[Metadata, str]:
    """Return the metadata at the top of a text, and the text below them.

    A text without metadata is returned as it is. Lines end with a line feed.
    """
    for read in (_fenced, _json, _pandoc, _header_lines):
        values, rest = read(text)
        if values:
            return Metadata(values), rest
    return Metadata(), text


def take_properties(text: str, name: str) -> tuple[Metadata, str]:
    """Remove the lines of properties that Notion writes below the title of a page.

    `name` is the file's name without its suffix: Notion adds an ID of hexadecimal digits.
    """
    found = _PROPERTIES.match(text[:MAX_FRONT_MATTER])
    if not found:
        return Metadata(), text
    values = _read_lines(found[2])
    if not (_ID_IN_NAME.search(name) or _PROPERTY_KEYS & values.keys()):
        return Metadata(), text
    return Metadata(values), found[1] + text[found.end() :]


def _fenced(text: str) -> tuple[dict[str, object], str]:
    """Read a front matter between two lines of marks: `---` is YAML, `+++` is TOML."""
    found = _FENCED.match(text)
    if not found:
        return {}, text
    block, rest = found["block"], text[found.end() :]
    is_prose = not block.split("\n", 1)[0].strip()  # two rules, with an empty line below the first
    if is_prose or len(block) > MAX_FRONT_MATTER:
        return {}, text
    language = found["language"] or ("toml" if found["mark"] == "+++" else "yaml")
    values = _PARSERS.get(language, _parse_yaml)(block)
    if values is None:
        values = _read_lines(block) if _is_mostly_keys(block) else {}
    elif not _is_metadata(values, block):
        values = {}
    return values, rest if values else text


def _parse_yaml(block: str) -> dict[str, object] | None:
    """Return the values of YAML, {} for prose, None for a block that is not valid."""
    block = _HASH_VALUE.sub(
        lambda found: found[1] + json.dumps(found[2], ensure_ascii=False), block
    )
    try:
        loader = _Loader(block)
        loaded = loader.get_single_data()
    # RecursionError: deeply nested brackets. ValueError, TypeError: a key that is a list.
    except (yaml.YAMLError, RecursionError, ValueError, TypeError):
        return None
    return simplify_keys(loaded) if isinstance(loaded, dict) else {}


def _parse_toml(block: str) -> dict[str, object] | None:
    try:
        return simplify_keys(tomllib.loads(block))
    except (tomllib.TOMLDecodeError, RecursionError, ValueError):
        return None


def _parse_json(block: str) -> dict[str, object] | None:
    try:
        loaded = json.loads(block)
    except (ValueError, RecursionError):
        return None
    return simplify_keys(loaded) if isinstance(loaded, dict) else {}


_PARSERS = {"yaml": _parse_yaml, "toml": _parse_toml, "json": _parse_json}


def _json(text: str) -> tuple[dict[str, object], str]:
    """Read a front matter that is a JSON object at the top of a text."""
    start = text[:MAX_FRONT_MATTER].lstrip()
    if not re.match(r"\{\s*\"", start):
        return {}, text
    try:
        loaded, end = json.JSONDecoder().raw_decode(start)
    except (ValueError, RecursionError):
        return {}, text
    values = simplify_keys(loaded) if isinstance(loaded, dict) else {}
    if not KNOWN_KEYS & values.keys():
        return {}, text
    return values, text.lstrip()[end:]


def _pandoc(text: str) -> tuple[dict[str, object], str]:
    """Read up to three lines with a percent sign: title, authors, date."""
    found = _PANDOC.match(text)
    if not found:
        return {}, text
    values: dict[str, object] = {key: value or "" for key, value in found.groupdict().items()}
    return values, text[found.end() :]


def _header_lines(text: str) -> tuple[dict[str, object], str]:
    """Read lines of keys and values at the top, without a mark above or below them.

    Pelican and MultiMarkdown write them so, and a front matter is often not closed. At least two
    keys must be known, because a letter, too, may begin with "Subject: rain".
    """
    head = text[:MAX_FRONT_MATTER]
    opened = re.match(r"\A\s*---[ \t]*\n", head)
    start = opened.end() if opened else len(head) - len(head.lstrip())
    end = start
    for line in head[start:].split("\n", MAX_HEADER_LINES)[:MAX_HEADER_LINES]:
        is_below = end > start and re.match(r"[ \t]+\S|- ", line)
        if not (_KEY_LINE.fullmatch(line) or is_below):
            break
        end += len(line) + 1
    values = _read_lines(head[start:end])
    known = KNOWN_KEYS & values.keys()
    first = next(iter(values), "")
    if first not in KNOWN_KEYS or len(known) < (1 if opened else 2):
        return {}, text
    rest = text[end:]
    if not opened and rest[:1] not in ("", "\n") and not re.match(r"---[ \t]*(\n|\Z)", rest):
        return {}, text
    return values, re.sub(r"\A---[ \t]*(?:\n|\Z)", "", rest)


def _is_metadata(values: dict[str, object], block: str) -> bool:
    """Return True for keys of metadata, False for a sentence with a colon between two rules."""
    lines = [line for line in block.split("\n") if line.strip()]
    return bool(KNOWN_KEYS & values.keys()) or (
        len(lines) > 1 and all(re.match(r"[\w-]+[ \t]*[:=]|[ \t#-]|\[", line) for line in lines)
    )


def _is_mostly_keys(block: str) -> bool:
    lines = [line for line in block.split("\n") if line.strip()]
    keys = [m for line in lines if (m := _KEY_LINE.fullmatch(line))]
    below = sum(1 for line in lines if re.match(r"[ \t]|- |#", line))
    known = any(simplify_key(m["key"]) in KNOWN_KEYS for m in keys)
    return known and len(keys) + below >= len(lines) * 0.8


def _read_lines(block: str) -> dict[str, object]:
    """Return the values of lines like `title: On rain: a complaint`, whatever they mean in YAML."""
    values: dict[str, object] = {}
    key = ""
    for line in block.split("\n"):
        found = _KEY_LINE.fullmatch(line.rstrip())
        if found:
            key = simplify_key(found["key"])
            value = re.sub(r"\s#\s.*", "", found[2]).strip().rstrip(",")
            values.setdefault(key, "" if value in _BLOCK_MARKS else _read_value(value))
        elif key and line.strip() and isinstance(values[key], str):
            more = _unquote(line.strip().removeprefix("- ").strip())
            values[key] = f"{values[key]} {more}".strip()
    return values


def _read_value(value: str) -> str | list[object]:
    """Return a value as it was typed, the items of a list in brackets without aliases."""
    if not (value.startswith("[") and value.endswith("]")):
        return _unquote(value)
    items = (_unquote(item.strip(" []")) for item in value[1:-1].split(","))
    return [item for item in items if item and item[0] not in "*&"]


def _unquote(value: str) -> str:
    """Return a value without the quotation marks around it, also where only the first is there."""
    for mark in "\"'":
        if value.startswith(mark) and value.count(mark) == 1:
            return value[1:]
        if len(value) > 1 and value.startswith(mark) and value.endswith(mark):
            return value[1:-1].replace("''", "'").replace('\\"', '"')
    return value
