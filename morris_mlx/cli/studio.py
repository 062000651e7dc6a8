"""`morris studio`: talk with an adapter in the browser, on this machine alone."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from morris_mlx.cli import options
from morris_mlx.cli.output import say
from morris_mlx.defaults import ADAPTER_CONFIG, SAMPLE_ADAPTER, sample_folder
from morris_mlx.errors import MorrisError
from morris_mlx.project.adapters import ModelSelection, read_run, resolve_adapter, select_model
from morris_mlx.project.folder import Project, current_project

if TYPE_CHECKING:
    from morris_mlx.generate import Generator
    from morris_mlx.studio import AdapterCard

Port = Annotated[
    int | None,
    typer.Option(
        "--port", help="The page's port. Default: 7860, or the next free one.", min=1, max=65535
    ),
]
Browser = Annotated[
    bool,
    typer.Option(
        "--open/--no-browser", help="Open the page in the browser, or only print its address."
    ),
]


def studio(
    adapter: options.Adapter = None,
    model: options.Model = None,
    port: Port = None,
    browser: Browser = True,
    backend: options.Backend = "auto",
) -> None:
    """Talk with a model or an adapter in the browser. Ctrl-C ends it.

    The page is for this machine only: it asks nothing of the internet and can be seen by nobody
    else.

    \b
    Example:
        morris studio --adapter sample
    """
    from morris_mlx.studio import Workshop, open_studio

    project = current_project()
    voice = select_model(project, model, adapter, None)
    with make_speaker(project, voice, adapter, backend) as speaker:

        def prepare(tell: Callable[[str], None]) -> None:
            tell(f"Loading {voice.model.name} …")
            speaker.prepare()

        workshop = Workshop(
            speaker,
            prepare,
            lambda: adapter_cards(project, adapter, voice),
            voice.model.name,
            adapter,
        )
        open_studio(workshop, port, browser, lambda address: say(f"{address}  (Ctrl-C ends it)"))


def make_speaker(
    project: Project, voice: ModelSelection, adapter: str | None, backend: str
) -> Generator:
    """Who speaks on the page. It loads nothing yet."""
    from morris_mlx.generate import generator_for

    return generator_for(
        voice.model, backend, adapter=adapter, find_adapter=partial(resolve_adapter, project)
    )


def adapter_cards(project: Project, named: str | None, voice: ModelSelection) -> list[AdapterCard]:
    """What the page lets one choose: the adapters on this base, and the one that was named."""
    from morris_mlx.studio import AdapterCard

    folders = {path.parent.name: path.parent for path in _configs(project.adapters)}
    folders.setdefault(SAMPLE_ADAPTER, sample_folder() / "adapters" / SAMPLE_ADAPTER)
    cards = []
    if named is not None and voice.adapter is not None:
        folders.pop(named, None)
        day = _day(voice.adapter.folder)
        cards.append(AdapterCard(named, voice.system_prompt, voice.model.name, day))
    for name, folder in sorted(folders.items()):
        try:
            run = read_run(folder)
        except MorrisError:
            continue  # mlx-lm's own, whose base is not known, or a damaged one
        if run.base_model == voice.model.name:
            cards.append(AdapterCard(name, run.system_prompt, run.base_model, _day(folder)))
    return cards


def _configs(adapters: Path) -> list[Path]:
    return sorted(adapters.glob(f"*/{ADAPTER_CONFIG}"))


def _day(folder: Path) -> str:
    """When the adapter was written, as ISO 8601; "" when it is being replaced just now."""
    try:
        written = (folder / ADAPTER_CONFIG).stat().st_mtime
    except OSError:
        return ""
    return datetime.fromtimestamp(written).isoformat(timespec="seconds")
