"""Which datasets lost rows to `morris forget`, so that what needs them can say why it cannot go on.

    data/forgotten.json    {"datasets": {DIGEST: {"when": …, "became": DIGEST or ""}}}

It holds no word of any text and no name of any source.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from morris_mlx.errors import MorrisError
from morris_mlx.files import read_json, write_json
from morris_mlx.project.folder import Project


def read_forgotten(project: Project) -> dict[str, str]:
    """What datasets became, by their digests: another digest, or "" where nothing was left."""
    return {old: str(note.get("became", "")) for old, note in _notes(project).items()}


def note_forgotten(project: Project, became: Mapping[str, str]) -> None:
    if became:
        now = datetime.now(UTC).isoformat(timespec="seconds")
        new = {old: {"when": now, "became": digest} for old, digest in became.items()}
        write_json(project.forgotten, {"datasets": _notes(project) | new})


def why_forgotten(project: Project, digest: str) -> str:
    """What to tell whoever asks for a dataset that was changed; "" for any other."""
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
            f"{project.forgotten} is damaged. Delete it: nothing is lost but the reason why older "
            "datasets are gone."
        )
    return notes
