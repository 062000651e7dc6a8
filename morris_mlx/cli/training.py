"""What `morris train` and `morris demo` do alike: run a training and show how it goes."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType
from typing import TYPE_CHECKING

from morris_mlx import store
from morris_mlx.cli.output import Progress, progress, say
from morris_mlx.errors import MorrisError
from morris_mlx.records import DatasetCard, TrainRun, TrainSettings
from morris_mlx.settings import Project

if TYPE_CHECKING:
    from morris_mlx.train import Report


def run_training(
    project: Project, name: str, base: str, card: DatasetCard, settings: TrainSettings
) -> TrainRun:
    """Train on the present dataset with progress on stderr and Ctrl-C as a polite stop."""
    from morris_mlx.models import find_model
    from morris_mlx.prompt import load_tokenizer
    from morris_mlx.train import TrainHooks, TrainJob, train_adapter

    files = find_model(base)
    if load_tokenizer(files.folder).digest != card.tokenizer:
        raise MorrisError(
            f"The dataset was prepared for the tokenizer of {card.model}, and {base} has another. "
            f"Run `morris prepare --model {base}` first."
        )
    if card.window > files.window:
        raise MorrisError(
            f"The dataset's rows have up to {card.window} tokens and {base} reads {files.window}. "
            f"Run `morris prepare --model {base}` first."
        )
    examples = store.read_dataset(store.find_dataset(project))
    store.open_project(project)
    job = TrainJob(
        name=name,
        model=files,
        train=examples["train"],
        valid=examples["valid"],
        settings=settings,
        window=card.window,
        system_prompt=card.system_prompt,
        dataset_digest=card.digest,
        folder=project.adapter(name),
        token_cache=project.token_cache,
    )
    with progress("training") as line, stop_on_signal() as stop:
        line.show("loading the model …")
        hooks = TrainHooks(lambda event: _show(line, event), lambda: stop[0])
        return train_adapter(job, hooks)


@contextmanager
def stop_on_signal() -> Iterator[list[bool]]:
    """[False], and [True] after a first Ctrl-C or SIGTERM; the second one interrupts at once."""
    stop = [False]

    def handler(number: int, frame: FrameType | None) -> None:
        if stop[0]:
            raise KeyboardInterrupt
        stop[0] = True
        say("\nFinishing this step; once more Ctrl-C stops at once.")

    old = {s: signal.signal(s, handler) for s in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield stop
    finally:
        for number, previous in old.items():
            signal.signal(number, previous)


def _show(line: Progress, event: Report) -> None:
    from morris_mlx.train import Notice, ValidReport

    if isinstance(event, Notice):
        line.keep(event.text)
        return
    if isinstance(event, ValidReport):
        mark = "  ← best so far" if event.best else ""
        line.keep(f"step {event.step:>5} of {event.steps}  held-out loss {event.loss:.4f}{mark}")
        return
    minutes, seconds = divmod(round(event.seconds_left), 60)
    line.show(
        f"{event.step}/{event.steps}  loss {event.loss:.3f}  "
        f"{event.tokens_per_second:,.0f} tokens/s  peak {event.peak_memory_gb:.1f} GB  "
        f"{minutes}:{seconds:02} left"
    )


def describe(run: TrainRun, project: Project) -> str:
    lines = [
        f"{run.trainable_parameters:,} parameters (scale {run.settings.scale:g}) trained on "
        f"{run.supervised_tokens:,} tokens in {run.seconds:.0f} s, "
        f"peak memory {run.peak_memory_gb:.1f} GB",
    ]
    if run.best_valid_loss is None:
        lines.append("No held-out loss was measured before the stop.")
    else:
        drop = 100 * (1 - run.best_valid_loss / run.base_valid_loss)
        lines.append(
            f"Held-out loss {run.base_valid_loss:.4f} → {run.best_valid_loss:.4f} "
            f"({abs(drop):.1f} % {'lower' if drop >= 0 else 'higher'}) at step {run.best_step}"
        )
        if drop <= 0:
            lines.append("It learned nothing: try a higher --learning-rate or collect more texts.")
    lines.append(f"Adapter: {project.adapter(run.name)}")
    lines.append(f"Next: morris chat --adapter {run.name}")
    return "\n".join(lines)


def figures(run: TrainRun) -> dict[str, object]:
    return {
        "name": run.name,
        "base_model": run.base_model,
        "scale": run.settings.scale,
        "trainable_parameters": run.trainable_parameters,
        "base_valid_loss": run.base_valid_loss,
        "best_valid_loss": run.best_valid_loss,
        "best_step": run.best_step,
        "seconds": run.seconds,
        "peak_memory_gb": run.peak_memory_gb,
        "stopped": run.stopped,
    }
