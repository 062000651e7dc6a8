"""A full evaluation: rows with intervals, health, copying, what gives it away, and a verdict.

evaluation = evaluate_fully(project, EvaluateRequest("mine"), sink)
print(evaluation.verdict.sentence)
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from statistics import fmean

from morris_mlx.audit.copying import own_repetition
from morris_mlx.evaluate.best_of import Choice, gain_of
from morris_mlx.evaluate.bundles import bundle_texts
from morris_mlx.evaluate.giveaways import find_giveaways
from morris_mlx.evaluate.health import enough_to_compare
from morris_mlx.evaluate.judges.population import PIECE_WORDS
from morris_mlx.evaluate.jury import TextSets, compare_rows
from morris_mlx.evaluate.report.page import render_evaluation
from morris_mlx.evaluate.rules import Figures, are_recited, decide
from morris_mlx.evaluate.style import MIN_STYLE_WORDS, count_words
from morris_mlx.jobs.events import Progress, Sink, ignore
from morris_mlx.models.find_adapter import base_of
from morris_mlx.pipeline.blind_test import keep_answers
from morris_mlx.pipeline.evaluate import (
    EvaluateRequest,
    Material,
    find_material,
    keep_report,
    longest_answers,
    make_style_report,
)
from morris_mlx.pipeline.evaluation_answers import texts_of
from morris_mlx.pipeline.evaluation_writing import (
    STAGE,
    Sources,
    Written,
    gather_sources,
    write_everything,
)
from morris_mlx.pipeline.prompted_base import opening
from morris_mlx.pipeline.ranker import asking_words
from morris_mlx.project.adapters import write_evaluation
from morris_mlx.project.blind_tests import write_answers
from morris_mlx.project.folder import Project
from morris_mlx.records.evaluation import (
    CopiedPassage,
    CopyingFigures,
    Difference,
    Evaluation,
    Gain,
    RowName,
    SideBySide,
    Voice,
)
from morris_mlx.records.training import TrainRun
from morris_mlx.text.copying import MAX_COPIED_WORDS, find_copies
from morris_mlx.text.words import PROSE_WORD

SAMPLES = 4  # side by side on the page
SAMPLE_WORDS = 150
SHOWN_COPIES = 5
FULL = 1.0


def evaluate_fully(project: Project, request: EvaluateRequest, sink: Sink = ignore) -> Evaluation:
    """Compare an adapter with its base, a prompt, another author and the author; keep the report.

    The report is report.json and report.html beside the adapter, with the answers in answers.json
    for a blind test. A report that cannot be written is returned all the same, after a note with
    the reason. Raises MissingError for an adapter or a
    dataset that is not there.
    """
    from morris_mlx.generate import load_generator

    material = find_material(project, request)
    sink(Progress(STAGE, detail="fitting the judges …"))
    sources = gather_sources(material)
    folder = material.adapter.folder
    with load_generator(base_of(material.run), folder, say=lambda _: None) as generator:
        written = write_everything(generator, material, sources, request, sink)
    sink(Progress(STAGE, detail="judging …"))
    evaluation = _assemble(material, sources, written)
    page = render_evaluation(evaluation, material.run, _page_texts(sources, written))
    kept = keep_answers(material, written.requests, written.base, written.adapter[FULL])

    def write() -> None:
        write_evaluation(folder, evaluation, page)
        write_answers(folder, kept)

    keep_report(project, folder, write, sink)
    return evaluation


def _assemble(material: Material, sources: Sources, written: Written) -> Evaluation:
    """Return the evaluation of all texts and measurements."""
    base, adapter = texts_of(written.base), texts_of(written.adapter[FULL])
    # Without enough held-out words there is no style distance, so the report names no texts of it.
    enough = count_words(longest_answers(material.test)) >= MIN_STYLE_WORDS
    compared = (base, adapter) if enough else ([], [])
    style = make_style_report(material, *written.scores, *compared)
    voice = _compare(sources, written)
    copying = _worst_copying(written, material, sources.known)
    differences, note = _differences(sources, adapter)
    figures = Figures(
        base=material.run.base_model,
        loss_drop_percent=style.loss_drop_percent,
        voice=voice,
        health=written.health,
        copying=copying,
        texts=len(sources.known),
        other_hands=sources.others.name,
        learned_elsewhere=_learned_elsewhere(material.run, style.dataset_digest),
    )
    return Evaluation(
        style=style,
        voice=voice,
        health=written.health,
        copying=copying,
        differences=differences,
        verdict=decide(figures),
        differences_note=note,
        samples=_samples(written),
        gains=_gains(material, sources, written),
    )


def _learned_elsewhere(run: TrainRun, dataset_digest: str) -> float | None:
    """Return the fall of the loss that the training measured, if it had another dataset."""
    validated = [point.valid for point in run.losses if point.valid is not None]
    if run.dataset_digest == dataset_digest or not validated:
        return None
    return 100 * (1 - min(validated) / run.base_valid_loss)


def _compare(sources: Sources, written: Written) -> Voice:
    if sources.jury is None:
        return Voice(refusal=sources.no_jury, other_hands=sources.others.name)
    notes = {RowName.PROMPTED: written.refusal} if written.refusal else {}
    sets = TextSets(
        base=texts_of(written.base),
        adapter={strength: texts_of(found) for strength, found in written.adapter.items()},
        held_out=sources.held_out,
        other=sources.others.row,
        prompted=texts_of(written.prompted),
        notes=notes,
    )
    return compare_rows(sources.jury, sets, sources.others.name)


def _worst_copying(
    written: Written, material: Material, known: Sequence[str]
) -> CopyingFigures | None:
    """Return the copies in answers to held-out requests, or to trained ones if those recite."""
    found = measure_copying(texts_of(written.adapter[FULL]), material, known)
    retold = measure_copying(texts_of(written.retold), material, known)
    if retold is None or (found is not None and are_recited(found)):
        return found
    retold = replace(retold, retold=True)
    return retold if found is None or are_recited(retold) else found


def measure_copying(
    answers: Sequence[str], material: Material, known: Sequence[str]
) -> CopyingFigures | None:
    """Return the copies in the answers, beside the author's own repetition."""
    if not any(PROSE_WORD.search(answer) for answer in answers):
        return None
    rows = material.examples["train"]
    found = find_copies(
        answers, (m.content for e in rows for m in e.messages if m.role == "assistant")
    )
    own = own_repetition(known, max(1, round(fmean(len(a.split()) for a in answers))))
    spans = sorted(found.spans, key=lambda span: -len(span.words))[:SHOWN_COPIES]
    return CopyingFigures(
        longest=len(found.longest.words),
        over_limit=found.over_limit,
        limit=MAX_COPIED_WORDS,
        own_longest=len(own.longest.words),
        own_over_limit=own.over_limit,
        passages=tuple(CopiedPassage(len(s.words), " ".join(s.words)) for s in spans if s.words),
    )


def _gains(material: Material, sources: Sources, written: Written) -> tuple[Gain, ...]:
    """Return the gain of choosing among 1, 2, 4 … candidates, if there are several."""
    if not written.candidates:
        return ()
    most = len(written.candidates[0])
    rows = material.examples["train"]
    choice = Choice(
        known=sources.known,
        others=[*sources.others.row, *sources.others.reference],
        language=sources.language,
        learned=[m.content for e in rows for m in e.messages if m.role == "assistant"],
        held_out=sources.held_out,
        asking=asking_words(sources.language),
    )
    counts = sorted({most, *(2**n for n in range(most.bit_length()) if 2**n < most)})
    requests = [example.messages[-2].content for example in written.requests.examples]
    return tuple(gain_of(choice, requests, written.candidates, texts_of(written.base), counts))


def comparable_texts(sources: Sources, answers: Sequence[str]) -> tuple[list[str], list[str]]:
    """Return openings of the author's texts and the answers, in pieces of about the same length.

    Chat replies are joined: habits of a few words are chance.
    """
    groups = ["\n\n".join(group) for group in bundle_texts(answers, PIECE_WORDS // 2).values()]
    words = max(1, round(fmean(len(PROSE_WORD.findall(text)) for text in groups)))
    own = bundle_texts([*sources.held_out, *sources.known], words).values()
    return [opening("\n\n".join(group), words) for group in own], groups


def _differences(sources: Sources, answers: Sequence[str]) -> tuple[tuple[Difference, ...], str]:
    """Return what gives the adapter away, or the reason why that is not known."""
    if not any(PROSE_WORD.search(answer) for answer in answers):
        return (), "The adapter wrote no words."
    own, other = comparable_texts(sources, answers)
    if not (enough_to_compare(own) and enough_to_compare(other)):
        return (), "There are too few texts to compare habits: at least 3 of each side are needed."
    found = find_giveaways(own, other)
    return tuple(
        Difference(g.sentence, g.difference, g.own_examples, g.other_examples) for g in found
    ), ""


def _samples(written: Written) -> tuple[SideBySide, ...]:
    """Return the answers to a few different requests."""
    shown: dict[str, SideBySide] = {}
    rows = zip(written.requests.examples, written.base, written.adapter[FULL], strict=True)
    for example, base, adapter in rows:
        texts = (base.text, adapter.text, example.messages[-1].content)
        request = example.messages[-2].content
        shown.setdefault(request, SideBySide(request, *(cut(text) for text in texts)))
    return tuple(shown.values())[:SAMPLES]


def cut(text: str, words: int = SAMPLE_WORDS) -> str:
    """Return the beginning of a text for the page, cut after a sentence."""
    shown = opening(text, words)
    return shown if len(shown) >= len(text.strip()) else f"{shown} …"


def _page_texts(sources: Sources, written: Written) -> dict[RowName, list[str]]:
    """Return the texts that the page's histograms are drawn of."""
    return {
        RowName.AUTHOR: [*sources.held_out, *sources.known],
        RowName.ADAPTER: texts_of(written.adapter[FULL]),
        RowName.BASE: texts_of(written.base),
    }
