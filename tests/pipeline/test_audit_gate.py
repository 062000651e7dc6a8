"""The gate: what leaves this machine needs a passed audit of the present files."""

import json
import shutil
from dataclasses import replace

import pytest

from morris_mlx.defaults import sample_folder
from morris_mlx.errors import RefusedError
from morris_mlx.pipeline.audit_gate import (
    Clearance,
    Publication,
    Purpose,
    clear_for_publication,
    reason_against,
)
from morris_mlx.project.adapters import resolve_adapter
from morris_mlx.project.audits import audit_folder, write_audit
from morris_mlx.records.audit import (
    AUDIT_RULES,
    AuditCheck,
    AuditedFiles,
    AuditReport,
    CheckName,
    CheckStatus,
)

PUBLICATION = Publication(Purpose.export, "mine.gguf")


@pytest.fixture
def adapter(project):
    shutil.copytree(sample_folder() / "adapters" / "sample", project.adapter("mine"))
    return resolve_adapter(project, "mine")


def report_on(adapter, status=CheckStatus.passed, **changes):
    check = AuditCheck(CheckName.copying, status, "0 % of the answers.")
    digests = (adapter.digest, adapter.config_digest)
    report = AuditReport("mine", *digests, "practice", "c", "d", AUDIT_RULES, 200, 0, (check,))
    return replace(report, **changes)


def keep(project, adapter, report):
    write_audit(project, adapter, report, "<html>", AuditedFiles())


def published(project):
    if not project.publications.exists():
        return []
    return [json.loads(line) for line in project.publications.read_text().splitlines()]


def test_without_an_audit_nothing_passes(project, adapter):
    with pytest.raises(RefusedError, match=r"has not been audited.*`morris audit mine`"):
        clear_for_publication(project, adapter, PUBLICATION)
    assert published(project) == []


def test_a_passed_audit_opens_the_gate_and_is_recorded(project, adapter):
    keep(project, adapter, report_on(adapter))
    assert clear_for_publication(project, adapter, PUBLICATION) == Clearance.passed
    (row,) = published(project)
    assert (row["audit"], row["purpose"], row["name"]) == ("passed", "export", "mine.gguf")
    assert row["adapter_sha256"] == adapter.digest


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"status": CheckStatus.failed}, r"did not pass its audit \(copying\)"),
        ({"adapter_sha256": "e" * 64}, "was changed after its audit"),
        ({"config_sha256": "e" * 64}, "was changed after its audit"),
        ({"rules": AUDIT_RULES - 1}, "by the rules of an earlier version"),
    ],
)
def test_a_failed_or_old_audit_does_not_open_it(project, adapter, changes, says):
    keep(project, adapter, report_on(adapter, **changes))
    with pytest.raises(RefusedError, match=says):
        clear_for_publication(project, adapter, PUBLICATION)
    assert clear_for_publication(project, adapter, PUBLICATION, True) == Clearance.unaudited
    assert [row["audit"] for row in published(project)] == ["unaudited"]


def test_a_new_training_closes_the_gate(project, adapter):
    keep(project, adapter, report_on(adapter))
    weights = project.adapter("mine") / "adapters.safetensors"
    weights.write_bytes(weights.read_bytes() + b" ")
    assert "was changed" in reason_against(project, resolve_adapter(project, "mine"))


def test_the_base_alone_needs_no_audit(project):
    assert clear_for_publication(project, None, PUBLICATION) == Clearance.base
    assert published(project)[0]["adapter"] is None


def test_an_audit_of_a_built_in_adapter_is_kept_in_the_project(project):
    adapter = resolve_adapter(project, "sample")
    assert audit_folder(project, adapter).is_relative_to(project.audits)
    keep(project, adapter, report_on(adapter))
    assert reason_against(project, adapter) == ""
