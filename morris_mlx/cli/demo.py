"""`morris demo`: all steps on sample data, offline, in a folder of its own."""

from __future__ import annotations

import shutil
import sys
import tempfile
import time
from pathlib import Path
from typing import Annotated

import typer

from morris_mlx.cli.demo_chats import CHATS
from morris_mlx.cli.demo_steps import ADAPTER, Demo, learn, run_demo, step
from morris_mlx.defaults import sample_folder
from morris_mlx.pipeline.prepare import PrepareRequest, prepare
from morris_mlx.pipeline.texts import collect_texts
from morris_mlx.project.folder import Project
from morris_mlx.project.provenance import Ground
from morris_mlx.records.corpus import SPLITS, DatasetCard
from morris_mlx.records.training import TrainRun
from morris_mlx.train.recipes import PRACTICE_RECIPE

BRIEFS = ("04-grandvale", "05-tollgate", "40-swimming")  # the last one is not about telecoms


def demo(
    folder: Annotated[
        Path | None,
        typer.Option(
            "--folder", help="Work in a subfolder of this one. Default: a temporary folder."
        ),
    ] = None,
    chats: Annotated[
        bool, typer.Option("--chats", help="Learn from a sample Telegram export instead.")
    ] = False,
) -> None:
    """Train on an invented columnist's texts in a few minutes.

    Collects the sample columns, prepares a dataset, trains the practice base, and prints its
    answers before and after side by side. Needs no internet and does not touch your files.

    \b
    Example:
        morris demo
        morris demo --chats
    """
    began = time.monotonic()
    chosen = CHATS if chats else COLUMNS
    parent = folder.expanduser().resolve() if folder else Path(tempfile.mkdtemp(prefix="morris-"))
    project = Project(parent / chosen.folder)
    run = run_demo(chosen, project)
    minutes, seconds = divmod(round(time.monotonic() - began), 60)
    print(f"\nDone in {minutes} min {seconds:02} s. The adapter is in {project.adapter(run.name)}")
    command = "morris" if shutil.which("morris") else sys.argv[0]
    yours = "YOUR_EXPORT" if chats else "YOUR_FOLDER"
    print(f"Chat with it:    MORRIS_HOME={project.home} {command} chat --adapter {ADAPTER}")
    print(f"Use your texts:  {command} collect {yours}")


def run_steps(project: Project, name: str) -> TrainRun:
    """Collect, prepare and train on the sample columns with the practice base."""
    return learn(COLUMNS, project, name)


def collect_and_prepare(project: Project, base: str) -> DatasetCard:
    """Collect the sample columns, prepare a dataset with `base`, and return its card."""
    step(1, "collect: columns by Ambrose Thirkettle, a columnist who does not exist")
    texts = collect_texts(project, [sample_folder() / "columns"], Ground.own)
    print(f"{texts.found} columns, {texts.words:,} words")

    step(2, "prepare: requests paired with columns, split by column")
    card, report = prepare(project, PrepareRequest(base))
    counts = ", ".join(f"{report['documents'][split]} to {split}" for split in SPLITS)
    print(f"{report['rows_in_all']} rows; columns: {counts}")
    return card


def headlines() -> list[str]:
    """Return requests for columns with the headlines of three news briefs."""
    from morris_mlx.collect import collect_files

    paths = [next((sample_folder() / "briefs").glob(f"{name}*.md")) for name in BRIEFS]
    titles = [document.title for document in collect_files(paths).documents]
    return [f"Write the column with the headline “{title}”." for title in titles]


def nothing_more(_project: Project, _adapter: str) -> None:
    """Print nothing after the evaluation."""


COLUMNS = Demo(
    folder="demo",
    collect_and_prepare=collect_and_prepare,
    recipe=PRACTICE_RECIPE,
    prompts=headlines,
    asked="prompt",
    held_out="columns that neither saw",
    afterwards=nothing_more,
)
