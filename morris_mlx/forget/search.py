"""What there is of a source in a project. Reads only."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from morris_mlx.errors import MissingError, UsageError
from morris_mlx.forget.adapters import find_learners
from morris_mlx.forget.datasets import dataset_folders, find_part, ids_in_datasets, sources_of_rows
from morris_mlx.forget.event_logs import count_job_logs
from morris_mlx.forget.person import person_plan
from morris_mlx.forget.plan import ForgetPlan
from morris_mlx.forget.project_records import count_drafts
from morris_mlx.forget.sources import Wanted, host_of, is_address, names_of, wanted_of
from morris_mlx.project.conversations import read_conversations
from morris_mlx.project.documents import read_documents
from morris_mlx.project.folder import Project
from morris_mlx.project.people import read_people
from morris_mlx.project.provenance import given_files, pages_of, read_provenance
from morris_mlx.records.corpus import Document

if TYPE_CHECKING:
    from morris_mlx.forget import Pages

MOST_NAMES = 40  # that an error lists


def search(project: Project, word: str, url: str, host: str, count_pages: Pages) -> ForgetPlan:
    """See the door."""
    if not word.strip():
        raise UsageError("morris forget needs the name of a source: data/provenance.json has them.")
    notes = read_provenance(project)
    documents = read_documents(project) if project.documents.exists() else []
    chats = {c.id: c.source for c in read_conversations(project)}
    known = {d.source for d in documents} | set(chats.values())
    known |= set(sources_of_rows(project).values())
    wanted = wanted_of(word, url, host, notes, known)
    gone = [d for d in documents if wanted.takes(d.source)]
    gone_chats = {i for i, source in chats.items() if wanted.takes(source)}
    ids = {d.id for d in gone} | gone_chats | ids_in_datasets(project, wanted)
    plan = ForgetPlan(
        word=word,
        paths=tuple(sorted(wanted.paths)),
        notes=tuple(name for name in notes if wanted.takes(name)),
        ids=tuple(sorted(ids)),
        own_files=_own(project, filter(wanted.takes, known | given_files(notes))),
        documents=len(gone),
        conversations=len(gone_chats),
    )
    plan = _with_pages(project, plan, wanted, notes, documents, count_pages)
    if not (ids or plan.notes or plan.pages):
        raise _unknown(project, word, names_of(notes, sorted(known)))
    return _with_derived(project, plan, {d.id for d in documents} - ids)


def search_person(project: Project, name: str, word: str) -> ForgetPlan:
    """See the door."""
    if not name.strip():
        raise UsageError("morris forget --person needs a name.")
    plan = person_plan(project, name, word)
    documents = read_documents(project) if project.documents.exists() else []
    plan = replace(plan, own_files=_own(project, plan.own_files))
    return _with_derived(project, plan, {d.id for d in documents})


def _with_pages(
    project: Project,
    plan: ForgetPlan,
    wanted: Wanted,
    notes: Mapping[str, Any],
    documents: Sequence[Document],
    count_pages: Pages,
) -> ForgetPlan:
    """Addresses of what goes, and hosts of which nothing stays: of these every stored page goes."""
    gone = [d for d in documents if wanted.takes(d.source)]
    pages = {page for note in notes.values() for page in pages_of(note)}
    urls = wanted.urls | {u for u in pages | {d.source for d in gone} if _gone_url(wanted, u)}
    urls |= {page for name in plan.notes for page in pages_of(notes[name])}
    staying = [d.source for d in documents if not wanted.takes(d.source)]
    in_use = {host_of(n) for n in {*notes, *staying} - set(plan.notes) if is_address(n)}
    hosts = wanted.hosts | ({host_of(u) for u in urls} - in_use)
    count = count_pages(project.raw_web, urls, hosts, tuple(d.text for d in gone))
    return replace(plan, urls=tuple(sorted(urls)), hosts=tuple(sorted(hosts)), pages=count)


def _gone_url(wanted: Wanted, url: str) -> bool:
    return is_address(url) and wanted.takes(url)


def _with_derived(project: Project, plan: ForgetPlan, left: set[str]) -> ForgetPlan:
    """What was made of it. Adapters are looked up now: later nothing tells what they learned."""
    ids = frozenset(plan.ids)
    parts = (find_part(project, folder, ids) for folder in dataset_folders(project))
    caches = project.token_cache.glob("*") if project.token_cache.is_dir() else ()
    return replace(
        plan,
        drafts=count_drafts(project, left),
        token_caches=sum(1 for _ in caches),
        job_logs=count_job_logs(project),
        datasets=tuple(part for part in parts if part),
        adapters=find_learners(project, ids),
    )


def _own(project: Project, places: Iterable[str]) -> tuple[str, ...]:
    """Files of one's own that a collection would read again."""
    return tuple(
        sorted(
            place
            for place in set(places)
            if not is_address(place)
            and Path(place).exists()
            and not Path(place).is_relative_to(project.raw_web.parent)
        )
    )


def _unknown(project: Project, word: str, names: list[str]) -> MissingError:
    shown = "".join(f"\n  {name}" for name in names[:MOST_NAMES])
    more = f"\n  and {len(names) - MOST_NAMES} more" if len(names) > MOST_NAMES else ""
    if not names:
        return MissingError(
            f"{word} is no source of {project.home}: nothing was collected there. Look at where "
            "you are, or at MORRIS_HOME."
        )
    return MissingError(
        f"{word} is no source of {project.home}. There are:{shown}{more}{_person(project, word)}"
    )


def _person(project: Project, word: str) -> str:
    """That a person is forgotten otherwise, where they are in a chat."""
    known = [called for some in read_people(project).values() for c in some for called in c.names]
    if word.casefold().strip() not in {called.casefold() for called in known}:
        return ""
    return f"\n{word} is a person in your chats: `morris forget --person {word!r}`."
