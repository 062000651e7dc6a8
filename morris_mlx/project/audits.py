"""Reader and writer of audits, and of the list of what was published.

adapters/NAME/audit.json          the report; audit.html for reading
adapters/NAME/audit_files.json    fingerprints of the audited files
data/audits/NAME/                 the same for an adapter outside of the project
data/publications.jsonl           a line for each text, export or server that was let out
"""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Any

from morris_mlx.errors import MorrisError
from morris_mlx.files import append_jsonl, make_folder, read_json, write_json, write_text
from morris_mlx.project.folder import Project, open_project
from morris_mlx.records.audit import AuditedFiles, AuditReport
from morris_mlx.records.generation import Adapter
from morris_mlx.typed_json import record_from_json

AUDIT_FILE, AUDIT_PAGE, AUDITED_FILES = "audit.json", "audit.html", "audit_files.json"
NAME_DIGITS = 12  # of the weights' digest: two adapters outside of the project may share a name


def audit_folder(project: Project, adapter: Adapter) -> Path:
    """Return the folder of an adapter's audit; it need not exist."""
    if adapter.folder.resolve().is_relative_to(project.adapters.resolve()):
        return adapter.folder
    return project.audits / f"{adapter.folder.name}-{adapter.digest[:NAME_DIGITS]}"


def write_audit(
    project: Project, adapter: Adapter, report: AuditReport, page: str, files: AuditedFiles
) -> Path:
    """Write an audit, the report last, and return the path of its page."""
    open_project(project)
    folder = make_folder(audit_folder(project, adapter))
    write_json(folder / AUDITED_FILES, asdict(files))
    write_text(folder / AUDIT_PAGE, page)
    write_json(folder / AUDIT_FILE, asdict(report))
    return folder / AUDIT_PAGE


def remove_audit(project: Project, adapter: Adapter) -> None:
    """Remove an earlier audit, so that it opens no gate while a new one is made."""
    folder = audit_folder(project, adapter)
    for name in (AUDIT_FILE, AUDIT_PAGE, AUDITED_FILES):
        (folder / name).unlink(missing_ok=True)


def read_audit(project: Project, adapter: Adapter) -> AuditReport | None:
    """Return the audit of an adapter, None without one. Raises MorrisError for a damaged one."""
    path = audit_folder(project, adapter) / AUDIT_FILE
    return _read(path, AuditReport) if path.exists() else None


def read_audited_files(project: Project, adapter: Adapter) -> AuditedFiles | None:
    """Return the fingerprints of an audit, None without any. Raises MorrisError for damage."""
    path = audit_folder(project, adapter) / AUDITED_FILES
    return _read(path, AuditedFiles) if path.exists() else None


def _read(path: Path, kind: type[Any]) -> Any:
    try:
        return record_from_json(kind, read_json(path))
    except MorrisError as error:
        raise MorrisError(f"{path} is damaged: {error} Run `morris audit` again.") from None


def record_publication(project: Project, row: dict[str, Any]) -> None:
    """Add a line to the list of publications."""
    open_project(project)
    append_jsonl(project.publications, row)
