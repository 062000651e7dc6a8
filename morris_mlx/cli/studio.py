"""`morris studio`: chat with a model or an adapter in the browser, on this machine only."""

from __future__ import annotations

from typing import Annotated

import typer

from morris_mlx.cli import options
from morris_mlx.cli.choose_model import choose_adapter, choose_model
from morris_mlx.cli.output import say
from morris_mlx.pipeline.generate import create_generator
from morris_mlx.project.adapters import adapter_cards
from morris_mlx.project.folder import current_project

Port = Annotated[
    int | None,
    typer.Option(
        "--port", help="Port of the page. Default: 7860, or the next free one.", min=1, max=65535
    ),
]
Browser = Annotated[
    bool,
    typer.Option(
        "--open/--no-browser", help="Open the page in the browser, or only print its address."
    ),
]


def studio(
    name: options.AdapterName = None,
    adapter: options.SameAsName = None,
    model: options.Model = None,
    base: options.Base = False,
    port: Port = None,
    browser: Browser = True,
    backend: options.Backend = "auto",
) -> None:
    """Chat with a model or an adapter in the browser. Press Ctrl-C to stop.

    The page loads nothing from the internet, and no other machine can open it.

    \b
    Example:
        morris studio
        morris studio sample-columns
    """
    from morris_mlx.studio import StudioContext, open_studio

    project = current_project()
    chosen = choose_adapter(project, name, adapter, model, base)
    selection = choose_model(project, model, chosen, None)
    with create_generator(project, selection, backend) as generator:
        context = StudioContext(
            generator, lambda: adapter_cards(project, selection), selection.model.name, chosen
        )
        open_studio(context, port, browser, lambda address: say(f"{address}  (Ctrl-C to stop)"))
