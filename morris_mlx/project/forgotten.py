"""Reader and writer of data/forgotten.json: the datasets that `morris forget` changed.

A step that needs such a dataset can say why it no longer exists.

    data/forgotten.json    {"datasets": {DIGEST: {"when": …, "became": DIGEST or ""}}}

The file has no text and no name of a source.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from morris_mlx.errors import MorrisError
from morris_mlx.files import read_json, write_json
from morris_mlx.project.folder import Project


def read_forgotten(project: Project) -> dict[str, str]:
    """Return the new digest of each changed dataset by its old one; "" if nothing was left."""
    return {old: str(note.get("became", "")) for old, note in _notes(project).items()}


def note_forgotten(project: Project, became: Mapping[str, str]) -> None:
    """Record the new digests of changed datasets by their old ones."""
    if became:
        now = datetime.now(UTC).isoformat(timespec="seconds")
        new = {old: {"when": now, "became": digest} for old, digest in became.items()}
        write_json(project.forgotten, {"datasets": _notes(project) | new})


def explain_forgotten(project: Project, digest: str) -> str:
    """Return the error message for a dataset that was changed, or "" for any other."""
    note = _notes(project).get(digest)
    if note is None:
        return ""
    return (
        f"Texts were removed from the dataset {digest[:12]}… by `morris forget` "
        f"({str(note.get('when'))[:10]}), so an adapter that was trained with it can neither be "
        "trained on nor be measured or checked against it. Run `morris prepare` and train a new "
        "adapter; deleting the old one removes what it learned."
    )


def _notes(project: Project) -> dict[str, dict[str, Any]]:
    if not project.forgotten.exists():
        return {}
    notes = read_json(project.forgotten).get("datasets")
    if not isinstance(notes, dict) or not all(isinstance(note, dict) for note in notes.values()):
        raise MorrisError(
            f"{project.forgotten} is damaged. Delete it: only the reason why older datasets are "
            "gone is lost."
        )
    return notes
