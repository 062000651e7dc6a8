"""Conversion of a GGUF file when a command uses it for the first time."""

from __future__ import annotations

from morris_mlx.jobs.events import Note, Sink, ignore
from morris_mlx.pipeline.convert import convert, gigabytes, plan_conversion

CONVERSION = "conversion"  # the key of the note that a file is converted


def ready_model(name: str | None, sink: Sink = ignore) -> None:
    """Convert the GGUF file that a model's name refers to, unless it was converted before.

    The name may be a path, begin with `ollama:` or `lmstudio:`, or be `smollm2`, which refers to
    the wheel's file if the hub cannot be reached. Nothing is done for other names and for None.

    Raises MissingError for an unknown name, and the errors of a conversion.
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
