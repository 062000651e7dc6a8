"""The paths of a project folder."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from morris_mlx.files import make_folder, write_text

IGNORE_ALL = "# Somebody's own words: never to be committed.\n*\n"
IGNORE_OWN = "/.gitignore\n/documents.jsonl\n/conversations.jsonl\n/provenance.json\n/raw/\n"


@dataclass(frozen=True, slots=True)
class Project:
    """The paths of one project folder: `$MORRIS_HOME`, else the current folder."""

    home: Path

    @property
    def data(self) -> Path:
        return self.home / "data"

    @property
    def documents(self) -> Path:
        return self.data / "documents.jsonl"

    @property
    def conversations(self) -> Path:
        return self.data / "conversations.jsonl"

    @property
    def provenance(self) -> Path:
        return self.data / "provenance.json"

    @property
    def drafts(self) -> Path:
        """Plain drafts of the writer's passages: dear to make, so each is made once."""
        return self.data / "drafts.jsonl"

    @property
    def forgotten(self) -> Path:
        """Which datasets lost rows to `morris forget`: by digest, without a word of the texts."""
        return self.data / "forgotten.json"

    @property
    def raw_web(self) -> Path:
        """Pages as they came from the web: cache, provenance and where a collection goes on."""
        return self.data / "raw" / "web"

    @property
    def dataset(self) -> Path:
        return self.data / "dataset"

    @property
    def kept_datasets(self) -> Path:
        return self.data / "datasets"

    @property
    def token_cache(self) -> Path:
        return self.data / "tokens"

    @property
    def jobs(self) -> Path:
        """Steps that ran as processes of their own: a folder each, with its event log."""
        return self.data / "jobs"

    @property
    def people(self) -> Path:
        return self.data / "private" / "people.json"

    @property
    def redaction_map(self) -> Path:
        """Real → invented, for its owner alone: in a folder of its own, never in a dataset."""
        return self.data / "private" / "redaction.json"

    @property
    def kept_maps(self) -> Path:
        """Those of datasets that an adapter learned from: DIGEST.json."""
        return self.data / "private" / "kept"

    @property
    def adapters(self) -> Path:
        return self.home / "adapters"

    def adapter(self, name: str) -> Path:
        return self.adapters / name


def current_project() -> Project:
    return Project(Path(os.environ.get("MORRIS_HOME") or ".").expanduser().resolve())


def open_project(project: Project) -> None:
    """Make `data/` and `adapters/`, closed to others and ignored by git.

    In a `data/` that was there before, only Morris's own files are ignored.
    """
    for folder, own in ((project.data, IGNORE_OWN), (project.adapters, IGNORE_ALL)):
        new = not folder.exists()
        make_folder(folder)
        if not (folder / ".gitignore").exists():
            write_text(folder / ".gitignore", IGNORE_ALL if new else own)
