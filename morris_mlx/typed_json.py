"""JSON values → records: every field is there and of its type, or the error says which is not."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import MISSING, fields, is_dataclass
from functools import cache
from types import NoneType, UnionType
from typing import Any, Literal, TypeVar, Union, get_args, get_origin, get_type_hints

from morris_mlx.errors import MorrisError

Record = TypeVar("Record")
WORDS = {str: "text", int: "a whole number", float: "a number", bool: "true or false"}
SHOWN = 60  # characters of a wrong value


def record_from_json(kind: type[Record], value: object) -> Record:
    """The record that a JSON object spells, with all that is in it; lists become tuples.

    Raises MorrisError naming the field that is missing, unknown, of another type or out of range,
    without the file's name: the caller knows it.
    """
    made: Record = _record(kind, value, "")
    return made


def _record(kind: Any, value: object, place: str) -> Any:
    if not isinstance(value, dict):
        raise _wrong(place, value, "an object")
    hints, needed = _fields(kind)
    for name in (*needed, *value):
        if name not in value or name not in hints:
            said = "unknown" if name in value else "missing"
            raise MorrisError(f"{_joined(place, name)!r:.{SHOWN}} is {said}.")
    return kind(**{n: _typed(hints[n], item, _joined(place, n)) for n, item in value.items()})


@cache
def _fields(kind: Any) -> tuple[dict[str, Any], tuple[str, ...]]:
    """Types by name, and the names that have no default."""
    known = get_type_hints(kind)
    every = fields(kind)
    needed = (f.name for f in every if f.default is MISSING and f.default_factory is MISSING)
    return {f.name: known[f.name] for f in every}, tuple(needed)


def _typed(kind: Any, value: Any, place: str) -> Any:
    origin, inner = get_origin(kind), get_args(kind)
    if kind in WORDS:
        # A bool is an int to Python, and a whole number may stand where any number may.
        right = isinstance(value, (int, float) if kind is float else kind)
        if not right or (isinstance(value, bool) and kind is not bool):
            raise _wrong(place, value, WORDS[kind])
        return value
    if is_dataclass(kind):
        return _record(kind, value, place)
    if origin is tuple:
        return _tuple(inner, value, place)
    if origin is Mapping:
        if not isinstance(value, dict):
            raise _wrong(place, value, "an object")
        return {key: _typed(inner[1], item, _joined(place, key)) for key, item in value.items()}
    if origin is Literal:
        if not isinstance(value, str) or value not in inner:
            raise _wrong(place, value, f"one of {', '.join(map(str, inner))}")
        return value
    if origin in (Union, UnionType) and NoneType in inner and len(inner) == 2:
        return None if value is None else _typed(inner[0], value, place)
    raise TypeError(f"{place}: {kind} is no type of a record that JSON spells")


def _tuple(inner: tuple[Any, ...], value: object, place: str) -> tuple[Any, ...]:
    """Of any length where `inner` ends in an ellipsis, else of that of `inner`."""
    if not isinstance(value, list):
        raise _wrong(place, value, "a list")
    if inner[-1] is not ... and len(value) != len(inner):
        raise _wrong(place, value, f"a list of {len(inner)}")
    kinds = inner if inner[-1] is not ... else (inner[0],) * len(value)
    pairs = enumerate(zip(kinds, value, strict=True))
    return tuple(_typed(kind, item, f"{place}[{number}]") for number, (kind, item) in pairs)


def _joined(place: str, name: object) -> str:
    return f"{place}.{name}" if place else str(name)


def _wrong(place: str, value: object, wanted: str) -> MorrisError:
    return MorrisError(f"{place or 'it':.{SHOWN}} is {value!r:.{SHOWN}} and must be {wanted}.")
