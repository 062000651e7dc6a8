"""The plan of a removal, in data/.forgetting/plan.json from the first change to the last."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from pathlib import Path

from morris_mlx import files
from morris_mlx.errors import MorrisError
from morris_mlx.project.folder import Project
from morris_mlx.typed_json import record_from_json

FOLDER, PLAN_FILE = ".forgetting", "plan.json"


@dataclass(frozen=True, slots=True)
class DatasetChange:
    """The change of one dataset: `rows` of its `of` rows are removed.

    `folder` is relative to data/. `whole` is the reason for removing the dataset as a whole, ""
    when only rows are removed. `became` is the digest of the remaining dataset, "" when none
    remains. `digest` is "" when the dataset's card cannot be read.
    """

    folder: str
    digest: str
    rows: int
    of: int
    became: str
    whole: str = ""


@dataclass(frozen=True, slots=True)
class TrainedAdapter:
    """An adapter, with the number of removed rows that it was trained and validated on.

    `known` is False when its dataset no longer exists, so that the numbers are not known.
    """

    name: str
    learned: int = 0
    held_out: int = 0
    known: bool = True


@dataclass(frozen=True, slots=True)
class ForgetPlan:
    """Everything that a project holds of a source or a person.

    `word` is the request as the user typed it; `paths`, `urls` and `hosts` are its meaning.
    `notes` are the entries of provenance.json to remove; `ids` are those of documents and
    conversations, earlier versions included. `own_files` are the user's own files, which stay. For
    a person, `people` are the IDs, `names` the names, and `name_stays` is True when remaining texts
    may name the person. The other fields are counts.
    """

    word: str
    paths: tuple[str, ...] = ()
    urls: tuple[str, ...] = ()
    hosts: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    ids: tuple[str, ...] = ()
    own_files: tuple[str, ...] = ()
    people: tuple[str, ...] = ()
    names: tuple[str, ...] = ()
    name_stays: bool = False
    documents: int = 0
    conversations: int = 0
    drafts: int = 0
    pages: int = 0
    token_caches: int = 0
    job_logs: int = 0
    datasets: tuple[DatasetChange, ...] = ()
    adapters: tuple[TrainedAdapter, ...] = ()


def working_folder(project: Project) -> Path:
    """Return the folder of the plan and of intermediate files. It exists only during a removal."""
    return project.data / FOLDER


def write_plan(project: Project, plan: ForgetPlan) -> None:
    """Write the plan to the working folder, which is made if it is missing."""
    files.make_folder(working_folder(project))
    files.write_json(working_folder(project) / PLAN_FILE, asdict(plan))


def read_plan(project: Project) -> ForgetPlan | None:
    """Return the plan of an interrupted removal, or None. Raises MorrisError for a damaged plan."""
    path = working_folder(project) / PLAN_FILE
    if not path.exists():
        return None
    value = files.read_json(path)
    try:
        return record_from_json(ForgetPlan, value)
    except MorrisError as error:
        raise MorrisError(
            f"{path} is damaged: {error} The interrupted removal cannot be continued. Delete "
            f"{path.parent} and run `morris forget` again."
        ) from error


def staging(project: Project, part: DatasetChange) -> tuple[Path, Path]:
    """Return the paths where the new dataset is built and where the old one is moved to."""
    name = part.folder.replace("/", "-")
    return working_folder(project) / f"new-{name}", working_folder(project) / f"old-{name}"
