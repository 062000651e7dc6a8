"""Convert a model's weights to MLX, quantized or not."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from morris_mlx.errors import MorrisError
from morris_mlx.jobs.events import Progress, Sink, ignore
from morris_mlx.models.catalog import PRACTICE_MODEL
from morris_mlx.models.converted import Precision

if TYPE_CHECKING:
    from morris_mlx.convert import ConversionPlan, Converted, Step


def plan_conversion(name: str, precision: Precision | None, sink: Sink = ignore) -> ConversionPlan:
    """Find out what a conversion will download and write. Changes nothing.

    Raises MissingError, RefusedError or MorrisError, as the convert room does.
    """
    from morris_mlx.convert import plan_conversion as plan
    from morris_mlx.models.find import find_stored
    from morris_mlx.models.gguf_source import gguf_source
    from morris_mlx.models.names import parse_model_name

    sink(Progress("looking at the model", detail="…"))
    source = None if name == PRACTICE_MODEL else gguf_source(name)
    if source is None and (stored := find_stored(parse_model_name(name))):
        source = stored.path  # a folder of MLX weights
    if source is None:
        return plan(name, precision)
    return replace(plan(str(source), precision), name=name)


def convert(plan: ConversionPlan, sink: Sink = ignore) -> Converted:
    """Download, convert, verify and compare with the source."""
    from morris_mlx.convert import run_conversion

    return run_conversion(plan, lambda step: sink(progress_of(step)))


def compared(plan: ConversionPlan) -> str:
    """Return what the converted weights were compared with."""
    from morris_mlx.convert.run import compared as compared_with

    return compared_with(plan)


def is_trainable(folder: Path) -> bool:
    """Return True if Morris trains models of the family in a folder."""
    from morris_mlx.models.config import read_config
    from morris_mlx.models.judge import require_trainable_base

    try:
        require_trainable_base(read_config(folder), folder.name)
    except MorrisError:
        return False
    return True


def report_download(sink: Sink) -> Callable[[int, int], None] | None:
    """Return a function that sends the progress of a download, in bytes, to the sink.

    None where events are ignored: the download then shows a bar of its own.
    """
    if sink is ignore:
        return None

    def report(done: int, total: int) -> None:
        if total:
            sink(downloading(done, total))

    return report


def downloading(done: int, total: int) -> Progress:
    """Return the progress of a download as an event."""
    return Progress("downloading", done, total, f"{gigabytes(done)} of {gigabytes(total)}")


def progress_of(step: Step) -> Progress:
    """Return a step of a conversion as an event; downloads and checks count bytes."""
    if step.kind == "convert" and step.total:
        return Progress(
            "converting",
            step.done,
            step.total,
            f"{gigabytes(step.done)} of {gigabytes(step.total)}",
        )
    if step.kind == "convert":
        return Progress("converting …", detail="(a minute or two)")
    if step.kind == "compare":
        return Progress("comparing with the source, layer", step.done, step.total)
    if step.kind == "fetch":
        return downloading(step.done, step.total)
    detail = f"{gigabytes(step.done)} of {gigabytes(step.total)}"
    return Progress("verifying", step.done, step.total, detail)


def gigabytes(size: float) -> str:
    """Return a number of bytes in GB, or in MB below one GB."""
    if size >= 1e9:
        return f"{size / 1e9:.1f} GB"
    return f"{size / 1e6:.0f} MB" if size >= 1e8 else f"{size / 1e6:.1f} MB"
