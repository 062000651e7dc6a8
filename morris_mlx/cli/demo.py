"""`morris demo`: the whole river on the sample columns, offline, in a folder of its own."""

from __future__ import annotations

import itertools
import shutil
import sys
import tempfile
import textwrap
import time
from pathlib import Path
from typing import Annotated

import typer

from morris_mlx.cli.collect import collect_into
from morris_mlx.cli.evaluate import evaluate_adapter, print_report
from morris_mlx.cli.output import progress
from morris_mlx.cli.prepare import prepare_project
from morris_mlx.cli.training import run_training
from morris_mlx.errors import StoppedError
from morris_mlx.provenance import Ground
from morris_mlx.records import SPLITS, DatasetCard, TrainRun
from morris_mlx.settings import (
    PRACTICE_MODEL,
    PRACTICE_RECIPE,
    SPLIT_SEED,
    SYSTEM_PROMPT,
    Project,
    sample_folder,
)

ADAPTER = "demo"
BRIEFS = ("04-grandvale", "05-tollgate", "40-swimming")  # the last one is not about telecoms
COLUMN = 46  # characters of each of the two columns, for a terminal of 100
GAP = "  │  "


def demo(
    folder: Annotated[
        Path | None,
        typer.Option("--folder", help="Work in its subfolder `demo`. Default: a temporary folder."),
    ] = None,
) -> None:
    """Learn the voice of an invented columnist in a few minutes and show what changed.

    Collects the sample columns, prepares a dataset, trains the practice base, and sets its answers
    before and after side by side. Needs no internet and touches nothing of yours.

    \b
    Example:
        morris demo
    """
    began = time.monotonic()
    parent = folder.expanduser().resolve() if folder else Path(tempfile.mkdtemp(prefix="morris-"))
    home = parent / "demo"
    project = Project(home)
    shutil.rmtree(project.adapter(ADAPTER), ignore_errors=True)  # an earlier demo's
    run = run_river(project, ADAPTER)
    _show_answers(project)
    _step(5, "evaluate: base against adapter on columns that neither saw")
    report = evaluate_adapter(project, ADAPTER, seed=0)
    print_report(report)
    minutes, seconds = divmod(round(time.monotonic() - began), 60)
    print(
        f"\nDone in {minutes} min {seconds:02} s. The adapter lies in {project.adapter(run.name)}"
    )
    command = "morris" if shutil.which("morris") else sys.argv[0]
    print(f"Talk to it:  MORRIS_HOME={home} {command} chat --adapter {ADAPTER}")
    print(f"Your turn:   {command} collect YOUR_FOLDER")


def run_river(project: Project, name: str) -> TrainRun:
    """collect → prepare → train on the sample columns with the practice base."""
    card = collect_and_prepare(project)
    _step(3, f"train: LoRA on the practice base, {PRACTICE_RECIPE.epochs} epoch (a few minutes)")
    run = run_training(project, name, PRACTICE_MODEL, card, PRACTICE_RECIPE)
    if run.stopped:
        raise StoppedError("The demo was stopped in its training; there is nothing to show yet.")
    print(f"{run.trainable_parameters:,} parameters, {run.supervised_tokens:,} tokens, ", end="")
    print(f"{run.seconds:.0f} s; held-out loss ", end="")
    print(" → ".join(f"{point.valid:.3f}" for point in run.losses if point.valid is not None))
    return run


def collect_and_prepare(project: Project) -> DatasetCard:
    _step(1, "collect: columns by Ambrose Thirkettle, a columnist who does not exist")
    found, _ = collect_into(project, [sample_folder() / "columns"], Ground.own)
    words = sum(len(d.text.split()) for d in found.documents)
    print(f"{len(found.documents)} columns, {words:,} words")

    _step(2, "prepare: requests paired with columns, split by column")
    card, report = prepare_project(project, PRACTICE_MODEL, None, SYSTEM_PROMPT, SPLIT_SEED)
    counts = ", ".join(f"{report['documents'][split]} to {split}" for split in SPLITS)
    print(f"{report['rows_in_all']} rows; columns: {counts}")
    return card


def _show_answers(project: Project) -> None:
    """The same prompts to the base and to the adapter, side by side."""
    from morris_mlx.generate import load_generator
    from morris_mlx.models import find_model

    generator = load_generator(
        find_model(PRACTICE_MODEL), project.adapter(ADAPTER), say=lambda _: None
    )
    _step(4, "generate: the same three prompts before and after")
    for prompt in _prompts():
        answers = []
        for strength, who in ((0.0, "base"), (1.0, "tuned")):
            with progress(f"the {who} model writes …") as line:
                line.show("")
                answers.append(generator.generate(prompt, strength=strength, seed=0))
        print(f"\nPrompt: {prompt}\n")
        print(side_by_side("BEFORE (base)", "AFTER (tuned)"))
        print(side_by_side("─" * COLUMN, "─" * COLUMN))
        print(side_by_side(answers[0].text, answers[1].text))
        ends = [
            f"[ended by itself, {a.tokens} tokens]"
            if a.finish_reason == "stop"
            else f"[cut at {a.tokens} tokens]"
            for a in answers
        ]
        print(side_by_side(ends[0], ends[1]))


def _prompts() -> list[str]:
    """Requests for columns under the headlines of three news briefs."""
    from morris_mlx.collect import collect_files

    paths = [next((sample_folder() / "briefs").glob(f"{name}*.md")) for name in BRIEFS]
    titles = [document.title for document in collect_files(paths).documents]
    return [f"Write the column with the headline “{title}”." for title in titles]


def side_by_side(left: str, right: str, width: int = COLUMN) -> str:
    """Two texts in two columns of `width` characters."""
    columns = []
    for text in (left, right):
        lines: list[str] = []
        for paragraph in text.split("\n"):
            lines += textwrap.wrap(paragraph, width) or [""]
        columns.append(lines)
    rows = itertools.zip_longest(*columns, fillvalue="")
    return "\n".join(f"{a.ljust(width)}{GAP}{b}".rstrip() for a, b in rows)


def _step(number: int, text: str) -> None:
    print(f"\n[{number}/5] {text}", flush=True)
