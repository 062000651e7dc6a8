"""The user's lists for redaction: given now, and recorded, or recorded earlier."""

from __future__ import annotations

from collections.abc import Sequence

from morris_mlx.jobs.events import Note, Sink
from morris_mlx.project.folder import Project
from morris_mlx.project.people import (
    read_named_people,
    read_not_names,
    write_named_people,
    write_not_names,
)
from morris_mlx.text.pii import Person


def settle_names(
    project: Project,
    people: Sequence[Person] | None,
    not_names: Sequence[str] | None,
    sink: Sink,
) -> tuple[tuple[Person, ...], tuple[str, ...]]:
    """Return the people to redact, and the words that are not names.

    A list that is given is recorded for the next preparation. None stands for the recorded list,
    and `sink` gets a remark that it is used. Raises MorrisError for a damaged list.
    """
    if people is not None:
        write_named_people(project, people)
    elif recorded := read_named_people(project):
        _remark(sink, "People to redact, from an earlier --names", len(recorded))
    if not_names is not None:
        write_not_names(project, not_names)
    elif words := read_not_names(project):
        _remark(sink, "Words that are not names, from an earlier --not-names", len(words))
    return read_named_people(project), read_not_names(project)


def _remark(sink: Sink, what: str, count: int) -> None:
    sink(Note("remark", f"{what}: {count}. An empty file clears them."))
