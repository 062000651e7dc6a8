"""What is to be removed, as a record that a crash cannot take away."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from pathlib import Path

from morris_mlx import files
from morris_mlx.errors import MorrisError
from morris_mlx.project.folder import Project
from morris_mlx.typed_json import record_from_json

FOLDER, PLAN_FILE = ".forgetting", "plan.json"


@dataclass(frozen=True, slots=True)
class DatasetPart:
    """Rows of the source in a dataset. `folder` is within data/.

    `whole` says why all of it goes ("" when rows alone do); `became` is the digest of what stays,
    "" when nothing does; `digest` is "" of a dataset whose card cannot be read.
    """

    folder: str
    digest: str
    rows: int
    of: int
    became: str
    whole: str = ""


@dataclass(frozen=True, slots=True)
class Learner:
    """An adapter, with the rows of the source that it learned from and was measured on.

    Of one that is not `known` the dataset is gone, so nobody can tell.
    """

    name: str
    learned: int = 0
    held_out: int = 0
    known: bool = True


@dataclass(frozen=True, slots=True)
class ForgetPlan:
    """Everything there is of a source.

    `word` is how it was named; `paths`, `urls` and `hosts` are what it stands for, `notes` the
    names in provenance.json that go, `ids` those of documents and conversations, also of earlier
    versions; `own_files` lie outside of what Morris keeps, and stay. Of a person `people` are the
    ids and `names` what they are called; `name_stays` where texts that are left may name them.
    The rest are counts.
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
    datasets: tuple[DatasetPart, ...] = ()
    adapters: tuple[Learner, ...] = ()


def working_folder(project: Project) -> Path:
    """What a removal that is at work, or was interrupted, has in hand."""
    return project.data / FOLDER


def write_plan(project: Project, plan: ForgetPlan) -> None:
    files.make_folder(working_folder(project))
    files.write_json(working_folder(project) / PLAN_FILE, asdict(plan))


def read_plan(project: Project) -> ForgetPlan | None:
    """Raises MorrisError when it is damaged."""
    path = working_folder(project) / PLAN_FILE
    if not path.exists():
        return None
    value = files.read_json(path)
    try:
        return record_from_json(ForgetPlan, value)
    except MorrisError as error:
        raise MorrisError(
            f"{path} is damaged ({error}) What was interrupted cannot be finished. Delete "
            f"{path.parent} and run `morris forget` again."
        ) from error


def staging(project: Project, part: DatasetPart) -> tuple[Path, Path]:
    """Where a dataset's new folder waits for its place, and where the old one is put aside."""
    name = part.folder.replace("/", "-")
    return working_folder(project) / f"new-{name}", working_folder(project) / f"old-{name}"
