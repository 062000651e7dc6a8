"""Removal of a source or a person from every artefact of a project.

Adapters that were trained on the removed texts are named, not changed.

    plan = find_source(project, "/texts/essay.txt", "", "", count_pages)
    print(plan.documents, [adapter.name for adapter in plan.adapters])
    forget_source(project, plan, remove_pages)
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from morris_mlx.forget.plan import DatasetChange, ForgetPlan, TrainedAdapter
from morris_mlx.project.folder import Project

# Counts or removes stored web pages by (folder, addresses, hosts, texts). The collect room owns the
# page store, so the caller brings this function.
PageAction = Callable[[Path, frozenset[str], frozenset[str], tuple[str, ...]], int]


def find_source(
    project: Project, word: str, url: str, host: str, count_pages: PageAction
) -> ForgetPlan:
    """Return everything that a project holds of a source; change nothing.

    `word` is the source as the user typed it; `url` or `host` is its meaning on the web ("" for
    none). Raises MissingError, with the names of all sources, when the project has no such source.
    """
    from morris_mlx.forget.search import search_for_source

    return search_for_source(project, word, url, host, count_pages)


def find_person(project: Project, name: str, word: str) -> ForgetPlan:
    """Return everything that a project holds of a person in its chats; change nothing.

    That is every conversation in which the person writes, as a whole, and every private
    conversation with them. `name` is a name or an ID of the person; `word` is the request as the
    command shows it. Raises MissingError when no person has this name and UsageError when several
    have it, with the names or IDs to choose from.
    """
    from morris_mlx.forget.search import search_for_person

    return search_for_person(project, name, word)


def forget_source(project: Project, plan: ForgetPlan, remove_pages: PageAction) -> None:
    """Remove everything that a plan lists.

    A process killed at any moment leaves a state that the next call with the same plan finishes:
    the plan is on disk from the first change to the last (`unfinished_plan` reads it). Raises
    MorrisError, before anything is changed, while a job, a training or another removal is running.
    """
    from morris_mlx.forget.carry_out import carry_out

    carry_out(project, plan, remove_pages)


def unfinished_plan(project: Project) -> ForgetPlan | None:
    """Return the plan of a removal that was interrupted, or None."""
    from morris_mlx.forget.plan import read_plan

    return read_plan(project)


__all__ = [
    "DatasetChange",
    "ForgetPlan",
    "TrainedAdapter",
    "find_person",
    "find_source",
    "forget_source",
    "unfinished_plan",
]
