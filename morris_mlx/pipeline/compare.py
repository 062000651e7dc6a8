"""Compare several adapters, or one at several strengths, on the same requests with the same seeds.

comparison = compare(project, CompareRequest(("mine", "wide"), strengths=(1.0,)), sink)
print(comparison.choice.sentence)
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from morris_mlx.errors import RefusedError, UsageError, check_range
from morris_mlx.evaluate.report.comparison_page import render_comparison
from morris_mlx.jobs.events import Progress, Sink, ignore
from morris_mlx.models.find_adapter import base_of
from morris_mlx.pipeline.checkpoint_adapters import checkpoints_as_adapters
from morris_mlx.pipeline.comparison_figures import assemble_comparison
from morris_mlx.pipeline.comparison_writing import ComparedSubject, write_shared, write_subject
from morris_mlx.pipeline.evaluate import EvaluateRequest, Material, find_material, write_or_note
from morris_mlx.pipeline.evaluate_fully import FULL
from morris_mlx.pipeline.evaluation_writing import STAGE, gather_sources
from morris_mlx.project.comparisons import write_comparison
from morris_mlx.project.datasets import find_dataset, read_card
from morris_mlx.project.folder import Project
from morris_mlx.records.comparison import Comparison
from morris_mlx.records.generation import MAX_STRENGTH

MOST = 12  # adapters and strengths; each takes as long as a third of an evaluation


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
    _check_different(materials)
    for other in materials[1:]:
        _check_comparable(project, first, other)
    subjects = [
        ComparedSubject(_label(material.name, strength, request), material, strength)
        for material in materials
        for strength in request.strengths
    ]
    sink(Progress(STAGE, detail="fitting the judges …"))
    sources = gather_sources(first)
    folder = first.adapter.folder
    with load_generator(base_of(first.run), folder, say=lambda _: None) as generator:
        shared = write_shared(generator, first, sources, request.seed, request.answers, sink)
        written = [
            write_subject(generator, subject, first, sources, shared, sink) for subject in subjects
        ]
    sink(Progress(STAGE, detail="judging …"))
    return assemble_comparison(subjects, written, first, sources, shared, request.seed)


def _check_different(materials: Sequence[Material]) -> None:
    """Raise UsageError if two names, such as "mine" and "mine/", lead to one adapter."""
    named: dict[Path, str] = {}
    for material in materials:
        other = named.setdefault(material.adapter.folder.resolve(), material.name)
        if other != material.name:
            raise UsageError(f"{other} and {material.name} are one adapter. Name each once.")


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
