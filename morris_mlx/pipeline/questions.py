"""Questions that only the user can answer; a face asks them, or no one does."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from morris_mlx.project.provenance import Ground

if TYPE_CHECKING:
    from morris_mlx.collect import Question


@dataclass(frozen=True, slots=True)
class GroundQuestion:
    """The question on what ground texts may be used: of web addresses, of rows, or of chats."""

    sources: tuple[str, ...]
    chats: bool

    @property
    def subject(self) -> str:
        """The texts in words."""
        texts = [f"the texts of {', '.join(self.sources)}"] if self.sources else []
        return " and ".join([*texts, *(["these chats"] if self.chats else [])])


@dataclass(frozen=True, slots=True)
class Asker:
    """Two questions and what answers them; None means that there is no answer."""

    choose: Callable[[Question], int | None] = lambda question: None
    ground: Callable[[GroundQuestion], Ground | None] = lambda question: None


NO_ANSWERS = Asker()
