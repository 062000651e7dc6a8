"""Measure an adapter against its base on texts that neither saw."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from morris_mlx.defaults import sample_folder
from morris_mlx.errors import MorrisError
from morris_mlx.jobs.events import Note, Progress, Sink, ignore
from morris_mlx.models.find_adapter import base_of, read_run
from morris_mlx.pipeline.evaluation_answers import (
    ANSWER_TOKENS,
    WHOLE_TEXT_TASKS,
)
from morris_mlx.pipeline.languages import read_unknown_languages, sentence_on_evaluation
from morris_mlx.project.adapters import write_style_report
from morris_mlx.project.datasets import read_card, read_dataset
from morris_mlx.project.folder import Project
from morris_mlx.project.training_texts import find_training_dataset
from morris_mlx.records.corpus import NOT_BY_THE_WRITER, Example, Split
from morris_mlx.records.generation import Adapter
from morris_mlx.records.reports import HeldOutScore, StyleReport
from morris_mlx.records.training import TrainRun
from morris_mlx.text.copying import find_copies

if TYPE_CHECKING:
    from morris_mlx.generate import Generator

# Answers in one batch, of some 2,000 words in most languages, and the most that are generated to
# reach MIN_STYLE_WORDS.
STYLE_BATCH, STYLE_ANSWERS = 16, 32
NO_REPORT = "no-report"  # the key of the note that no report was written


@dataclass(frozen=True, slots=True)
class EvaluateRequest:
    """The adapter's name, and the seed of the answers that are compared.

    `dataset` is the folder of the dataset to evaluate on; None is that of the adapter's training.
    Of another dataset, the held-out texts must be held out in the training, too. `answers` is the
    number of answers of each row of a full evaluation; None is as many as the judges need. With
    `best_of`, a full evaluation also measures the choice among so many answers to each request.
    """

    adapter: str
    seed: int = 0
    dataset: Path | None = None
    answers: int | None = None
    best_of: int = 1


@dataclass(frozen=True, slots=True)
class Material:
    """The adapter to evaluate, and the rows that it was trained and is measured on.

    `name` is the adapter's name as it is now: its folder may have been renamed.
    """

    name: str
    adapter: Adapter
    run: TrainRun
    dataset: Path
    examples: Mapping[Split, Sequence[Example]]

    @property
    def test(self) -> Sequence[Example]:
        """The held-out rows."""
        return self.examples["test"]

    @property
    def own_rows(self) -> list[Example]:
        """The training rows with the author's texts."""
        return [e for e in self.examples["train"] if e.task not in NOT_BY_THE_WRITER]


def find_material(project: Project, request: EvaluateRequest) -> Material:
    """Return what a request names. Raises MissingError for an adapter or dataset not there."""
    from morris_mlx.project.adapters import resolve_adapter

    adapter = resolve_adapter(project, request.adapter)
    run = read_run(adapter.folder)
    dataset = request.dataset or find_training_dataset(project, run)
    return Material(_name(project, adapter), adapter, run, dataset, read_dataset(dataset))


def evaluate(project: Project, request: EvaluateRequest, sink: Sink = ignore) -> StyleReport:
    """Score base and adapter, compare the style of a few answers, write the report.

    This is the quick part of an evaluation; `evaluate_fully` has judges, intervals and a page. A
    report that cannot be written is returned all the same, after a note with the reason. Raises
    MissingError for an adapter or a dataset that is not there.
    """
    from morris_mlx.generate import load_generator

    material = find_material(project, request)
    folder, test = material.adapter.folder, material.test
    with load_generator(base_of(material.run), folder, say=lambda _: None) as generator:
        base, base_texts = _examine(generator, test, 0.0, "base", request.seed, sink)
        adapted, adapted_texts = _examine(generator, test, 1.0, "adapter", request.seed, sink)
    report = make_style_report(material, base, adapted, base_texts, adapted_texts)
    keep_report(project, folder, lambda: write_style_report(folder, report), sink)
    return report


def make_style_report(
    material: Material,
    base: HeldOutScore,
    adapted: HeldOutScore,
    base_texts: Sequence[str],
    adapted_texts: Sequence[str],
) -> StyleReport:
    """Return the comparison of the losses and of the style distances of two sets of answers."""
    from morris_mlx.evaluate import count_words, style_distances

    held_out, author = longest_answers(material.test), longest_answers(material.own_rows)
    distances = style_distances(author, held_out, base_texts, adapted_texts, read_briefs())
    sets = {"author": author, "held_out": held_out, "base": base_texts, "adapter": adapted_texts}
    dataset, base_model = material.dataset, material.run.base_model
    return StyleReport(
        adapter=material.name,
        base_model=base_model,
        dataset_digest=read_card(dataset).digest,
        base=base,
        adapted=adapted,
        loss_drop_percent=100 * (1 - adapted.loss / base.loss),
        delta_floor=distances.floor,
        delta_adapted=distances.adapted,
        delta_ceiling=distances.ceiling,
        delta_contrast=distances.contrast,
        words={name: count_words(texts) for name, texts in sets.items()},
        notes=(
            *(sentence_on_evaluation(base_model, one) for one in read_unknown_languages(dataset)),
            *((distances.note,) if distances.note else ()),
        ),
        copied_words=_copied_words(adapted_texts, material.examples["train"]),
    )


def read_briefs() -> list[str]:
    """Return the news briefs by another writer that come with the package."""
    from morris_mlx.collect import collect_files

    return [brief.text for brief in collect_files([sample_folder() / "briefs"]).documents]


def _examine(
    generator: Generator, test: Sequence[Example], strength: float, name: str, seed: int, sink: Sink
) -> tuple[HeldOutScore, list[str]]:
    """Return the held-out score and some answers of the base (strength 0) or the adapter (1)."""
    from morris_mlx.evaluate.style import MIN_STYLE_WORDS

    score = score_held_out(generator, test, strength, name, sink)
    stage = f"evaluating the {name}:"
    return score, _write_answers(
        generator,
        test,
        seed,
        lambda words: sink(
            Progress(stage, min(words, MIN_STYLE_WORDS), MIN_STYLE_WORDS, f"{words} words written")
        ),
    )


def score_held_out(
    generator: Generator, test: Sequence[Example], strength: float, name: str, sink: Sink
) -> HeldOutScore:
    """Return the held-out score of the base (strength 0) or the adapter."""
    from morris_mlx.evaluate import held_out_score

    generator.strength = strength
    sink(Progress(f"evaluating the {name}:", detail="held-out loss …"))
    return held_out_score(test, generator.score)


def _write_answers(
    generator: Generator, test: Sequence[Example], seed: int, report: Callable[[int], None]
) -> list[str]:
    """Return answers to the held-out requests, until there are enough words to compare."""
    from morris_mlx.evaluate import count_words
    from morris_mlx.evaluate.style import MIN_STYLE_WORDS

    if count_words(longest_answers(test)) < MIN_STYLE_WORDS:
        return []  # there is too little to compare with: no verdict, so no need of answers
    asked = [e for e in test if e.task in WHOLE_TEXT_TASKS] or list(test)
    tasks = [asked[number % len(asked)].messages[:-1] for number in range(STYLE_ANSWERS)]
    texts: list[str] = []
    for first in range(0, STYLE_ANSWERS, STYLE_BATCH):
        if count_words(texts) >= MIN_STYLE_WORDS:
            break
        some = tasks[first : first + STYLE_BATCH]
        seeds = [seed + first + number for number in range(len(some))]
        report(count_words(texts))
        for result in generator.generate_many(some, seeds, max_tokens=ANSWER_TOKENS):
            texts.append(result.text)
            report(count_words(texts))
    return texts


def _copied_words(texts: Sequence[str], train: Sequence[Example]) -> int | None:
    """Return the length of the longest run of words that a text shares with a training text."""
    if not texts:
        return None
    learned = (m.content for e in train for m in e.messages if m.role == "assistant")
    return len(find_copies(texts, learned).longest.words)


def longest_answers(examples: Sequence[Example]) -> list[str]:
    """Return the longest answer of each document."""
    longest: dict[str, str] = {}
    for example in examples:
        text = example.messages[-1].content
        if len(text) > len(longest.get(example.source_id, "")):
            longest[example.source_id] = text
    return list(longest.values())


def _name(project: Project, adapter: Adapter) -> str:
    """Return an adapter's name as it is now: its folder may have been renamed."""
    folder, adapters = adapter.folder, project.adapters.resolve()
    return str(folder.relative_to(adapters)) if folder.is_relative_to(adapters) else folder.name


def keep_report(project: Project, folder: Path, write: Callable[[], object], sink: Sink) -> bool:
    """Write a report beside the adapter, or send a note with the reason why not.

    Return True if it was written.
    """
    if not folder.is_relative_to(project.adapters):
        text = f"{folder} is not in this project, so no report was written there."
        sink(Note(NO_REPORT, text))
        return False
    return write_or_note(write, sink)


def write_or_note(write: Callable[[], object], sink: Sink) -> bool:
    """Write a report, or send a note with the reason why not: it took long to make.

    Return True if it was written.
    """
    try:
        write()
    except MorrisError as error:
        sink(Note(NO_REPORT, f"The report was not kept: {error}"))
        return False
    return True
