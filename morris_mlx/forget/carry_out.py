"""A plan carried out, step by step; every step may be cut off anywhere and done again."""

from __future__ import annotations

import shutil
from collections import Counter
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from morris_mlx import files
from morris_mlx.errors import MorrisError
from morris_mlx.forget.adapters import remove_quotations
from morris_mlx.forget.datasets import dataset_folders, remove_part
from morris_mlx.forget.event_logs import remove_job_texts, require_no_running_job
from morris_mlx.forget.person import remove_person
from morris_mlx.forget.plan import PLAN_FILE, ForgetPlan, working_folder, write_plan
from morris_mlx.forget.project_records import (
    recounted,
    remove_drafts,
    remove_people,
    remove_private_items,
    trimmed,
)
from morris_mlx.forget.remaining_texts import left_texts
from morris_mlx.forget.sources import Wanted
from morris_mlx.project.adapters import ADAPTER_LOCK
from morris_mlx.project.conversations import read_conversations, write_conversations
from morris_mlx.project.documents import read_documents, write_documents
from morris_mlx.project.folder import Project, open_project
from morris_mlx.project.forgotten import note_forgotten
from morris_mlx.project.provenance import read_provenance, write_provenance

if TYPE_CHECKING:
    from morris_mlx.forget import Pages

LOCK, UNFINISHED_DATASET = ".forgetting.lock", ".dataset.*"


def carry_out(project: Project, plan: ForgetPlan, remove_pages: Pages) -> None:
    """See the door.

    First the plan itself and which datasets change: what is known of adapters is looked up in
    what is about to go. Pages go before documents, by whose words they are known; the plan last.
    """
    open_project(project)
    busy = f"Another `morris forget` is at work in {project.data}. Wait until it has ended."
    with files.locked(project.data / LOCK, busy):
        require_no_running_job(project)
        _require_no_training(project)
        try:
            _steps(project, plan, remove_pages)
        except OSError as error:
            raise MorrisError(
                f"Cannot change {error.filename or project.data}: {error.strerror or error}. "
                "Mend that and run the same command again: it finishes what it began."
            ) from error


def _require_no_training(project: Project) -> None:
    """It holds rows that go, and nothing on the disk says yet what its adapter learns from."""
    for lock in project.adapters.glob(f"*/{ADAPTER_LOCK}"):
        busy = (
            f"A training is at work in {lock.parent}, with rows that it was given. Stop it with "
            "Ctrl-C or let it end, then run the same command again: its adapter is named then."
        )
        with files.locked(lock, busy):
            pass


def _steps(project: Project, plan: ForgetPlan, remove_pages: Pages) -> None:
    wanted = Wanted(frozenset(plan.paths), frozenset(plan.urls), frozenset(plan.hosts))
    ids = frozenset(plan.ids)
    became = {part.digest: part.became for part in plan.datasets if part.digest}
    write_plan(project, plan)
    note_forgotten(project, became)
    _remove_texts(project, wanted, ids, remove_pages)
    for part in plan.datasets:
        remove_part(project, part, ids)
    if project.token_cache.is_dir():
        for cache in project.token_cache.iterdir():
            cache.unlink()  # made anew when it is needed; nobody can tell whose rows it holds
    remove_private_items(project, left_texts(project, ids, plan.notes), became)
    remove_people(project, wanted)
    if plan.names:
        remove_person(project, plan)
    for learner in (a for a in plan.adapters if a.learned or a.held_out):
        remove_quotations(project, learner.name)
    remove_job_texts(project)
    _clear_leftovers(project)
    _forget_notes(project, plan, wanted)
    _remove_plan(project)


def _remove_texts(
    project: Project,
    wanted: Wanted,
    ids: frozenset[str],
    remove_pages: Pages,
) -> None:
    documents = read_documents(project) if project.documents.exists() else []
    gone = [d for d in documents if d.id in ids]
    remove_pages(project.raw_web, wanted.urls, wanted.hosts, tuple(d.text for d in gone))
    for document in gone:
        copy = Path(document.source)
        if copy.is_relative_to(project.raw_web.parent):
            copy.unlink(missing_ok=True)
    left = [d for d in documents if d not in gone]
    if gone:
        write_documents(project, left)
    if any(c.id in ids for c in read_conversations(project)):
        write_conversations(project, (c for c in read_conversations(project) if c.id not in ids))
    remove_drafts(project, {d.id for d in left})


def _clear_leftovers(project: Project) -> None:
    """What earlier kills left half written holds texts, too."""
    private = project.redaction_map.parent
    within = (
        project.token_cache,
        private,
        *private.glob("*/"),
        project.raw_web.parent,
        project.kept_datasets,
    )
    for place in (project.data, *within, *dataset_folders(project)):
        if place.is_dir():
            files.remove_unfinished(place)
    for folder in project.data.glob(UNFINISHED_DATASET):
        shutil.rmtree(folder, ignore_errors=True)


def _forget_notes(project: Project, plan: ForgetPlan, wanted: Wanted) -> None:
    if project.provenance.exists():
        documents = read_documents(project) if project.documents.exists() else []
        left = {d.source for d in documents}
        notes = read_provenance(project)
        kept = trimmed(notes, plan.notes, wanted, left)
        if plan.names:
            kept = recounted(kept, Counter(c.source for c in read_conversations(project)))
        write_provenance(project, kept)


def _remove_plan(project: Project) -> None:
    """Everything that was put aside, and the plan itself as the very last."""
    for path in working_folder(project).iterdir():
        if path.is_dir():
            shutil.rmtree(path)
        elif path.name != PLAN_FILE:
            path.unlink()
    (working_folder(project) / PLAN_FILE).unlink(missing_ok=True)
    with suppress(OSError):
        working_folder(project).rmdir()
