"""`morris open [NAME]`: a report in the browser."""

from __future__ import annotations

import webbrowser
from typing import Annotated

import typer

from morris_mlx.pipeline.adapters import find_report
from morris_mlx.project.folder import current_project


def open_report(
    name: Annotated[
        str | None,
        typer.Argument(
            metavar="NAME", help="An adapter's name. Without one, the report of the dataset."
        ),
    ] = None,
    print_only: Annotated[
        bool, typer.Option("--print", help="Only print the path of the report.")
    ] = False,
) -> None:
    """Open a report in the browser.

    Without a name, it is the report of the dataset. With one, it is the report of `morris
    evaluate`, or else that of `morris audit`. The page is a file on this machine and loads nothing
    from the internet.

    \b
    Example:
        morris open mine
        morris open
    """
    page = find_report(current_project(), name).resolve()
    print(page)
    if not print_only:
        webbrowser.open(page.as_uri())
