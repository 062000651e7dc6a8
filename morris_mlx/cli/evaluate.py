"""`morris evaluate`: base against adapter on held-out texts → adapters/NAME/report.json."""

from __future__ import annotations

import textwrap
from dataclasses import asdict
from typing import Annotated

import typer

from morris_mlx.cli.options import Json
from morris_mlx.cli.output import OUTPUT_WIDTH, event_sink, print_json, print_table, say
from morris_mlx.jobs.events import Event, Note
from morris_mlx.pipeline.evaluate import NO_REPORT, EvaluateRequest
from morris_mlx.pipeline.evaluate import evaluate as evaluate_adapter
from morris_mlx.project.folder import current_project
from morris_mlx.records.reports import StyleReport


def evaluate(
    adapter: Annotated[
        str, typer.Option("--adapter", "--adapter-path", help="The adapter's name.")
    ],
    seed: Annotated[
        int, typer.Option(help="Random seed of the generated texts that are compared.", min=0)
    ] = 0,
    as_json: Json = False,
) -> None:
    """Measure the held-out loss and the style distance of an adapter.

    Base and adapter are measured on the same held-out texts. The style distance is computed from
    frequent words and punctuation; smaller is closer to you. For comparison, it is also measured
    for the base, for your other texts (the best that can be expected), and for news briefs by
    another writer. A verdict says what the figures mean, and how many words in a row the adapter
    has copied from its training texts.

    \b
    Example:
        morris evaluate --adapter mine
    """
    unwritten: list[str] = []  # printed last, below the figures

    with event_sink() as sink:

        def note_later(event: Event) -> None:
            if isinstance(event, Note) and event.key == NO_REPORT:
                unwritten.append(event.text)
            else:
                sink(event)

        report = evaluate_adapter(current_project(), EvaluateRequest(adapter, seed), note_later)
    if as_json:
        print_json(asdict(report))
    else:
        print_report(report)
    for text in unwritten:
        say(text)


def print_report(report: StyleReport) -> None:
    """Print an evaluation as a table, the verdict, and the notes."""
    from morris_mlx.evaluate.verdict import verdict

    base, adapted = report.base, report.adapted
    distances = (
        report.delta_floor,
        report.delta_adapted,
        report.delta_ceiling,
        report.delta_contrast,
    )
    print_table(
        [
            ("", f"base ({report.base_model})", report.adapter, "author", "news briefs"),
            ("held-out loss, nats a token", f"{base.loss:.3f}", f"{adapted.loss:.3f}", "", ""),
            ("perplexity", f"{base.perplexity:.1f}", f"{adapted.perplexity:.1f}", "", ""),
            ("style distance (Delta)", *("–" if d is None else f"{d:.3f}" for d in distances)),
        ]
    )
    print(f"\nMeasured on {base.tokens:,} tokens of held-out texts. Smaller is better everywhere.")
    print(textwrap.fill(verdict(report), OUTPUT_WIDTH))
    for note in report.notes:
        print(note)
