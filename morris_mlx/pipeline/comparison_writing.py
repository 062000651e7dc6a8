"""The part of a comparison that needs the model: texts and measurements of base and adapters."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from morris_mlx.jobs.events import Progress, Sink
from morris_mlx.pipeline.evaluate import Material, score_held_out
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
    report_answers,
    write_prompted,
)
from morris_mlx.records.corpus import Example
from morris_mlx.records.generation import GenerationResult
from morris_mlx.records.reports import HeldOutScore

if TYPE_CHECKING:
    from morris_mlx.generate import Generator


@dataclass(frozen=True, slots=True)
class ComparedSubject:
    """An adapter at a strength, with its label in the comparison."""

    label: str
    material: Material
    strength: float


@dataclass(frozen=True, slots=True)
class SharedTexts:
    """The texts and measurements that all subjects have in common: those of the base."""

    requests: Requests
    score: HeldOutScore
    base: list[GenerationResult]
    prompted: list[GenerationResult]
    refusal: str
    condition: Condition


@dataclass(frozen=True, slots=True)
class SubjectTexts:
    """The texts and measurements of one subject."""

    score: HeldOutScore
    results: list[GenerationResult]
    condition: Condition


def write_shared(
    generator: Generator,
    first: Material,
    sources: Sources,
    seed: int,
    answers: int | None,
    sink: Sink,
) -> SharedTexts:
    """Return the requests, and the answers of the base and the prompted base.

    `first` has the held-out rows. `seed` and `answers` are those of the request for a comparison.
    """
    wanted = answers or (None if sources.jury else FEW_ANSWERS)
    count = generator.load().tokenizer.count
    requests = choose_requests(first.test, seed, count, wanted)
    score = score_held_out(generator, first.test, 0.0, "base", sink)
    base = write_answers(generator, requests, 0.0, report_answers(sink, "the base", len(requests)))
    prompted, refusal = (
        write_prompted(generator, requests, sources, sink) if sources.jury else ([], "")
    )
    condition = examine_condition(generator, requests.examples, base, 0.0, first.test, sources)
    return SharedTexts(requests, score, base, prompted, refusal, condition)


def write_subject(
    generator: Generator,
    subject: ComparedSubject,
    first: Material,
    sources: Sources,
    shared: SharedTexts,
    sink: Sink,
) -> SubjectTexts:
    """Return what one adapter writes, with the system prompt of its own training."""
    generator.adapter = str(subject.material.adapter.folder)
    prompt = subject.material.run.system_prompt
    test = [with_prompt(example, prompt) for example in first.test]
    requests = replace(
        shared.requests,
        examples=tuple(with_prompt(example, prompt) for example in shared.requests.examples),
    )
    strength = subject.strength
    score = score_held_out(generator, test, strength, subject.label, sink)
    report = report_answers(sink, subject.label, len(requests))
    results = write_answers(generator, requests, strength, report)
    sink(Progress(STAGE, detail=f"condition of {subject.label} …"))
    condition = examine_condition(generator, requests.examples, results, strength, test, sources)
    return SubjectTexts(score, results, condition)


def with_prompt(example: Example, prompt: str) -> Example:
    """Return a row with another system prompt, if it has one."""
    if example.messages[0].role != "system" or example.messages[0].content == prompt:
        return example
    return replace(example, messages=with_system(example.messages, prompt))
