"""Search in generated text for items that were redacted from an adapter's training texts."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from morris_mlx.errors import MissingError
from morris_mlx.models.find_adapter import read_run
from morris_mlx.project.datasets import find_dataset, read_card
from morris_mlx.project.folder import Project
from morris_mlx.project.redaction_map import read_redaction_map
from morris_mlx.project.training_texts import training_texts
from morris_mlx.records.generation import Finding
from morris_mlx.text.pii import LeakFinder


def build_leak_finder(
    project: Project, adapter: Path | None, note: Callable[[str], None] = lambda text: None
) -> LeakFinder | None:
    """Return a finder of the items redacted from an adapter's dataset, or None without any.

    There are none for the base alone, for the built-in sample with its public texts, and for a
    dataset that was not redacted, which is reported through `note`. Raises MissingError when the
    dataset was redacted and its redaction map is gone: without it, leaks cannot be excluded.
    """
    if adapter is None:
        return None
    run = read_run(adapter)
    try:
        folder = find_dataset(project, run.dataset_digest)
    except MissingError:
        training_texts(project, run)  # of the sample, or an error with the next step
        return None
    if not read_card(folder).redacted:
        note(
            f"The dataset of {run.name!r} was not redacted. Its texts may contain private items, "
            "and generated text is not checked for them."
        )
        return None
    return LeakFinder(read_redaction_map(project, run.dataset_digest))


def find_redacted(text: str, leaks: LeakFinder | None) -> tuple[Finding, ...]:
    """Return each redacted item that occurs in the text, once and masked."""
    found = leaks.find(text) if leaks else ()
    shown = dict.fromkeys(f"{leak.kind} {leak.masked}" for leak in found)
    return tuple(Finding("redacted item", item) for item in shown)
