"""The report of an audit as a page and as JSON."""

from dataclasses import asdict, replace

import pytest

from morris_mlx.audit.report import headline, next_step, render_audit, shown_figure
from morris_mlx.errors import MorrisError
from morris_mlx.records.audit import (
    AUDIT_RULES,
    AuditCheck,
    AuditReport,
    CheckName,
    CheckStatus,
    Figure,
    Interval,
    as_figures,
)
from morris_mlx.typed_json import record_from_json

PASSED = AuditCheck(
    CheckName.copying,
    CheckStatus.passed,
    "0 % of the answers.",
    figures=as_figures({"answers": 120, "share over 12 words": Interval(0.0, 0.0, 0.03)}),
)
FAILED = AuditCheck(
    CheckName.leaks,
    CheckStatus.failed,
    "1 of 200 texts.",
    ("name M*** is in 1 generated text.",),
    "Run `morris prepare` again.",
)
REPORT = AuditReport(
    "mine", "a" * 64, "b" * 64, "practice", "c" * 64, "d" * 64, AUDIT_RULES, 200, 0, (PASSED,)
)


def test_the_page_says_what_failed_and_what_to_do():
    page = render_audit(replace(REPORT, checks=(PASSED, FAILED)))
    assert "Not passed: 1 check failed (redacted items)." in page
    assert "name M*** is in 1 generated text." in page
    assert "Run <code>morris prepare</code> again." in page
    assert "0.0 % to 3.0 %" in page and "<script" not in page


def test_a_passed_audit_says_how_to_publish():
    assert REPORT.passed and headline(REPORT) == "Passed: 1 check passed."
    assert "--publish" in next_step(REPORT) and "--publish" in render_audit(REPORT)
    skipped = AuditCheck(CheckName.canaries, CheckStatus.not_applicable, "None.")
    assert "1 did not apply" in headline(replace(REPORT, checks=(PASSED, skipped)))


def test_texts_in_the_page_are_escaped():
    page = render_audit(replace(REPORT, adapter="<b>x", shown=("13 words: “<i>”",)))
    assert "<b>x" not in page and "<i>”" not in page and "&lt;i&gt;" in page


def test_the_report_is_read_back_from_json():
    report = replace(REPORT, checks=(PASSED, FAILED))
    value = asdict(report)
    value["checks"] = [
        c | {"problems": list(c["problems"]), "remarks": []} for c in value["checks"]
    ]
    value["shown"] = []
    assert record_from_json(AuditReport, value) == report
    value["checks"][0]["status"] = "maybe"
    with pytest.raises(MorrisError, match="status"):
        record_from_json(AuditReport, value)


def test_figures_that_were_not_measured_are_left_out():
    assert as_figures({"loss": float("nan"), "rows": 3}) == {"rows": Figure(3)}
    assert shown_figure("exposure, bits", Figure(1.33, 0.8, 2.0)) == ("1.33", "0.8 to 2")
    assert shown_figure("rows", Figure(1200)) == ("1,200", "")
