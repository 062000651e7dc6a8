"""Search for a person in chats, and removal of their entry in data/private/people.json."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Iterator
from dataclasses import replace
from pathlib import Path

from morris_mlx.errors import MissingError, MorrisError, UsageError
from morris_mlx.forget.datasets import row_sources
from morris_mlx.forget.plan import ForgetPlan
from morris_mlx.forget.remaining_texts import find_named_people, remaining_texts
from morris_mlx.project.conversations import read_conversations
from morris_mlx.project.folder import Project
from morris_mlx.project.people import Contact, People, read_people, write_people

MAX_NAMES = 40  # listed by an error message


def person_plan(project: Project, name: str, word: str) -> ForgetPlan:
    """Return a plan of a person's conversations; `search` adds datasets and adapters.

    Conversations go as a whole, because messages do not name their senders. Raises MissingError
    when no person has this name, UsageError when several have it, and MorrisError when the list of
    people was written by an earlier version, which did not record conversations.
    """
    people = read_people(project)
    found = _called(project, people, name)
    ids = {contact.id for _, contact in found if contact.id}
    names = {called.casefold().strip() for _, contact in found for called in contact.names}
    here = {c.id: c.source for c in read_conversations(project)}
    theirs = {i for _, contact in found for i in contact.conversations or ()}
    exports = {source for source, contact in found if contact.id}
    exports |= {here[i] for i in theirs & here.keys()}
    # Conversations that an earlier collection divided differently: their people are not known.
    theirs |= {i for i, s in row_sources(project).items() if s in exports and i not in here}
    plan = ForgetPlan(
        word=word,
        ids=tuple(sorted(theirs)),
        people=tuple(sorted(ids)),
        names=tuple(sorted(names | {name.casefold().strip()})),
        own_files=tuple(sorted(exports)),
        conversations=len(theirs & here.keys()),
    )
    left = _without(project, people, plan)
    if left == people and not theirs:
        raise MissingError(
            f"Nothing of {name} is left in {project.home} but the name in {project.people}. Other "
            "texts may name this person, and `morris prepare` needs the name to redact it."
        )
    stays = any(_is_called(contact, name) for known in left.values() for contact in known)
    return replace(plan, name_stays=stays)


def remove_person(project: Project, plan: ForgetPlan) -> None:
    """Remove the person from the list of people, and everyone who appears only with them.

    Repeating it changes nothing more.
    """
    people = read_people(project)
    left = _without(project, people, plan)
    if left != people:
        write_people(project, left)


def _called(project: Project, people: People, name: str) -> list[tuple[str, Contact]]:
    """Return all entries of the one person of this name, each with its export."""
    found = [(s, c) for s, known in people.items() for c in known if _is_called(c, name)]
    found = found or _called_in_export(people, name)
    ids = {contact.id for _, contact in found if contact.id}
    if not found:
        raise _unknown_person(project, name, people)
    if len(ids) > 1:
        raise UsageError(
            f"{len(ids)} people are called {name}. Give one of their IDs:{_listed(found, name)}"
        )
    if any(contact.conversations is None for _, contact in found):
        exports = ", ".join(dict.fromkeys(source for source, _ in found))
        raise MorrisError(
            f"{project.people} was written by an earlier version of Morris and does not say in "
            f"which conversations {name} takes part. Run `morris collect` on {exports} again, then "
            "this command."
        )
    others = [(s, c) for s, known in people.items() for c in known if c.id and c.id in ids]
    return [*others, *(pair for pair in found if not pair[1].id)]


def _without(project: Project, people: People, plan: ForgetPlan) -> dict[str, tuple[Contact, ...]]:
    """Return the list of people after the removal.

    A removed person whom a remaining text may name keeps an entry with the name alone, for
    redaction.
    """
    going = [c for known in people.values() for c in known if _goes(c, plan)]
    named = find_named_people(
        remaining_texts(project, plan.ids, plan.notes), [c.names for c in going]
    )
    stay = {going[place].names for place in named}
    left = {s: tuple(_left(known, plan, stay)) for s, known in people.items()}
    return {source: known for source, known in left.items() if known}


def _left(
    known: Iterable[Contact], plan: ForgetPlan, stay: set[tuple[str, ...]]
) -> Iterator[Contact]:
    for contact in known:
        if not _goes(contact, plan):
            talks = contact.conversations
            kept = None if talks is None else tuple(i for i in talks if i not in plan.ids)
            yield replace(contact, conversations=kept)
        elif contact.names in stay:
            yield Contact("", contact.names)


def _goes(contact: Contact, plan: ForgetPlan) -> bool:
    """Return True for the person, their address book entry, and people left without chats."""
    if contact.id in plan.people:
        return True
    if not contact.id:
        return {called.casefold().strip() for called in contact.names} <= set(plan.names)
    return bool(contact.conversations) and set(contact.conversations or ()) <= set(plan.ids)


def _is_called(contact: Contact, name: str) -> bool:
    called = {contact.id, contact.id.rpartition("/")[2], *contact.names} - {""}
    return name.casefold().strip() in {word.casefold().strip() for word in called}


def _unknown_person(project: Project, name: str, people: People) -> MissingError:
    everybody = (contact for some in people.values() for contact in some)
    known = sorted({called for c in everybody for called in (c.names or (c.id,))})
    if not known:
        return MissingError(
            f"{name} is in no chat of {project.home}: it has no chats. Run `morris collect EXPORT` "
            "first, or look at the current folder and at MORRIS_HOME."
        )
    folded = {called.casefold(): called for called in known}
    near = [folded[n] for n in difflib.get_close_matches(name.casefold(), folded, 5, 0.5)]
    near += [k for k in known if name.casefold() in k.casefold() and k not in near]
    shown = (near or known)[:MAX_NAMES]
    more = f", and {len(known) - len(shown)} more" if len(known) > len(shown) else ""
    return MissingError(
        f"No person in your chats is called {name}. Choose one of: {', '.join(shown)}{more}."
    )


def _called_in_export(people: People, name: str) -> list[tuple[str, Contact]]:
    """Return the entries of a person given by export and ID: "WhatsApp Chat with Ann.txt/Ann"."""
    return [
        (source, contact)
        for source, known in people.items()
        for contact in known
        if contact.id and _id_in_export(source, contact).casefold() == name.casefold().strip()
    ]


def _id_in_export(source: str, contact: Contact) -> str:
    return f"{Path(source).name}/{contact.id}"


def _listed(found: Iterable[tuple[str, Contact]], name: str) -> str:
    """Return a line for each person. If the ID equals the ambiguous name, its export is added."""
    wanted = name.casefold().strip()
    lines = set()
    for source, contact in found:
        shown = contact.id if contact.id.casefold() != wanted else _id_in_export(source, contact)
        count = len(contact.conversations or ())
        if shown:
            names = ", ".join(contact.names)
            lines.add(f"\n  {shown}  {names}: {count} conversations, {source}")
    return "".join(sorted(lines))
