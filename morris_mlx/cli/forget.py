"""`morris forget SOURCE`: remove a source from everything that was made of it."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated, Any

import typer

from morris_mlx.cli.options import Json
from morris_mlx.cli.output import print_json, print_table, say
from morris_mlx.errors import MissingError, RefusedError, UsageError
from morris_mlx.pipeline.forget import ForgetRequest, interrupted_plan, plan_removal, remove
from morris_mlx.project.folder import Project, current_project

if TYPE_CHECKING:
    from morris_mlx.forget import ForgetPlan

MOST_FILES = 5  # of the user's own that are listed


def forget(
    source: Annotated[
        str | None,
        typer.Argument(
            metavar="SOURCE",
            help="A source in data/provenance.json: a file, folder, address, host, chat export or "
            "file of rows. The last part of a path is enough.",
        ),
    ] = None,
    person: Annotated[
        str | None,
        typer.Option(
            metavar="NAME",
            help="Instead of a source: a person in your chats, by name or ID in the export.",
        ),
    ] = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="List what would be removed; remove nothing.")
    ] = False,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask for confirmation.")] = False,
    as_json: Json = False,
) -> None:
    """Remove a source, and everything made from it except adapters.

    This includes stored pages, texts, chats, drafts, dataset rows, caches and records. A folder
    includes everything in it, a host all of its pages. Adapters that were trained on the source
    are listed: only deleting or retraining them removes what they learned. Your own files are not
    changed.

    For a person, every conversation in which they speak is removed completely, and so is every
    private conversation with them.

    \b
    Example:
        morris forget https://example.org/feed.xml --dry-run
        morris forget example.org
        morris forget ~/columns/on-rain.md --yes
        morris forget --person "Anna Weiss"
    """
    if (source is None) == (person is None):
        raise UsageError("Give what to forget: either a SOURCE or --person NAME.")
    project = current_project()
    request = ForgetRequest(source, person)
    earlier = interrupted_plan(project)
    if earlier and dry_run:
        say(f"`morris forget {earlier.word}` was interrupted; the next one finishes it first.")
    elif earlier:
        say(f"Finishing `morris forget {earlier.word}`, which was interrupted.")
        remove(project, earlier)
    try:
        plan = plan_removal(project, request)
    except MissingError:
        if earlier is None or dry_run or earlier.word != request.word:
            raise
        _print_result(project, earlier, True, as_json)
        return
    if not dry_run:
        _confirm(project, plan, yes)
        remove(project, plan)
    _print_result(project, plan, not dry_run, as_json)


def _confirm(project: Project, plan: ForgetPlan, yes: bool) -> None:
    """Ask for confirmation. Raises RefusedError without it."""
    if yes:
        return
    if not (sys.stdin.isatty() and sys.stderr.isatty()):
        raise RefusedError(
            f"`morris forget {plan.word}` removes permanently and needs your confirmation, and "
            "there is no terminal to ask on. List what would be removed with --dry-run, or "
            "confirm with --yes."
        )
    for line in _lines(project, plan):
        say(line)
    if not typer.confirm("Remove all this permanently?", default=False, err=True):
        raise RefusedError("Nothing was removed.")


def _print_result(project: Project, plan: ForgetPlan, removed: bool, as_json: bool) -> None:
    if as_json:
        print_json(_as_json(project, plan, removed))
        return
    print_table([("removed" if removed else "would be removed", "count"), *_counts(plan)])
    for line in _lines(project, plan)[len(_counts(plan)) :]:
        print(line)
    if removed:
        print("Next: morris prepare" if plan.datasets else "Collecting it again brings it back.")
    else:
        print("Nothing was removed. The same command without --dry-run does it.")


def _counts(plan: ForgetPlan) -> list[tuple[str, str]]:
    rows = [
        ("sources", len(plan.notes)),
        ("documents", plan.documents),
        ("conversations", plan.conversations),
        ("stored pages", plan.pages),
        ("drafts", plan.drafts),
        ("rows of datasets", sum(part.rows for part in plan.datasets)),
        ("token caches (all; they are created again)", plan.token_caches),
        ("job logs (all; samples and output)", plan.job_logs),
    ]
    return [(name, f"{count:,}") for name, count in rows]


def _lines(project: Project, plan: ForgetPlan) -> list[str]:
    """Return the lines that the user reads before confirming, and afterwards."""
    lines = [f"  {count:>8} {name}" for name, count in _counts(plan)]
    if plan.notes:
        more = len(plan.notes) - MOST_FILES
        named = ", ".join(plan.notes[:MOST_FILES])
        lines.append(f"Sources: {named}{f' and {more} more' if more > 0 else ''}")
    for part in plan.datasets:
        place = project.data / part.folder
        if part.became:
            lines.append(
                f"{place}: {part.rows} of {part.of} rows; the others become another dataset "
                f"({part.became[:12]}…)"
            )
        else:
            lines.append(f"{place}: all of it, for {part.whole}")
    lines += _of_adapters(project, plan)
    if plan.name_stays:
        lines.append(
            f"A name stays in {project.people}: remaining texts may name the person, and `morris "
            "prepare` must know whom to redact."
        )
    if plan.own_files:
        shown = ", ".join(plan.own_files[:MOST_FILES])
        more = len(plan.own_files) - MOST_FILES
        lines.append(
            f"Your own files stay: {shown}{f' and {more} more' if more > 0 else ''}. Collecting or "
            f"giving them again brings {'the person' if plan.names else 'them'} back."
        )
    return lines


def _of_adapters(project: Project, plan: ForgetPlan) -> Sequence[str]:
    trained = [a for a in plan.adapters if a.learned or a.held_out]
    unknown = [a for a in plan.adapters if not a.known and a not in trained]
    lines: list[str] = []
    if trained:
        lines.append("\nAdapters that were trained with it:")
        for adapter in trained:
            lines.append(
                f"  {adapter.name}: learned from {adapter.learned} of its rows, measured on "
                f"{adapter.held_out} ({project.adapter(adapter.name)})"
            )
        lines.append(
            "What they learned is in their weights, which are not changed. Only deleting them "
            f"(their folders in {project.adapters}) or training them again removes it."
        )
    if unknown:
        lines.append(
            "Unknown for these adapters, whose datasets are gone: "
            f"{', '.join(a.name for a in unknown)}."
        )
    return lines


def _as_json(project: Project, plan: ForgetPlan, removed: bool) -> dict[str, Any]:
    return {
        "removed": removed,
        "sources": list(plan.notes),
        "people": list(plan.people),
        "name_stays": plan.name_stays,
        "documents": plan.documents,
        "conversations": plan.conversations,
        "pages": plan.pages,
        "drafts": plan.drafts,
        "token_caches": plan.token_caches,
        "job_logs": plan.job_logs,
        "datasets": [
            asdict(part) | {"folder": str(project.data / part.folder)} for part in plan.datasets
        ],
        "adapters": [asdict(a) | {"folder": str(project.adapter(a.name))} for a in plan.adapters],
        "own_files": list(plan.own_files),
    }
