"""`morris generate --file`: many prompts → a file of answers that an interruption does not lose."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from morris_mlx.audit.leaks import leak_finder
from morris_mlx.cli.generate import find_faults, open_generator, training_texts
from morris_mlx.cli.output import print_json, progress, say
from morris_mlx.errors import RefusedError, StoppedError, UsageError
from morris_mlx.formats.answers import check_output, run_batch, settings_digest
from morris_mlx.formats.marked_text import writer_of
from morris_mlx.formats.prompts import Prompt, read_prompts
from morris_mlx.project.adapters import ModelSelection
from morris_mlx.project.folder import current_project
from morris_mlx.records.generation import GenerationResult, GenerationSettings
from morris_mlx.text.pii import LeakFinder

if TYPE_CHECKING:
    from morris_mlx.generate import Generator


def generate_file(
    file: Path,
    output: Path,
    voice: ModelSelection,
    backend: str,
    settings: Mapping[str, Any],
    check: bool,
    as_json: bool,
) -> None:
    """Answers what `output` does not answer yet. With `check`, raises RefusedError for faults."""
    prompts = read_prompts(file)
    check_output(output)
    if output.exists() and output.samefile(file):
        raise UsageError(f"{output} is the file of the prompts. Name a new file by --output.")
    learned = list(training_texts(voice)) if check else []
    leaks = leak_finder(current_project(), voice.adapter_folder, say) if check else None
    chosen = GenerationSettings(**settings)
    writer = writer_of(voice.model.name, voice.adapter_folder, settings["strength"])
    known = replace(chosen, model_name=voice.model.name, system_prompt=voice.system_prompt)

    def answer_many(left: Sequence[Prompt]) -> Iterator[tuple[int, GenerationResult]]:
        with open_generator(voice, backend, settings) as generator:
            yield from _answers(generator, file, left, chosen.seed)

    try:
        batch = run_batch(prompts, output, writer, settings_digest(known, writer), answer_many)
    except KeyboardInterrupt:
        raise StoppedError(
            f"Stopped. What was answered is in {output}; the same command goes on."
        ) from None
    faults = dict(_faults(output, learned, leaks)) if check else {}
    if as_json:
        counts: dict[str, Any] = {"found": batch.found, "answered": batch.answered}
        print_json(counts | {"output": str(output)} | ({"faults": faults} if check else {}))
    say(f"{batch.answered} answered, {batch.found} were there: {output}.")
    if faults:
        listed = "".join(f"\n  {name}: {'; '.join(what)}" for name, what in faults.items())
        many = "1 answer" if len(faults) == 1 else f"{len(faults)} answers"
        raise RefusedError(f"Of what is in {output}, the checks refuse {many}:{listed}")


def _answers(
    generator: Generator, file: Path, left: Sequence[Prompt], seed: int | None
) -> Iterator[tuple[int, GenerationResult]]:
    """(place, answer) in order. A prompt that cannot be answered is named by its id."""
    answers = generator.generate_many(
        [prompt.messages for prompt in left],
        [seed if prompt.seed is None else prompt.seed for prompt in left],
    )
    done = 0
    with progress("answering:") as line:
        try:
            for result in answers:
                line.show(f"{done + 1} of {len(left)}, {result.tokens} tokens in the last")
                yield done, result
                done += 1
        except UsageError as error:
            raise UsageError(f"{file}, the prompt of id {left[done].id!r}: {error}") from error


def _faults(
    output: Path, learned: Sequence[str], leaks: LeakFinder | None
) -> Iterator[tuple[str, list[str]]]:
    """(id, what is wrong) of the answers that do not pass the checks."""
    for line in output.read_text(encoding="utf-8").rstrip("\n").split("\n"):
        row = json.loads(line)
        result = GenerationResult(row["text"], row["finish_reason"], 0, row["tokens"], 0.0, 0.0)
        if found := find_faults(result, learned, leaks):
            yield row["id"], [f"{finding.kind}: {finding.detail}" for finding in found]
