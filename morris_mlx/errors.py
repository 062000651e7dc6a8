"""Errors for the user: each says what is wrong, where, and what to do."""

from __future__ import annotations

import math
from typing import ClassVar

# The wording of MLX, Metal, CUDA, C++ and the kernel.
MEMORY_WORDS = (
    "insufficient memory",
    "out of memory",
    "outofmemory",
    "unable to allocate",
    "bad_alloc",
    "resource limit",
    "maximum allowed buffer size",
)


class MorrisError(Exception):
    """An error that the user can correct. Its text is shown without a traceback.

    `kind` identifies the class when an error passes from one process to another.
    """

    exit_code: ClassVar[int] = 1
    kind: ClassVar[str] = "failed"


class UsageError(MorrisError):
    """Invalid or conflicting arguments."""

    exit_code = 2
    kind = "usage"


class MissingError(MorrisError):
    """A required input or model that does not exist."""

    exit_code = 3
    kind = "missing"


class RefusedError(MorrisError):
    """An operation refused by a rule, for want of a right, or for want of memory."""

    exit_code = 4
    kind = "refused"


class OutOfMemoryError(MorrisError):
    """A failed memory allocation in the engine."""

    exit_code = 75  # EX_TEMPFAIL: the supervisor of a training recognizes it by this code
    kind = "out-of-memory"


class BusyError(MorrisError):
    """A request refused because too many requests are waiting for the model."""

    exit_code = 75  # EX_TEMPFAIL: the same request may succeed later
    kind = "busy"


class StoppedError(MorrisError):
    """Work stopped by the user (Ctrl-C). What was finished is on disk."""

    exit_code = 130
    kind = "stopped"


def error_of_kind(kind: str, message: str) -> MorrisError:
    """Return the error that another process reported by its kind and text."""
    classes = (UsageError, MissingError, RefusedError, OutOfMemoryError, BusyError, StoppedError)
    return next((c for c in classes if c.kind == kind), MorrisError)(message)


def check_range(name: str, value: float, low: float, high: float) -> None:
    """Raise UsageError unless a value is a number from `low` to `high`, an int if both are."""
    whole = isinstance(low, int) and isinstance(high, int)
    right_type = isinstance(value, int if whole else (int, float)) and not isinstance(value, bool)
    # Compared without conversion: an int may be too large for a float. NaN fails every comparison.
    if not right_type or not low <= value <= high or value in (math.inf, -math.inf):
        kind = "a whole number" if whole else "a number"
        ends = f"{low:,} to {high:,}" if whole else f"{low:,.10g} to {high:,.10g}"
        huge = isinstance(value, int) and abs(value) > 10**50
        shown = "a number of more than 50 digits" if huge else repr(value)
        raise UsageError(f"{name} is {shown}; it must be {kind} from {ends}.")


def check_choice(name: str, value: str, allowed: tuple[str, ...]) -> None:
    """Raise UsageError if a value is not one of the allowed ones."""
    if value not in allowed:
        raise UsageError(f"{name} is {value!r}; it must be one of {', '.join(allowed)}.")


def check_unicode(text: str) -> None:
    """Raise MorrisError for a text with a lone surrogate, which UTF-8 cannot encode."""
    try:
        text.encode("utf-8")
    except UnicodeEncodeError as error:
        raise MorrisError(
            f"Character {error.start + 1} is a lone surrogate (half of an emoji, usually). Replace "
            "or delete it."
        ) from None


def mentions_memory(output: str) -> bool:
    """Return True if an engine's error output reports a lack of memory."""
    return any(word in output.lower() for word in MEMORY_WORDS)


def is_out_of_memory(error: BaseException) -> bool:
    """Return True if an exception of any engine means a lack of memory."""
    return isinstance(error, MemoryError) or mentions_memory(str(error))
