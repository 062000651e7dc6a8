"""Comparisons with invented figures."""

from __future__ import annotations

from morris_mlx.evaluate.best_adapter import choose_best
from morris_mlx.records.comparison import ComparedAdapter, ComparedAnswers, Comparison
from morris_mlx.records.evaluation import RowName, Share, Verdict, VerdictKind, VoiceRow
from morris_mlx.records.reports import HeldOutScore
from support.evaluations import COPYING, VOICE


def compared(label, value, kind=VerdictKind.PARTLY, loss=3.0) -> ComparedAdapter:
    """Return an adapter at a position, whose interval is 20 % wide."""
    share = Share() if value is None else Share(value, value - 0.1, value + 0.1)
    return ComparedAdapter(
        label,
        label,
        1.0,
        HeldOutScore(loss, 5600),
        10.0,
        VoiceRow(RowName.ADAPTER, 1.0, 8, 2000, share),
        COPYING,
        Verdict(kind, f"The sentence on {label}.", "Run `morris audit`."),
    )


def comparison(*adapters: ComparedAdapter, **changes) -> Comparison:
    """Return a comparison of adapters, with the shared rows of the invented evaluation."""
    shared = tuple(row for row in VOICE.rows if row.name is not RowName.ADAPTER)
    given = {
        "base_model": "SmolLM2",
        "base_loss": HeldOutScore(4.35, 5600),
        "dataset_digest": "d",
        "seed": 0,
        "answers": 16,
        "shared": shared,
        "other_hands": VOICE.other_hands,
        "adapters": adapters,
        "choice": choose_best(adapters),
        "samples": (
            ComparedAnswers(
                "Write <b>it</b>.", "own text", "base text", tuple(a.label for a in adapters)
            ),
        ),
    }
    return Comparison(**(given | changes))
