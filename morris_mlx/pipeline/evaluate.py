"""Measure an adapter against its base on texts that neither saw."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from morris_mlx.defaults import sample_folder
from morris_mlx.errors import MorrisError
from morris_mlx.jobs.events import Note, Progress, Sink, ignore
from morris_mlx.models.find_adapter import read_run
from morris_mlx.pipeline.languages import read_unknown_languages, sentence_on_evaluation
from morris_mlx.project.adapters import write_style_report
from morris_mlx.project.datasets import find_dataset, read_card, read_dataset
from morris_mlx.project.folder import Project
from morris_mlx.records.corpus import NOT_BY_THE_WRITER, Example
from morris_mlx.records.generation import Adapter
from morris_mlx.records.reports import HeldOutScore, StyleReport

if TYPE_CHECKING:
    from morris_mlx.generate import Generator

STYLE_ANSWERS = 24  # the maximum of answers generated to reach MIN_STYLE_WORDS
ANSWERS_AT_ONCE = 8  # one batch of the engine
# Tokens of each: with the 0.6 words of a token of most languages, one batch has MIN_STYLE_WORDS.
ANSWER_TOKENS = 210
NO_REPORT = "no-report"  # the key of the note that no report was written
WHOLE_TEXT_TASKS = ("headline", "topic")  # requests that ask for a text from its beginning


@dataclass(frozen=True, slots=True)
class EvaluateRequest:
    """The adapter's name, and the seed of the answers that are compared.

    `dataset` is the folder of the dataset to evaluate on; None is that of the adapter's training.
    Of another dataset, the held-out texts must be held out in the training, too.
    """

    adapter: str
    seed: int = 0
    dataset: Path | None = None


def evaluate(project: Project, request: EvaluateRequest, sink: Sink = ignore) -> StyleReport:
    """Score base and adapter, compare the style of their answers, write the report.

    A report that cannot be written is returned all the same, after a note with the reason. Raises
    MissingError for an adapter or a dataset that is not there.
    """
    from morris_mlx.collect import collect_files
    from morris_mlx.evaluate import count_words, style_distances
    from morris_mlx.generate import load_generator
    from morris_mlx.models.find_adapter import base_of
    from morris_mlx.project.adapters import resolve_adapter

    adapter = resolve_adapter(project, request.adapter)
    folder, run = adapter.folder, read_run(adapter.folder)
    dataset = request.dataset or find_dataset(project, run.dataset_digest)
    examples = read_dataset(dataset)
    test = examples["test"]
    with load_generator(base_of(run), folder, say=lambda _: None) as generator:
        base, base_texts = _examine(generator, test, 0.0, "base", request.seed, sink)
        adapted, adapted_texts = _examine(generator, test, 1.0, "adapter", request.seed, sink)
    held_out = longest_answers(test)
    author = longest_answers([e for e in examples["train"] if e.task not in NOT_BY_THE_WRITER])
    briefs = collect_files([sample_folder() / "briefs"]).documents
    contrast = [brief.text for brief in briefs]
    distances = style_distances(author, held_out, base_texts, adapted_texts, contrast)
    sets = {"author": author, "held_out": held_out, "base": base_texts, "adapter": adapted_texts}
    report = StyleReport(
        adapter=_name(project, adapter),
        base_model=run.base_model,
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
            *(
                sentence_on_evaluation(run.base_model, one)
                for one in read_unknown_languages(dataset)
            ),
            *((distances.note,) if distances.note else ()),
        ),
        copied_words=_copied_words(adapted_texts, examples["train"]),
    )
    _save(project, folder, report, sink)
    return report


def _examine(
    generator: Generator, test: Sequence[Example], strength: float, name: str, seed: int, sink: Sink
) -> tuple[HeldOutScore, list[str]]:
    """Return the held-out score and some answers of the base (strength 0) or the adapter (1)."""
    from morris_mlx.evaluate import held_out_score
    from morris_mlx.evaluate.style import MIN_STYLE_WORDS

    generator.strength = strength
    stage = f"evaluating the {name}:"
    sink(Progress(stage, detail="held-out loss …"))
    score = held_out_score(test, generator.score)
    return score, _write_answers(
        generator,
        test,
        seed,
        lambda words: sink(
            Progress(stage, min(words, MIN_STYLE_WORDS), MIN_STYLE_WORDS, f"{words} words written")
        ),
    )


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
    for first in range(0, STYLE_ANSWERS, ANSWERS_AT_ONCE):
        words = count_words(texts)
        if words >= MIN_STYLE_WORDS:
            break
        report(words)
        some = tasks[first : first + ANSWERS_AT_ONCE]
        seeds = [seed + first + number for number in range(len(some))]
        written = generator.generate_many(some, seeds, max_tokens=ANSWER_TOKENS)
        texts += [result.text for result in written]
    return texts


def _copied_words(texts: Sequence[str], train: Sequence[Example]) -> int | None:
    """Return the length of the longest run of words that a text shares with a training text."""
    if not texts:
        return None
    from morris_mlx.audit.copying import find_copies

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


def _save(project: Project, folder: Path, report: StyleReport, sink: Sink) -> None:
    if not folder.is_relative_to(project.adapters):
        text = f"{folder} is not in this project, so no report was written there."
        sink(Note(NO_REPORT, text))
        return
    try:
        write_style_report(folder, report)
    except MorrisError as error:
        sink(Note(NO_REPORT, f"The report was not kept: {error}"))
