"""`morris demo`: all steps on sample data, offline, in a folder of its own."""

from __future__ import annotations

import shutil
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Annotated

import typer

from morris_mlx.cli.demo_chats import CHATS
from morris_mlx.cli.demo_steps import SMOLLM2, Demo, DemoBase, Examples, HeldOut, run_demo
from morris_mlx.defaults import SAMPLE_COLUMNS, sample_folder
from morris_mlx.models.catalog import PRACTICE_MODEL
from morris_mlx.pipeline.prepare import PrepareRequest, prepare
from morris_mlx.pipeline.texts import collect_texts
from morris_mlx.project.folder import Project
from morris_mlx.project.provenance import Ground
from morris_mlx.records.corpus import OPENING_TASK, SPLITS, DatasetCard
from morris_mlx.train.recipes import PRACTICE_RECIPE, SMOLLM2_RECIPE

HELD_OUT = "Larkspur Avenue: Notes on the Dig"  # the title of a column of the test split
WORDS = 80  # of each answer
# The dataset has three rows of each column: by headline, by topic, and as the rest of an opening.
# Every 13th row is one row of about every fourth column, of the three kinds in turn.
EVERY = 13


def demo(
    folder: Annotated[
        Path | None,
        typer.Option(
            "--folder", help="Work in a subfolder of this one. Default: a temporary folder."
        ),
    ] = None,
    chats: Annotated[
        bool, typer.Option("--chats", help="Use a sample Telegram export instead of the columns.")
    ] = False,
    seed: Annotated[int, typer.Option(help="Random seed of the answers.", min=0)] = 0,
) -> None:
    """Show in a few minutes what Morris does, with invented texts.

    The demo shows a text by the base, one by a finished adapter, and the author's own, side by
    side. Then it makes a dataset, trains a new adapter for a short time, and evaluates the finished
    one. The base is SmolLM2-135M-Instruct if it is on this machine. Otherwise it is the practice
    base, which has no finished adapter here: the demo then trains one first. It needs no internet
    and does not touch your files.

    \b
    Example:
        morris demo
        morris demo --chats
    """
    began = time.monotonic()
    chosen = CHATS if chats else COLUMNS
    parent = folder.expanduser().resolve() if folder else Path(tempfile.mkdtemp(prefix="morris-"))
    project = Project(parent / chosen.folder)
    ended = run_demo(chosen, project, seed)
    minutes, seconds = divmod(round(time.monotonic() - began), 60)
    print(f"\nDone in {minutes} min {seconds:02} s. Everything is in {project.home}")
    command = "morris" if shutil.which("morris") else sys.argv[0]
    yours = "YOUR_EXPORT" if chats else "YOUR_FOLDER"
    print(f"Talk to it:      MORRIS_HOME={project.home} {command} chat --adapter {ended.adapter}")
    print(f"Use your texts:  {command} collect {yours}")


def collect_and_prepare(project: Project, base: str) -> DatasetCard:
    """Collect the sample columns, prepare a dataset with `base`, and return its card."""
    texts = collect_texts(project, [sample_folder() / "columns"], Ground.own)
    card, report = prepare(project, PrepareRequest(base))
    counts = ", ".join(f"{report['documents'][split]} to {split}" for split in SPLITS)
    print(
        f"{texts.found} columns, {texts.words:,} words → {report['rows_in_all']} rows, each a "
        f"request with its column; columns: {counts}"
    )
    return card


def held_out() -> Sequence[HeldOut]:
    """Return the request for a column of the test split, and the column."""
    from morris_mlx.collect import collect_files

    documents = collect_files([sample_folder() / "columns"]).documents
    text = next(document.text for document in documents if document.title == HELD_OUT)
    return [HeldOut(f"Write the column with the headline “{HELD_OUT}”.", text)]


def small_share(examples: Examples) -> Examples:
    """Return a small share of the training rows, and the openings of the validation rows."""
    valid = examples["valid"]
    openings = [example for example in valid if example.task == OPENING_TASK]
    return {**examples, "train": examples["train"][::EVERY], "valid": openings or valid}


def nothing_more(_project: Project, _adapter: str, _base: str) -> None:
    """Print nothing after the evaluation."""


COLUMNS = Demo(
    folder="demo",
    author="Ambrose Thirkettle, a columnist who does not exist, wrote 92 columns for this demo.",
    collect_and_prepare=collect_and_prepare,
    held_out=held_out,
    words=WORDS,
    unit="column",
    bases=(
        DemoBase(
            SMOLLM2,
            "SmolLM2-135M-Instruct, a small general model: its texts often lose their subject",
            replace(SMOLLM2_RECIPE, epochs=1, accumulate=1),
            finished=SAMPLE_COLUMNS,
            live_rows=small_share,
        ),
        DemoBase(
            PRACTICE_MODEL,
            "the practice base, a toy: its texts have the style, but no meaning",
            PRACTICE_RECIPE,
        ),
    ),
    afterwards=nothing_more,
)
