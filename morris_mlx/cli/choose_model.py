"""Selection of the model for a command that generates, with the conversion of a GGUF file."""

from __future__ import annotations

from morris_mlx.cli.options import named_adapter
from morris_mlx.cli.output import event_sink, say
from morris_mlx.errors import UsageError
from morris_mlx.pipeline.adapters import newest_adapter
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


def choose_adapter(
    project: Project, name: str | None, adapter: str | None, model: str | None, base: bool
) -> str | None:
    """Return the adapter to talk to: the named one, else the newest of the project, or None.

    With `base` or a named model alone, no adapter is looked for. What was chosen without a name is
    said on stderr. Raises UsageError for contradictory arguments.
    """
    named = named_adapter([name], adapter)
    if base and named is not None:
        raise UsageError(f"--base takes no adapter, but {named} is named. Leave one of them out.")
    if named is not None or base or model is not None:
        return named
    newest = newest_adapter(project)
    if newest is None:
        say(
            "There is no adapter of yours yet, so this is the base alone. An adapter that comes "
            "with Morris: sample-columns."
        )
    else:
        say(f"Your newest adapter: {newest}. Another one: give its name; the base alone: --base.")
    return newest
