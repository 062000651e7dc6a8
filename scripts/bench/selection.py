"""Comparison of two choices of the best checkpoint: by the held-out loss, and by the voice.

    python scripts/bench/selection.py --home runs                              # the sample columns
    python scripts/bench/selection.py FOLDER ... --home runs --model smollm2 --seeds 0 1 2

Each FOLDER has the texts of one writer (essays.py makes one from books). For every folder, and for
the sample columns, one training for each seed is run with `--select voice`, by the recipe for the
base and the dataset. Finished trainings are kept in `--home` and not repeated, and an interrupted
one is resumed, so the table can be filled in several sessions.

A line is one training: its validations below the base's loss; the steps with the lowest loss, with
the highest voice, and of the adapter that was kept; and the rank correlation of loss and voice over
these validations (-1: the lower the loss, the better the voice). The last lines count the trainings
in which loss and voice disagree, and those in which the bound on the loss changed the choice.
Trainings with fewer than two validations below the base's loss cannot disagree and are not counted.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from morris_mlx.cli.output import event_sink, print_table
from morris_mlx.defaults import sample_folder
from morris_mlx.models.find_adapter import read_run
from morris_mlx.pipeline.prepare import PrepareRequest, prepare
from morris_mlx.pipeline.texts import collect_texts
from morris_mlx.pipeline.train import ResumeRequest, TrainRequest, resume, train
from morris_mlx.project.adapters import has_checkpoints
from morris_mlx.project.datasets import read_card
from morris_mlx.project.folder import Project
from morris_mlx.project.provenance import Ground
from morris_mlx.records.training import TrainRun
from morris_mlx.train.recipes import choose_recipe


def train_all(texts: Path, chosen: argparse.Namespace) -> list[TrainRun]:
    """Return one run for each seed on the texts of a folder."""
    project = Project(chosen.home / texts.resolve().name)
    if not project.dataset.exists():
        collect_texts(project, [texts], Ground.public_domain)
        prepare(project, PrepareRequest(chosen.model))
    return [train_once(project, seed, chosen) for seed in chosen.seeds]


def train_once(project: Project, seed: int, chosen: argparse.Namespace) -> TrainRun:
    """Return the run with a seed: finished before, resumed, or new."""
    name = f"seed-{seed}"
    folder = project.adapter(name)
    with event_sink() as sink:
        if has_checkpoints(folder):
            return resume(project, ResumeRequest(name), sink)
        if (folder / "last").is_dir():
            return read_run(folder / "last")
        card = read_card(project.dataset)
        settings = replace(
            choose_recipe(chosen.model, card).recipe.settings,
            seed=seed,
            select="voice",
            validate_every=chosen.validate_every,
            patience=0,
        )
        if chosen.epochs:
            settings = replace(settings, epochs=chosen.epochs)
        return train(project, TrainRequest(name, chosen.model, settings), card, sink)


def correlation(run: TrainRun) -> float | None:
    """Return the rank correlation of loss and voice over the validations below the base."""
    pairs = [(p.valid, p.voice) for p in below_base(run) if p.voice is not None]
    if len(pairs) < 3:
        return None
    ranks = [np.argsort(np.argsort(column)) for column in zip(*pairs, strict=True)]
    return float(np.corrcoef(ranks[0], ranks[1])[0, 1])


def below_base(run: TrainRun) -> list:
    return [p for p in run.losses if p.step and p.valid and p.valid < run.base_valid_loss]


def disagree(run: TrainRun) -> bool:
    return run.highest_voice_step is not None and run.highest_voice_step != run.lowest_loss_step


def print_runs(runs: Sequence[tuple[str, TrainRun]]) -> None:
    """Print the table of all trainings and the counts."""
    rows = [("texts", "seed", "validations", "by loss", "by voice", "kept", "correlation")]
    for name, run in runs:
        found = correlation(run)
        steps = (run.lowest_loss_step, run.highest_voice_step, run.best_step or None)
        rows.append(
            (
                name,
                str(run.settings.seed),
                str(len(below_base(run))),
                *("–" if step is None else str(step) for step in steps),
                "–" if found is None else f"{found:+.2f}",
            )
        )
    print_table(rows)
    counted = [run for _, run in runs if len(below_base(run)) > 1]
    apart = [run for run in counted if disagree(run)]
    guarded = [run for run in apart if run.best_step != run.highest_voice_step]
    print(f"\nLoss and voice disagree in {len(apart)} of {len(counted)} trainings.")
    print(f"The bound on the loss changed the choice in {len(guarded)} of these.")


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("folders", type=Path, nargs="*", metavar="FOLDER")
    parser.add_argument("--home", type=Path, required=True, help="folder of the trainings")
    parser.add_argument("--model", default="practice")
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1, 2])
    parser.add_argument("--epochs", type=int, default=0, help="0: those of the recipe")
    parser.add_argument(
        "--validate-every", type=int, default=0, help="optimizer steps; 0: twice an epoch"
    )
    chosen = parser.parse_args()
    runs = []
    for texts in (sample_folder() / "columns", *chosen.folders):
        runs += [(texts.resolve().name, run) for run in train_all(texts, chosen)]
        print_runs(runs)


if __name__ == "__main__":
    main()
