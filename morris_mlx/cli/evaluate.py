"""`morris evaluate`: how much an adapter writes like its author → adapters/NAME/report.html."""

from __future__ import annotations

import textwrap
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated

import typer

from morris_mlx.cli.blind_test import run_blind_test
from morris_mlx.cli.compare import run_comparison
from morris_mlx.cli.options import Json, SameAsName, one_adapter
from morris_mlx.cli.output import (
    OUTPUT_WIDTH,
    print_json,
    print_table,
    say,
    sink_with_notes_later,
    stopped_with,
)
from morris_mlx.defaults import ADAPTER_NAME
from morris_mlx.errors import UsageError
from morris_mlx.files import shown_path
from morris_mlx.pipeline.evaluate import NO_REPORT, EvaluateRequest
from morris_mlx.pipeline.evaluate import evaluate as evaluate_quickly
from morris_mlx.project.datasets import PAGE_FILE
from morris_mlx.project.folder import Project, current_project
from morris_mlx.records.blind_test import BlindRequest, Opponent
from morris_mlx.records.generation import MAX_CANDIDATES
from morris_mlx.records.reports import StyleReport

if TYPE_CHECKING:
    from morris_mlx.records.evaluation import Evaluation

STOPPED = "Stopped. An earlier report is as it was. Run the same command again."
MOST_DIFFERENCES = 6  # in the terminal; the page has all


def evaluate(
    names: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="NAME",
            help=f"The adapter's name; several are compared. Default: {ADAPTER_NAME}.",
        ),
    ] = None,
    adapter: SameAsName = None,
    seed: Annotated[
        int, typer.Option(help="Random seed of the generated texts that are compared.", min=0)
    ] = 0,
    answers: Annotated[
        int | None,
        typer.Option(
            help="Number of answers by the base, and by the adapter at each strength. Default: as "
            "many as the judges need.",
            min=8,
        ),
    ] = None,
    best_of: Annotated[
        int,
        typer.Option(
            help="Also measure if texts are more like you when `morris generate --best-of` chooses "
            "among this many answers. So many are written to each request, which takes longer.",
            min=1,
            max=MAX_CANDIDATES,
        ),
    ] = 1,
    quick: Annotated[
        bool, typer.Option("--quick", help="Measure only the loss and the style distance.")
    ] = False,
    strength: Annotated[
        list[float] | None,
        typer.Option(
            "--strength",
            help="Strength at which the adapters are compared, up to 1.5; may be repeated.",
        ),
    ] = None,
    blind: Annotated[
        bool,
        typer.Option(
            "--blind", help="Show ten pairs of passages without labels, and ask which is yours."
        ),
    ] = False,
    against: Annotated[
        Opponent | None,
        typer.Option(
            "--against",
            help="With --blind: pair the adapter's texts with yours (`author`, the default), or "
            "with those of the base.",
        ),
    ] = None,
    as_json: Json = False,
) -> None:
    """Judge whether an adapter writes like you, and better than a prompt does.

    The base, the base with your passages in its prompt, and the adapter answer the same held-out
    requests. Three judges place their texts, and those of another author, on a scale from the base
    (0 %) to your held-out texts (100 %). The report also says what gives the adapter away, whether
    it copies, and whether it is in good condition. It is kept as adapters/NAME/report.html.

    Several adapters of one base, or several strengths, are compared in one table, and the best one
    is named if the ranges do not overlap (data/comparison/report.html). `mine/last` is the adapter
    of the last step of a training, `mine@120` the checkpoint of step 120 of an unfinished one.

    \b
    Example:
        morris evaluate mine
        morris evaluate mine --quick
        morris evaluate mine --blind
        morris evaluate mine mine/last wide
        morris evaluate mine --strength 0.8 --strength 1
    """
    named = tuple(names or ())
    # A checkpoint, NAME@STEP, has no folder that could keep a report of its own.
    compares = len(named) > 1 or bool(strength) or any("@" in n for n in (*named, adapter or ""))
    if best_of > 1 and (quick or blind or compares):
        raise UsageError(
            "--best-of belongs to the full evaluation of one adapter. Leave out --quick, --blind, "
            "--strength and the other names, or leave out --best-of."
        )
    if against is not None and not blind:
        raise UsageError("--against works only with --blind. Add it, or leave --against out.")
    if answers is not None and (quick or blind):
        raise UsageError("--quick and --blind take no --answers. Leave it out.")
    if compares and (quick or blind):
        raise UsageError(
            "A comparison, of several adapters, strengths or checkpoints, takes neither --quick "
            "nor --blind. Leave them out."
        )
    if quick and blind:
        raise UsageError("--quick and --blind are two kinds of evaluation. Leave one of them out.")
    project = current_project()
    if compares:
        several = len(named) > 1 and adapter is None
        compared = named if several else (one_adapter(named, adapter),)
        run_comparison(project, compared, tuple(strength or ()), seed, answers, as_json)
        return
    chosen = one_adapter(named, adapter)
    if blind:
        run_blind_test(project, BlindRequest(chosen, against or Opponent.author, seed), as_json)
        return
    request = EvaluateRequest(chosen, seed, answers=answers, best_of=best_of)
    unwritten: list[str] = []  # printed last, below the figures
    with stopped_with(STOPPED), sink_with_notes_later(NO_REPORT, unwritten) as sink:
        if quick:
            report = evaluate_quickly(project, request, sink)
        else:
            from morris_mlx.pipeline.evaluate_fully import evaluate_fully

            found = evaluate_fully(project, request, sink)
    if as_json and quick:
        print_json(asdict(report))
    elif as_json:
        from morris_mlx.project.adapters import evaluation_as_json

        print_json(evaluation_as_json(found))
    elif quick:
        print_report(report)
    else:
        print_evaluation(found)
        if not unwritten:
            print(f"\nReport: {_page(project, found.style.adapter)}")
    for text in unwritten:
        say(text)


def _page(project: Project, adapter: str) -> str:
    return shown_path(str(project.adapter(adapter) / PAGE_FILE))


def print_report(report: StyleReport) -> None:
    """Print a quick evaluation as a table, the verdict, and the notes."""
    from morris_mlx.evaluate.verdict import verdict

    print_figures(report)
    _print_wrapped(verdict(report))
    for note in report.notes:
        print(note)


def print_figures(report: StyleReport) -> None:
    """Print the table of losses and style distances."""
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
    print(f"\nMeasured on {base.tokens:,} tokens of held-out texts. Smaller figures are better.")


def print_evaluation(found: Evaluation) -> None:
    """Print a full evaluation: the quick table, the scale, differences, and the verdict last."""
    print_figures(found.style)
    drop = found.style.loss_drop_percent
    side = "below" if drop >= 0 else "above"
    print(f"The adapter's held-out loss is {abs(drop):.1f} % {side} the base's.")
    for note in found.style.notes:
        _print_wrapped(note)
    print("\nVoice: 0 % is the base, 100 % are your held-out texts (95 % intervals)")
    if found.voice.rows:
        _print_rows(found)
        _print_wrapped(
            "Above 100 %, habits are exaggerated. “By chance” is how often chance alone would put "
            "a row as far above the base."
        )
    else:
        _print_wrapped(found.voice.refusal)
    if found.gains:
        _print_gains(found)
    print("\nWhat gives it away:")
    for one in found.differences[:MOST_DIFFERENCES]:
        _print_item(one.sentence)
    if not found.differences:
        _print_item(found.differences_note or "No habit differs enough to be noticed.")
    print("\nCondition:")
    for line in condition_lines(found):
        _print_item(line)
    print(f"\nVerdict: {found.verdict.kind.value}")
    _print_wrapped(found.verdict.sentence)
    _print_wrapped(f"Next: {found.verdict.next_step}")


def _print_rows(found: Evaluation) -> None:
    from morris_mlx.evaluate.report.charts import show_share
    from morris_mlx.evaluate.report.page import row_label, show_p

    voice = found.voice
    names = next((list(row.judges) for row in voice.rows if row.judges), [])
    table = [("", "together", *names, "by chance")]
    for row in voice.rows:
        each = [row.judges.get(name) for name in names]
        table.append(
            (
                row_label(row, voice.other_hands),
                show_share(row.combined),
                *("–" if e is None or e.value is None else f"{100 * e.value:.0f} %" for e in each),
                "" if row.p_over_base is None else show_p(row.p_over_base),
            )
        )
    print_table(table)
    for row in voice.rows:
        if row.note:
            _print_item(f"{row_label(row, voice.other_hands)}: {row.note}")
    for line in jury_lines(found):
        _print_wrapped(line)


def _print_gains(found: Evaluation) -> None:
    from morris_mlx.evaluate.report.charts import show_share
    from morris_mlx.evaluate.report.page import gains_sentence

    print("\nThe best of several answers (`morris generate --best-of`):")
    rows = [("", "by the judges that chose", "by other judges", "with a fault", "tokens written")]
    for gain in found.gains:
        rows.append(
            (
                "one answer" if gain.count == 1 else f"best of {gain.count}",
                show_share(gain.own),
                show_share(gain.independent),
                f"{100 * gain.faulty:.0f} %",
                f"{gain.tokens:.0f}",
            )
        )
    print_table(rows)
    _print_wrapped(gains_sentence(found.gains))


def jury_lines(found: Evaluation) -> list[str]:
    """Return sentences on the judges: their agreement, and the test with wrong labels."""
    from morris_mlx.records.evaluation import RowName

    voice, lines = found.voice, []
    own = voice.row(RowName.ADAPTER, 1.0)
    if own is not None and own.disagreement is not None:
        lines.append(
            f"The judges disagree on {100 * own.disagreement:.0f} % of the adapter's texts. Its "
            f"best strength is {voice.best_strength:g}."
            if voice.best_strength is not None
            else f"The judges disagree on {100 * own.disagreement:.0f} % of the adapter's texts."
        )
    if voice.control is not None:
        control = voice.control
        lines.append(
            f"Judges: right in {100 * control.own:.0f} of 100 pairs of unseen texts; with wrong "
            f"labels in {100 * control.shuffled:.0f} (chance is 50)."
        )
    return lines


def condition_lines(found: Evaluation) -> list[str]:
    """Return sentences on copying, ends, repetition and forgetting, base beside adapter."""
    base, own, lines = found.health.base, found.health.adapter, []
    if (copying := found.copying) is not None:
        lines.append(
            f"The longest run of words from a training text has {copying.longest} words; your own "
            f"texts share {copying.own_longest}."
        )
    lines.append(
        f"Of {own.answers} answers, {100 * own.repeated:.0f} % repeat themselves (base "
        f"{100 * base.repeated:.0f} %) and {100 * own.leaked:.0f} % have pieces of the chat format "
        f"(base {100 * base.leaked:.0f} %)."
    )
    lines.append(
        f"Where your texts end, it ends with a probability of {own.end_probability:.3g} (base "
        f"{base.end_probability:.3g})."
    )
    if (rise := found.health.neutral_rise_percent) is not None:
        lines.append(f"Its loss on neutral text changed by {rise:+.1f} %.")
    done = [sum(getattr(p, side) for p in found.health.probes) for side in ("adapter", "base")]
    lines.append(
        f"It does {done[0]} of {len(found.health.probes)} plain tasks (a list of three, yes or no, "
        f"copy a line); the base {done[1]}."
    )
    return lines


def _print_item(text: str) -> None:
    print(textwrap.fill(text, OUTPUT_WIDTH, initial_indent="  ", subsequent_indent="    "))


def _print_wrapped(text: str) -> None:
    print(textwrap.fill(text, OUTPUT_WIDTH))
