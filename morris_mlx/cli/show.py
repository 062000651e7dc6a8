"""`morris show NAME`: how an adapter was trained, how well it imitates, and its files."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated

import typer

from morris_mlx.cli.list_adapters import explain_state
from morris_mlx.cli.options import Json, SameAsName, one_adapter
from morris_mlx.cli.output import print_json, print_wrapped
from morris_mlx.defaults import ADAPTER_NAME
from morris_mlx.pipeline.adapters import AdapterDetails, AuditState, show_adapter
from morris_mlx.pipeline.convert import gigabytes
from morris_mlx.project.folder import current_project
from morris_mlx.records.training import TrainRun
from morris_mlx.text.numbers import counted

AUDITS = {
    AuditState.NONE: "none. Before you show its texts to anybody: morris audit {name}",
    AuditState.PASSED: "passed",
    AuditState.FAILED: "failed. The reasons: morris audit {name}",
    AuditState.OUTDATED: "outdated: the adapter was changed since. Repeat it: morris audit {name}",
}


def show(
    name: Annotated[
        str | None,
        typer.Argument(metavar="NAME", help=f"The adapter's name. Default: {ADAPTER_NAME}."),
    ] = None,
    adapter: SameAsName = None,
    as_json: Json = False,
) -> None:
    """Show how an adapter was trained, and its verdict and audit.

    \b
    Example:
        morris show mine
    """
    details = show_adapter(current_project(), one_adapter([name], adapter))
    if as_json:
        print_json(asdict(details))
        return
    for label, value in _lines(details):
        print_wrapped(value, f"{label:<12}", " " * 12)


def _lines(details: AdapterDetails) -> list[tuple[str, str]]:
    listed, run = details.listed, details.run
    lines = [
        ("adapter", f"{listed.name}{' (comes with Morris)' if listed.built_in else ''}"),
        ("state", explain_state(listed).rstrip(".")),
    ]
    if run is not None:
        lines += _training(run)
    verdict = details.sentence or f"none yet. Get one: morris evaluate {listed.name}"
    lines += [
        ("verdict", verdict),
        ("audit", AUDITS[listed.audit].format(name=listed.name)),
        ("folder", f"{details.folder}, {gigabytes(listed.size_bytes)}"),
    ]
    shown = ", ".join(f"{file} ({_size(size)})" for file, size in details.files)
    return [*lines, ("files", shown or "none")]


def _training(run: TrainRun) -> list[tuple[str, str]]:
    settings = run.settings
    loss = f"the base's {run.base_valid_loss:.3f}"
    if run.best_valid_loss is not None:
        fall = 100 * (1 - run.best_valid_loss / run.base_valid_loss)
        way = f"{fall:.1f} % below" if fall > 0 else "not below"
        loss = f"{run.best_valid_loss:.3f} at step {run.best_step}, {way} {loss}"
    return [
        ("base", run.base_model),
        ("dataset", run.dataset_digest[:12]),
        (
            "settings",
            f"{settings.fine_tune_type}, {settings.targets} layers, rank {settings.rank}, alpha "
            f"{settings.alpha:g}, dropout {settings.dropout:g}, learning rate "
            f"{settings.learning_rate:g}, batch {settings.batch_size} × {settings.accumulate}, "
            f"at most {counted(settings.epochs, 'epoch')}",
        ),
        ("size", f"{run.trainable_parameters:,} parameters"),
        ("training", f"{run.supervised_tokens:,} tokens in {_minutes(run.seconds)}, {run.machine}"),
        ("loss", loss),
        *([("stopped", run.stopped)] if run.stopped else []),
    ]


def _size(size: int) -> str:
    return gigabytes(size) if size >= 1e5 else f"{size / 1e3:.1f} kB"


def _minutes(seconds: float) -> str:
    return f"{seconds:.0f} s" if seconds < 120 else f"{seconds / 60:.0f} minutes"
