"""Errors that are told to the user: each says the thing, the place and the next step."""

from __future__ import annotations

from typing import ClassVar


class MorrisError(Exception):
    """Something a user can mend. Its text is shown as it is, without a traceback."""

    exit_code: ClassVar[int] = 1


class UsageError(MorrisError):
    """The words of the command do not fit together."""

    exit_code = 2


class MissingError(MorrisError):
    """An input or a model that is needed is not there."""

    exit_code = 3


class RefusedError(MorrisError):
    """Morris could, but will not: a rule, a right or the memory forbids it."""

    exit_code = 4


class StoppedError(MorrisError):
    """The user stopped the work (Ctrl-C); what was finished is on disk."""

    exit_code = 130
