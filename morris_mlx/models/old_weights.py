"""Folders from early versions of mlx-lm, whose weights have other file names than today.

The files are called weights.00.safetensors and so on. The folder is not changed: a folder in
Morris's cache gets links to its files, with the names that mlx-lm and transformers look for.
"""

from __future__ import annotations

import hashlib
from pathlib import Path

from morris_mlx.errors import MorrisError, RefusedError
from morris_mlx.files import make_folder, morris_cache_folder
from morris_mlx.models.config import INDEX
from morris_mlx.models.hub_cache import model_label
from morris_mlx.models.working_repository import repository_hint

NEW_NAMES, OLD_NAMES, ARRAYS = "model*.safetensors", "weights*.safetensors", "weights*.npz"


def readable_folder(folder: Path) -> Path:
    """Return a folder with a model's files under their present names, usually the same folder.

    If there are weights with old and with new names, they belong to one model, and both are linked.
    The index is left out, because it has the old names and no reader needs it.

    Raises RefusedError for weights in NumPy's format, MorrisError if the links cannot be made.
    """
    old = sorted(folder.glob(OLD_NAMES))
    if not old:
        if any(folder.glob(ARRAYS)) and not any(folder.glob(NEW_NAMES)):
            label = model_label(folder)
            raise RefusedError(
                f"{label} has its weights as weights.npz, in a format from before mlx-lm. "
                f"{repository_hint(label)}"
            )
        return folder
    key = hashlib.sha256(str(folder).encode()).hexdigest()[:16]
    made = morris_cache_folder() / "links" / f"{folder.name}-{key}"
    others = (p for p in folder.iterdir() if p.is_file() and p not in old and p.name != INDEX)
    links = {path.name: path for path in others}
    links |= {f"model-{path.name}": path for path in old}
    _link(made, links)
    return made


def _link(folder: Path, links: dict[str, Path]) -> None:
    """Make a folder have exactly these links."""
    make_folder(folder)
    try:
        for path in folder.iterdir():
            if path.name not in links:
                path.unlink()
        for name, target in links.items():
            link = folder / name
            if not (link.is_symlink() and link.readlink() == target):
                link.unlink(missing_ok=True)
                link.symlink_to(target)
    except OSError as error:
        raise MorrisError(f"Cannot make links in {folder}: {error.strerror}.") from error
