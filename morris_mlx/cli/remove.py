"""`morris rm NAME`: remove an adapter."""

from __future__ import annotations

from typing import Annotated

import typer

from morris_mlx.cli.ask_user import is_interactive
from morris_mlx.errors import RefusedError
from morris_mlx.pipeline.adapters import own_folder, remove_adapter, show_adapter
from morris_mlx.pipeline.convert import gigabytes
from morris_mlx.project.folder import current_project


def rm(
    name: Annotated[str, typer.Argument(metavar="NAME", help="The adapter's name.")],
    yes: Annotated[bool, typer.Option("--yes", help="Remove it without a question.")] = False,
) -> None:
    """Remove an adapter with its checkpoints, reports and audit.

    Your texts and datasets stay: `morris forget` removes those.

    \b
    Example:
        morris rm experiment
    """
    project = current_project()
    folder = own_folder(project, name)
    size = gigabytes(show_adapter(project, name).listed.size_bytes)
    if not yes:
        if not is_interactive():
            raise RefusedError(f"{folder} ({size}) was not removed. To remove it, add --yes.")
        if not typer.confirm(f"Remove {folder} ({size})? It cannot be restored.", err=True):
            raise RefusedError(f"{name} was not removed.")
    remove_adapter(project, name)
    print(f"Removed {name} ({size}).")
