"""`morris rename OLD NEW`: another name for an adapter."""

from __future__ import annotations

from typing import Annotated

import typer

from morris_mlx.pipeline.adapters import rename_adapter
from morris_mlx.project.folder import current_project


def rename(
    old: Annotated[str, typer.Argument(metavar="OLD", help="The adapter's present name.")],
    new: Annotated[str, typer.Argument(metavar="NEW", help="Its new name.")],
) -> None:
    """Give an adapter another name.

    Its reports and its audit stay valid.

    \b
    Example:
        morris rename mine columns
    """
    rename_adapter(current_project(), old, new)
    print(f"{old} is now {new}. Use it: morris chat {new}")
