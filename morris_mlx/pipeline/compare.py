"""Compare several adapters, or one at several strengths, on the same requests with the same seeds.

comparison = compare(project, CompareRequest(("mine", "wide"), strengths=(1.0,)), sink)
print(comparison.choice.sentence)
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from morris_mlx.errors import RefusedError, UsageError, check_range
from morris_mlx.evaluate.best_adapter import choose_best
from morris_mlx.evaluate.jury import TextSets, compare_rows
from morris_mlx.evaluate.report.comparison_page import render_comparison
from morris_mlx.evaluate.rules import Figures, decide
from morris_mlx.jobs.events import Progress, Sink, ignore
from morris_mlx.models.find_adapter import base_of
from morris_mlx.pipeline.checkpoint_adapters import checkpoints_as_adapters
from morris_mlx.pipeline.evaluate import (
    EvaluateRequest,
    Material,
    find_material,
    score_held_out,
    write_or_note,
)
from morris_mlx.pipeline.evaluate_fully import cut, measure_copying
from morris_mlx.pipeline.evaluation_answers import (
    Requests,
    choose_requests,
    with_system,
    write_answers,
)
from morris_mlx.pipeline.evaluation_writing import (
    FEW_ANSWERS,
    STAGE,
    Condition,
    Sources,
    examine_condition,
    gather_sources,
    join_conditions,
    report_answers,
    write_prompted,
)
from morris_mlx.project.comparisons import write_comparison
from morris_mlx.project.datasets import find_dataset, read_card
from morris_mlx.project.folder import Project
from morris_mlx.records.comparison import (
    ComparedAdapter,
    ComparedAnswers,
    Comparison,
)
from morris_mlx.records.corpus import Example
from morris_mlx.records.evaluation import RowName, Verdict, VerdictKind, Voice, VoiceRow
from morris_mlx.records.generation import MAX_STRENGTH, GenerationResult
from morris_mlx.records.reports import HeldOutScore

if TYPE_CHECKING:
    from morris_mlx.generate import Generator

MOST = 12  # adapters and strengths; each takes as long as a third of an evaluation
FULL = 1.0
SAMPLES, SAMPLE_WORDS = 3, 80


@dataclass(frozen=True, slots=True)
class CompareRequest:
    """The names of adapters, the strengths of each, and the seed and number of the answers.

    A name may be that of a checkpoint, "mine@120", or of the last step, "mine/last". `answers` is
    the number of answers of each; None is as many as the judges need. Raises UsageError for
    strengths out of range, a name or strength that is given twice, or too many of them.
    """

    adapters: tuple[str, ...]
    strengths: tuple[float, ...] = (FULL,)
    seed: int = 0
    answers: int | None = None

    def __post_init__(self) -> None:
        for strength in self.strengths:
            check_range("--strength", strength, 0.01, MAX_STRENGTH)
        for given in (self.adapters, self.strengths):
            twice = next((one for at, one in enumerate(given) if one in given[:at]), None)
            if twice is not None:
                raise UsageError(f"{twice} is given twice. Name each adapter and strength once.")
        count = len(self.adapters) * len(self.strengths)
        if count > MOST:
            raise UsageError(
                f"That is {count} adapters and strengths; at most {MOST} can be compared at once."
            )


@dataclass(frozen=True, slots=True)
class _Subject:
    """An adapter at a strength, with the label that it has in the comparison."""

    label: str
    material: Material
    strength: float


@dataclass(frozen=True, slots=True)
class _Shared:
    """All that the adapters have in common: the base's texts and measurements."""

    requests: Requests
    score: HeldOutScore
    base: list[GenerationResult]
    prompted: list[GenerationResult]
    refusal: str
    condition: Condition


@dataclass(frozen=True, slots=True)
class _Written:
    """The texts and measurements of one subject."""

    score: HeldOutScore
    results: list[GenerationResult]
    condition: Condition


def compare(project: Project, request: CompareRequest, sink: Sink = ignore) -> Comparison:
    """Return the comparison, and keep it as data/comparison/report.html and report.json.

    The held-out requests are those of the first adapter's dataset. The base, the prompted base and
    the other author are measured once. The reports of the adapters are left as they are. A
    comparison that cannot be written is returned all the same, after a note with the reason.

    Raises MissingError for an adapter or a dataset that is not there, and RefusedError for adapters
    of different bases, or one that learned the held-out texts of the first.
    """
    with checkpoints_as_adapters(project, request.adapters) as folders:
        found = _compare(project, request, folders, sink)
    page = render_comparison(found)
    write_or_note(lambda: write_comparison(project, found, page), sink)
    return found


def _compare(
    project: Project, request: CompareRequest, folders: Sequence[str], sink: Sink
) -> Comparison:
    """Return the comparison. `folders` are names or folders of the adapters."""
    from morris_mlx.generate import load_generator

    materials = [
        replace(find_material(project, EvaluateRequest(folder)), name=name)
        for name, folder in zip(request.adapters, folders, strict=True)
    ]
    first = materials[0]
    for other in materials[1:]:
        _check_comparable(project, first, other)
    subjects = [
        _Subject(_label(material.name, strength, request), material, strength)
        for material in materials
        for strength in request.strengths
    ]
    sink(Progress(STAGE, detail="fitting the judges …"))
    sources = gather_sources(first)
    folder = first.adapter.folder
    with load_generator(base_of(first.run), folder, say=lambda _: None) as generator:
        shared = _write_shared(generator, first, sources, request, sink)
        written = [_write(generator, subject, first, sources, shared, sink) for subject in subjects]
    sink(Progress(STAGE, detail="judging …"))
    return _assemble(subjects, written, first, sources, shared, request)


def _check_comparable(project: Project, first: Material, other: Material) -> None:
    """Raise RefusedError unless the first adapter's held-out texts can measure the other one."""
    if first.run.base_digest != other.run.base_digest:
        raise RefusedError(
            f"{first.name} was trained on {first.run.base_model} and {other.name} on "
            f"{other.run.base_model}. Only adapters of one base can be compared, because its texts "
            "are the beginning of the scale. Evaluate them one by one: morris evaluate NAME."
        )
    if first.run.dataset_digest == other.run.dataset_digest:
        return
    held_out = {example.source_id for example in first.test}
    card = read_card(find_dataset(project, other.run.dataset_digest))
    learned = held_out & {source for source, _ in card.rows.get("train", ())}
    if learned:
        raise RefusedError(
            f"{other.name} learned {len(learned)} of the {len(held_out)} texts that are held out "
            f"from {first.name}, so it would seem better than it is. Train both on one dataset."
        )


def _label(name: str, strength: float, request: CompareRequest) -> str:
    return name if request.strengths == (FULL,) else f"{name} at strength {strength:g}"


def _write_shared(
    generator: Generator, first: Material, sources: Sources, request: CompareRequest, sink: Sink
) -> _Shared:
    wanted = request.answers or (None if sources.jury else FEW_ANSWERS)
    count = generator.load().tokenizer.count
    requests = choose_requests(first.test, request.seed, count, wanted)
    score = score_held_out(generator, first.test, 0.0, "base", sink)
    base = write_answers(generator, requests, 0.0, report_answers(sink, "the base", len(requests)))
    prompted, refusal = (
        write_prompted(generator, requests, sources, sink) if sources.jury else ([], "")
    )
    condition = examine_condition(generator, requests.examples, base, 0.0, first.test, sources)
    return _Shared(requests, score, base, prompted, refusal, condition)


def _write(
    generator: Generator,
    subject: _Subject,
    first: Material,
    sources: Sources,
    shared: _Shared,
    sink: Sink,
) -> _Written:
    """Return what one adapter writes, with the system prompt of its own training."""
    generator.adapter = str(subject.material.adapter.folder)
    prompt = subject.material.run.system_prompt
    test = [_with_prompt(example, prompt) for example in first.test]
    requests = replace(
        shared.requests,
        examples=tuple(_with_prompt(example, prompt) for example in shared.requests.examples),
    )
    strength = subject.strength
    score = score_held_out(generator, test, strength, subject.label, sink)
    report = report_answers(sink, subject.label, len(requests))
    results = write_answers(generator, requests, strength, report)
    sink(Progress(STAGE, detail=f"condition of {subject.label} …"))
    condition = examine_condition(generator, requests.examples, results, strength, test, sources)
    return _Written(score, results, condition)


def _with_prompt(example: Example, prompt: str) -> Example:
    """Return a row with another system prompt, if it has one."""
    if example.messages[0].role != "system" or example.messages[0].content == prompt:
        return example
    return replace(example, messages=with_system(example.messages, prompt))


def _assemble(
    subjects: Sequence[_Subject],
    written: Sequence[_Written],
    first: Material,
    sources: Sources,
    shared: _Shared,
    request: CompareRequest,
) -> Comparison:
    voices = [_judge(sources, shared, one.results) for one in written]
    adapters = tuple(
        _compared(subject, one, voice, sources, shared)
        for subject, one, voice in zip(subjects, written, voices, strict=True)
    )
    return Comparison(
        base_model=first.run.base_model,
        base_loss=shared.score,
        dataset_digest=read_card(first.dataset).digest,
        seed=request.seed,
        answers=len(shared.requests),
        shared=tuple(row for row in voices[0].rows if row.name is not RowName.ADAPTER),
        other_hands=sources.others.name,
        adapters=adapters,
        choice=choose_best(adapters),
        refusal=voices[0].refusal,
        samples=_samples(shared, written),
    )


def _judge(sources: Sources, shared: _Shared, results: Sequence[GenerationResult]) -> Voice:
    """Return the positions of one adapter's texts and of those that all have in common."""
    if sources.jury is None:
        return Voice(refusal=sources.no_jury, other_hands=sources.others.name)
    sets = TextSets(
        base=_texts(shared.base),
        adapter={FULL: _texts(results)},
        held_out=sources.held_out,
        other=sources.others.row,
        prompted=_texts(shared.prompted),
        notes={RowName.PROMPTED: shared.refusal} if shared.refusal else {},
    )
    return compare_rows(sources.jury, sets, sources.others.name)


def _compared(
    subject: _Subject, written: _Written, voice: Voice, sources: Sources, shared: _Shared
) -> ComparedAdapter:
    """Return the figures of one adapter. Its verdict is by the rules of a full evaluation."""
    row = voice.row(RowName.ADAPTER, FULL) or VoiceRow(RowName.ADAPTER, note=voice.refusal)
    drop = 100 * (1 - written.score.loss / shared.score.loss)
    copying = measure_copying(_texts(written.results), subject.material, sources.known)
    figures = Figures(
        base=subject.material.run.base_model,
        loss_drop_percent=drop,
        voice=voice,
        health=join_conditions(shared.condition, written.condition),
        copying=copying,
        texts=len(sources.known),
        other_hands=sources.others.name,
    )
    return ComparedAdapter(
        label=subject.label,
        name=subject.material.name,
        strength=subject.strength,
        held_out=written.score,
        loss_drop_percent=drop,
        row=replace(row, strength=subject.strength),
        copying=copying,
        verdict=_without_page(decide(figures), subject.material.name),
    )


def _without_page(verdict: Verdict, name: str) -> Verdict:
    """Return a verdict whose next step does not refer to a page of its own."""
    if verdict.kind is not VerdictKind.YES:
        return verdict
    step = f"`morris evaluate {name}` says what gives it away, `morris audit {name}` what it leaks."
    return replace(verdict, next_step=step)


def _texts(results: Sequence[GenerationResult]) -> list[str]:
    return [result.text for result in results]


def _samples(shared: _Shared, written: Sequence[_Written]) -> tuple[ComparedAnswers, ...]:
    """Return the answers to a few different requests."""
    shown: dict[str, ComparedAnswers] = {}
    for at, example in enumerate(shared.requests.examples):
        asked = example.messages[-2].content
        answers = tuple(cut(one.results[at].text, SAMPLE_WORDS) for one in written)
        own = cut(example.messages[-1].content, SAMPLE_WORDS)
        base = cut(shared.base[at].text, SAMPLE_WORDS)
        shown.setdefault(asked, ComparedAnswers(asked, own, base, answers))
    return tuple(shown.values())[:SAMPLES]
