"""`morris evaluate`: base against adapter on texts that neither saw → adapters/NAME/report.json."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from morris_mlx.cli.options import Json
from morris_mlx.cli.output import print_json, print_table, progress, say
from morris_mlx.defaults import STYLE_ANSWERS, sample_folder
from morris_mlx.evaluate.style import MIN_STYLE_WORDS
from morris_mlx.project.adapters import read_run, write_style_report
from morris_mlx.project.datasets import find_dataset, read_dataset
from morris_mlx.project.folder import Project, current_project
from morris_mlx.records.corpus import MIX_TASK, Example
from morris_mlx.records.reports import HeldOutScore, StyleReport

if TYPE_CHECKING:
    from morris_mlx.generate import Generator

WHOLE_TEXT_TASKS = ("headline", "topic")  # requests that ask for a text from its beginning


def evaluate(
    adapter: Annotated[
        str, typer.Option("--adapter", "--adapter-path", help="The adapter's name.")
    ],
    seed: Annotated[int, typer.Option(help="Chooses the answers that are compared.", min=0)] = 0,
    as_json: Json = False,
) -> None:
    """Measure an adapter: held-out loss and perplexity, and the distance of its style to yours.

    Base and adapter see the same held-out texts. Style is a mean distance over frequent words and
    punctuation (smaller is nearer); the base is the floor, your own other texts the ceiling, and
    news briefs by a plain hand show what another writer looks like.

    \b
    Example:
        morris evaluate --adapter mine
    """
    report = evaluate_adapter(current_project(), adapter, seed)
    if as_json:
        print_json(asdict(report))
    else:
        print_report(report)


def evaluate_adapter(project: Project, adapter: str, seed: int) -> StyleReport:
    """Score, write answers, compare; the report is written beside the adapter."""
    from morris_mlx.collect import collect_files
    from morris_mlx.evaluate import count_words, style_distances
    from morris_mlx.generate import load_generator
    from morris_mlx.project.adapters import base_of, resolve_adapter

    folder = resolve_adapter(project, adapter).folder
    run = read_run(folder)
    examples = read_dataset(find_dataset(project, run.dataset_digest))
    test = examples["test"]
    with load_generator(base_of(run), folder, say=lambda _: None) as generator:
        base, base_texts = _examine(generator, test, 0.0, "base", seed)
        adapted, adapted_texts = _examine(generator, test, 1.0, "adapter", seed)
    held_out = _texts(test)
    author = _texts([e for e in examples["train"] if e.task != MIX_TASK])
    briefs = collect_files([sample_folder() / "briefs"]).documents
    contrast = [brief.text for brief in briefs]
    distances = style_distances(author, held_out, base_texts, adapted_texts, contrast)
    sets = {"author": author, "held_out": held_out, "base": base_texts, "adapter": adapted_texts}
    report = StyleReport(
        adapter=run.name,
        base_model=run.base_model,
        dataset_digest=run.dataset_digest,
        base=base,
        adapted=adapted,
        loss_drop_percent=100 * (1 - adapted.loss / base.loss),
        delta_floor=distances.floor,
        delta_adapted=distances.adapted,
        delta_ceiling=distances.ceiling,
        delta_contrast=distances.contrast,
        words={name: count_words(texts) for name, texts in sets.items()},
        notes=(distances.note,) if distances.note else (),
    )
    _save(project, folder, report)
    return report


def _examine(
    generator: Generator, test: Sequence[Example], strength: float, name: str, seed: int
) -> tuple[HeldOutScore, list[str]]:
    """The held-out score and some answers of the base (strength 0) or the adapter (1)."""
    from morris_mlx.evaluate import held_out_score

    generator.strength = strength
    with progress(f"evaluating the {name}:") as line:
        line.show("held-out loss …")
        score = held_out_score(test, generator.score)
        return score, _write_answers(
            generator, test, seed, lambda n: line.show(f"{n} words written")
        )


def _write_answers(
    generator: Generator, test: Sequence[Example], seed: int, report: Callable[[int], None]
) -> list[str]:
    """Answers to the held-out requests, round after round, until there are words enough."""
    from morris_mlx.evaluate import count_words

    if count_words(_texts(test)) < MIN_STYLE_WORDS:
        return []  # there is too little to compare with: no verdict, so no need of answers
    asked = [e for e in test if e.task in WHOLE_TEXT_TASKS] or list(test)
    texts: list[str] = []
    for number in range(STYLE_ANSWERS):
        words = count_words(texts)
        if words >= MIN_STYLE_WORDS:
            break
        report(words)
        messages = asked[number % len(asked)].messages[:-1]
        texts.append(generator.generate(messages, seed=seed + number).text)
    return texts


def _texts(examples: Sequence[Example]) -> list[str]:
    """Each document once: the longest of its answers."""
    longest: dict[str, str] = {}
    for example in examples:
        text = example.messages[-1].content
        if len(text) > len(longest.get(example.source_id, "")):
            longest[example.source_id] = text
    return list(longest.values())


def _save(project: Project, folder: Path, report: StyleReport) -> None:
    if folder.is_relative_to(project.adapters):
        write_style_report(folder, report)
    else:
        say(f"{folder} is not in this project, so no report was written there.")


def print_report(report: StyleReport) -> None:
    base, adapted = report.base, report.adapted
    distances = (
        report.delta_floor,
        report.delta_adapted,
        report.delta_ceiling,
        report.delta_contrast,
    )
    print_table(
        [
            ("", f"base ({report.base_model})", report.adapter, "author", "a newswire"),
            ("held-out loss, nats a token", f"{base.loss:.3f}", f"{adapted.loss:.3f}", "", ""),
            ("perplexity", f"{base.perplexity:.1f}", f"{adapted.perplexity:.1f}", "", ""),
            ("style distance (Delta)", *("–" if d is None else f"{d:.3f}" for d in distances)),
        ]
    )
    change = "lower" if report.loss_drop_percent >= 0 else "higher: it learned the wrong thing"
    print(
        f"\nOn {base.tokens:,} tokens that it never saw the adapter's loss is "
        f"{abs(report.loss_drop_percent):.1f} % {change}. Smaller is better everywhere."
    )
    for note in report.notes:
        print(note)
