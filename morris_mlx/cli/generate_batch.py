"""`morris generate --file`: many prompts → a file of answers that grows row by row."""

from __future__ import annotations

from typing import Any

from morris_mlx.cli.output import event_sink, print_json, say
from morris_mlx.errors import MorrisError, RefusedError
from morris_mlx.pipeline.generate import BatchRequest, answer_file
from morris_mlx.project.adapters import ModelSelection
from morris_mlx.project.folder import current_project
from morris_mlx.text.numbers import counted


def answer_prompts(voice: ModelSelection, request: BatchRequest, as_json: bool) -> None:
    """Answer a file of prompts and print the counts.

    Raises RefusedError for faulty answers, and MorrisError for prompts that cannot be answered.
    """
    with event_sink() as sink:
        batch = answer_file(current_project(), voice, request, sink)
    output = request.output
    if as_json:
        counts: dict[str, Any] = {"found": batch.found, "answered": batch.answered}
        faults = {"faults": dict(batch.faults)} if request.check else {}
        errors = {"errors": dict(batch.refused)} if batch.refused else {}
        poor = {"poor": list(batch.poor)} if request.best_of else {}
        print_json(counts | {"output": str(output)} | errors | faults | poor)
    say(f"{batch.answered} answered now, {batch.found} answered before: {output}.")
    if batch.poor:
        say(f"All candidates of {counted(len(batch.poor), 'answer')} have faults (`candidates`).")
    listed = "".join(f"\n  {name}: {why}" for name, why in batch.refused.items())
    refused = f"{counted(len(batch.refused), 'prompt')} cannot be answered:{listed}"
    if batch.faults:
        if batch.refused:
            say(refused)
        listed = "".join(f"\n  {name}: {'; '.join(what)}" for name, what in batch.faults.items())
        many = "1 answer" if len(batch.faults) == 1 else f"{len(batch.faults)} answers"
        raise RefusedError(f"{many} in {output} did not pass the checks:{listed}")
    if batch.refused:
        raise MorrisError(f"{refused}\nThe others are answered in {output}.")
