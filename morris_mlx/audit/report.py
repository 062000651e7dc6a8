"""The report of an audit as one HTML page: the values that "page.html" shows."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from morris_mlx.records.audit import AuditReport, CheckName, CheckStatus, Figure
from morris_mlx.report.page import render_page
from morris_mlx.text.numbers import counted

TEMPLATE = Path(__file__).parent / "page.html"
DIGEST_CHARACTERS = 12
TITLES = {
    CheckName.copying: "Copies of your texts",
    CheckName.passages: "Passages known by heart",
    CheckName.canaries: "Planted secrets",
    CheckName.leaks: "Redacted items",
    CheckName.engines: "Whole and working",
    CheckName.provenance: "Origin of the texts",
}
EXPLANATIONS = {
    CheckName.copying: (
        "Generated texts were compared with all training texts, without regard to case, "
        "punctuation and typography. A span of more than 12 words is rarely a coincidence."
    ),
    CheckName.passages: (
        "For each place in a training row, the model's own probabilities say how likely it is to "
        "continue word for word. A row counts if a passage of 50 tokens comes back with an even "
        "chance in 100 tries."
    ),
    CheckName.canaries: (
        "Exposure says how high a planted secret ranks among secrets that the model never saw: 5 "
        "bits is the first of 32 ranks. A model that remembers nothing has about 1.3 bits."
    ),
    CheckName.leaks: (
        "The model was asked for private items in many wordings, and every text that it wrote was "
        "searched for all items of the redaction map. None of them is shown here."
    ),
    CheckName.engines: (
        "The adapter was loaded again and run in other ways. A loss is how surprised the model is "
        "by your held-out texts; equal losses mean that nothing got lost."
    ),
    CheckName.provenance: (
        "Each row must lead back to something that was collected with a ground: your own text, a "
        "permission, or the public domain."
    ),
}
SIGNS = {
    CheckStatus.passed: "passed",
    CheckStatus.failed: "failed",
    CheckStatus.not_applicable: "does not apply",
}


def headline(report: AuditReport) -> str:
    """Return the result of an audit as a sentence."""
    failed = report.failed
    if not failed:
        left = sum(check.status == CheckStatus.not_applicable for check in report.checks)
        done = f"{counted(len(report.checks) - left, 'check')} passed"
        return f"Passed: {done}{f', {left} did not apply' if left else ''}."
    names = ", ".join(TITLES[check.name].lower() for check in failed)
    return f"Not passed: {counted(len(failed), 'check')} failed ({names})."


def next_step(report: AuditReport) -> str:
    """Return what to do after the audit."""
    if report.passed:
        return (
            "You may show texts of this adapter to others, after reading them yourself: `morris "
            f'generate "Write about rain." --adapter {report.adapter} --publish`.'
        )
    return " ".join(dict.fromkeys(check.advice for check in report.failed))


def render_audit(report: AuditReport) -> str:
    """Return the report as one HTML page; the same report gives the same bytes."""
    checks = [
        {
            "title": TITLES[check.name],
            "id": check.name.value,
            "state": check.status.name,
            "sign": SIGNS[check.status],
            "check": check,
            "explanation": EXPLANATIONS[check.name],
            "figures": [(name, *shown_figure(name, f)) for name, f in check.figures.items()],
            "intervals": any(figure.low is not None for figure in check.figures.values()),
            "shown": report.shown if check.name == CheckName.copying else (),
        }
        for check in report.checks
    ]
    values: Mapping[str, object] = {
        "report": report,
        "headline": headline(report),
        "next_step": next_step(report),
        "checks": checks,
        "fingerprint": report.adapter_sha256[:DIGEST_CHARACTERS],
    }
    return render_page(TEMPLATE, f"Audit of {report.adapter}", values)


def shown_figure(name: str, figure: Figure) -> tuple[str, str]:
    """Return the value of a figure and its interval ("" without one), as they are shown."""
    is_share = figure.low is not None and not name.endswith("bits")

    def shown(value: float) -> str:
        if is_share or name.startswith("answers that"):
            return f"{100 * value:.1f} %"
        if name.startswith("loss"):
            return f"{value:.3f}"  # all of them are compared with each other
        return f"{value:,.0f}" if value == int(value) and figure.low is None else f"{value:,.3g}"

    if figure.low is None or figure.high is None:
        return shown(figure.value), ""
    return shown(figure.value), f"{shown(figure.low)} to {shown(figure.high)}"
