"""The page of a comparison: the values that "comparison.html" shows."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from morris_mlx.evaluate.report.charts import draw_scale, show_share
from morris_mlx.evaluate.report.page import row_label
from morris_mlx.records.comparison import ComparedAdapter, ComparedAnswers, Comparison
from morris_mlx.records.evaluation import VoiceRow
from morris_mlx.report.page import render_page

TEMPLATE = Path(__file__).parent / "comparison.html"
SHEET = Path(__file__).parent / "page.css"


@dataclass(frozen=True, slots=True)
class ComparedFigures:
    """The figures of an adapter as they are shown; `best` is True for the best one."""

    label: str
    loss: str
    way: str
    copied: str
    verdict: str
    best: bool


def render_comparison(comparison: Comparison) -> str:
    """Return the page as HTML. The same comparison always gives the same page."""
    labels = {id(one.row): one.label for one in comparison.adapters}
    best = comparison.choice.best

    def label(row: VoiceRow) -> str:
        return labels.get(id(row)) or row_label(row, comparison.other_hands)

    copying = next((one.copying for one in comparison.adapters if one.copying), None)
    rows = comparison.rows if comparison.shared else ()
    values = {
        "comparison": comparison,
        "scale": draw_scale(rows, label, best),
        "figures": [compared_figures(one, best) for one in comparison.adapters],
        "limit": None if copying is None else copying.limit,
        "columns": lambda sample: _columns(comparison, sample),
    }
    return render_page(TEMPLATE, "Which adapter writes most like you?", values, SHEET)


def compared_figures(one: ComparedAdapter, best: str | None = None) -> ComparedFigures:
    """Return the figures of an adapter as they are shown."""
    return ComparedFigures(
        one.label,
        f"{one.held_out.loss:.3f}",
        show_share(one.row.combined),
        "–" if one.copying is None else str(one.copying.longest),
        one.verdict.kind.value,
        one.label == best,
    )


def _columns(comparison: Comparison, sample: ComparedAnswers) -> list[tuple[str, str]]:
    """Return the name and the text of each column: the author, the adapters, the base."""
    names = [one.label for one in comparison.adapters]
    return [
        ("You", sample.author),
        *zip(names, sample.adapters, strict=True),
        ("The base", sample.base),
    ]
