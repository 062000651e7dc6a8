"""Whether a generated text says something that was redacted from what its adapter learned."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from morris_mlx.errors import MissingError
from morris_mlx.project.adapters import read_run
from morris_mlx.project.datasets import find_dataset, read_card
from morris_mlx.project.folder import Project
from morris_mlx.project.redaction_map import read_private_map
from morris_mlx.project.training_texts import training_texts
from morris_mlx.records.generation import Finding
from morris_mlx.text.pii import LeakFinder


def leak_finder(
    project: Project, adapter: Path | None, note: Callable[[str], None] = lambda text: None
) -> LeakFinder | None:
    """What looks for the redacted items of the adapter's own dataset; None where there are none.

    None: the base alone, the built-in sample, whose columns are public, and a dataset that was
    not redacted, which is told. Raises MissingError when it was redacted and its map is gone:
    without the items themselves nobody can say that none of them came out again.
    """
    if adapter is None:
        return None
    run = read_run(adapter)
    try:
        folder = find_dataset(project, run.dataset_digest)
    except MissingError:
        training_texts(project, run)  # the sample's, or an error that says what to do
        return None
    if not read_card(folder).redacted:
        note(
            f"The dataset that {run.name!r} learned from was not redacted: private items may come "
            "out as they stand in it, and are not looked for."
        )
        return None
    return LeakFinder(read_private_map(project, run.dataset_digest))


def find_redacted(text: str, leaks: LeakFinder | None) -> tuple[Finding, ...]:
    """Each redacted item that stands in the text, once, masked."""
    found = leaks.find(text) if leaks else ()
    shown = dict.fromkeys(f"{leak.kind} {leak.masked}" for leak in found)
    return tuple(Finding("redacted item", what) for what in shown)
