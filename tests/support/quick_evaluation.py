"""Full evaluations that take seconds: few and short pieces, other people's texts of the project."""

import pytest

from morris_mlx.evaluate import jury as jury_module
from morris_mlx.pipeline import evaluation_writing

WORDS = 60  # of a piece


@pytest.fixture(autouse=True)
def quick(monkeypatch):
    """Few and short pieces, and other people's texts from the project alone."""
    monkeypatch.setattr(jury_module, "PIECE_WORDS", WORDS)
    monkeypatch.setattr(jury_module, "has_population", lambda language: False)
    monkeypatch.setattr(evaluation_writing, "PIECE_WORDS", WORDS)
    monkeypatch.setattr(evaluation_writing, "STRENGTHS", (1.0,))
    for name, value in (("RESAMPLES", 200), ("PERMUTATIONS", 200), ("SHUFFLES", 1)):
        monkeypatch.setattr(f"morris_mlx.evaluate.voice_score.{name}", value)
    monkeypatch.setattr("morris_mlx.evaluate.judges.impostors.ROUNDS", 10)
    monkeypatch.setattr("morris_mlx.prepare.style.habits.NGRAM_BUCKETS", 1 << 14)
