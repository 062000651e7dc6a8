"""Selection of the model for a command that generates, with the conversion of a GGUF file."""

from __future__ import annotations

from morris_mlx.cli.output import event_sink
from morris_mlx.pipeline.first_use import ready_model
from morris_mlx.project.adapters import ModelSelection, select_model
from morris_mlx.project.folder import Project


def choose_model(
    project: Project, model: str | None, adapter: str | None, system_prompt: str | None
) -> ModelSelection:
    """Convert the model if it is a GGUF file, showing the progress, and return the selection."""
    with event_sink() as sink:
        ready_model(model, sink)
    return select_model(project, model, adapter, system_prompt)
