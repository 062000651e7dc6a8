"""Search for everything that a project holds of a source or a person. Reads only."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from morris_mlx.errors import MissingError, UsageError
from morris_mlx.forget.adapters import find_trained_adapters
from morris_mlx.forget.datasets import (
    dataset_folders,
    find_dataset_change,
    ids_in_datasets,
    row_sources,
)
from morris_mlx.forget.event_logs import count_job_logs
from morris_mlx.forget.person import person_plan
from morris_mlx.forget.plan import ForgetPlan
from morris_mlx.forget.project_records import count_drafts
from morris_mlx.forget.sources import (
    SelectedSources,
    host_of,
    is_address,
    mails_with,
    select_sources,
    source_names,
)
from morris_mlx.project.conversations import read_conversations
from morris_mlx.project.documents import read_documents
from morris_mlx.project.folder import Project
from morris_mlx.project.people import read_people
from morris_mlx.project.provenance import given_row_files, page_urls, read_provenance
from morris_mlx.records.corpus import Document

if TYPE_CHECKING:
    from morris_mlx.forget import PageAction

MAX_NAMES = 40  # listed by an error message


def search_for_source(
    project: Project, word: str, url: str, host: str, count_pages: PageAction
) -> ForgetPlan:
    """Return the plan for a source; see `find_source` in this package for the arguments."""
    if not word.strip():
        raise UsageError(
            "`morris forget` needs the name of a source. data/provenance.json lists them."
        )
    notes = read_provenance(project)
    documents = read_documents(project) if project.documents.exists() else []
    chats = {c.id: c.source for c in read_conversations(project)}
    known = {d.source for d in documents} | set(chats.values())
    known |= set(row_sources(project).values())
    wanted = select_sources(word, url, host, notes, known)
    gone = [d for d in documents if wanted.includes(d.source)]
    gone_chats = {i for i, source in chats.items() if wanted.includes(source)}
    ids = {d.id for d in gone} | gone_chats | ids_in_datasets(project, wanted)
    plan = ForgetPlan(
        word=word,
        paths=tuple(sorted(wanted.paths)),
        notes=tuple(name for name in notes if wanted.includes(name)),
        ids=tuple(sorted(ids)),
        own_files=_own_files(project, filter(wanted.includes, known | given_row_files(notes))),
        documents=len(gone),
        conversations=len(gone_chats),
    )
    plan = _with_pages(project, plan, wanted, notes, documents, count_pages)
    if not (ids or plan.notes or plan.pages):
        raise _unknown(project, word, source_names(notes, sorted(known)))
    return _with_derived(project, plan, {d.id for d in documents} - ids)


def search_for_person(project: Project, name: str, word: str) -> ForgetPlan:
    """Return the plan for a person; see `find_person` in this package for the arguments."""
    if not name.strip():
        raise UsageError("`morris forget --person` needs a name. Give a name or an ID.")
    plan = person_plan(project, name, word)
    documents = read_documents(project) if project.documents.exists() else []
    plan = replace(plan, own_files=_own_files(project, plan.own_files))
    return _with_derived(project, plan, {d.id for d in documents})


def _with_pages(
    project: Project,
    plan: ForgetPlan,
    wanted: SelectedSources,
    notes: Mapping[str, Any],
    documents: Sequence[Document],
    count_pages: PageAction,
) -> ForgetPlan:
    """Add the addresses to remove, and the hosts of which nothing remains: all their pages go."""
    gone = [d for d in documents if wanted.includes(d.source)]
    pages = {page for note in notes.values() for page in page_urls(note)}
    urls = wanted.urls | {u for u in pages | {d.source for d in gone} if _is_wanted_url(wanted, u)}
    urls |= {page for name in plan.notes for page in page_urls(notes[name])}
    staying = [d.source for d in documents if not wanted.includes(d.source)]
    in_use = {host_of(n) for n in {*notes, *staying} - set(plan.notes) if is_address(n)}
    hosts = wanted.hosts | ({host_of(u) for u in urls} - in_use)
    count = count_pages(project.raw_web, urls, hosts, tuple(d.text for d in gone))
    return replace(plan, urls=tuple(sorted(urls)), hosts=tuple(sorted(hosts)), pages=count)


def _is_wanted_url(wanted: SelectedSources, url: str) -> bool:
    return is_address(url) and wanted.includes(url)


def _with_derived(project: Project, plan: ForgetPlan, left: set[str]) -> ForgetPlan:
    """Add what was made of the texts; `left` are the IDs of the remaining documents.

    Adapters are searched now, because the removal takes away what connects them with the source.
    """
    ids = frozenset(plan.ids)
    parts = (find_dataset_change(project, folder, ids) for folder in dataset_folders(project))
    caches = project.token_cache.glob("*") if project.token_cache.is_dir() else ()
    return replace(
        plan,
        drafts=count_drafts(project, left),
        token_caches=sum(1 for _ in caches),
        job_logs=count_job_logs(project),
        datasets=tuple(part for part in parts if part),
        adapters=find_trained_adapters(project, ids),
    )


def _own_files(project: Project, places: Iterable[str]) -> tuple[str, ...]:
    """Return the user's own files among `places`: collecting them again brings the texts back."""
    own = {file for place in set(places) if not is_address(place) for file in _files_of(place)}
    return tuple(sorted(str(f) for f in own if not f.is_relative_to(project.raw_web.parent)))


def _files_of(place: str) -> Iterator[Path]:
    """Yield the files of a source: its own file, its archive, or the mails of its folder."""
    path = Path(place)
    if path.name.startswith("*"):
        yield from (file for file in path.parent.glob(path.name) if file.is_file())
    elif path.exists():
        yield path
    else:
        yield from (around for around in path.parents if around.is_file())


def _unknown(project: Project, word: str, names: list[str]) -> MissingError:
    shown = "".join(f"\n  {name}" for name in names[:MAX_NAMES])
    more = f"\n  and {len(names) - MAX_NAMES} more" if len(names) > MAX_NAMES else ""
    if not names:
        return MissingError(
            f"{word} is not a source of {project.home}: nothing was collected there. Check the "
            "current folder and MORRIS_HOME."
        )
    mails = mails_with(word, names)
    hint = f"\nThe mails of a folder are one source: `morris forget {mails!r}`." if mails else ""
    return MissingError(
        f"{word} is not a source of {project.home}. Its sources "
        f"are:{shown}{more}{hint or _person_hint(project, word)}\n"
        "A file or folder in a collected folder, or an archive in it, can be given by its path."
    )


def _person_hint(project: Project, word: str) -> str:
    """Return a hint at --person if the word is the name of a person in the chats, else ""."""
    known = [called for some in read_people(project).values() for c in some for called in c.names]
    if word.casefold().strip() not in {called.casefold() for called in known}:
        return ""
    return f"\n{word} is a person in your chats: `morris forget --person {word!r}`."
