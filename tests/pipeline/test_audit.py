"""`morris audit` on a small project: its report, its privacy, and the hashes of all files."""

import json
import re
from types import SimpleNamespace

import pytest
from support.audit_world import SECRETS, make_audit_world
from support.workspace import morris

from morris_mlx.errors import MissingError, RefusedError, UsageError
from morris_mlx.pipeline import audit as auditing
from morris_mlx.pipeline import audit_engines
from morris_mlx.pipeline.audit import AuditRequest, audit
from morris_mlx.pipeline.audit_gate import Publication, Purpose, clear_for_publication
from morris_mlx.pipeline.audit_subject import verify
from morris_mlx.pipeline.audit_texts import AuditTexts
from morris_mlx.project.adapters import resolve_adapter
from morris_mlx.project.audits import read_audit
from morris_mlx.project.datasets import read_card
from morris_mlx.records.audit import CheckName, CheckStatus
from morris_mlx.records.corpus import CANARY_TASK

REQUEST = AuditRequest("mine", answers=20)


@pytest.fixture(scope="module")
def world(tmp_path_factory):
    """An audited project, without torch: test_parity.py compares the engines."""
    project = make_audit_world(tmp_path_factory.mktemp("audit"))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(audit_engines, "find_spec", lambda name: None)
        yield project, audit(project, REQUEST)


def check_of(report, name):
    return next(check for check in report.checks if check.name == name)


def test_every_check_is_carried_out_and_kept(world):
    project, done = world
    report = done.report
    assert [check.name for check in report.checks] == list(CheckName)
    applied = {c.name for c in report.checks if c.status != CheckStatus.not_applicable}
    assert {CheckName.copying, CheckName.canaries, CheckName.leaks, CheckName.engines} <= applied
    assert check_of(report, CheckName.provenance).status == CheckStatus.passed
    assert check_of(report, CheckName.canaries).figures["planted secrets"].value == 2
    assert "another precision" in check_of(report, CheckName.engines).summary
    assert check_of(report, CheckName.leaks).figures["answers to probes"].value == 8
    assert read_audit(project, resolve_adapter(project, "mine")) == report
    assert done.page.read_text(encoding="utf-8").startswith("<!DOCTYPE html>")


def test_two_audits_of_the_same_files_agree_to_the_digit(world):
    project, done = world
    assert audit(project, REQUEST).report == done.report


def test_unchanged_files_are_verified_and_a_changed_byte_is_named(world):
    project, _ = world
    assert verify(project, "mine").changes == ()
    weights = project.adapter("mine") / "adapters.safetensors"
    rows = project.dataset / "train.jsonl"
    for path, place in ((weights, "bytes 0 to"), (rows, "line 1")):
        before = path.read_bytes()
        path.write_bytes(before[:40] + bytes([before[40] ^ 1]) + before[41:])
        changes = verify(project, "mine").changes
        path.write_bytes(before)
        assert any(str(path) in change and place in change for change in changes)
        assert len(changes) == 2  # the audit's hashes, and those of the training
    assert verify(project, "mine").changes == ()


def test_a_leak_fails_the_audit_and_no_report_shows_it(world, monkeypatch):
    project, done = world
    copied = (project.dataset / "train.jsonl").read_text().split("content")[3][4:400]

    def leaking(*arguments):
        from morris_mlx.audit.leaks import ProbedText

        said = f"{copied} Mary Fletcher, jane.doe@example-post.org, 07700 912345"
        return AuditTexts((ProbedText("?", said),) * 20, (), 0.0)

    monkeypatch.setattr(auditing, "write_texts", leaking)
    engines = SimpleNamespace(finish=lambda *_: check_of(done.report, CheckName.engines))
    monkeypatch.setattr(auditing, "compare_engines", lambda *_: engines)
    for name in (CheckName.passages, CheckName.canaries):
        known = check_of(done.report, name)
        monkeypatch.setattr(auditing, f"_check_{name}", lambda *_, known=known: known)
    result = morris("audit", "mine", "--answers", 20, home=project.home)
    assert result.returncode == 4 and "leaks: name M***" in result.stderr
    report = read_audit(project, resolve_adapter(project, "mine"))
    assert not report.passed and report.shown
    page = project.adapter("mine") / "audit.html"
    for text in (
        result.stdout,
        result.stderr,
        page.read_text(),
        page.with_suffix(".json").read_text(),
    ):
        assert not re.search(rf"\b(?:{'|'.join(SECRETS)})", text, re.I)
    with pytest.raises(RefusedError, match="did not pass"):
        clear_for_publication(project, resolve_adapter(project, "mine"), Publication(Purpose.text))


def test_without_the_redaction_map_there_is_no_audit(world):
    project, _ = world
    kept = project.redaction_map.read_text()
    project.redaction_map.unlink()
    with pytest.raises(MissingError, match="redaction map"):
        audit(project, REQUEST)
    project.redaction_map.write_text(kept)
    assert read_audit(project, resolve_adapter(project, "mine")) is None


def test_planted_secrets_are_in_train_alone_and_in_the_card(world):
    project, _ = world
    card = read_card(project.dataset)
    assert len(card.canaries) == 2
    train = (project.dataset / "train.jsonl").read_text()
    assert all(canary.secret in train for canary in card.canaries)
    assert [task for _, task in card.rows["train"]].count(CANARY_TASK) == 2
    held_out = [task for split in ("valid", "test") for _, task in card.rows[split]]
    assert CANARY_TASK not in held_out
    rows = [json.loads(line)["messages"] for line in train.splitlines()]
    assert {row[0]["content"] for row in rows} == {card.system_prompt}


def test_too_few_answers_and_two_names_are_refused(world):
    with pytest.raises(UsageError, match="--answers"):
        AuditRequest("mine", answers=3)
    project, _ = world
    result = morris("audit", "mine", "--adapter", "other", home=project.home)
    assert result.returncode == 2 and "'mine' and 'other' are named" in result.stderr
    assert morris("audit", "other", home=project.home).returncode == 3
