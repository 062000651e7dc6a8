"""A project with texts of one style on a toy base, and settings for evaluations of seconds."""

from __future__ import annotations

from pathlib import Path

import pytest

from morris_mlx.evaluate import jury
from morris_mlx.pipeline import evaluation_answers, evaluation_health, evaluation_writing
from morris_mlx.pipeline.prepare import PrepareRequest, prepare
from morris_mlx.pipeline.texts import collect_texts
from morris_mlx.project.folder import Project
from morris_mlx.project.provenance import Ground
from morris_mlx.records.corpus import DatasetCard
from support.synthetic_authors import synthetic_text
from support.workspace import make_tiny_model

WORDS = 60  # of a judged piece


def make_style_project(folder: Path) -> tuple[Project, str, DatasetCard]:
    """Collect and prepare thirty short texts; return the project, the base, and the card."""
    texts = folder / "texts"
    texts.mkdir()
    for number in range(30):
        text = synthetic_text("winding", 90, number)
        front = f"---\ntitle: Text {number}\ndate: 2020-01-{number + 1:02}\n---\n\n"
        (texts / f"{number:02}.md").write_text(front + text, encoding="utf-8")
    toy = str(make_tiny_model(folder / "toy", max_position_embeddings=512))
    project = Project(folder / "project")
    project.home.mkdir()
    collect_texts(project, [texts], Ground.own)
    card, _ = prepare(project, PrepareRequest(toy))
    return project, toy, card


def make_evaluations_quick(patch: pytest.MonkeyPatch) -> None:
    """Judge few and short pieces, with other people's texts from the project alone."""
    patch.setattr(evaluation_answers, "ANSWER_TOKENS", 80)
    for name, value in (("NEUTRAL_TEXTS", 1), ("MOST_ENDS", 3), ("PROBE_TOKENS", 8)):
        patch.setattr(evaluation_health, name, value)
    patch.setattr(jury, "PIECE_WORDS", WORDS)
    patch.setattr(jury, "has_population", lambda language: False)
    patch.setattr(evaluation_writing, "PIECE_WORDS", WORDS)
    patch.setattr(evaluation_writing, "STRENGTHS", (1.0,))
    for name, value in (("RESAMPLES", 200), ("PERMUTATIONS", 200), ("SHUFFLES", 1)):
        patch.setattr(f"morris_mlx.evaluate.voice_score.{name}", value)
    patch.setattr("morris_mlx.evaluate.judges.impostors.ROUNDS", 10)
    patch.setattr("morris_mlx.prepare.style.habits.NGRAM_BUCKETS", 1 << 14)
