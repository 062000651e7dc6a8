"""Reader and writer of data/private/people.json: the other people in the user's chats.

    data/private/people.json       {EXPORT: [{"id": …, "names": […], "conversations": [ID, …]}]}
    data/private/names.json        {"people": [[NAME, …], …]}, people whom the user named
    data/private/not_names.json    {"words": […]}, which redaction must not take for names

Redaction needs the names, and forgetting a person needs the conversations: the conversations
themselves hold no names.
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
    """A person in an export other than the writer.

    `id` is the one of the export, "" for a person in the address book alone. `conversations` are
    the IDs of conversations in which the person writes and of private ones with them; None in a
    list by an earlier version, which did not record them.
    """

    id: str
    names: tuple[str, ...]
    conversations: tuple[str, ...] | None = ()


People = Mapping[str, Sequence[Contact]]


def write_people(project: Project, people: People) -> None:
    """Write the people of each export, by its path, to a private file."""
    open_project(project)
    make_folder(project.people.parent).chmod(PRIVATE_FOLDER)
    # An export without other people is listed, too: `check_people` looks for it.
    rows = {source: [asdict(c) for c in known] for source, known in people.items()}
    write_json(project.people, rows)


def read_people(project: Project) -> dict[str, tuple[Contact, ...]]:
    """Return the people of each export, by its path; empty when no chats were collected."""
    if not project.people.exists():
        return {}
    return {
        source: tuple(_contact(project, row) for row in (rows if isinstance(rows, list) else [0]))
        for source, rows in read_json(project.people).items()
    }


def _contact(project: Project, row: object) -> Contact:
    """Return a contact; a row by an earlier version has the names alone."""
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


def people_in_chats(project: Project) -> tuple[Person, ...]:
    """Return all people in the collected exports, without repeats."""
    known = (contact for people in read_people(project).values() for contact in people)
    return tuple(dict.fromkeys(Person(contact.names) for contact in known if contact.names))


def check_people(project: Project, conversations: Sequence[Conversation]) -> None:
    """Raise MissingError for conversations of an export that the list of people does not have."""
    if unknown := sorted({c.source for c in conversations} - read_people(project).keys()):
        raise MissingError(
            f"{project.people} does not list the people in {unknown[0]}"
            + (f" and {len(unknown) - 1} more" if len(unknown) > 1 else "")
            + ", so their names cannot be redacted. Run `morris collect` on the export again; "
            "or, if every name may stay, run `morris prepare --no-redact`."
        )


def read_people_file(path: Path) -> tuple[Person, ...]:
    """Read people from the user's text file: one per line, with commas between their names.

    Raises MissingError for a file that cannot be read.
    """
    lines = _read_lines(path, "Give a text file of names.")
    people = (tuple(n.strip() for n in line.split(",") if n.strip()) for line in lines)
    return tuple(Person(names) for names in people if names)


def read_not_names_file(path: Path) -> tuple[str, ...]:
    """Read words that are not names from the user's text file: one word or phrase per line.

    Raises MissingError for a file that cannot be read.
    """
    lines = _read_lines(path, "Give a text file with one word or phrase per line.")
    return tuple(dict.fromkeys(filter(None, map(str.strip, lines))))


def _read_lines(path: Path, remedy: str) -> list[str]:
    try:
        return path.read_text(encoding="utf-8-sig").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise MissingError(f"{path} cannot be read ({error}). {remedy}") from None


def write_named_people(project: Project, people: Sequence[Person]) -> None:
    """Write the people whom the user named to a private file, for the next preparation, too."""
    open_project(project)
    make_folder(project.named_people.parent).chmod(PRIVATE_FOLDER)
    write_json(project.named_people, {"people": [list(person.names) for person in people]})


def read_named_people(project: Project) -> tuple[Person, ...]:
    """Return the recorded people whom the user named. Raises MorrisError for a damaged file."""
    if not project.named_people.exists():
        return ()
    rows = read_json(project.named_people).get("people")
    names = [_words(row) for row in rows] if isinstance(rows, list) else [None]
    people = tuple(Person(each) for each in names if each)
    if len(people) < len(names):
        raise MorrisError(
            f"{project.named_people} is damaged. Delete it, and give the people again with "
            "`morris prepare --names FILE`."
        )
    return people


def write_not_names(project: Project, words: Sequence[str]) -> None:
    """Write the words that are not names to a private file, for the next preparation, too."""
    open_project(project)
    make_folder(project.not_names.parent).chmod(PRIVATE_FOLDER)
    write_json(project.not_names, {"words": list(words)})


def read_not_names(project: Project) -> tuple[str, ...]:
    """Return the recorded words that are not names. Raises MorrisError for a damaged file."""
    if not project.not_names.exists():
        return ()
    words = _words(read_json(project.not_names).get("words"))
    if words is None:
        raise MorrisError(
            f"{project.not_names} is damaged. Delete it, and give the words again with "
            "`morris prepare --not-names FILE`."
        )
    return words
