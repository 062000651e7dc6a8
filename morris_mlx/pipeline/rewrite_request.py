"""The request for a rewriting, and its defaults. Importing it loads nothing else."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from morris_mlx.errors import UsageError, check_range

TRIES, MAX_TRIES = 3, 10
# Lower than for a text of the model's own: a likely word is more often one of the draft.
TEMPERATURE = 0.7


@dataclass(frozen=True, slots=True)
class RewriteRequest:
    """A draft to rewrite; `facts` are files of notes, `tries` is the most for a paragraph.

    Raises UsageError for an empty draft or a number of tries out of range.
    """

    draft: str
    facts: tuple[Path, ...] = ()
    tries: int = TRIES
    seed: int | None = None

    def __post_init__(self) -> None:
        check_range("tries", self.tries, 1, MAX_TRIES)
        if not self.draft.strip():
            raise UsageError("The draft is empty. Give a text to rewrite.")
