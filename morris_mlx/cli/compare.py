"""`morris evaluate A B`: several adapters or strengths side by side."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING

from morris_mlx.cli.output import (
    print_json,
    print_table,
    print_wrapped,
    say,
    sink_with_notes_later,
    stopped_with,
)
from morris_mlx.files import shown_path
from morris_mlx.pipeline.evaluate import NO_REPORT
from morris_mlx.project.datasets import PAGE_FILE
from morris_mlx.project.folder import Project

if TYPE_CHECKING:
    from morris_mlx.records.comparison import Comparison
    from morris_mlx.records.evaluation import VoiceRow


def run_comparison(
    project: Project,
    names: tuple[str, ...],
    strengths: tuple[float, ...],
    seed: int,
    answers: int | None,
    as_json: bool,
) -> None:
    """Compare adapters and print the table and the best one."""
    from morris_mlx.pipeline.compare import CompareRequest, compare

    request = CompareRequest(names, strengths or (1.0,), seed, answers)
    unwritten: list[str] = []  # printed last, below the table
    stopped = "Stopped. An earlier comparison is as it was. Run the same command again."
    with stopped_with(stopped), sink_with_notes_later(NO_REPORT, unwritten) as sink:
        found = compare(project, request, sink)
    if as_json:
        print_json(asdict(found))
    else:
        print_comparison(found)
        if not unwritten:
            print(f"\nReport: {shown_path(str(project.comparison / PAGE_FILE))}")
    for text in unwritten:
        say(text)


def print_comparison(found: Comparison) -> None:
    """Print a comparison: the table, remarks on rows, each verdict, and the best one last."""
    from morris_mlx.evaluate.report.charts import show_share
    from morris_mlx.evaluate.report.comparison_page import compared_figures
    from morris_mlx.evaluate.report.page import row_label
    from morris_mlx.records.evaluation import RowName

    def shared(row: VoiceRow) -> tuple[str, ...]:
        loss = f"{found.base_loss.loss:.3f}" if row.name is RowName.BASE else ""
        return row_label(row, found.other_hands), loss, show_share(row.combined), "", ""

    table: list[tuple[str, ...]] = [("", "held-out loss", "way to you", "copied words", "verdict")]
    table += [shared(row) for row in found.shared[:-1]]
    for one in map(compared_figures, found.adapters):
        table.append((one.label, one.loss, one.way, one.copied, one.verdict))
    table += [shared(row) for row in found.shared[-1:]]
    print_table(table)
    if found.refusal:
        print_wrapped(f"The style could not be judged. {found.refusal}")
    print()
    print_wrapped(
        "0 % is the base, 100 % are your held-out texts (95 % ranges). Above 100 %, habits are "
        "exaggerated. Copied words: the longest run that an answer shares with a training text."
    )
    for compared in found.adapters:
        print(f"\n{compared.label}:")
        print_wrapped(compared.verdict.sentence, "  ")
        print_wrapped(f"Next: {compared.verdict.next_step}", "  ")
    best = found.choice.best
    print(f"\nBest: {best or 'none is named'}")
    print_wrapped(found.choice.sentence)
    print_wrapped(f"Next: {found.choice.next_step}")
