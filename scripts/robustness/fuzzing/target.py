"""A parser that is tried: its valid seeds, and what must hold of whatever it reads."""

from __future__ import annotations

import types
import typing
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, fields, is_dataclass
from functools import cache
from pathlib import Path
from typing import Any, Literal, Union, get_args, get_origin


@dataclass(frozen=True, slots=True)
class Target:
    """`seeds()` are valid inputs; `run(data, folder)` reads one in a folder of its own.

    A MorrisError is an answer, anything else that `run` raises a crash, also its own assertions
    about what was read. `place`, such as a file's name, must stand in every error: whoever reads
    it must know where to look. `tokens` are spliced in where they may do harm.
    """

    name: str
    seeds: Callable[[], Sequence[bytes]]
    run: Callable[[bytes, Path], None]
    place: str = ""
    tokens: tuple[bytes, ...] = ()


def written(folder: Path, name: str, data: bytes) -> Path:
    """The input as a file."""
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)
    return path


def require_type(value: object, kind: Any, place: str = "") -> None:
    """Raises AssertionError for what is not of the annotated type, all the way down, and for
    text that no file can take."""
    assert _is(value, kind), f"{place or kind} is {value!r:.200}"
    if is_dataclass(value) and not isinstance(value, type):
        for name, hint in _hints(type(value)).items():
            require_type(getattr(value, name), hint, f"{type(value).__name__}.{name}")
    elif isinstance(value, Mapping):
        inner = get_args(kind) or (Any, Any)
        for key, item in value.items():
            require_type(key, inner[0], f"a key of {place}")
            require_type(item, inner[1], f"{place}[{key!r}]")
    elif isinstance(value, (list, tuple)) and not isinstance(kind, type(Union)):
        inner = get_args(_of_union(value, kind))
        for number, item in enumerate(value):
            each = inner[number] if len(inner) > number and inner[-1] is not ... else inner[0]
            require_type(item, each, f"{place}[{number}]")


@cache
def _hints(kind: type) -> dict[str, Any]:
    known = typing.get_type_hints(kind)
    return {field.name: known[field.name] for field in fields(kind)}


def _of_union(value: Sequence[object], kind: Any) -> Any:
    if get_origin(kind) in (Union, types.UnionType):
        kinds = [one for one in get_args(kind) if _is(value, one)]
        return next((k for k in kinds if all(_is(v, get_args(k)[0]) for v in value)), kinds[0])
    return kind if get_args(kind) else tuple[Any, ...]


def _is(value: object, kind: Any) -> bool:
    origin = get_origin(kind)
    if kind is Any or kind is object:
        return not isinstance(value, str) or _is_text(value)
    if origin in (Union, types.UnionType):
        return any(_is(value, one) for one in get_args(kind))
    if origin is Literal:
        return value in get_args(kind)
    if kind is None or kind is type(None):
        return value is None
    if kind is str:
        return isinstance(value, str) and _is_text(value)
    if kind in (int, float):
        return isinstance(value, (int, kind)) and not isinstance(value, bool)
    return isinstance(value, origin or kind)


def _is_text(value: str) -> bool:
    try:
        value.encode("utf-8")
    except UnicodeEncodeError:
        return False
    return True
