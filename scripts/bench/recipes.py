"""Benchmark of training settings: held-out loss and style distance of each on the same texts.

    python scripts/bench/recipes.py --model smollm2 --home runs
    python scripts/bench/recipes.py --model smollm2 --home runs --texts essays --only rate-2e-3
    python scripts/bench/recipes.py --home runs --print     # the table alone

`--texts` is a folder with the texts of one writer (essays.py makes one from books); the default is
the sample columns. Each line of the table is one training: the baseline (one epoch over one row of
each text) with one setting changed; "recipe" is SmolLM2's recipe. Finished trainings are kept in
`--home` and not repeated, and an interrupted one is resumed from its checkpoint, so the table can be
filled in several sessions. The loss is measured on the test texts, which are used for nothing else.
The style distance (`--style`) is Burrows' Delta of 2,000 generated words and varies by about 0.05
from seed to seed. Each setting is run with one seed, so differences of the loss below half a percent
are not significant.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

from morris_mlx.cli.output import event_sink
from morris_mlx.defaults import RUN_FILE, sample_folder
from morris_mlx.evaluate import count_words, held_out_score, style_distances
from morris_mlx.generate import Generator, load_generator
from morris_mlx.models.find import find_model
from morris_mlx.models.find_adapter import read_run
from morris_mlx.pipeline.evaluate import longest_answers
from morris_mlx.pipeline.prepare import PrepareRequest, prepare
from morris_mlx.pipeline.texts import collect_texts
from morris_mlx.pipeline.train import ResumeRequest, TrainRequest, resume, train
from morris_mlx.project.adapters import CHECKPOINTS
from morris_mlx.project.datasets import read_card, read_dataset, write_share
from morris_mlx.project.folder import Project
from morris_mlx.project.provenance import Ground
from morris_mlx.records.corpus import MIX_TASK, DatasetCard, Example
from morris_mlx.records.training import TrainSettings
from morris_mlx.train.recipes import SMOLLM2_RECIPE

AT_THE_END = 10**6  # steps between validations: only the last step has one
BASELINE = TrainSettings(
    epochs=1,
    rank=8,
    alpha=16.0,
    dropout=0.05,
    learning_rate=1e-3,
    batch_size=1,
    accumulate=2,
    validate_every=AT_THE_END,
    recompute="none",
    packing="auto",
)


def differences(one: TrainSettings, other: TrainSettings) -> dict[str, Any]:
    """Return the settings of `other` that are not those of `one`."""
    before, after = asdict(one), asdict(other)
    return {name: value for name, value in after.items() if value != before[name]}


ROWS = "rows"  # rows of each text: a setting of the dataset, not of the training; 0: all
HIGH = {"learning_rate": 4e-3}
VARIANTS: Mapping[str, Mapping[str, Any]] = {
    "baseline": {},
    "rate-2e-3": {"learning_rate": 2e-3},
    "rate-4e-3": HIGH,
    "rate-8e-3": {"learning_rate": 8e-3},
    "4e-3, rank-16": HIGH | {"rank": 16, "alpha": 32.0},
    "4e-3, rank-4": HIGH | {"rank": 4, "alpha": 8.0},
    "4e-3, attention": HIGH | {"targets": "attention"},
    "4e-3, no-dropout": HIGH | {"dropout": 0.0},
    "4e-3, large-steps": HIGH | {"accumulate": 4},
    "4e-3, two-epochs": HIGH | {"epochs": 2},
    "4e-3, all-rows": HIGH | {ROWS: 0},
    "recipe": {ROWS: 0, **differences(BASELINE, SMOLLM2_RECIPE)},
}
STYLE_WORDS = 2000
MOST_ROUNDS = 50  # over all requests; an adapter that writes hardly anything ends after them
REQUESTS = ("headline", "topic")  # requests for a text from its beginning
RESULTS = "recipes.jsonl"


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--model", default="smollm2")
    parser.add_argument("--home", type=Path, required=True, help="Folder that keeps the runs.")
    parser.add_argument("--texts", type=Path, default=sample_folder() / "columns")
    parser.add_argument("--only", action="append", choices=list(VARIANTS))
    parser.add_argument("--style", action="store_true", help="Measure the style of each, too.")
    parser.add_argument("--print", action="store_true", help="Print the table and train nothing.")
    options = parser.parse_args()
    home = options.home / f"{options.texts.name}-{Path(options.model).name}"
    project = Project(home)
    if not options.print:
        if not project.dataset.exists():
            collect_texts(project, [options.texts], Ground.own)
            prepare(project, PrepareRequest(options.model))
        measure_all(project, options.model, options.only or list(VARIANTS))
        if options.style:
            measure_styles(project, options.model)
    results = read_results(home)
    if not results:
        print(f"There is no result in {home / RESULTS} yet.", file=sys.stderr)
        return 1
    print_results(results)
    return 0


def measure_all(project: Project, base: str, names: Sequence[str]) -> None:
    """Train and measure the variants that have no result yet."""
    card = read_card(project.dataset)
    examples = read_dataset(project.dataset)
    known = read_results(project.home)
    if "base" not in known:
        keep(project.home, {"name": "base"} | test_loss(base, None, examples))
    for name in [name for name in names if name not in known]:
        changes = dict(VARIANTS[name])
        rows = changes.pop(ROWS, 1)
        used = fewer_rows(examples, rows) if rows else examples
        place = with_dataset(project, f"rows-{rows}", card, used) if rows else project
        began = time.monotonic()
        run = train_once(place, name, base, replace(BASELINE, **changes), read_card(place.dataset))
        figures = test_loss(base, place.adapter(name), examples)
        valid = [point.valid for point in run.losses if point.valid is not None]
        keep(
            project.home,
            {"name": name, "rows": rows, "valid": valid, "seconds": run.seconds} | figures,
        )
        print(f"{name}: {time.monotonic() - began:.0f} s", file=sys.stderr)


def train_once(
    project: Project, name: str, base: str, settings: TrainSettings, card: DatasetCard
) -> Any:
    """Train an adapter, or resume an interrupted training."""
    folder = project.adapter(name)
    with event_sink() as sink:
        if (folder / CHECKPOINTS).exists():
            return resume(project, ResumeRequest(name), sink)
        if (folder / RUN_FILE).exists():  # trained, but stopped before the measurement
            return read_run(folder)
        return train(project, TrainRequest(name, base, settings), card, sink)


def fewer_rows(
    examples: Mapping[Any, Sequence[Example]], rows: int
) -> dict[Any, Sequence[Example]]:
    """Return the examples with at most `rows` of each text to train on."""
    taken: Counter[str] = Counter()
    kept = []
    for example in examples["train"]:
        taken[example.source_id] += 1
        if taken[example.source_id] <= rows:
            kept.append(example)
    return {**examples, "train": kept}


def with_dataset(
    project: Project, name: str, card: DatasetCard, examples: Mapping[Any, Sequence[Example]]
) -> Project:
    """Return a project in a folder of its own with a changed dataset."""
    place = Project(project.home / name)
    if not place.dataset.exists():
        write_share(place, examples, card)
    return place


def test_loss(
    base: str, adapter: Path | None, examples: Mapping[Any, Sequence[Example]]
) -> dict[str, float]:
    """Return the loss of a base or an adapter on the test texts."""
    with load_generator(find_model(base), adapter, say=lambda _: None) as generator:
        return {"test": held_out_score(examples["test"], generator.score).loss}


def measure_styles(project: Project, base: str) -> None:
    """Measure the style distance of the base and of every adapter that has none yet."""
    examples = read_dataset(project.dataset)
    author = longest_answers([e for e in examples["train"] if e.task != MIX_TASK])
    held_out = longest_answers(examples["test"])
    for name, known in read_results(project.home).items():
        if "style" in known:
            continue
        place = (
            project if known.get(ROWS, 0) == 0 else Project(project.home / f"rows-{known[ROWS]}")
        )
        adapter = None if name == "base" else place.adapter(name)
        began = time.monotonic()
        with load_generator(find_model(base), adapter, say=lambda _: None) as generator:
            written = answers(generator, examples["test"])
        found = style_distances(author, held_out, written, written, author)
        keep(project.home, known | {"style": found.adapted, "author": found.ceiling})
        print(f"style of {name}: {time.monotonic() - began:.0f} s", file=sys.stderr)


def answers(generator: Generator, test: Sequence[Example]) -> list[str]:
    """Return answers to the held-out requests, until there are STYLE_WORDS words."""
    asked = [e.messages[:-1] for e in test if e.task in REQUESTS]
    texts: list[str] = []
    for _ in range(MOST_ROUNDS):
        if count_words(texts) >= STYLE_WORDS:
            break
        # Without seeds: one text per request would not be enough words.
        texts += [result.text for result in generator.generate_many(asked)]
    return texts


def keep(home: Path, result: Mapping[str, Any]) -> None:
    """Add a result to the file of results."""
    with (home / RESULTS).open("a", encoding="utf-8") as file:
        file.write(json.dumps(result) + "\n")


def read_results(home: Path) -> dict[str, dict[str, Any]]:
    """Return the results so far by name."""
    path = home / RESULTS
    lines = path.read_text("utf-8").splitlines() if path.exists() else []
    return {result["name"]: result for result in map(json.loads, lines)}


def print_results(results: Mapping[str, Mapping[str, Any]]) -> None:
    """Print a line for each result, the lowest loss first."""
    base = results["base"]
    print(f"{'':>30} {'test loss':>9} {'change':>8} {'style':>6} {'of the way':>10} {'minutes':>8}")
    for name, result in sorted(results.items(), key=lambda item: item[1]["test"]):
        change = 100 * (result["test"] / base["test"] - 1)
        style, share = "", ""
        if "style" in result and "style" in base:
            way = base["style"] - base["author"]
            style = f"{result['style']:.3f}"
            share = f"{100 * (base['style'] - result['style']) / way:.0f} %"
        minutes = f"{result['seconds'] / 60:.0f}" if "seconds" in result else ""
        print(
            f"{name:>30} {result['test']:>9.4f} {change:>6.1f} % {style:>6} {share:>10} {minutes:>8}"
        )
    if "author" in base:
        print(f"style of the author's other texts: {base['author']:.3f}")


if __name__ == "__main__":
    sys.exit(main())
