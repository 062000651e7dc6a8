"""Somebody of the chats: what there is of them, and their line in the list of people."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace

from morris_mlx.errors import MissingError, MorrisError, UsageError
from morris_mlx.forget.datasets import sources_of_rows
from morris_mlx.forget.plan import ForgetPlan
from morris_mlx.forget.remaining_texts import left_texts, named_in
from morris_mlx.project.conversations import read_conversations
from morris_mlx.project.folder import Project
from morris_mlx.project.people import Contact, People, read_people, write_people

MOST_NAMES = 40  # that an error lists


def person_plan(project: Project, name: str, word: str) -> ForgetPlan:
    """Whole conversations: messages do not say whose they are. Of adapters and rows see `search`.

    `word` is the command's own for it. Raises MissingError for nobody, UsageError for several, and
    MorrisError where the list of people does not tell where they speak.
    """
    people = read_people(project)
    found = _called(project, people, name)
    ids = {contact.id for _, contact in found if contact.id}
    names = {called.casefold().strip() for _, contact in found for called in contact.names}
    here = {c.id: c.source for c in read_conversations(project)}
    theirs = {i for _, contact in found for i in contact.conversations or ()}
    exports = {source for source, contact in found if contact.id}
    exports |= {here[i] for i in theirs & here.keys()}
    # Of conversations that were parted otherwise once, nobody can tell any more who spoke there.
    theirs |= {i for i, s in sources_of_rows(project).items() if s in exports and i not in here}
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
            f"Nothing of {name} is left in {project.home} but the name in {project.people}: texts "
            "that are left may name them, and `morris prepare` must know whom to redact."
        )
    stays = any(_is_called(contact, name) for known in left.values() for contact in known)
    return replace(plan, name_stays=stays)


def remove_person(project: Project, plan: ForgetPlan) -> None:
    """Their line, and those of all who spoke with them alone. Done twice it is as done once."""
    people = read_people(project)
    left = _without(project, people, plan)
    if left != people:
        write_people(project, left)


def _called(project: Project, people: People, name: str) -> list[tuple[str, Contact]]:
    """All lines of the one person, with their exports."""
    found = [(s, c) for s, known in people.items() for c in known if _is_called(c, name)]
    ids = {contact.id for _, contact in found if contact.id}
    if not found:
        raise _nobody(project, name, people)
    if len(ids) > 1:
        raise UsageError(f"{len(ids)} people are called {name}. Say which id:{_listed(found)}")
    if any(contact.conversations is None for _, contact in found):
        exports = ", ".join(dict.fromkeys(source for source, _ in found))
        raise MorrisError(
            f"{project.people} is of an earlier Morris and does not tell where {name} speaks. "
            f"Run `morris collect` on {exports} again, then this."
        )
    others = [(s, c) for s, known in people.items() for c in known if c.id and c.id in ids]
    return [*others, *(pair for pair in found if not pair[1].id)]


def _without(project: Project, people: People, plan: ForgetPlan) -> dict[str, tuple[Contact, ...]]:
    """The list that stays. Whom a text that is left may name stays in it by name alone."""
    going = [c for known in people.values() for c in known if _goes(c, plan)]
    named = named_in(left_texts(project, plan.ids, plan.notes), [c.names for c in going])
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
    """The person, their line in an address book, and who has no conversation left."""
    if contact.id in plan.people:
        return True
    if not contact.id:
        return {called.casefold().strip() for called in contact.names} <= set(plan.names)
    return bool(contact.conversations) and set(contact.conversations or ()) <= set(plan.ids)


def _is_called(contact: Contact, name: str) -> bool:
    called = {contact.id, contact.id.rpartition("/")[2], *contact.names} - {""}
    return name.casefold().strip() in {word.casefold().strip() for word in called}


def _nobody(project: Project, name: str, people: Mapping[str, Iterable[Contact]]) -> MissingError:
    everybody = (contact for some in people.values() for contact in some)
    known = sorted({called for c in everybody for called in (c.names or (c.id,))})
    if not known:
        return MissingError(f"{name} is in no chat of {project.home}: no export was collected.")
    folded = {called.casefold(): called for called in known}
    near = [folded[n] for n in difflib.get_close_matches(name.casefold(), folded, 5, 0.5)]
    near += [k for k in known if name.casefold() in k.casefold() and k not in near]
    shown = (near or known)[:MOST_NAMES]
    more = f", and {len(known) - len(shown)} more" if len(known) > len(shown) else ""
    there = f"There are: {', '.join(shown)}{more}."
    return MissingError(f"Nobody in your chats is called {name}. {there}")


def _listed(found: Iterable[tuple[str, Contact]]) -> str:
    lines = {
        f"\n  {c.id}  {', '.join(c.names)}: {len(c.conversations or ())} conversations, {source}"
        for source, c in found
        if c.id
    }
    return "".join(sorted(lines))
