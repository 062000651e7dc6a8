"""Who else is in somebody's chats: by source, on the owner's disk, for redaction and forgetting.

    data/private/people.json    {EXPORT: [{"id": …, "names": […], "conversations": [ID, …]}]}

The only place that knows who speaks in which conversation: conversations themselves keep no names.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from morris_mlx.errors import MissingError, MorrisError
from morris_mlx.files import PRIVATE_FOLDER, make_folder, read_json, write_json
from morris_mlx.project.folder import Project, open_project
from morris_mlx.records.corpus import Conversation
from morris_mlx.text.pii import Person


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


def people_of_chats(project: Project) -> tuple[Person, ...]:
    """Return everybody who is in the collected exports, once."""
    known = (contact for people in read_people(project).values() for contact in people)
    return tuple(dict.fromkeys(Person(contact.names) for contact in known if contact.names))


def check_people(project: Project, conversations: Sequence[Conversation]) -> None:
    """Raise MissingError for chats whose other people were not noted."""
    if unknown := sorted({c.source for c in conversations} - read_people(project).keys()):
        raise MissingError(
            f"{project.people} does not say who else is in {unknown[0]}"
            + (f" and {len(unknown) - 1} more" if len(unknown) > 1 else "")
            + ", so their names cannot be redacted. Run `morris collect` on the export again; "
            "or, if every name may stay, `morris prepare --no-redact`."
        )


def people_named_in(path: Path) -> tuple[Person, ...]:
    """Read people from a text file: one a line, with commas between their names.

    Raises MissingError for a file that cannot be read.
    """
    try:
        lines = path.read_text(encoding="utf-8-sig").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise MissingError(f"{path} cannot be read ({error}). Give a text file of names.") from None
    people = (tuple(n.strip() for n in line.split(",") if n.strip()) for line in lines)
    return tuple(Person(names) for names in people if names)
