"""Write texts with a model of a project, one or many, and check them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from morris_mlx.defaults import RUN_FILE
from morris_mlx.errors import MissingError, StoppedError, UsageError
from morris_mlx.formats.answers import (
    Answer,
    check_output,
    read_answers,
    run_batch,
    settings_digest,
)
from morris_mlx.formats.marked_text import identify_generator
from morris_mlx.formats.prompts import Prompt, read_prompts
from morris_mlx.jobs.events import Note, Progress, Sink, ignore
from morris_mlx.pipeline.ranker import open_ranker
from morris_mlx.project.adapters import ModelSelection, resolve_adapter
from morris_mlx.project.folder import Project
from morris_mlx.project.training_texts import training_texts as texts_of_run
from morris_mlx.records.generation import Finding, GenerationResult, GenerationSettings

if TYPE_CHECKING:
    from morris_mlx.evaluate.candidates import CandidateRanker
    from morris_mlx.generate import Generator
    from morris_mlx.models.chat_formats import ChatFormat
    from morris_mlx.text.pii import LeakFinder


def open_generator(voice: ModelSelection, backend: str, settings: Mapping[str, Any]) -> Generator:
    """Load a model and its adapter for generation. Raises their errors."""
    from morris_mlx.generate import load_generator

    return load_generator(
        voice.model, voice.adapter_folder, backend, system_prompt=voice.system_prompt, **settings
    )


def create_generator(project: Project, selection: ModelSelection, backend: str) -> Generator:
    """Return a generator that loads the selected model on first use.

    Each of its calls may name another adapter of the project by `adapter=`.
    """
    from morris_mlx.generate import generator_for

    adapter = None if selection.adapter is None else selection.adapter.name
    find = partial(resolve_adapter, project)
    return generator_for(selection.model, backend, adapter=adapter, find_adapter=find)


def training_texts(project: Project, voice: ModelSelection) -> Iterable[str]:
    """Return the texts that the adapter was trained on, none for the base alone.

    Raises MissingError when they are not known.
    """
    if voice.adapter is None:
        return ()
    if voice.adapter.run is None:
        raise MissingError(
            f"{voice.adapter.folder} has no {RUN_FILE}, so its training texts are not known and "
            "copies of them cannot be found. Leave --check out."
        )
    return texts_of_run(project, voice.adapter.run)


def chat_format_of(voice: ModelSelection) -> ChatFormat:
    """Return the chat format of the selected model."""
    from morris_mlx.models.chat_tokenizer import load_tokenizer

    return load_tokenizer(voice.model.folder).chat_format


def find_faults(
    result: GenerationResult,
    learned: Iterable[str],
    leaks: LeakFinder | None,
    chat_format: ChatFormat | None = None,
) -> tuple[Finding, ...]:
    """Return the findings of all checks in a reply and its alternatives.

    `chat_format` is the model's, None for Zephyr's; `learned` has the adapter's training texts.
    """
    from morris_mlx.audit.leaks import find_redacted
    from morris_mlx.evaluate import check_text

    texts = list(learned)
    replies = (result, *result.alternatives)
    return tuple(
        finding
        for reply in replies
        for finding in (
            *check_text(reply.text, reply.finish_reason, texts, chat_format),
            *find_redacted(reply.text, leaks),
        )
    )


@dataclass(frozen=True, slots=True)
class BatchRequest:
    """Many prompts of a file, to be answered in another file.

    With `check` the answers are compared with the training texts and searched for private items.
    With `best_of` the `num_return_sequences` replies to a prompt are candidates, of which the best
    one is the answer.
    """

    file: Path
    output: Path
    backend: str
    settings: Mapping[str, Any]
    check: bool = False
    best_of: bool = False


@dataclass(frozen=True, slots=True)
class BatchResult:
    """Answers that were there, answers that were added, and what is wrong, by the prompt's ID.

    `refused` are errors of prompts that cannot be answered; `faults` are findings of the checks.
    `poor` are the IDs of answers all of whose candidates had faults.
    """

    found: int
    answered: int
    faults: Mapping[str, list[str]]
    refused: Mapping[str, str]
    poor: Sequence[str] = ()


def answer_file(
    project: Project, voice: ModelSelection, request: BatchRequest, sink: Sink = ignore
) -> BatchResult:
    """Answer the prompts that `output` does not answer yet.

    A prompt that cannot be answered gets a row with its error, and the others are answered.

    Raises UsageError for files that cannot be used, StoppedError when it is stopped; answered
    prompts stay answered.
    """
    prompts = read_prompts(request.file)
    output, settings = request.output, request.settings
    check_output(output)
    if output.exists() and output.samefile(request.file):
        raise UsageError(f"--output is the file of the prompts ({output}). Give a new file.")
    learned = list(training_texts(project, voice)) if request.check else []
    leaks = _leak_finder(project, voice, sink) if request.check else None
    ranker = open_ranker(project, voice, sink) if request.best_of else None
    chosen = GenerationSettings(**settings)
    writer = identify_generator(voice.model.name, voice.adapter_folder, settings["strength"])
    known = replace(chosen, model_name=voice.model.name, system_prompt=voice.system_prompt)

    def answer_many(left: Sequence[Prompt]) -> Iterator[tuple[int, Answer]]:
        with open_generator(voice, request.backend, settings) as generator:
            for number, answer in _answers(generator, left, chosen.seed, sink):
                if ranker is not None and isinstance(answer, GenerationResult):
                    answer = _best(ranker, left[number], answer)
                yield number, answer

    try:
        batch = run_batch(prompts, output, writer, settings_digest(known, writer), answer_many)
    except KeyboardInterrupt:
        raise StoppedError(
            f"Stopped. The answers so far are in {output}. Run the same command again to continue."
        ) from None
    chat_format = chat_format_of(voice)
    faults = dict(_faults(output, learned, leaks, chat_format)) if request.check else {}
    poor = [
        str(row["id"])
        for row in (read_answers(output) if request.best_of else ())
        if row.get("candidates") and row["candidates"][0]["faults"]
    ]
    return BatchResult(batch.found, batch.answered, faults, batch.refused, poor)


def _best(ranker: CandidateRanker, prompt: Prompt, result: GenerationResult) -> GenerationResult:
    from morris_mlx.evaluate.candidates import chosen_of

    request = prompt.messages[-1].content
    return chosen_of(ranker.rank(request, (result, *result.alternatives)))


def _leak_finder(project: Project, voice: ModelSelection, sink: Sink) -> LeakFinder | None:
    from morris_mlx.audit.leaks import build_leak_finder

    return build_leak_finder(project, voice.adapter_folder, lambda text: sink(Note("leaks", text)))


def _answers(
    generator: Generator, left: Sequence[Prompt], seed: int | None, sink: Sink
) -> Iterator[tuple[int, Answer]]:
    """Yield the place and the answer of each prompt, in order."""
    answers = generator.try_many(
        [prompt.messages for prompt in left],
        [seed if prompt.seed is None else prompt.seed for prompt in left],
    )
    for done, answer in enumerate(answers):
        if isinstance(answer, UsageError):
            last = "the last was refused"
        else:
            last = f"{answer.tokens} tokens in the last"
        sink(Progress("answering:", done + 1, len(left), f"{done + 1} of {len(left)}, {last}"))
        yield done, answer


def _faults(
    output: Path, learned: Sequence[str], leaks: LeakFinder | None, chat_format: ChatFormat
) -> Iterator[tuple[str, list[str]]]:
    """Yield the ID and the faults of each answer that does not pass the checks."""
    for row in read_answers(output):
        if "error" in row:
            continue
        result = GenerationResult(row["text"], row["finish_reason"], 0, row["tokens"], 0.0, 0.0)
        if found := find_faults(result, learned, leaks, chat_format):
            yield row["id"], [f"{finding.kind}: {finding.detail}" for finding in found]
