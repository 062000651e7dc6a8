"""Valid inputs → damaged ones: bytes, lines and JSON values lost, changed, moved and repeated."""

from __future__ import annotations

import json
import random
import re
from collections.abc import Sequence
from typing import Any

LARGEST = 200_000  # bytes of an input; larger ones only take time
LARGEST_JSON = 60_000
# What programs stumble over; all of it can stand in JSON as Python reads it.
ODD: tuple[Any, ...] = (
    *(None, True, False, 0, -1, 1, 1.5, -0.0, 1e400, float("nan"), 10**30, -(10**30), 2**63),
    *("", " ", "x", "\ud800", "\x00", "\u2028", "\u202e", "1", "-1", "1e999", "null", "٣"),
    *("2023-02-30", "9999-12-31T23:59:59+14:00", "0001-01-01", "../../x", "İ", "ﬁ", "e\u0301" * 9),
    *([], [1], [[]], [None], {}, {"a": 1}, {"": ""}, "a" * 3000, "9" * 5000, [{}], [["a", "b"]]),
)
BYTES = (
    *(
        b"\x00",
        b"\xff",
        b"\xff\xfe",
        b"\xef\xbb\xbf",
        b"\xed\xa0\x80",
        b"\xc3",
        b"\r",
        b"\n",
        b"\r\n",
    ),
    *(b"\x1b", b"\x85", b"\xe2\x80\xa8", b'"', b"'", b"\\", b"{", b"}", b"[", b"]", b"[" * 3000),
    *(b"<", b">", b"&", b"&#x0;", b"&#99999999;", b"%", b":", b"---\n", b"\\u0000", b"\\ud800"),
    *(b"9" * 30, b"9" * 5000, b"-1", b"1e999", b"NaN", b"0", b"\xd9\xa3", b"=?utf-8?q?=ff?="),
)
NUMBER = re.compile(rb"\d+")


class Mutator:
    """Everything comes of `rng`: the same seed damages in the same way."""

    def __init__(self, rng: random.Random, tokens: Sequence[bytes] = ()) -> None:
        self._rng, self._tokens = rng, (*BYTES, *tokens)

    def mutate(self, data: bytes, others: Sequence[bytes] = ()) -> bytes:
        """One to four damages of one input; `others` lend their parts."""
        for _ in range(self._rng.choice((1, 1, 1, 2, 2, 4))):
            ways = [self._bytes, self._lines, self._splice]
            if len(data) < LARGEST_JSON and data.lstrip()[:1] in (b"{", b"["):
                ways += [self._json] * 4
            way = self._rng.choice(ways)
            data = way(data, others) if way == self._splice else way(data)
        return data[:LARGEST]

    def _span(self, length: int) -> tuple[int, int]:
        """A part, mostly a short one."""
        start = self._rng.randint(0, length)
        most = self._rng.choice((1, 2, 4, 16, 64, length))
        return start, min(length, start + self._rng.randint(0, most))

    def _bytes(self, data: bytes) -> bytes:
        rng = self._rng
        start, end = self._span(len(data))
        match rng.randrange(7):
            case 0:  # a flipped bit
                if start < len(data):
                    flipped = data[start] ^ (1 << rng.randrange(8))
                    return data[:start] + bytes([flipped]) + data[start + 1 :]
                return data
            case 1:
                return data[:start] + data[end:]
            case 2:
                return data[:end] + data[start:end] * rng.choice((1, 2, 50)) + data[end:]
            case 3:
                return data[:start] + rng.choice(self._tokens) + data[rng.choice((start, end)) :]
            case 4:  # half-written
                return data[:start]
            case 5:
                return data[:start] + rng.randbytes(rng.choice((1, 2, 8))) + data[end:]
            case _:
                return self._number(data)

    def _number(self, data: bytes) -> bytes:
        found = list(NUMBER.finditer(data))
        if not found:
            return data
        one = self._rng.choice(found)
        odd = self._rng.choice((b"0", b"-1", b"99999999999999999999", b"1e400", b"13", b"", b"0x1"))
        return data[: one.start()] + odd + data[one.end() :]

    def _lines(self, data: bytes) -> bytes:
        lines = data.splitlines(keepends=True)
        if not lines:
            return data
        rng = self._rng
        one, other = rng.randrange(len(lines)), rng.randrange(len(lines))
        match rng.randrange(5):
            case 0:
                del lines[one]
            case 1:
                lines.insert(other, lines[one])
            case 2:
                lines[one], lines[other] = lines[other], lines[one]
            case 3:
                lines[one] = lines[one][: rng.randint(0, len(lines[one]))]
            case _:
                lines[one] = lines[one].replace(rng.choice((b" ", b":", b'"', b",", b"=")), b"")
        return b"".join(lines)

    def _splice(self, data: bytes, others: Sequence[bytes]) -> bytes:
        other = self._rng.choice(others) if others else data
        start, end = self._span(len(other))
        at, until = self._span(len(data))
        return data[:at] + other[start:end] + data[until:]

    def _json(self, data: bytes) -> bytes:
        """The JSON, or one of its lines, with one value changed."""
        try:
            return self._written(self._changed(json.loads(data)))
        except (ValueError, RecursionError):
            pass
        lines = data.split(b"\n")
        at = self._rng.randrange(len(lines))
        try:
            lines[at] = self._written(self._changed(json.loads(lines[at])))
        except (ValueError, RecursionError):
            return self._bytes(data)
        return b"\n".join(lines)

    def _written(self, value: object) -> bytes:
        try:
            text = json.dumps(value, ensure_ascii=self._rng.random() < 0.7)
        except ValueError:  # a number of too many figures
            return b"[" + b"9" * 5000 + b"]"
        return text.encode("utf-8", "surrogatepass")

    def _changed(self, value: Any) -> Any:
        places: list[tuple[Any, Any]] = []
        _walk(value, places)
        rng = self._rng
        if not places or rng.random() < 0.02:
            return rng.choice(ODD)
        node, key = rng.choice(places)
        match rng.randrange(8):
            case 0 | 1 | 2:
                node[key] = rng.choice(ODD)
            case 3:
                del node[key]
            case 4:  # a value from elsewhere: right in itself, wrong in its place
                other, its = rng.choice(places)
                node[key] = json.loads(json.dumps(other[its]))
            case 5:
                if isinstance(node, dict):
                    node[rng.choice((str(key).upper(), "", "\ud800", f"{key}x"))] = node.pop(key)
                else:
                    node.insert(key, node[key])
            case 6:
                node[key] = rng.choice(([node[key]], {"a": node[key]}, str(node[key])))
            case _:
                if isinstance(node[key], str):
                    raw = self._bytes(node[key].encode("utf-8", "surrogatepass"))
                    node[key] = raw.decode("utf-8", "replace")
                else:
                    node[key] = rng.choice(ODD)
        return value


def _walk(node: Any, places: list[tuple[Any, Any]]) -> None:
    if isinstance(node, dict):
        pairs = list(node.items())
    elif isinstance(node, list):
        pairs = list(enumerate(node))
    else:
        return
    for key, child in pairs:
        places.append((node, key))
        _walk(child, places)
