"""Conversion of JSON to records: valid values are unchanged, invalid ones are named."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Literal

import pytest

from morris_mlx.errors import MorrisError
from morris_mlx.typed_json import record_from_json


@dataclass(frozen=True)
class Part:
    share: float
    whole: bool = False


@dataclass(frozen=True)
class Whole:
    name: str
    count: int
    kind: Literal["a", "b"]
    parts: tuple[Part, ...] = ()
    pairs: tuple[tuple[str, int], ...] = ()
    notes: Mapping[str, str] = field(default_factory=dict)
    last: Part | None = None


WHOLE = Whole("x", 3, "b", (Part(1), Part(0.5, True)), (("y", 2),), {"k": "v"}, Part(2.0))


def test_a_record_is_read_back_unchanged():
    assert record_from_json(Whole, json.loads(json.dumps(asdict(WHOLE)))) == WHOLE
    bare = {"name": "x", "count": 3, "kind": "a", "last": None}
    assert record_from_json(Whole, bare) == Whole("x", 3, "a")


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"name": 5}, "name is 5 and must be text."),
        ({"count": True}, "count is True and must be a whole number."),
        ({"count": 1.0}, "count is 1.0 and must be a whole number."),
        ({"kind": "c"}, "kind is 'c' and must be one of a, b."),
        ({"kind": ["a"]}, "kind is ['a'] and must be one of a, b."),
        ({"parts": {"share": 1}}, "parts is {'share': 1} and must be a list."),
        ({"parts": [{"share": "1"}]}, "parts[0].share is '1' and must be a number."),
        ({"parts": [{}]}, "'parts[0].share' is missing."),
        ({"parts": [None]}, "parts[0] is None and must be an object."),
        ({"pairs": [["a"]]}, "pairs[0] is ['a'] and must be a list of 2."),
        ({"notes": {"k": None}}, "notes.k is None and must be text."),
        ({"last": 7}, "last is 7 and must be an object."),
        ({"more": 1}, "'more' is unknown."),
    ],
)
def test_a_field_that_does_not_fit_is_named(change, said):
    with pytest.raises(MorrisError) as error:
        record_from_json(Whole, asdict(WHOLE) | {"parts": [], "pairs": []} | change)
    assert str(error.value) == said


def test_a_value_that_is_not_an_object_is_refused():
    with pytest.raises(MorrisError, match=r"^it is \[1\] and must be an object"):
        record_from_json(Whole, [1])
