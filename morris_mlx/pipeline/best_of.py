"""The best of several candidates of a text, chosen by judges of the adapter's author.

request = BestOfRequest(("Write about rain.",), 8, "auto", {"seed": 1})
for result in write_best(project, selection, request):
    print(result.text, result.candidates[0].score)
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from morris_mlx.errors import UsageError, check_range
from morris_mlx.jobs.events import Progress, Sink, ignore
from morris_mlx.pipeline.generate import open_generator
from morris_mlx.pipeline.ranker import open_ranker
from morris_mlx.project.adapters import ModelSelection
from morris_mlx.project.folder import Project
from morris_mlx.records.generation import MAX_CANDIDATES, GenerationResult


@dataclass(frozen=True, slots=True)
class BestOfRequest:
    """Prompts, the number of candidates of each, and the settings of the generator."""

    prompts: Sequence[str]
    count: int
    backend: str = "auto"
    settings: Mapping[str, Any] | None = None


def check_candidates(
    count: int, settings: Mapping[str, Any], option: str = "the number of candidates"
) -> None:
    """Raise UsageError for a number of candidates that is impossible with the settings."""
    check_range(option, count, 1, MAX_CANDIDATES)
    if (settings.get("num_beams") or 1) > 1:
        raise UsageError(
            "The best of several candidates is chosen among sampled texts, and a beam search "
            "samples none. Leave one of the two out."
        )
    greedy = settings.get("temperature") == 0 or settings.get("do_sample") is False
    if count > 1 and greedy:
        raise UsageError(
            f"There are to be {count} candidates, but a temperature of 0 gives only one. Raise it, "
            "or ask for one candidate."
        )


def write_best(
    project: Project, selection: ModelSelection, request: BestOfRequest, sink: Sink = ignore
) -> Iterator[GenerationResult]:
    """Yield the best candidate for each prompt, with the assessments of all.

    Raises UsageError for impossible numbers and without an adapter, MissingError if the adapter's
    training texts are not known, and MorrisError if they are too few for judges.
    """
    from morris_mlx.evaluate.candidates import chosen_of

    settings = {**(request.settings or {}), "num_return_sequences": request.count}
    check_candidates(request.count, settings)
    ranker = open_ranker(project, selection, sink)
    total = len(request.prompts)
    sink(Progress("writing:", 0, total, f"{request.count} candidates of each text …"))
    with open_generator(selection, request.backend, settings) as generator:
        results = generator.generate_many(request.prompts)
        for done, (prompt, result) in enumerate(zip(request.prompts, results, strict=True), 1):
            ranked = ranker.rank(prompt, (result, *result.alternatives))
            sink(Progress("writing:", done, total, f"{done} of {total} texts chosen"))
            yield chosen_of(ranked)
