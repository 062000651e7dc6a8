"""What was redacted, real → stand-in, on its owner's disk: beside the dataset, never in it."""

from __future__ import annotations

from dataclasses import asdict

from morris_mlx import store
from morris_mlx.errors import MissingError, MorrisError
from morris_mlx.files import PRIVATE_FOLDER, make_folder, read_json, write_json
from morris_mlx.redaction import KINDS, PrivateMap, Replaced
from morris_mlx.settings import Project


def write_private_map(project: Project, private_map: PrivateMap) -> None:
    """For the owner alone: a file of 0600 in a folder of 0700.

    It may be deleted: then nobody can look up who is who, and texts cannot be checked for leaks
    until the next `morris prepare`, which invents the same names again.
    """
    store.open_project(project)
    make_folder(project.redaction_map.parent).chmod(PRIVATE_FOLDER)
    rows = [asdict(item) for item in private_map.items]
    write_json(project.redaction_map, {"replaced": rows})


def read_private_map(project: Project) -> PrivateMap:
    path = project.redaction_map
    if not path.exists():
        raise MissingError(
            f"{path} is not there: what was redacted is not known. Run `morris prepare` first."
        )
    try:
        items = tuple(Replaced(**row) for row in read_json(path)["replaced"])
    except (KeyError, TypeError):
        items = (Replaced("", "", ""),)
    if not all(isinstance(i.real, str) and i.kind in KINDS for i in items):
        raise MorrisError(f"{path} is damaged. Run `morris prepare` again.")
    return PrivateMap(items)
