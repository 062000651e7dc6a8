"""Questions that only the user can answer; a face asks them, or no one does."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from morris_mlx.files import shown_path
from morris_mlx.project.provenance import Ground

if TYPE_CHECKING:
    from morris_mlx.collect import Question

MOST_EXPORTS = 5  # listed by a question


@dataclass(frozen=True, slots=True)
class GroundQuestion:
    """The question on what ground texts from web addresses, rows or chats may be used.

    `chats` has the chat exports without a ground.
    """

    sources: tuple[str, ...]
    chats: tuple[str, ...]

    @property
    def subject(self) -> str:
        """The texts in words."""
        texts = [f"the texts of {', '.join(self.sources)}"] if self.sources else []
        return " and ".join([*texts, *(["these chats"] if self.chats else [])])

    @property
    def exports(self) -> str:
        """The first chat exports, each on its own line."""
        names = [shown_path(name) for name in self.chats]
        more = [f"and {len(names) - MOST_EXPORTS:,} more"] if len(names) > MOST_EXPORTS else []
        return "".join(f"\n  {name}" for name in (*names[:MOST_EXPORTS], *more))


@dataclass(frozen=True, slots=True)
class Asker:
    """Two questions and what answers them; None means that there is no answer."""

    choose: Callable[[Question], int | None] = lambda question: None
    ground: Callable[[GroundQuestion], Ground | None] = lambda question: None


NO_ANSWERS = Asker()
