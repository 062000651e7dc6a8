"""Output of `morris evaluate`: the quick table, the scale, differences, condition and verdict."""

from __future__ import annotations

from typing import TYPE_CHECKING

from morris_mlx.cli.output import print_table, print_wrapped
from morris_mlx.records.reports import StyleReport

if TYPE_CHECKING:
    from morris_mlx.records.evaluation import Evaluation

MOST_DIFFERENCES = 6  # in the terminal; the page has all


def print_report(report: StyleReport) -> None:
    """Print a quick evaluation as a table, the verdict, and the notes."""
    from morris_mlx.evaluate.verdict import verdict

    print_figures(report)
    print_wrapped(verdict(report))
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
        print_wrapped(note)
    print("\nVoice: 0 % is the base, 100 % are your held-out texts (95 % intervals)")
    if found.voice.rows:
        _print_rows(found)
        print_wrapped(
            "Above 100 %, habits are exaggerated. “By chance” is how often chance alone would put "
            "a row as far above the base."
        )
    else:
        print_wrapped(found.voice.refusal)
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
    print_wrapped(found.verdict.sentence)
    print_wrapped(f"Next: {found.verdict.next_step}")


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
        print_wrapped(line)


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
    print_wrapped(gains_sentence(found.gains))


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
    print_wrapped(text, "  ", "    ")
