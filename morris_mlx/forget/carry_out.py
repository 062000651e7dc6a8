"""Execution of a removal plan. Every step may be interrupted anywhere and repeated."""

from __future__ import annotations

import shutil
from collections import Counter
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from morris_mlx import files
from morris_mlx.errors import MorrisError
from morris_mlx.forget.adapters import remove_blind_pairs, remove_quotations
from morris_mlx.forget.datasets import dataset_folders, remove_rows
from morris_mlx.forget.event_logs import remove_job_texts, require_no_running_job
from morris_mlx.forget.person import remove_person
from morris_mlx.forget.plan import PLAN_FILE, ForgetPlan, working_folder, write_plan
from morris_mlx.forget.project_records import (
    recount_conversations,
    remove_drafts,
    remove_left_out,
    remove_notes,
    remove_people,
    remove_redacted_items,
)
from morris_mlx.forget.remaining_texts import remaining_texts
from morris_mlx.forget.sources import SelectedSources
from morris_mlx.project.adapters import ADAPTER_LOCK
from morris_mlx.project.comparisons import remove_comparison
from morris_mlx.project.conversations import read_conversations, write_conversations
from morris_mlx.project.documents import read_documents, write_documents
from morris_mlx.project.folder import Project, open_project
from morris_mlx.project.forgotten import note_forgotten
from morris_mlx.project.provenance import read_provenance, write_provenance

if TYPE_CHECKING:
    from morris_mlx.forget import PageAction

LOCK, UNFINISHED_DATASET = ".forgetting.lock", ".dataset.*"


def carry_out(project: Project, plan: ForgetPlan, remove_pages: PageAction) -> None:
    """Remove everything that `plan` lists: the work behind `forget_source`.

    The order matters. The plan and the list of changed datasets are written first, because the
    search for adapters reads what is removed here. Stored pages are found by the words of documents
    and so go before them. The plan file is removed last.
    """
    open_project(project)
    busy = f"Another `morris forget` is running in {project.data}. Wait until it has ended."
    with files.locked(project.data / LOCK, busy):
        require_no_running_job(project)
        _require_no_training(project)
        try:
            _steps(project, plan, remove_pages)
        except OSError as error:
            raise MorrisError(
                f"Cannot change {error.filename or project.data}: {error.strerror or error}. "
                "Correct this and run the same command again: it continues the removal."
            ) from error


def _require_no_training(project: Project) -> None:
    """Raise MorrisError while an adapter is being trained.

    The training has the rows in memory, and no file names its dataset yet.
    """
    for lock in project.adapters.glob(f"*/{ADAPTER_LOCK}"):
        busy = (
            f"A training is running in {lock.parent}, with rows that are about to be removed. Stop "
            "it with Ctrl-C or wait until it has ended. Then run the same command again: it names "
            "the adapter that was trained."
        )
        with files.locked(lock, busy):
            pass


def _steps(project: Project, plan: ForgetPlan, remove_pages: PageAction) -> None:
    wanted = SelectedSources(frozenset(plan.paths), frozenset(plan.urls), frozenset(plan.hosts))
    ids = frozenset(plan.ids)
    became = {part.digest: part.became for part in plan.datasets if part.digest}
    write_plan(project, plan)
    note_forgotten(project, became)
    _remove_texts(project, wanted, ids, remove_pages)
    for part in plan.datasets:
        remove_rows(project, part, ids)
    if project.token_cache.is_dir():
        for cache in project.token_cache.iterdir():
            cache.unlink()  # rebuilt on demand; a cache does not say which rows it holds
    remove_redacted_items(project, remaining_texts(project, ids, plan.notes), became)
    remove_people(project, wanted)
    remove_left_out(project, wanted)
    if plan.names:
        remove_person(project, plan)
    for learner in (a for a in plan.adapters if a.learned or a.held_out):
        remove_quotations(project, learner.name)
    remove_comparison(project)
    remove_blind_pairs(project)
    remove_job_texts(project)
    _clear_leftovers(project)
    _remove_provenance(project, plan, wanted)
    _remove_plan(project)


def _remove_texts(
    project: Project,
    wanted: SelectedSources,
    ids: frozenset[str],
    remove_pages: PageAction,
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
    """Remove unfinished files and folders that earlier kills left: they may hold texts."""
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


def _remove_provenance(project: Project, plan: ForgetPlan, wanted: SelectedSources) -> None:
    if project.provenance.exists():
        documents = read_documents(project) if project.documents.exists() else []
        left = {d.source for d in documents}
        notes = read_provenance(project)
        kept = remove_notes(notes, plan.notes, wanted, left)
        if plan.names:
            kept = recount_conversations(
                kept, Counter(c.source for c in read_conversations(project))
            )
        write_provenance(project, kept)


def _remove_plan(project: Project) -> None:
    """Remove the working folder, the plan file last."""
    for path in working_folder(project).iterdir():
        if path.is_dir():
            shutil.rmtree(path)
        elif path.name != PLAN_FILE:
            path.unlink()
    (working_folder(project) / PLAN_FILE).unlink(missing_ok=True)
    with suppress(OSError):
        working_folder(project).rmdir()
