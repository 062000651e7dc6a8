"""What `morris train` and `morris demo` do alike: run a training and show how it goes."""

from __future__ import annotations

import logging
import signal
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import fields, replace
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING, Any

from morris_mlx.cli.output import Progress, progress, say
from morris_mlx.defaults import SAMPLE_PROMPTS, SAMPLE_TOKENS
from morris_mlx.errors import (
    MorrisError,
    OutOfMemoryError,
    RefusedError,
    is_out_of_memory,
)
from morris_mlx.files import PRIVATE_FILE, make_folder
from morris_mlx.jobs.supervisor import begin_child, end_with_the_peers, lowered_times
from morris_mlx.project.adapters import CHECKPOINTS, LOG_FILE, has_checkpoints, read_run
from morris_mlx.project.datasets import find_dataset, read_card, read_dataset
from morris_mlx.project.folder import Project, open_project
from morris_mlx.records.corpus import DatasetCard, Message
from morris_mlx.records.training import TrainRun, TrainSettings

if TYPE_CHECKING:
    from morris_mlx.train import Report, TrainJob


def run_training(
    project: Project,
    name: str,
    base: str,
    card: DatasetCard,
    settings: TrainSettings,
    force: bool = False,
) -> TrainRun:
    """Train on the present dataset with progress on stderr and Ctrl-C as a polite stop."""
    settings, change = _lowered(settings)
    job = _job(project, name, base, card, settings)
    return _run(project, replace(job, change=change, force=force))


def resume_training(
    project: Project, name: str, given: Mapping[str, Any], force: bool = False
) -> TrainRun:
    """Go on from the last checkpoint of `name`; the run as it is when it had ended before.

    `given` settings must be those of the run. Raises MissingError, MorrisError or RefusedError.
    """
    from morris_mlx.train import unfinished_run

    folder = project.adapter(name)
    run = unfinished_run(folder)
    if run is None and not has_checkpoints(folder):
        finished = read_run(folder)
        say(f"The training of {name} had come to its end; there is nothing to resume.")
        return finished
    if run is None:
        raise MorrisError(
            f"Every checkpoint in {folder / CHECKPOINTS} is damaged. The best adapter so far "
            "is not: keep it, or train anew with --replace."
        )
    dataset = find_dataset(project, run.dataset_digest)
    settings, change = _lowered(replace(run.settings, **given))
    job = _job(project, name, run.base_model, read_card(dataset), settings)
    return _run(project, replace(job, resume=True, change=change, force=force))


def _lowered(settings: TrainSettings) -> tuple[TrainSettings, str]:
    """The settings after what this process was told to give up for memory, and words for it."""
    changes = []
    for _ in range(lowered_times()):
        settings, change = _lower(settings)
        changes.append(change)
    return settings, " ".join(changes)


def _lower(settings: TrainSettings) -> tuple[TrainSettings, str]:
    from morris_mlx.train import reduce_memory

    lowered = reduce_memory(settings)
    if lowered is None:
        raise RefusedError(
            "Memory ran out, and there is nothing left to give up that costs no quality. "
            "`morris plan` proposes fewer bits, a shorter window or fewer layers for a new run."
        )
    new = [
        f for f in fields(TrainSettings) if getattr(lowered, f.name) != getattr(settings, f.name)
    ]
    parts = (f"{f.name} {getattr(settings, f.name)} → {getattr(lowered, f.name)}" for f in new)
    return lowered, f"Memory ran out: {', '.join(parts)}."


def _job(
    project: Project, name: str, base: str, card: DatasetCard, settings: TrainSettings
) -> TrainJob:
    from morris_mlx.models.chat_tokenizer import load_tokenizer
    from morris_mlx.models.find import find_model
    from morris_mlx.train import TrainJob

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
    examples = read_dataset(find_dataset(project, card.digest))
    return TrainJob(
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


def _run(project: Project, job: TrainJob) -> TrainRun:
    from morris_mlx.train import TrainHooks, train_adapter

    open_project(project)
    with (
        progress("training") as line,
        stop_on_signal() as stop,
        logging_to(job.folder / LOG_FILE),
    ):
        begin_child(lambda: stop.__setitem__(0, True))
        end_with_the_peers()
        line.show("loading the model …")
        hooks = TrainHooks(lambda event: _show(line, event), lambda: stop[0], _samples(job))
        try:
            return train_adapter(job, hooks)
        except (MemoryError, RuntimeError) as error:
            if not is_out_of_memory(error):
                raise
            raise OutOfMemoryError(
                f"Memory ran out ({error}). `morris plan` says what fits; "
                f"`morris train --resume {job.name}` goes on from the last checkpoint."
            ) from error


def _samples(job: TrainJob) -> Callable[[Any], dict[str, str]]:
    """Answers to the same three requests of held-out rows, whenever the model is asked."""
    from morris_mlx.generate import generator_around

    requests: dict[str, tuple[Message, ...]] = {}
    for example in job.valid:
        asked = example.messages[:-1]
        if asked and asked[-1].role == "user" and len(requests) < SAMPLE_PROMPTS:
            requests[asked[-1].content] = asked

    def write(model: Any) -> dict[str, str]:
        with generator_around(model, job.model, max_tokens=SAMPLE_TOKENS, seed=0) as generator:
            return {text: generator.generate(asked).text for text, asked in requests.items()}

    return write


class _QuietFile(logging.FileHandler):
    """That the disk is full is told by what fails with it, not by a traceback of the log."""

    def handleError(self, record: logging.LogRecord) -> None:  # logging's own name  # noqa: N802
        pass


@contextmanager
def logging_to(path: Path) -> Iterator[None]:
    """What the train room logs goes to this private file; never anybody's text."""
    make_folder(path.parent)
    try:
        path.touch(mode=PRIVATE_FILE)
        handler = _QuietFile(path, encoding="utf-8")
    except OSError as error:
        raise MorrisError(f"Cannot write {path}: {error.strerror}.") from error
    handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(name)s %(message)s"))
    log = logging.getLogger("morris_mlx")
    log.addHandler(handler)
    log.setLevel(logging.INFO)
    log.propagate = False
    try:
        yield
    finally:
        log.removeHandler(handler)
        with suppress(OSError):
            handler.close()


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
