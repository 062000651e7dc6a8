"""The steps of every demo: collect, prepare, train, answer before and after, evaluate."""

from __future__ import annotations

import itertools
import shutil
import textwrap
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from morris_mlx.cli.evaluate import print_report
from morris_mlx.cli.output import event_sink
from morris_mlx.errors import MorrisError, StoppedError
from morris_mlx.jobs.events import Progress
from morris_mlx.models.catalog import PRACTICE_MODEL
from morris_mlx.pipeline.evaluate import EvaluateRequest, evaluate
from morris_mlx.pipeline.train import TrainRequest, train
from morris_mlx.project.folder import Project
from morris_mlx.records.corpus import DatasetCard
from morris_mlx.records.generation import SAMPLING
from morris_mlx.records.training import TrainRun, TrainSettings
from morris_mlx.train.verdict import advice_for

COLUMN = 46  # characters of each of the two columns, for a terminal of 100
GAP = "  │  "
ADAPTER = "demo"


@dataclass(frozen=True, slots=True)
class Demo:
    """One demo: its data, its recipe, and its prompts before and after.

    `folder` is its project's, inside the one that the person chose; `prompts` are of the kind
    `asked`; `held_out` says what neither model saw; `afterwards` prints the closing remarks.
    """

    folder: str
    collect_and_prepare: Callable[[Project, str], DatasetCard]
    recipe: TrainSettings
    prompts: Callable[[], Sequence[str]]
    asked: str
    held_out: str
    afterwards: Callable[[Project, str], None]
    base: str = PRACTICE_MODEL
    max_tokens: int = SAMPLING.max_tokens


def run_demo(demo: Demo, project: Project) -> TrainRun:
    """Run all steps of a demo and print each on stdout."""
    shutil.rmtree(project.adapter(ADAPTER), ignore_errors=True)  # an earlier demo's
    run = learn(demo, project, ADAPTER)
    _show_answers(demo, project)
    step(5, f"evaluate: base against adapter on {demo.held_out}")
    with event_sink() as sink:
        report = evaluate(project, EvaluateRequest(ADAPTER), sink)
    print_report(report)
    demo.afterwards(project, ADAPTER)
    return run


def learn(demo: Demo, project: Project, name: str) -> TrainRun:
    """Collect, prepare and train with the demo's base."""
    card = demo.collect_and_prepare(project, demo.base)
    passes = f"{demo.recipe.epochs} epoch{'s' if demo.recipe.epochs != 1 else ''}"
    step(3, f"train: LoRA on the practice base, {passes} (a few minutes)")
    with event_sink() as sink:
        run = train(project, TrainRequest(name, demo.base, demo.recipe), card, sink)
    if run.stopped:
        raise StoppedError("The demo was stopped during the training, so there is nothing to show.")
    if not run.is_better_than_base:
        raise MorrisError(f"The demo's training kept no adapter. {advice_for(run)}")
    print(f"{run.trainable_parameters:,} parameters, {run.supervised_tokens:,} tokens, ", end="")
    print(f"{run.seconds:.0f} s; held-out loss ", end="")
    print(" → ".join(f"{point.valid:.3f}" for point in run.losses if point.valid is not None))
    return run


def _show_answers(demo: Demo, project: Project) -> None:
    """Print the answers of base and adapter to the same prompts, side by side."""
    from morris_mlx.generate import load_generator
    from morris_mlx.models.find import find_model

    prompts = demo.prompts()
    step(4, f"generate: the same {len(prompts)} {demo.asked}s before and after")
    with load_generator(
        find_model(demo.base),
        project.adapter(ADAPTER),
        say=lambda _: None,
        max_tokens=demo.max_tokens,
    ) as generator:
        for prompt in prompts:
            answers = []
            for strength, who in ((0.0, "base"), (1.0, "tuned")):
                with event_sink() as sink:
                    sink(Progress(f"the {who} model writes …"))
                    answers.append(generator.generate(prompt, strength=strength, seed=0))
            print(f"\n{demo.asked.capitalize()}: {prompt}\n")
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


def side_by_side(left: str, right: str, width: int = COLUMN) -> str:
    """Return two texts in two columns of `width` characters."""
    columns = []
    for text in (left, right):
        lines: list[str] = []
        for paragraph in text.split("\n"):
            lines += textwrap.wrap(paragraph, width) or [""]
        columns.append(lines)
    rows = itertools.zip_longest(*columns, fillvalue="")
    return "\n".join(f"{a.ljust(width)}{GAP}{b}".rstrip() for a, b in rows)


def step(number: int, text: str) -> None:
    """Print the heading of step `number` of 5."""
    print(f"\n[{number}/5] {text}", flush=True)
