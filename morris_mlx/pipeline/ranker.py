"""The judges that rank candidates for the author of an adapter, and the guards."""

from __future__ import annotations

import json
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import asdict, fields
from pathlib import Path
from typing import TYPE_CHECKING

from morris_mlx.errors import MissingError, MorrisError, UsageError
from morris_mlx.files import digest, file_digest, read_json, write_json
from morris_mlx.jobs.events import Progress, Sink, ignore
from morris_mlx.pipeline.evaluate import read_briefs
from morris_mlx.pipeline.evaluation_texts import author_texts, language_of, other_hands
from morris_mlx.project.adapters import ModelSelection
from morris_mlx.project.datasets import find_dataset, read_dataset
from morris_mlx.project.folder import Project
from morris_mlx.project.training_texts import training_texts
from morris_mlx.records.corpus import NOT_BY_THE_WRITER
from morris_mlx.records.training import TrainRun
from morris_mlx.text.words import PROSE_WORD
from morris_mlx.typed_json import record_from_json

if TYPE_CHECKING:
    from morris_mlx.evaluate.candidates import CandidateRanker
    from morris_mlx.evaluate.judges.panel import PanelFigures
    from morris_mlx.evaluate.jury import Jury

JUDGES_FILE = "judges.json"  # beside the adapter: the calibration of its judges, without any text
KEPT_FROM_SECONDS = 2.0  # of a fit: a shorter one is not worth a file


def open_ranker(
    project: Project, selection: ModelSelection, sink: Sink = ignore
) -> CandidateRanker:
    """Return the judges of an adapter's author and the guards, fitted or read from its folder.

    Raises UsageError without an adapter, MissingError if its training texts are not known, and
    MorrisError if they are too few for judges.
    """
    from morris_mlx.evaluate.candidates import CandidateRanker
    from morris_mlx.models.chat_tokenizer import load_tokenizer

    adapter = selection.adapter
    if adapter is None:
        raise UsageError(
            "Candidates are judged by the texts that an adapter was trained on, and no adapter is "
            "given. Add --adapter NAME."
        )
    if adapter.run is None:
        raise MissingError(
            f"{adapter.folder} has no run.json, so its training texts are not known and candidates "
            "cannot be judged. Generate without --best-of."
        )
    sink(Progress("writing:", detail="fitting the judges …"))
    known, others, language = _texts_of(project, adapter.run)
    inside = adapter.folder.resolve().is_relative_to(project.adapters.resolve())
    place = adapter.folder / JUDGES_FILE if inside else None
    return CandidateRanker(
        fit_jury(known, others, language, place),
        list(training_texts(project, adapter.run)),
        language,
        asking_words(language),
        load_tokenizer(selection.model.folder).chat_format,
    )


def _texts_of(project: Project, run: TrainRun) -> tuple[list[str], list[str], str]:
    """Return the author's texts, other people's, and the language of the author's.

    The texts of the built-in adapters come with the package.
    """
    from morris_mlx.prepare.cleaning.language import detect_language

    try:
        examples = read_dataset(find_dataset(project, run.dataset_digest))
    except MissingError:
        return _built_in_texts(project, run)
    own = [e for e in examples["train"] if e.task not in NOT_BY_THE_WRITER]
    known = author_texts(own)
    language = language_of(known, detect_language)
    others = other_hands(examples, read_briefs(), language)
    return known, [*others.row, *others.reference], language


def _built_in_texts(project: Project, run: TrainRun) -> tuple[list[str], list[str], str]:
    try:
        return list(training_texts(project, run)), read_briefs(), "en"
    except MissingError:
        raise MissingError(
            f"The dataset that {run.name!r} was trained on is not in {project.data}, so there are "
            "no texts for its judges. Collect and prepare the same texts again, or generate "
            "without --best-of."
        ) from None


def fit_jury(
    known: Sequence[str], others: Sequence[str], language: str, place: Path | None = None
) -> Jury:
    """Return judges of an author, calibrated by the figures in the file `place` if they fit.

    The figures are stored there if the fit took long. They hold no text, and a hash of all texts
    and of the judges' own files says if they still apply. Raises MorrisError for too few texts.
    """
    from morris_mlx.evaluate.jury import Jury

    key = digest(json.dumps([list(known), list(others), language, _judges_digest()]))
    figures = None if place is None else kept_figures(place, key)
    began = time.monotonic()
    try:
        jury = Jury.fit(known, others, language, figures)
    except MorrisError as error:
        raise MorrisError(
            f"The candidates cannot be judged. {error} Or generate without --best-of."
        ) from error
    slow = time.monotonic() - began >= KEPT_FROM_SECONDS
    if place is not None and figures is None and slow:
        with suppress(MorrisError, OSError):  # of a folder that cannot be written
            kept = asdict(jury.figures)
            write_json(place, {"key": _sealed(key, kept), "figures": kept})
    return jury


def kept_figures(place: Path, key: str) -> PanelFigures | None:
    """Return the stored figures with this key, None for other ones or a damaged file."""
    from morris_mlx.evaluate.judges.panel import PanelFigures

    with suppress(MorrisError):
        stored = read_json(place)
        if stored.get("key") == _sealed(key, stored.get("figures")):
            return record_from_json(PanelFigures, stored.get("figures"))
    return None


def _sealed(key: str, figures: object) -> str:
    """Return the key of a file of figures: with changed ones, the file is made again."""
    return digest(json.dumps([key, figures]))


def _judges_digest() -> str:
    """Return a hash of all files that a fit depends on: code, word lists and populations."""
    from morris_mlx.evaluate import judges, jury

    folder = Path(judges.__file__).parent
    paths = sorted(p for p in folder.rglob("*") if p.is_file() and p.suffix != ".pyc")
    return digest("".join(file_digest(p) for p in (*paths, Path(jury.__file__))))


def asking_words(language: str) -> frozenset[str]:
    """Return the words of the wordings of requests, which say nothing about a subject."""
    from morris_mlx.prepare.examples.request_wordings import wordings_for

    wordings = wordings_for(language)
    values = [getattr(wordings, field.name) for field in fields(wordings)]
    texts = [text for value in values for text in ([value] if isinstance(value, str) else value)]
    return frozenset(word.casefold() for text in texts for word in PROSE_WORD.findall(text))
