"""The figures of a comparison, of texts that are written already."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from morris_mlx.evaluate.best_adapter import choose_best
from morris_mlx.evaluate.jury import TextSets, compare_rows
from morris_mlx.evaluate.rules import Figures, decide
from morris_mlx.pipeline.comparison_writing import ComparedSubject, SharedTexts, SubjectTexts
from morris_mlx.pipeline.evaluate import Material
from morris_mlx.pipeline.evaluate_fully import FULL, cut, measure_copying
from morris_mlx.pipeline.evaluation_answers import texts_of
from morris_mlx.pipeline.evaluation_writing import Sources, join_conditions
from morris_mlx.project.datasets import read_card
from morris_mlx.records.comparison import ComparedAdapter, ComparedAnswers, Comparison
from morris_mlx.records.evaluation import RowName, Verdict, VerdictKind, Voice, VoiceRow
from morris_mlx.records.generation import GenerationResult

SAMPLES, SAMPLE_WORDS = 3, 80  # on the page


def assemble_comparison(
    subjects: Sequence[ComparedSubject],
    written: Sequence[SubjectTexts],
    first: Material,
    sources: Sources,
    shared: SharedTexts,
    seed: int,
) -> Comparison:
    """Return the comparison of the subjects, whose texts are `written` in the same order.

    `first` is the adapter whose held-out requests were answered, `seed` that of the first answer.
    """
    voices = [judge_subject(sources, shared, one.results) for one in written]
    adapters = tuple(
        _compared(subject, one, voice, sources, shared)
        for subject, one, voice in zip(subjects, written, voices, strict=True)
    )
    return Comparison(
        base_model=first.run.base_model,
        base_loss=shared.score,
        dataset_digest=read_card(first.dataset).digest,
        seed=seed,
        answers=len(shared.requests),
        shared=tuple(row for row in voices[0].rows if row.name is not RowName.ADAPTER),
        other_hands=sources.others.name,
        adapters=adapters,
        choice=choose_best(adapters),
        refusal=voices[0].refusal,
        samples=side_by_side(shared, written),
    )


def judge_subject(
    sources: Sources, shared: SharedTexts, results: Sequence[GenerationResult]
) -> Voice:
    """Return the positions of one adapter's texts and of those that all have in common."""
    if sources.jury is None:
        return Voice(refusal=sources.no_jury, other_hands=sources.others.name)
    sets = TextSets(
        base=texts_of(shared.base),
        adapter={FULL: texts_of(results)},
        held_out=sources.held_out,
        other=sources.others.row,
        prompted=texts_of(shared.prompted),
        notes={RowName.PROMPTED: shared.refusal} if shared.refusal else {},
    )
    return compare_rows(sources.jury, sets, sources.others.name)


def _compared(
    subject: ComparedSubject,
    written: SubjectTexts,
    voice: Voice,
    sources: Sources,
    shared: SharedTexts,
) -> ComparedAdapter:
    """Return the figures of one adapter. Its verdict is by the rules of a full evaluation."""
    row = voice.row(RowName.ADAPTER, FULL) or VoiceRow(RowName.ADAPTER, note=voice.refusal)
    drop = 100 * (1 - written.score.loss / shared.score.loss)
    copying = measure_copying(texts_of(written.results), subject.material, sources.known)
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
        verdict=without_page(decide(figures), subject.material.name),
    )


def without_page(verdict: Verdict, name: str) -> Verdict:
    """Return a verdict whose next step does not refer to a page of its own."""
    if verdict.kind is not VerdictKind.YES:
        return verdict
    step = f"`morris evaluate {name}` says what gives it away, `morris audit {name}` what it leaks."
    return replace(verdict, next_step=step)


def side_by_side(
    shared: SharedTexts, written: Sequence[SubjectTexts]
) -> tuple[ComparedAnswers, ...]:
    """Return the answers to a few different requests."""
    shown: dict[str, ComparedAnswers] = {}
    for at, example in enumerate(shared.requests.examples):
        asked = example.messages[-2].content
        answers = tuple(cut(one.results[at].text, SAMPLE_WORDS) for one in written)
        own = cut(example.messages[-1].content, SAMPLE_WORDS)
        base = cut(shared.base[at].text, SAMPLE_WORDS)
        shown.setdefault(asked, ComparedAnswers(asked, own, base, answers))
    return tuple(shown.values())[:SAMPLES]
