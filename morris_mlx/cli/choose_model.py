"""The model of a command that generates: found, and converted first if it is a GGUF file."""

from __future__ import annotations

from morris_mlx.cli.output import event_sink
from morris_mlx.pipeline.first_use import ready_model
from morris_mlx.project.adapters import ModelSelection, select_model
from morris_mlx.project.folder import Project


def choose_model(
    project: Project, model: str | None, adapter: str | None, system_prompt: str | None
) -> ModelSelection:
    """Return the selection as `select_model` does; the progress of a conversion is shown."""
    with event_sink() as sink:
        ready_model(model, sink)
    return select_model(project, model, adapter, system_prompt)
