"""`morris generate --best-of`: print the best candidate, and say how it was chosen."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import Any

from morris_mlx.cli.output import event_sink, say
from morris_mlx.cli.terminal_text import shown_text
from morris_mlx.errors import StoppedError, UsageError
from morris_mlx.pipeline.best_of import BestOfRequest, check_candidates, write_best
from morris_mlx.project.adapters import ModelSelection
from morris_mlx.project.folder import current_project
from morris_mlx.records.generation import CandidateScore, GenerationResult
from morris_mlx.text.numbers import counted


def check_best_of(count: int, n: int, adapter: str | None, settings: Mapping[str, Any]) -> None:
    """Raise UsageError for options that do not go with --best-of."""
    check_candidates(count, settings, "--best-of")
    if n > 1:
        raise UsageError("--best-of prints one reply of several, --n all. Leave one of them out.")
    if adapter is None or settings["strength"] == 0:
        raise UsageError(
            "--best-of compares candidates with the texts of an adapter, and none is in use. Add "
            "--adapter NAME, and a --strength above 0."
        )


def write_best_text(
    voice: ModelSelection,
    text: str,
    backend: str,
    settings: Mapping[str, Any],
    verbose: bool,
    quiet: bool,
) -> GenerationResult:
    """Return the best candidate for a prompt, printed unless `quiet`; say how it was chosen."""
    request = BestOfRequest((text,), settings["num_return_sequences"], backend, settings)
    try:
        with event_sink() as sink:
            (result,) = write_best(current_project(), voice, request, sink)
    except KeyboardInterrupt:
        raise StoppedError("Stopped before all candidates were written. None is shown.") from None
    if verbose:
        for candidate in result.candidates:
            say(f"  {_line(candidate)}")
    if not quiet:
        print(shown_text(result.text))
        say(choice_in_words(result.candidates))
    return result


def _line(candidate: CandidateScore) -> str:
    score = "not judged" if candidate.score is None else f"score {candidate.score:+.2f}"
    faults = "".join(f"; {fault}" for fault in candidate.faults)
    return f"seed {candidate.seed}: {score}, {counted(candidate.words, 'word')}{faults}"


def choice_in_words(candidates: tuple[CandidateScore, ...]) -> str:
    """Return sentences on a choice: how many candidates have faults, and if any was judged."""
    faulty = [candidate for candidate in candidates if candidate.faults]
    said = [f"The best of {counted(len(candidates), 'candidate')} by the judges."]
    if all(candidate.score is None for candidate in candidates):
        said = [
            f"The first of {counted(len(candidates), 'candidate')}: they are too short to be "
            "judged by their style."
        ]
    if faulty:
        counts = Counter(fault for candidate in faulty for fault in candidate.faults)
        listed = ", ".join(f"{fault} ({count})" for fault, count in counts.items())
        said.append(f"{len(faulty)} of them came last because of a fault: {listed}.")
    if len(faulty) == len(candidates):
        said[-1] = f"Every candidate has a fault: {listed}. Try another --seed or request."
    return " ".join(said)
