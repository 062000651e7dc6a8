"""Limits on time and length for chat templates, which may come from an untrusted source.

Lengths are those of the text that a value becomes when it is written. A list counts with all that
it holds: a template can put a list into itself again and again, so that it takes little memory but
its text is endless.
"""

from __future__ import annotations

import functools
import math
import re
import time
from collections.abc import (
    Callable,
    ItemsView,
    Iterable,
    Iterator,
    KeysView,
    Sequence,
    ValuesView,
)
from typing import Any

# CPU time of one rendering. A real template takes less than a millisecond, but on a busy machine it
# may be paused for seconds.
MAX_SECONDS = 2.0
MAX_SIZE = 1_000_000  # characters of a template, and of anything that it makes
MAX_EXPONENT = 64
ITEM_LENGTH = 8  # characters that an item of a list counts for beside its text: it takes time, too
BITS_PER_DIGIT = 3  # a digit has 3.3
PADDING = re.compile(r"%[^a-zA-Z%]*[\d*]")  # as in `%1000d`


class Meter:
    """The time and the number of characters that one rendering has used."""

    def __init__(self) -> None:
        self._deadline = time.thread_time() + MAX_SECONDS
        self._written = 0.0

    def __call__(self, characters: float = 0) -> None:
        """Count characters. Raises ValueError when a limit is exceeded."""
        self._written += characters
        check_size(self._written)
        if time.thread_time() > self._deadline:
            raise ValueError(f"it needs more than {MAX_SECONDS:g} seconds of CPU time")


def check_size(size: float) -> None:
    """Raise ValueError for a text that would be too long."""
    if size > MAX_SIZE:
        raise ValueError(f"it is or makes a text of more than {MAX_SIZE:,} characters")


def text_length(value: Any) -> int:
    """Return about the length of a value's text; of a longer one than the limit, some number above.

    Every item of a list or dict counts as often as it occurs. The number of steps is limited, too.
    """
    length, left = 0, [value]
    while left and length <= MAX_SIZE:
        item = left.pop()
        if isinstance(item, str):
            length += len(item)
        elif isinstance(item, int):
            length += item.bit_length() // BITS_PER_DIGIT
        elif (parts := _parts(item)) is not None:
            length += ITEM_LENGTH * len(parts)
            left.extend(parts)
    return length


def _parts(value: Any) -> Sequence[Any] | None:
    """Return what a value holds, None for one that holds nothing."""
    if type(value).__name__ == "Namespace":  # jinja2's, which no template can imitate
        value = value._Namespace__attrs  # it has no other way to its values
    if isinstance(value, dict):
        return [*value.keys(), *value.values()]
    return (
        [*value] if isinstance(value, (list, tuple, set, KeysView, ValuesView, ItemsView)) else None
    )


def checked(value: Any) -> Any:
    """Return a value. Raises ValueError if its text is too long.

    An iterator is checked while it is read.
    """
    if isinstance(value, Iterator):
        return _watched(value)
    check_size(text_length(value))
    return value


def _watched(items: Iterable[Any]) -> Iterator[Any]:
    """Yield items. Raises ValueError when their texts are too long together."""
    total = 0
    for item in items:
        total += 1 + text_length(item)
        check_size(total)
        yield item


def check_operation(operator: str, left: Any, right: Any) -> None:
    """Raise ValueError for an operation whose result would be too long."""
    if operator == "%" and isinstance(left, str):
        _check_padding(left)
        # A format may use the same value many times.
        check_size(len(left) + left.count("%") * text_length(right))
    first, second = _size(left), _size(right)
    if operator == "**":
        check_size(0 if first <= 1 else math.inf if second > MAX_EXPONENT else first**second)
    elif operator in "+*":
        check_size(first * second if operator == "*" else first + second)


def _size(value: Any) -> float:
    """Return the size of an operand: the length of its text, or the absolute value of a number."""
    return abs(value) if isinstance(value, (int, float)) else text_length(value)


def _check_padding(text: str) -> None:
    if PADDING.search(text):
        raise ValueError("it pads a text with %")


def check_arguments(values: Sequence[Any], owner: Any = None) -> None:
    """Raise ValueError for arguments that may make a result that is too long.

    A replacement, a join or an indentation makes at most the product of two sizes. A list counts by
    its number of items, unless the call is a method of a text, the `owner`: that may write a list's
    items again and again.
    """
    lists = text_length if isinstance(owner, str) else _item_count
    sizes = (
        abs(value) if isinstance(value, (int, float)) else lists(value)
        for value in (owner, *values)
    )
    *_, second, first = sorted((0.0, 0.0, *sizes))
    check_size(max(first, first * second))


def _item_count(value: Any) -> int:
    return len(value) if isinstance(value, (str, list, tuple, dict)) else 0


def checked_filter(plain: Callable[..., Any]) -> Callable[..., Any]:
    """Return a filter that checks its arguments and the length of its result."""

    @functools.wraps(plain)
    def limited(*args: Any, **kwargs: Any) -> Any:
        values = [
            value for value in args if isinstance(value, (str, list, tuple, dict, int, float))
        ]
        if plain.__name__ == "do_format" and values and isinstance(values[0], str):
            _check_padding(values[0])
        check_arguments((*values, *kwargs.values()))
        return checked(plain(*args, **kwargs))

    return limited
