"""A source or a person → gone from every artefact; the adapters that learned from it named."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from morris_mlx.forget.plan import DatasetPart, ForgetPlan, Learner
from morris_mlx.project.folder import Project

# What is stored of the web, told by (addresses, hosts, texts), is for its owner to look through.
Pages = Callable[[Path, frozenset[str], frozenset[str], tuple[str, ...]], int]


def find_source(project: Project, word: str, url: str, host: str, count_pages: Pages) -> ForgetPlan:
    """What there is of a source; changes nothing.

    `word` is as it was given, `url` or `host` what it means on the web ("" when nothing). Raises
    MissingError with the names that there are.
    """
    from morris_mlx.forget.search import search

    return search(project, word, url, host, count_pages)


def find_person(project: Project, name: str, word: str) -> ForgetPlan:
    """What there is of somebody in the chats: every conversation in which they speak, whole, and
    every private one with them; changes nothing.

    `name` is what they are called, or their id; `word` what the command calls it. Raises
    MissingError for nobody and UsageError for several, with those that there are.
    """
    from morris_mlx.forget.search import search_person

    return search_person(project, name, word)


def forget_source(project: Project, plan: ForgetPlan, remove_pages: Pages) -> None:
    """Remove it all. Killed at any moment, it is finished by the next call with the same plan.

    The plan is on the disk from the first moment to the last: see `unfinished_plan`.
    """
    from morris_mlx.forget.carry_out import carry_out

    carry_out(project, plan, remove_pages)


def unfinished_plan(project: Project) -> ForgetPlan | None:
    """The plan of a removal that was interrupted, if there is one."""
    from morris_mlx.forget.plan import read_plan

    return read_plan(project)


__all__ = [
    "DatasetPart",
    "ForgetPlan",
    "Learner",
    "find_person",
    "find_source",
    "forget_source",
    "unfinished_plan",
]
