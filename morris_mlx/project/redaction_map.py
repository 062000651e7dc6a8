"""What was redacted, real → stand-in, on its owner's disk: beside the datasets, never in one."""

from __future__ import annotations

import re
from contextlib import suppress
from dataclasses import asdict
from pathlib import Path
from typing import Any

from morris_mlx.errors import MissingError, MorrisError
from morris_mlx.files import PRIVATE_FOLDER, make_folder, read_json, write_json
from morris_mlx.project.datasets import find_dataset
from morris_mlx.project.folder import Project, open_project
from morris_mlx.text.pii import KINDS, PrivateMap, Replaced
from morris_mlx.typed_json import record_from_json

DIGEST = re.compile(r"[0-9a-f]{64}")  # nothing else becomes a file's name


def write_private_map(project: Project, private_map: PrivateMap, dataset: str) -> None:
    """For the owner alone: a file of 0600 in a folder of 0700. `dataset` is the dataset's digest.

    The map of another dataset is put aside first, until `forget_private_maps`. Maps may be
    deleted: then nobody can look up who is who, and texts cannot be checked for leaks until the
    next `morris prepare` of the same texts, which invents the same names again.
    """
    open_project(project)
    make_folder(project.redaction_map.parent).chmod(PRIVATE_FOLDER)
    _put_aside(project, dataset)
    rows = [asdict(item) for item in private_map.items]
    write_json(project.redaction_map, {"dataset": dataset, "replaced": rows})


def forget_private_maps(project: Project) -> None:
    """Remove the maps of datasets that are gone: what nobody can need should lie nowhere.

    To be called when the new dataset is in its place and the old one kept, or not.
    """
    for path in (project.redaction_map, *sorted(project.kept_maps.glob("*.json"))):
        with suppress(MorrisError):  # a damaged one is looked at by its owner
            if (dataset := _dataset_of(path)) and not _is_there(project, dataset):
                path.unlink()


def read_private_map(project: Project, dataset: str | None = None) -> PrivateMap:
    """The map of the dataset with the digest `dataset`, by default the one written last.

    Raises MissingError when it is not there: no other dataset's map can stand in for it.
    """
    path = project.redaction_map
    if dataset is None:
        if not path.exists():
            raise MissingError(
                f"{path} is not there: what was redacted is not known. Run `morris prepare` first."
            )
        return _items(path, read_json(path))
    for path in (project.redaction_map, project.kept_maps / f"{dataset}.json"):
        if _dataset_of(path) == dataset:
            return _items(path, read_json(path))
    there = project.redaction_map.exists()
    raise MissingError(
        f"The dataset {dataset[:12]}… was redacted, and the list of what was redacted in it is not "
        f"in {project.redaction_map.parent}"
        + (" (what is there belongs to another dataset)" if there else "")
        + ", so redacted items cannot be looked for. Collect and prepare the same texts again with "
        "the same options, train a new adapter, or leave the check out."
    )


def _is_there(project: Project, dataset: str) -> bool:
    try:
        find_dataset(project, dataset)
    except MissingError:
        return False
    return True


def _put_aside(project: Project, new_dataset: str) -> None:
    old = ""
    with suppress(MorrisError):  # a damaged one helps nobody, and the new one mends it
        old = _dataset_of(project.redaction_map)
    if DIGEST.fullmatch(old) and old != new_dataset:
        make_folder(project.kept_maps).chmod(PRIVATE_FOLDER)
        project.redaction_map.replace(project.kept_maps / f"{old}.json")


def _dataset_of(path: Path) -> str:
    """The digest of the dataset that a map belongs to; "" where there is no map or none is said.

    Raises MorrisError for a map that cannot be read: that is not as if there were none.
    """
    if not path.exists():
        return ""
    dataset = read_json(path).get("dataset")
    return dataset if isinstance(dataset, str) else ""


def _items(path: Path, value: dict[str, Any]) -> PrivateMap:
    rows = value.get("replaced")
    try:
        items = tuple(record_from_json(Replaced, r) for r in rows) if type(rows) is list else None
    except MorrisError:  # its words may be what was redacted: they are not told
        items = None
    if items is None or not all(i.kind in KINDS for i in items):
        raise MorrisError(f"{path} is damaged. Run `morris prepare` again.")
    return PrivateMap(items)
