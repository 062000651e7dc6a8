"""Exposure of planted secrets by their number of repetitions, with and without deduplication.

    python scripts/bench/canaries.py                     # the practice base
    python scripts/bench/canaries.py --model smollm2 --rows 60 --home runs

Secrets of all kinds are planted in a part of the sample columns 1, 4, 16 and 64 times, and others
never. One adapter is trained on these rows as they are, which is 54 steps of eight short rows, another
one on the same rows after the deduplication of `morris prepare`. Exposure is measured against secrets
of the same kind that were never planted (`morris_mlx/audit/canaries.py`); the interval is a bootstrap
over the secrets of a line.
"""

from __future__ import annotations

import argparse
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from morris_mlx.audit.canaries import (
    CONTROLS,
    canary_rows,
    exact_chance_mean,
    make_canaries,
    mean_exposure,
    measure_exposure,
)
from morris_mlx.cli.output import event_sink
from morris_mlx.defaults import ADAPTER_CONFIG, LAST, sample_folder
from morris_mlx.generate import load_generator
from morris_mlx.models.find import find_model
from morris_mlx.pipeline.prepare import PrepareRequest, prepare
from morris_mlx.pipeline.texts import collect_texts
from morris_mlx.pipeline.train import TrainRequest, train
from morris_mlx.prepare.cleaning.duplicates import find_duplicates
from morris_mlx.project.datasets import read_dataset, write_share
from morris_mlx.project.folder import Project
from morris_mlx.project.provenance import Ground
from morris_mlx.records.audit import Interval
from morris_mlx.records.corpus import Canary, DatasetCard, Example, Message
from morris_mlx.train.recipes import choose_recipe

REPEATS = (0, 1, 4, 16, 64)
BATCH = 8  # rows of a secret are short, and eight take hardly longer than one
AT_THE_END = 10**6  # steps between validations: only the last step has one


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--model", default="practice")
    parser.add_argument("--each", type=int, default=5, help="Secrets for each number of repeats.")
    parser.add_argument("--rows", type=int, default=4, help="Rows of the sample columns.")
    parser.add_argument("--epochs", type=int, default=1)
    parser.add_argument("--home", type=Path, help="Folder for the runs. Default: a temporary one.")
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        home = options.home or Path(temporary)
        project = Project(home)
        collect_texts(project, [sample_folder() / "columns"], Ground.own)
        card, _ = prepare(project, PrepareRequest(options.model, redact=False))
        examples = read_dataset(project.dataset)
        examples["train"] = examples["train"][: options.rows]
        groups = planted_groups(options.each, options.seed)
        rows = system_rows([r for group in groups.values() for r in canary_rows(group)], card)
        columns = {
            "repeated": exposures(home / "repeated", options, card, examples, rows, groups),
            "deduplicated": exposures(
                home / "deduplicated", options, card, examples, deduplicated(rows), groups
            ),
        }
    print_table(columns, options.each)


def planted_groups(each: int, seed: int) -> dict[int, list[Canary]]:
    """Return different canaries for every number of repeats; those of 0 are in no row."""
    canaries = make_canaries(each * len(REPEATS), seed)
    return {
        repeats: [replace(c, repeats=repeats) for c in canaries[number * each :][:each]]
        for number, repeats in enumerate(REPEATS)
    }


def system_rows(rows: Sequence[Example], card: DatasetCard) -> list[Example]:
    """Return rows with the system message of the other rows."""
    system = Message("system", card.system_prompt)
    return [replace(row, messages=(system, *row.messages)) for row in rows]


def deduplicated(rows: Sequence[Example]) -> list[Example]:
    """Return the rows that the deduplication of `morris prepare` keeps."""
    found = find_duplicates(["\n".join(m.content for m in row.messages[1:]) for row in rows])
    return [row for n, row in enumerate(rows) if n not in found.exact | found.near]


def exposures(
    home: Path,
    options: argparse.Namespace,
    card: DatasetCard,
    examples: Mapping[Any, Sequence[Example]],
    planted: Sequence[Example],
    groups: Mapping[int, Sequence[Canary]],
) -> dict[int, Interval]:
    """Train on the examples with planted rows; return the exposure of each group."""
    project = Project(home)
    share = write_share(project, {**examples, "train": [*examples["train"], *planted]}, card)
    recipe = choose_recipe(options.model, share).recipe.settings
    settings = replace(recipe, epochs=options.epochs, batch_size=BATCH, accumulate=1)
    settings = replace(settings, validate_every=AT_THE_END)
    with event_sink() as sink:
        train(project, TrainRequest("planted", options.model, settings), share, sink)
    folder = project.adapter("planted")
    folder = folder if (folder / ADAPTER_CONFIG).exists() else folder / LAST
    system = Message("system", card.system_prompt)
    with load_generator(find_model(options.model), folder, say=lambda _: None) as generator:

        def loss(messages: Sequence[Message]) -> float:
            return generator.score((system, *messages))[0]

        return {
            repeats: mean_exposure([measure_exposure(canary, loss) for canary in canaries])
            for repeats, canaries in groups.items()
        }


def print_table(columns: Mapping[str, Mapping[int, Interval]], each: int) -> None:
    print(f"Exposure in bits, mean of {each} secrets (95 % interval), {CONTROLS} controls each;")
    print(f"{exact_chance_mean():.1f} by chance, at most {(CONTROLS + 1).bit_length() - 1}.")
    print(f"{'repeats':>8}" + "".join(f"{name:>22}" for name in columns))
    for repeats in REPEATS:
        cells = ""
        for found in columns.values():
            one = found[repeats]
            cells += f"{f'{one.value:.1f} ({one.low:.1f} to {one.high:.1f})':>22}"
        print(f"{repeats:>8}{cells}")


if __name__ == "__main__":
    main()
