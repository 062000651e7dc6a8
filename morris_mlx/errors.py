"""Errors that are told to the user: each says the thing, the place and the next step."""

from __future__ import annotations

import math
from typing import ClassVar

# How MLX, Metal, CUDA, C++ and the kernel say it.
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
    """An error that a user can mend. Its text is shown as it is, without a traceback.

    `kind` names the class where an error passes from one process to another.
    """

    exit_code: ClassVar[int] = 1
    kind: ClassVar[str] = "failed"


class UsageError(MorrisError):
    """The words of the command do not fit together."""

    exit_code = 2
    kind = "usage"


class MissingError(MorrisError):
    """An input or a model that is needed is not there."""

    exit_code = 3
    kind = "missing"


class RefusedError(MorrisError):
    """Morris could, but will not: a rule, a right or the memory forbids it."""

    exit_code = 4
    kind = "refused"


class OutOfMemoryError(MorrisError):
    """The engine could not get the memory that it asked for."""

    exit_code = 75  # EX_TEMPFAIL: the process that watches a training knows it by this
    kind = "out-of-memory"


class BusyError(MorrisError):
    """So many wait for the model already that one more would only wait in vain."""

    exit_code = 75  # EX_TEMPFAIL: the same may succeed a little later
    kind = "busy"


class StoppedError(MorrisError):
    """The user stopped the work (Ctrl-C); what was finished is on disk."""

    exit_code = 130
    kind = "stopped"


def error_of_kind(kind: str, message: str) -> MorrisError:
    """Return the error that another process reported by its kind and text."""
    classes = (UsageError, MissingError, RefusedError, OutOfMemoryError, BusyError, StoppedError)
    return next((c for c in classes if c.kind == kind), MorrisError)(message)


def check_range(name: str, value: float, low: float, high: float) -> None:
    """Raises UsageError for a value that is no number, not whole where the ends are, or outside."""
    whole = isinstance(low, int) and isinstance(high, int)
    right_type = isinstance(value, int if whole else (int, float)) and not isinstance(value, bool)
    # Compared, not converted: a whole number may be too large for a float. NaN is in no range.
    if not right_type or not low <= value <= high or value in (math.inf, -math.inf):
        kind = "a whole number" if whole else "a number"
        ends = f"{low:,} to {high:,}" if whole else f"{low:,.10g} to {high:,.10g}"
        huge = isinstance(value, int) and abs(value) > 10**50
        shown = "of more than fifty figures" if huge else repr(value)
        raise UsageError(f"{name} is {shown}; it must be {kind} from {ends}.")


def check_choice(name: str, value: str, allowed: tuple[str, ...]) -> None:
    """Raises UsageError for a value that is none of the allowed ones."""
    if value not in allowed:
        raise UsageError(f"{name} is {value!r}; it must be one of {', '.join(allowed)}.")


def check_unicode(text: str) -> None:
    """Raises MorrisError for half a character (a lone surrogate)."""
    try:
        text.encode("utf-8")
    except UnicodeEncodeError as error:
        raise MorrisError(
            f"Character {error.start + 1} of the text is half a character (a lone surrogate), "
            "which no file and no model can hold. Put a whole one in its place."
        ) from None


def speaks_of_memory(words: str) -> bool:
    """Whether an engine's last words say that it got no memory."""
    return any(word in words.lower() for word in MEMORY_WORDS)


def is_out_of_memory(error: BaseException) -> bool:
    return isinstance(error, MemoryError) or speaks_of_memory(str(error))
