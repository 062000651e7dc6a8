"""Benchmark of a whole training: how far an adapter gets from its base to its author.

    python scripts/bench/voices.py --home runs                           # the sample columns
    python scripts/bench/voices.py --home runs --texts essays/a essays/b --rows 1 --rate 4e-3
    python scripts/bench/voices.py --home runs --print                   # the table alone

Each folder has the texts of one writer (essays.py makes one from books). An adapter is trained on
them with the recipe of the base, or with `--rate` and `--rows` (rows of each text to learn from, 0:
all), and evaluated as `morris evaluate --best-of 4` does. For the sample columns, `--built-in`
takes the adapter that comes with Morris. The table has, in percent of the way from the base to the
author and with 95 % intervals, the base with a prompt, texts by others, the adapter, and the choice
of the best of four answers by judges that did not choose them; then p-values, the longest copy in
words and the change of the held-out loss. Finished evaluations are kept in `--home`.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from recipes import fewer_rows, with_dataset

from morris_mlx.cli.demo import COLUMNS
from morris_mlx.cli.output import event_sink
from morris_mlx.defaults import RUN_FILE, sample_folder
from morris_mlx.pipeline.evaluate import EvaluateRequest
from morris_mlx.pipeline.evaluate_fully import evaluate_fully
from morris_mlx.pipeline.prepare import PrepareRequest, prepare
from morris_mlx.pipeline.texts import collect_texts
from morris_mlx.pipeline.train import TrainRequest, train
from morris_mlx.project.datasets import read_card, read_dataset
from morris_mlx.project.folder import Project
from morris_mlx.project.provenance import Ground
from morris_mlx.records.evaluation import Evaluation, RowName, Share, VoiceRow
from morris_mlx.train.recipes import choose_recipe

RESULTS = "voices.jsonl"
BUILT_IN = "sample-columns"
CANDIDATES = 4
TRAINED = "trained"


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--model", default="smollm2")
    parser.add_argument("--home", type=Path, required=True, help="Folder that keeps the runs.")
    parser.add_argument("--texts", type=Path, nargs="+", default=[sample_folder() / "columns"])
    parser.add_argument("--rows", type=int, default=0, help="Rows of each text; 0: all.")
    parser.add_argument("--rate", type=float, help="Learning rate instead of the recipe's.")
    parser.add_argument("--answers", type=int, help="Answers of each row of the evaluation.")
    parser.add_argument("--built-in", action="store_true", help="Evaluate the built-in adapter.")
    parser.add_argument("--print", action="store_true", help="Print the table and run nothing.")
    options = parser.parse_args()
    if not options.print:
        for texts in options.texts:
            measure(options, texts)
    results = read_results(options.home)
    if not results:
        print(f"There is no result in {options.home / RESULTS} yet.", file=sys.stderr)
        return 1
    print_table(results)
    return 0


def measure(options: Any, texts: Path) -> None:
    """Train and evaluate one writer, unless there is a result of it."""
    name = texts.name
    if name in {result["writer"] for result in read_results(options.home)}:
        return
    project = Project(options.home / name)
    began = time.monotonic()
    with event_sink() as sink:
        if options.built_in:
            COLUMNS.collect_and_prepare(project, options.model)
            adapter = BUILT_IN
        else:
            project, adapter = trained(options, project, texts, sink), TRAINED
        trained_at = time.monotonic()
        request = EvaluateRequest(adapter, answers=options.answers, best_of=CANDIDATES)
        evaluation = evaluate_fully(project, request, sink)
    result = figures(name, evaluation) | {
        "training_seconds": trained_at - began,
        "evaluation_seconds": time.monotonic() - trained_at,
    }
    with (options.home / RESULTS).open("a", encoding="utf-8") as file:
        file.write(json.dumps(result, ensure_ascii=False) + "\n")


def trained(options: Any, project: Project, texts: Path, sink: Any) -> Project:
    """Return the project whose adapter `trained` has learned the texts."""
    if not project.dataset.exists():
        collect_texts(project, [texts], Ground.public_domain)
        prepare(project, PrepareRequest(options.model))
    card = read_card(project.dataset)
    if options.rows:
        used = fewer_rows(read_dataset(project.dataset), options.rows)
        project = with_dataset(project, f"rows-{options.rows}", card, used)
        card = read_card(project.dataset)
    if not (project.adapter(TRAINED) / RUN_FILE).exists():
        settings = choose_recipe(options.model, card).recipe.settings
        if options.rate:
            settings = replace(settings, learning_rate=options.rate)
        train(project, TrainRequest(TRAINED, options.model, settings), card, sink)
    return project


def figures(name: str, evaluation: Evaluation) -> dict[str, Any]:
    """Return what the table shows of an evaluation."""
    voice = evaluation.voice
    best = evaluation.gains[-1].independent if evaluation.gains else Share()
    return {
        "writer": name,
        "verdict": evaluation.verdict.sentence,
        "prompted": shares(voice.row(RowName.PROMPTED)),
        "others": shares(voice.row(RowName.OTHER)),
        "adapter": shares(voice.row(RowName.ADAPTER, 1.0)),
        "best_of": [best.value, best.low, best.high],
        "p_over_prompted": voice.p_over_prompted,
        "p_over_others": voice.p_over_other,
        "copied": evaluation.copying.longest if evaluation.copying else None,
        "own_copied": evaluation.copying.own_longest if evaluation.copying else None,
        "loss_drop_percent": evaluation.style.loss_drop_percent,
    }


def shares(row: VoiceRow | None) -> list[float | None]:
    found = row.combined if row else Share()
    return [found.value, found.low, found.high]


def read_results(home: Path) -> list[dict[str, Any]]:
    """Return the results so far."""
    path = home / RESULTS
    return (
        [json.loads(line) for line in path.read_text("utf-8").splitlines()] if path.exists() else []
    )


def print_table(results: Sequence[Mapping[str, Any]]) -> None:
    """Print a line and the verdict of each result."""
    columns = ("prompted", "others", "adapter", "best_of")
    heads = ("base + prompt", "others", "adapter", f"best of {CANDIDATES}")
    print(f"{'':12}" + "".join(f"{head:>19}" for head in heads), end="")
    print(f"{'p prompt':>10}{'p others':>10}{'copy':>6}{'own':>5}{'loss':>9}{'minutes':>9}")
    for result in results:
        minutes = result["evaluation_seconds"] / 60
        print(f"{result['writer']:12}", end="")
        print("".join(f"{percent(result[column]):>19}" for column in columns), end="")
        print(
            f"{number(result['p_over_prompted']):>10}{number(result['p_over_others']):>10}", end=""
        )
        print(f"{result['copied'] or '':>6}{result['own_copied'] or '':>5}", end="")
        print(f"{-result['loss_drop_percent']:>7.1f} %{minutes:>9.1f}")
    for result in results:
        print(f"{result['writer']}: {result['verdict']}")


def percent(share: Sequence[float | None]) -> str:
    value, low, high = share
    if value is None or low is None or high is None:
        return "–"
    return f"{100 * value:.0f} % ({100 * low:.0f}–{100 * high:.0f})"


def number(value: float | None) -> str:
    return "–" if value is None else f"{value:.4f}"


if __name__ == "__main__":
    sys.exit(main())
