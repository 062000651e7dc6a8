"""The paths of a user's project folder."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from pathlib import Path

from morris_mlx.defaults import project_home
from morris_mlx.files import make_folder, write_text

IGNORE_ALL = "# Private texts: never to be committed.\n*\n"
IGNORE_OWN = "".join(
    f"/{name}\n"
    for name in (
        ".gitignore", "documents.jsonl", "conversations.jsonl", "provenance.json", "raw/",
        "drafts.jsonl", "dataset/", "datasets/", "tokens/", "private/", "forgotten.json",
        ".forgetting*", "jobs/", "left_out.json", "audits/", "publications.jsonl", "comparison/",
    )
)  # fmt: skip
OWN_LIST = "/.gitignore\n/documents.jsonl\n"  # begins a list that Morris wrote
# A job's folder in `Project.jobs`: jobs write these files, and a removal takes texts out of them.
JOB_EVENTS, JOB_OUTPUT = "events.jsonl", "output.log"
JOB_LOCK = ".lock"  # held by the job's processes as long as one of them lives


@dataclass(frozen=True, slots=True)
class Project:
    """The paths of one project folder.

    Project(Path("/novel")).documents == Path("/novel/data/documents.jsonl")
    """

    home: Path

    @property
    def data(self) -> Path:
        """The folder of collected texts, datasets and private records."""
        return self.home / "data"

    @property
    def documents(self) -> Path:
        """The collected documents, one JSON object per line."""
        return self.data / "documents.jsonl"

    @property
    def conversations(self) -> Path:
        """The collected conversations, one JSON object per line."""
        return self.data / "conversations.jsonl"

    @property
    def provenance(self) -> Path:
        """The origin of every source and the right to use it."""
        return self.data / "provenance.json"

    @property
    def left_out(self) -> Path:
        """The list of what was found and not collected, by source, with the reasons."""
        return self.data / "left_out.json"

    @property
    def drafts(self) -> Path:
        """Cached plain drafts of the writer's passages, which take long to generate."""
        return self.data / "drafts.jsonl"

    @property
    def forgotten(self) -> Path:
        """Digests of the datasets that `morris forget` changed, without any text."""
        return self.data / "forgotten.json"

    @property
    def raw_web(self) -> Path:
        """Downloaded web pages, and the state of interrupted collections."""
        return self.data / "raw" / "web"

    @property
    def dataset(self) -> Path:
        """The folder of the present dataset."""
        return self.data / "dataset"

    @property
    def kept_datasets(self) -> Path:
        """Earlier datasets that an adapter was trained on, each in a folder named by its digest."""
        return self.data / "datasets"

    @property
    def token_cache(self) -> Path:
        """The folder of tokenized rows, reused by later trainings."""
        return self.data / "tokens"

    @property
    def jobs(self) -> Path:
        """Steps that run or ran as separate processes: a folder each, with an event log."""
        return self.data / "jobs"

    @property
    def audits(self) -> Path:
        """Audits of adapters that are not in the project, such as the built-in ones."""
        return self.data / "audits"

    @property
    def comparison(self) -> Path:
        """The last comparison of adapters."""
        return self.data / "comparison"

    @property
    def publications(self) -> Path:
        """The list of texts, exports and servers that were let out, with or without an audit."""
        return self.data / "publications.jsonl"

    @property
    def people(self) -> Path:
        """The other people in the user's chats, with their names."""
        return self.data / "private" / "people.json"

    @property
    def named_people(self) -> Path:
        """The user's list of people to redact who are in no chat."""
        return self.data / "private" / "names.json"

    @property
    def not_names(self) -> Path:
        """The user's list of words that are not names."""
        return self.data / "private" / "not_names.json"

    @property
    def redaction_map(self) -> Path:
        """Private items with their stand-ins, for the user alone and never in a dataset."""
        return self.data / "private" / "redaction.json"

    @property
    def kept_maps(self) -> Path:
        """Redaction maps of datasets that an adapter was trained on, as DIGEST.json."""
        return self.data / "private" / "kept"

    @property
    def adapters(self) -> Path:
        """The folder of trained adapters, one subfolder each."""
        return self.home / "adapters"

    def adapter(self, name: str) -> Path:
        """Return the folder of the adapter `name`; it need not exist.

        A letter with an accent may be typed as one character or as two; folders have it as one.
        """
        return self.adapters / unicodedata.normalize("NFC", name)


def current_project() -> Project:
    """Return the project of this process: `$MORRIS_HOME`, else the current folder.

    Raises MorrisError when `$MORRIS_HOME` begins with the "~" of an unknown user.
    """
    return Project(project_home())


def open_project(project: Project) -> None:
    """Make `data/` and `adapters/`, private and ignored by git.

    In a `data/` that existed before, only the files of Morris are ignored. A list of them by an
    earlier version gets the names that this version adds.
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
