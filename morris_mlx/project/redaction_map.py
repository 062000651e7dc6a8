"""Reader and writer of redaction maps: private items and their stand-ins, by dataset.

data/private/redaction.json belongs to the dataset prepared last, data/private/kept/DIGEST.json to a
dataset kept for an adapter. A map is never stored in a dataset's folder.
"""

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
from morris_mlx.text.pii import KINDS, RedactionMap, Replacement
from morris_mlx.typed_json import record_from_json

DIGEST = re.compile(r"[0-9a-f]{64}")  # nothing else may become the name of a file


def write_redaction_map(project: Project, redaction_map: RedactionMap, dataset: str) -> None:
    """Write the map of the dataset with the digest `dataset` to a private file.

    The map of another dataset is moved to the kept ones first, until `remove_unused_maps`. A user
    may delete maps. Then items cannot be looked up and texts cannot be checked for leaks until the
    next `morris prepare` of the same texts, which chooses the same stand-ins again.
    """
    open_project(project)
    make_folder(project.redaction_map.parent).chmod(PRIVATE_FOLDER)
    _put_aside(project, dataset)
    rows = [asdict(item) for item in redaction_map.items]
    write_json(project.redaction_map, {"dataset": dataset, "replaced": rows})


def remove_unused_maps(project: Project) -> None:
    """Remove the maps of datasets that no longer exist.

    Call it after the new dataset is written and the old one is kept or removed.
    """
    for path in (project.redaction_map, *sorted(project.kept_maps.glob("*.json"))):
        with suppress(MorrisError):  # a damaged map is left for the user to look at
            if (dataset := _dataset_of(path)) and not _exists(project, dataset):
                path.unlink()


def read_redaction_map(project: Project, dataset: str | None = None) -> RedactionMap:
    """Return the map of the dataset with the digest `dataset`; by default the one written last.

    Raises MissingError when there is none: the map of another dataset cannot replace it.
    """
    path = project.redaction_map
    if dataset is None:
        if not path.exists():
            raise MissingError(f"There is no redaction map {path}. Run `morris prepare` first.")
        return _items(path, read_json(path))
    for path in (project.redaction_map, project.kept_maps / f"{dataset}.json"):
        if _dataset_of(path) == dataset:
            return _items(path, read_json(path))
    there = project.redaction_map.exists()
    raise MissingError(
        f"The dataset {dataset[:12]}… was redacted, and its redaction map is not in "
        f"{project.redaction_map.parent}"
        + (" (the map there belongs to another dataset)" if there else "")
        + ", so a text cannot be checked for redacted items. Collect and prepare the same texts "
        "again with the same options, train a new adapter, or leave the check out."
    )


def _exists(project: Project, dataset: str) -> bool:
    try:
        find_dataset(project, dataset)
    except MissingError:
        return False
    return True


def _put_aside(project: Project, new_dataset: str) -> None:
    old = ""
    with suppress(MorrisError):  # a damaged map has no use, and the new one replaces it
        old = _dataset_of(project.redaction_map)
    if DIGEST.fullmatch(old) and old != new_dataset:
        make_folder(project.kept_maps).chmod(PRIVATE_FOLDER)
        project.redaction_map.replace(project.kept_maps / f"{old}.json")


def _dataset_of(path: Path) -> str:
    """Return the digest of a map's dataset; "" when there is no map or it names no dataset.

    Raises MorrisError for a map that cannot be read, which is not the same as no map.
    """
    if not path.exists():
        return ""
    dataset = read_json(path).get("dataset")
    return dataset if isinstance(dataset, str) else ""


def _items(path: Path, value: dict[str, Any]) -> RedactionMap:
    rows = value.get("replaced")
    try:
        items = (
            tuple(record_from_json(Replacement, r) for r in rows) if type(rows) is list else None
        )
    except MorrisError:  # its message may quote a private item
        items = None
    if items is None or not all(i.kind in KINDS for i in items):
        raise MorrisError(f"{path} is damaged. Run `morris prepare` again.")
    return RedactionMap(items)
