"""The gate in front of everything that leaves this machine: texts, exports, servers."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum

from morris_mlx.errors import RefusedError
from morris_mlx.project.audits import read_audit, record_publication
from morris_mlx.project.folder import Project
from morris_mlx.records.audit import AUDIT_RULES
from morris_mlx.records.generation import Adapter


class Purpose(StrEnum):
    """The purpose for which something leaves this machine."""

    text = "text"
    export = "export"
    server = "server"


class Clearance(StrEnum):
    """The ground on which it may leave; the value stands in records and in generated files."""

    passed = "passed"
    unaudited = "unaudited"
    base = "base only"  # without an adapter there is nothing private


@dataclass(frozen=True, slots=True)
class Publication:
    """Something that is about to leave this machine: its purpose, and a name for the record."""

    purpose: Purpose
    name: str = ""


def clear_for_publication(
    project: Project, adapter: Adapter | None, publication: Publication, unaudited: bool = False
) -> Clearance:
    """Return the clearance, and record it in data/publications.jsonl. Call it before the work.

    Raises the errors of `check_clearance`, whose arguments these are.
    """
    clearance = check_clearance(project, adapter, unaudited)
    record_clearance(project, adapter, publication, clearance)
    return clearance


def check_clearance(
    project: Project, adapter: Adapter | None, unaudited: bool = False
) -> Clearance:
    """Return the clearance, and record nothing yet: a text may still fail its own checks.

    Args:
        project: The project with the adapter's audit.
        adapter: The adapter, None for the base alone.
        unaudited: The user said that there need be no audit.

    Raises RefusedError when the adapter has not passed an audit by the present rules, or was
    trained again since, unless `unaudited` is True.
    """
    reason = "" if adapter is None else reason_against(project, adapter)
    if adapter is None:
        return Clearance.base
    if not reason:
        return Clearance.passed
    if unaudited:
        return Clearance.unaudited
    raise RefusedError(reason)


def record_clearance(
    project: Project, adapter: Adapter | None, publication: Publication, clearance: Clearance
) -> None:
    """Add what is to leave this machine, and on which ground, to data/publications.jsonl."""
    record_publication(
        project,
        {
            "date": datetime.now(UTC).isoformat(timespec="seconds"),
            "purpose": publication.purpose.value,
            "name": publication.name,
            "adapter": None if adapter is None else adapter.name,
            "adapter_sha256": None if adapter is None else adapter.digest,
            "audit": clearance.value,
        },
    )


def reason_against(project: Project, adapter: Adapter) -> str:
    """Return why an adapter must not leave this machine and what to do, "" if it may."""
    name = adapter.name
    again = f"Run `morris audit {name}`, or give --unaudited, which is recorded."
    report = read_audit(project, adapter)
    if report is None:
        return f"The adapter {name} has not been audited, so its texts may copy or leak. {again}"
    if (report.adapter_sha256, report.config_sha256) != (adapter.digest, adapter.config_digest):
        return f"The adapter {name} was changed after its audit. {again}"
    if report.rules != AUDIT_RULES:
        return f"The audit of {name} was made by the rules of an earlier version. {again}"
    if not report.passed:
        failed = ", ".join(check.name for check in report.failed)
        return (
            f"The adapter {name} did not pass its audit ({failed}). `morris audit {name}` says "
            "what to do. To publish all the same, give --unaudited, which is recorded."
        )
    return ""
