"""Whose names are redacted: of the people in the exports, and of those in a file."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from morris_mlx.errors import MissingError
from morris_mlx.project.folder import Project
from morris_mlx.project.people import read_people
from morris_mlx.records.corpus import Conversation
from morris_mlx.text.pii import Person


def people_of_chats(project: Project) -> tuple[Person, ...]:
    """Everybody who is in the collected exports, once."""
    known = (contact for people in read_people(project).values() for contact in people)
    return tuple(dict.fromkeys(Person(contact.names) for contact in known if contact.names))


def check_people(project: Project, conversations: Sequence[Conversation]) -> None:
    """Raises MissingError for chats of which nobody noted who else is in them."""
    if unknown := sorted({c.source for c in conversations} - read_people(project).keys()):
        raise MissingError(
            f"{project.people} does not say who else is in {unknown[0]}"
            + (f" and {len(unknown) - 1} more" if len(unknown) > 1 else "")
            + ", so their names cannot be redacted. Run `morris collect` on the export again; "
            "or, if every name may stay, `morris prepare --no-redact`."
        )


def people_named_in(path: Path) -> tuple[Person, ...]:
    """A line a person, their names between commas. Raises MissingError."""
    try:
        lines = path.read_text(encoding="utf-8-sig").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise MissingError(f"{path} cannot be read ({error}). Give a text file of names.") from None
    people = (tuple(n.strip() for n in line.split(",") if n.strip()) for line in lines)
    return tuple(Person(names) for names in people if names)
