"""Train an adapter of a project on its dataset, and go on with a training that was interrupted."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, fields, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from morris_mlx.defaults import ADAPTER_WEIGHTS, RUN_FILE
from morris_mlx.errors import (
    MissingError,
    MorrisError,
    OutOfMemoryError,
    RefusedError,
    is_out_of_memory,
)
from morris_mlx.files import PRIVATE_FILE, cannot_write, make_folder
from morris_mlx.jobs.events import (
    BEST_VALID_LOSS,
    LOSS,
    PEAK_MEMORY_GB,
    SECONDS_LEFT,
    TOKENS_PER_SECOND,
    VALID_LOSS,
    VOICE,
    Event,
    Metric,
    Note,
    Progress,
    Sample,
    Sink,
    ignore,
)
from morris_mlx.jobs.keep_awake import kept_awake
from morris_mlx.jobs.progress_line import DETAIL, TRAINING
from morris_mlx.jobs.signals import stop_on_signal
from morris_mlx.jobs.supervisor import (
    begin_child,
    end_with_the_peers,
    is_first_machine,
    lowered_times,
)
from morris_mlx.models.find_adapter import read_run
from morris_mlx.pipeline.convert import report_download
from morris_mlx.pipeline.first_use import ready_model
from morris_mlx.pipeline.voice_meter import VoiceMeter
from morris_mlx.project.adapters import (
    CHECKPOINTS,
    LOG_FILE,
    check_adapter_name,
    has_checkpoints,
    is_being_trained,
)
from morris_mlx.project.datasets import find_dataset, read_card, read_dataset
from morris_mlx.project.folder import Project, open_project
from morris_mlx.records.corpus import DatasetCard, Message
from morris_mlx.records.training import TrainRun, TrainSettings

if TYPE_CHECKING:
    from morris_mlx.train import Report, TrainJob

SAMPLE_PROMPTS = 3  # held-out requests that a training answers at each validation
SAMPLE_TOKENS = 60  # of each answer: enough to judge the style by


@dataclass(frozen=True, slots=True)
class TrainRequest:
    """A new training: the adapter's name, the base model, the settings.

    `force` trains although the plan says that it does not fit into memory.
    """

    name: str
    base: str
    settings: TrainSettings
    force: bool = False


@dataclass(frozen=True, slots=True)
class ResumeRequest:
    """A training to go on with. `given` settings may only repeat those of the run."""

    name: str
    given: Mapping[str, Any] = field(default_factory=dict)
    force: bool = False


def train(
    project: Project, request: TrainRequest, card: DatasetCard, sink: Sink = ignore
) -> TrainRun:
    """Train on the dataset of `card`. Ctrl-C and SIGTERM end it after the step, saved.

    Raises MorrisError for a dataset that was prepared for another tokenizer or a wider window,
    and OutOfMemoryError, and the errors of the train room.
    """
    settings, change = _lowered(request.settings)
    job = _job(project, request.name, request.base, card, settings, sink)
    return _run(project, replace(job, change=change, force=request.force), sink)


def resume(project: Project, request: ResumeRequest, sink: Sink = ignore) -> TrainRun:
    """Go on from the last checkpoint; return the run as it is when it had ended before.

    Raises MissingError when nothing of the training was saved, and MorrisError or RefusedError as
    the train room does.
    """
    from morris_mlx.train import unfinished_run

    name = request.name
    folder = project.adapter(name)
    run = unfinished_run(folder)
    if run is None and not has_checkpoints(folder):
        return _ended_run(folder, name, sink)
    if run is None:
        raise MorrisError(
            f"Every checkpoint in {folder / CHECKPOINTS} is damaged. The best adapter so far is "
            "intact: keep it, or start again with --replace."
        )
    dataset = find_dataset(project, run.dataset_digest)
    settings, change = _lowered(replace(run.settings, **request.given))
    job = _job(project, name, run.base_model, read_card(dataset), settings, sink)
    return _run(project, replace(job, resume=True, change=change, force=request.force), sink)


def _ended_run(folder: Path, name: str, sink: Sink) -> TrainRun:
    """Return the run of a training that has ended. Raises MissingError if it has only begun."""
    run = read_run(folder) if (folder / RUN_FILE).exists() else None
    if run is None or run.stopped:
        replaced = " --replace" if (folder / ADAPTER_WEIGHTS).exists() else ""
        raise MissingError(
            f"There is no checkpoint of the training of {name}, so it cannot be resumed. Start it "
            f"again: morris train --name {name}{replaced}"
        )
    sink(Note("finished", f"The training of {name} has ended; there is nothing to resume."))
    return replace(run, name=name)


def _lowered(settings: TrainSettings) -> tuple[TrainSettings, str]:
    """Return the settings with less memory that the supervisor asked for, and the change."""
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
            "Memory ran out, and no setting is left that can be lowered without losing "
            "quality. `morris plan` proposes fewer bits, a shorter window or fewer layers for "
            "a new run."
        )
    new = [
        f for f in fields(TrainSettings) if getattr(lowered, f.name) != getattr(settings, f.name)
    ]
    parts = (f"{f.name} {getattr(settings, f.name)} → {getattr(lowered, f.name)}" for f in new)
    return lowered, f"Memory ran out: {', '.join(parts)}."


def _job(
    project: Project,
    name: str,
    base: str,
    card: DatasetCard,
    settings: TrainSettings,
    sink: Sink,
) -> TrainJob:
    from morris_mlx.models.chat_tokenizer import load_tokenizer
    from morris_mlx.models.config import read_config
    from morris_mlx.models.find import find_model
    from morris_mlx.models.judge import require_trainable_base
    from morris_mlx.train import TrainJob

    ready_model(base, sink)
    # Only the small files at first, so that errors appear before a download of many gigabytes.
    files = find_model(base, tokenizer_only=True, report=report_download(sink))
    require_trainable_base(read_config(files.folder), base)
    if difference := load_tokenizer(files.folder).difference_from(card):
        raise MorrisError(
            f"The dataset was prepared for the {difference} of {card.model}, and that of {base} is "
            f"different. Run `morris prepare --model {base}` first."
        )
    if card.window > files.window:
        raise MorrisError(
            f"The dataset's rows may have {card.window} tokens, and {base} reads at most "
            f"{files.window}. "
            f"Run `morris prepare --model {base}` first."
        )
    files = find_model(base, report=report_download(sink))
    examples = read_dataset(find_dataset(project, card.digest))
    folder = project.adapter(name)
    return TrainJob(
        name=folder.name,
        model=files,
        train=examples["train"],
        valid=examples["valid"],
        settings=settings,
        window=card.window,
        system_prompt=card.system_prompt,
        dataset_digest=card.digest,
        folder=folder,
        token_cache=project.token_cache,
        lengths=card.lengths.get("train", ()),
    )


def _run(project: Project, job: TrainJob, sink: Sink) -> TrainRun:
    from morris_mlx.train import TrainHooks, train_adapter

    open_project(project)
    with (
        kept_awake(),
        stop_on_signal(lambda text: sink(Note("stopping", text))) as stop,
        logging_to(job.folder / LOG_FILE),
    ):
        begin_child(lambda: stop.__setitem__(0, True))
        end_with_the_peers()
        sink(Progress(TRAINING, detail="loading the model …"))
        report = _Reporter(sink)
        voice = VoiceMeter(job) if job.settings.select == "voice" else None
        hooks = TrainHooks(report, lambda: stop[0], _samples(job, report), voice)
        try:
            return train_adapter(job, hooks)
        except (MemoryError, RuntimeError) as error:
            if not is_out_of_memory(error):
                raise
            saved = has_checkpoints(job.folder)
            resume = f"; `morris train --resume {job.name}` continues from the last checkpoint"
            raise OutOfMemoryError(
                f"Memory ran out ({error}). `morris plan` says what fits{resume if saved else ''}."
            ) from error


class _Reporter:
    """A listener that turns the reports of a training into events, and knows the last step."""

    def __init__(self, sink: Sink) -> None:
        self.sink = sink
        self.step = 0

    def __call__(self, report: Report) -> None:
        for event in self._events(report):
            self.sink(event)

    def _events(self, report: Report) -> Iterator[Event]:
        from morris_mlx.train import Notice, ValidReport

        if isinstance(report, Notice):
            yield Note(DETAIL, report.text)
            return
        self.step = report.step
        if isinstance(report, ValidReport):
            if report.best:
                yield Metric(report.step, BEST_VALID_LOSS, report.loss)
            yield Progress(TRAINING, report.step, report.steps)
            yield Metric(report.step, VALID_LOSS, report.loss)
            if report.voice is not None:
                yield Metric(report.step, VOICE, report.voice)
            return
        for name, value in (
            (LOSS, report.loss),
            (TOKENS_PER_SECOND, report.tokens_per_second),
            (PEAK_MEMORY_GB, report.peak_memory_gb),
            (SECONDS_LEFT, report.seconds_left),
        ):
            yield Metric(report.step, name, value)
        yield Progress(TRAINING, report.step, report.steps)


def _samples(job: TrainJob, report: _Reporter) -> Callable[[Any], dict[str, str]]:
    """Return a function that answers the same three held-out requests with a model."""
    from morris_mlx.generate import generator_for_loaded

    requests: dict[str, tuple[Message, ...]] = {}
    for example in job.valid:
        asked = example.messages[:-1]
        if asked and asked[-1].role == "user" and len(requests) < SAMPLE_PROMPTS:
            requests[asked[-1].content] = asked

    def write(model: Any) -> dict[str, str]:
        with generator_for_loaded(model, job.model, max_tokens=SAMPLE_TOKENS, seed=0) as generator:
            answers = generator.generate_many(list(requests.values()))  # with a seed: one batch
            texts = {text: answer.text for text, answer in zip(requests, answers, strict=True)}
        for prompt, text in texts.items():
            report.sink(Sample(report.step, prompt, text))
        return texts

    return write


class _QuietFile(logging.FileHandler):
    """A log file that drops records which cannot be written, such as on a full disk."""

    def handleError(self, record: logging.LogRecord) -> None:  # logging's own name  # noqa: N802
        pass


@contextmanager
def logging_to(path: Path) -> Iterator[None]:
    """Write the log of the train room to a private file; it never contains texts."""
    make_folder(path.parent)
    try:
        path.touch(mode=PRIVATE_FILE)
        handler = _QuietFile(path, encoding="utf-8")
    except OSError as error:
        raise cannot_write(path, error) from error
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


def check_name(project: Project, name: str, replace_adapter: bool) -> None:
    """Check that a training may write the adapter `name`.

    Raises UsageError for a malformed name and for that of a built-in adapter. Without
    `replace_adapter`, raises RefusedError when the adapter exists or its training was interrupted;
    in any case while a training of it is running.
    """
    check_adapter_name(name)
    # On several machines the first one may have begun.
    if is_first_machine() and is_being_trained(project.adapter(name)):
        raise RefusedError(
            f"A training of {name} is running. Wait for it (`morris jobs` shows it), or choose "
            "another --name."
        )
    if replace_adapter:
        return
    if has_checkpoints(project.adapter(name)):
        raise RefusedError(
            f"There is an unfinished training of {name}. Continue it with `morris train "
            f"--resume {name}`, or start again with --replace."
        )
    if (project.adapter(name) / ADAPTER_WEIGHTS).exists():
        raise RefusedError(
            f"{project.adapter(name)} exists already. Choose another --name, or replace it with "
            "--replace."
        )
