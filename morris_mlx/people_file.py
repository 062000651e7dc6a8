"""Who else is in somebody's chats: their names by source, on the owner's disk, for redaction."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from morris_mlx import store
from morris_mlx.errors import MorrisError
from morris_mlx.files import PRIVATE_FOLDER, make_folder, read_json, write_json
from morris_mlx.redaction import Person
from morris_mlx.settings import Project

People = Mapping[str, Sequence[Person]]


def write_people(project: Project, people: People) -> None:
    """By the path of the export. For the owner alone: it names other people."""
    store.open_project(project)
    make_folder(project.people.parent).chmod(PRIVATE_FOLDER)
    # Also of an export that has nobody else: it is known that there is nobody.
    rows = {source: [list(p.names) for p in known] for source, known in people.items()}
    write_json(project.people, rows)


def read_people(project: Project) -> dict[str, tuple[Person, ...]]:
    """By the path of the export; nobody where no chats were collected."""
    if not project.people.exists():
        return {}
    people: dict[str, tuple[Person, ...]] = {}
    for source, rows in read_json(project.people).items():
        sound = isinstance(rows, list) and all(
            isinstance(names, list) and names and all(isinstance(n, str) for n in names)
            for names in rows
        )
        if not sound:
            raise MorrisError(f"{project.people} is damaged. Run `morris collect EXPORT` again.")
        people[source] = tuple(Person(tuple(names)) for names in rows)
    return people
