"""Who else is in somebody's chats: by source, on the owner's disk, for redaction and forgetting.

    data/private/people.json    {EXPORT: [{"id": …, "names": […], "conversations": [ID, …]}]}

The only place that knows who speaks in which conversation: conversations themselves keep no names.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass

from morris_mlx.errors import MorrisError
from morris_mlx.files import PRIVATE_FOLDER, make_folder, read_json, write_json
from morris_mlx.project.folder import Project, open_project


@dataclass(frozen=True, slots=True)
class Contact:
    """Somebody in an export who is not the writer.

    `id` is the export's own, "" of whom stands in its address book alone; `conversations` are the
    ids of those in which they speak, and of all private ones with them. None: an earlier Morris
    wrote the list, which did not tell.
    """

    id: str
    names: tuple[str, ...]
    conversations: tuple[str, ...] | None = ()


People = Mapping[str, Sequence[Contact]]


def write_people(project: Project, people: People) -> None:
    """By the path of the export. For the owner alone: it names other people."""
    open_project(project)
    make_folder(project.people.parent).chmod(PRIVATE_FOLDER)
    # Also of an export that has nobody else: it is known that there is nobody.
    rows = {source: [asdict(c) for c in known] for source, known in people.items()}
    write_json(project.people, rows)


def read_people(project: Project) -> dict[str, tuple[Contact, ...]]:
    """By the path of the export; nobody where no chats were collected."""
    if not project.people.exists():
        return {}
    return {
        source: tuple(_contact(project, row) for row in (rows if isinstance(rows, list) else [0]))
        for source, rows in read_json(project.people).items()
    }


def _contact(project: Project, row: object) -> Contact:
    """Earlier lists have the names alone."""
    value = row if isinstance(row, dict) else {"id": "", "names": row, "conversations": None}
    known, names, talks = value.get("id"), _words(value.get("names")), value.get("conversations")
    conversations = None if talks is None else _words(talks)
    if not isinstance(known, str) or names is None or (conversations is None and talks is not None):
        raise MorrisError(f"{project.people} is damaged. Run `morris collect EXPORT` again.")
    return Contact(known, names, conversations)


def _words(value: object) -> tuple[str, ...] | None:
    if isinstance(value, list) and all(isinstance(word, str) for word in value):
        return tuple(value)
    return None
