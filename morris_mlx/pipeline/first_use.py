"""GGUF files as models: converted when a command is given one for the first time."""

from __future__ import annotations

from morris_mlx.jobs.events import Note, Sink, ignore
from morris_mlx.pipeline.convert import convert, gigabytes, plan_conversion

CONVERSION = "conversion"  # the key of the note that a file is converted


def ready_model(name: str | None, sink: Sink = ignore) -> None:
    """Convert the GGUF file that a model's name means, unless that was done before.

    The file may be named by its path, by `ollama:` or `lmstudio:`, or be that of the wheel with
    SmolLM2 where the hub cannot be reached. Other names, and None, need nothing.

    Raises MissingError for a name that means nothing, and the errors of a conversion.
    """
    from morris_mlx.models.gguf_source import gguf_to_convert

    if name is None or gguf_to_convert(name) is None:
        return
    plan = plan_conversion(name, None, sink)
    size = gigabytes(plan.converted_bytes)
    sink(
        Note(
            CONVERSION, f"{name} is a GGUF file. It is converted once, to {size} in {plan.target}."
        )
    )
    convert(plan, sink)
