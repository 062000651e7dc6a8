"""Remove a source or a person from everything that was made of it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from morris_mlx.project.folder import Project

if TYPE_CHECKING:
    from morris_mlx.forget import ForgetPlan


@dataclass(frozen=True, slots=True)
class ForgetRequest:
    """A source, or a person of the chats by name or ID: one of the two."""

    source: str | None = None
    person: str | None = None

    @property
    def word(self) -> str:
        """The request as the command names it."""
        return self.source if self.source is not None else f"--person {self.person!r}"


def plan_removal(project: Project, request: ForgetRequest) -> ForgetPlan:
    """Find everything that there is of a source or a person; change nothing.

    Raises MissingError, with the names that there are, when there is nothing, and UsageError for
    a name of several people.
    """
    from morris_mlx.collect import address_or_host
    from morris_mlx.forget import find_person, find_source

    if request.person is not None:
        return find_person(project, request.person, request.word)
    return find_source(project, request.word, *address_or_host(request.word), _count_pages)


def interrupted_plan(project: Project) -> ForgetPlan | None:
    """Return the plan of a removal that was interrupted, if there is one."""
    from morris_mlx.forget import unfinished_plan

    return unfinished_plan(project)


def remove(project: Project, plan: ForgetPlan) -> None:
    """Carry out a plan. Interrupted at any moment, it is finished by the next call."""
    from morris_mlx.forget import forget_source

    forget_source(project, plan, _remove_pages)


def _count_pages(
    folder: Path, urls: frozenset[str], hosts: frozenset[str], texts: tuple[str, ...]
) -> int:
    from morris_mlx.collect import UnwantedPages, stored_pages

    return stored_pages(folder, UnwantedPages(urls, hosts, texts))


def _remove_pages(
    folder: Path, urls: frozenset[str], hosts: frozenset[str], texts: tuple[str, ...]
) -> int:
    from morris_mlx.collect import UnwantedPages, remove_pages

    remove_pages(folder, UnwantedPages(urls, hosts, texts))
    return 0
