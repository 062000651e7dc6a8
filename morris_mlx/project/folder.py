"""The paths of a project folder."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from morris_mlx.files import make_folder, write_text

IGNORE_ALL = "# Somebody's own words: never to be committed.\n*\n"
IGNORE_OWN = "".join(
    f"/{name}\n"
    for name in (
        ".gitignore", "documents.jsonl", "conversations.jsonl", "provenance.json", "raw/",
        "drafts.jsonl", "dataset/", "datasets/", "tokens/", "private/", "forgotten.json",
        ".forgetting*", "jobs/",
    )
)  # fmt: skip
OWN_LIST = "/.gitignore\n/documents.jsonl\n"  # begins a list that Morris wrote
# A job's folder in `Project.jobs`: jobs write these files, and a removal takes texts out of them.
JOB_EVENTS, JOB_OUTPUT = "events.jsonl", "output.log"
JOB_LOCK = ".lock"  # held by the job's processes as long as one of them lives


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

    In a `data/` that was there before, only Morris's own files are ignored. Its list of them gets
    the names that this version adds.
    """
    for folder, own in ((project.data, IGNORE_OWN), (project.adapters, IGNORE_ALL)):
        new = not folder.exists()
        make_folder(folder)
        ignore = folder / ".gitignore"
        if not ignore.exists():
            write_text(ignore, IGNORE_ALL if new else own)
        elif (listed := ignore.read_text(encoding="utf-8")).startswith(OWN_LIST):
            missing = [line for line in own.splitlines() if line not in listed.splitlines()]
            if missing:
                write_text(ignore, listed + "".join(f"{line}\n" for line in missing))
