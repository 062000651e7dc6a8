"""Conversion of JSON values to records, with a check of every field's presence and type."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import MISSING, fields, is_dataclass
from enum import StrEnum
from functools import cache
from types import NoneType, UnionType
from typing import Any, Literal, TypeVar, Union, get_args, get_origin, get_type_hints

from morris_mlx.errors import MorrisError

Record = TypeVar("Record")
TYPE_NAMES = {str: "text", int: "a whole number", float: "a number", bool: "true or false"}
SHOWN = 60  # characters of a wrong value in an error message


def record_from_json(kind: type[Record], value: object) -> Record:
    """Return the record of type `kind` with the fields of a JSON object; lists become tuples.

    Raises MorrisError for a field that is missing, unknown, of a wrong type or out of range. The
    message names the field; the caller adds the file.
    """
    made: Record = _record(kind, value, "")
    return made


def _record(kind: Any, value: object, place: str) -> Any:
    if not isinstance(value, dict):
        raise _wrong(place, value, "an object")
    hints, needed = _fields(kind)
    for name in (*needed, *value):
        if name not in value or name not in hints:
            problem = "unknown" if name in value else "missing"
            raise MorrisError(f"{_joined(place, name)!r:.{SHOWN}} is {problem}.")
    return kind(**{n: _typed(hints[n], item, _joined(place, n)) for n, item in value.items()})


@cache
def _fields(kind: Any) -> tuple[dict[str, Any], tuple[str, ...]]:
    """Return the types of all fields by name, and the names of those without a default."""
    known = get_type_hints(kind)
    every = fields(kind)
    needed = (f.name for f in every if f.default is MISSING and f.default_factory is MISSING)
    return {f.name: known[f.name] for f in every}, tuple(needed)


def _typed(kind: Any, value: Any, place: str) -> Any:
    origin, inner = get_origin(kind), get_args(kind)
    if kind in TYPE_NAMES:
        # In Python a bool is an int; an int may stand for a float.
        right = isinstance(value, (int, float) if kind is float else kind)
        if not right or (isinstance(value, bool) and kind is not bool):
            raise _wrong(place, value, TYPE_NAMES[kind])
        return value
    if is_dataclass(kind):
        return _record(kind, value, place)
    if origin is tuple:
        return _tuple(inner, value, place)
    if origin is Mapping:
        if not isinstance(value, dict):
            raise _wrong(place, value, "an object")
        return {key: _typed(inner[1], item, _joined(place, key)) for key, item in value.items()}
    if isinstance(kind, type) and issubclass(kind, StrEnum):
        if not isinstance(value, str) or value not in list(kind):
            raise _wrong(place, value, f"one of {', '.join(kind)}")
        return kind(value)
    if origin is Literal:
        if not isinstance(value, str) or value not in inner:
            raise _wrong(place, value, f"one of {', '.join(map(str, inner))}")
        return value
    if origin in (Union, UnionType) and NoneType in inner and len(inner) == 2:
        return None if value is None else _typed(inner[0], value, place)
    raise TypeError(f"{place}: records of JSON cannot have fields of type {kind}")


def _tuple(inner: tuple[Any, ...], value: object, place: str) -> tuple[Any, ...]:
    """Return a tuple: of any length if `inner` ends with an ellipsis, else as long as `inner`."""
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
