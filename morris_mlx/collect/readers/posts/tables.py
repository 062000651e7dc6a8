"""Tables of posts: CSV, JSON lines and JSON lists, as every publishing system can export them."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator
from typing import Any

from morris_mlx.collect.readers.posts.json_items import PostStream, opened
from morris_mlx.collect.readers.posts.pieces import PieceNames, Reason
from morris_mlx.collect.readers.posts.post_fields import has_posts, problem_of, read_post
from morris_mlx.collect.readers.posts.rows import column_name, read_table
from morris_mlx.collect.readers.reader import LeftOut, Member, TextPiece
from morris_mlx.collect.text import UnreadableError
from morris_mlx.errors import MorrisError

MAX_LINE_BYTES = 64 << 20  # of a post in JSON lines
JSON_FEED = b"jsonfeed.org/version"
LISTS = ("posts", "items", "articles", "entries")


def read_post_table(member: Member) -> Iterator[TextPiece | LeftOut]:
    """Yield the posts of a CSV file. Raises UnreadableError for a table of anything else."""
    table = read_table(member)
    if problem := problem_of(table.columns):
        raise UnreadableError(problem)
    names = PieceNames()
    for row in table.rows():
        if row.is_whole:
            yield read_post(row.cells, names, row.line)
        else:
            yield LeftOut(Reason.SHORT_ROW, names.name(f"line {row.line}"))


def read_post_lines(member: Member) -> Iterator[TextPiece | LeftOut]:
    """Yield the posts of a file of JSON lines. Raises UnreadableError for anything else."""
    names = PieceNames()
    is_known = False
    with opened(member) as file:
        number = 0
        while line := file.readline(MAX_LINE_BYTES):
            number += 1
            if not line.strip():
                continue
            fields = _parse_line(line)
            if fields is None:
                yield LeftOut("a line that is not a JSON object", names.name(f"line {number}"))
                continue
            if not is_known and (problem := problem_of(fields, "JSON")):
                raise UnreadableError(problem)
            is_known = True
            yield read_post(fields, names, number)


def is_post_list(member: Member, head: bytes) -> bool:
    """Return True for a JSON list of posts, alone or under a name like "posts", or a JSON Feed."""
    if head.lstrip(b"\xef\xbb\xbf \t\r\n")[:1] not in (b"[", b"{"):
        return False
    return JSON_FEED in head or has_posts(_first_keys(head))


def read_post_list(member: Member) -> Iterator[TextPiece | LeftOut]:
    """Yield the posts of a JSON file. Raises UnreadableError for damage, after the posts before."""
    names = PieceNames()
    number = 0
    with opened(member) as file:
        stream = PostStream(file)
        lists = stream.find_lists(LISTS) if stream.peek() == "{" else iter(("",))
        for _ in lists:
            for value in stream.iter_values():
                number += 1
                if isinstance(value, dict):
                    yield read_post(_folded(value), names, number)


def _parse_line(line: bytes) -> dict[str, Any] | None:
    try:
        value = json.loads(line.decode("utf-8-sig"))
    except (ValueError, RecursionError):
        return None
    return _folded(value) if isinstance(value, dict) else None


def _folded(value: dict[str, Any]) -> dict[str, Any]:
    return {column_name(key): item for key, item in value.items()}


def _first_keys(head: bytes) -> dict[str, None]:
    """Return the folded keys of the first object in a list, or in a list with a known name."""
    keys: dict[str, None] = {}
    stream = PostStream(io.BytesIO(head))
    try:
        lists = stream.find_lists(LISTS, depth=2) if stream.peek() == "{" else iter(("",))
        for _ in lists:
            for _ in stream.iter_items():
                for key in stream.iter_keys():
                    keys[column_name(key)] = None
                    stream.skip_value()
                return keys
    except MorrisError:  # the head may end anywhere, and this file may be of another kind
        pass
    return keys
