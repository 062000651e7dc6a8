"""`morris evaluate`: how much an adapter writes like its author → adapters/NAME/report.html."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated

import typer

from morris_mlx.cli.blind_test import run_blind_test
from morris_mlx.cli.compare import run_comparison
from morris_mlx.cli.options import Json, SameAsName, one_adapter
from morris_mlx.cli.output import print_json, say, sink_with_notes_later, stopped_with
from morris_mlx.cli.print_evaluation import print_evaluation, print_report
from morris_mlx.defaults import ADAPTER_NAME
from morris_mlx.errors import UsageError
from morris_mlx.files import shown_path
from morris_mlx.pipeline.evaluate import NO_REPORT, EvaluateRequest
from morris_mlx.pipeline.evaluate import evaluate as evaluate_quickly
from morris_mlx.project.datasets import PAGE_FILE
from morris_mlx.project.folder import Project, current_project
from morris_mlx.records.blind_test import BlindRequest, Opponent
from morris_mlx.records.generation import MAX_CANDIDATES

STOPPED = "Stopped. An earlier report is as it was. Run the same command again."


def evaluate(
    names: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="NAME",
            help=f"The adapter's name; several are compared. Default: {ADAPTER_NAME}.",
        ),
    ] = None,
    adapter: SameAsName = None,
    seed: Annotated[
        int, typer.Option(help="Random seed of the generated texts that are compared.", min=0)
    ] = 0,
    answers: Annotated[
        int | None,
        typer.Option(
            help="Number of answers by the base, and by the adapter at each strength. Default: as "
            "many as the judges need.",
            min=8,
        ),
    ] = None,
    best_of: Annotated[
        int,
        typer.Option(
            help="Also measure if texts are more like you when `morris generate --best-of` chooses "
            "among this many answers. So many are written to each request, which takes longer.",
            min=1,
            max=MAX_CANDIDATES,
        ),
    ] = 1,
    quick: Annotated[
        bool, typer.Option("--quick", help="Measure only the loss and the style distance.")
    ] = False,
    strength: Annotated[
        list[float] | None,
        typer.Option(
            "--strength",
            help="Strength at which the adapters are compared, up to 1.5; may be repeated.",
        ),
    ] = None,
    blind: Annotated[
        bool,
        typer.Option(
            "--blind", help="Show ten pairs of passages without labels, and ask which is yours."
        ),
    ] = False,
    against: Annotated[
        Opponent | None,
        typer.Option(
            "--against",
            help="With --blind: pair the adapter's texts with yours (`author`, the default), or "
            "with those of the base.",
        ),
    ] = None,
    as_json: Json = False,
) -> None:
    """Judge whether an adapter writes like you, better than a prompt.

    The base, the base with your passages in its prompt, and the adapter answer the same held-out
    requests. Three judges place their texts, and those of another author, on a scale from the base
    (0 %) to your held-out texts (100 %). The report also says what gives the adapter away, whether
    it copies, and whether it is in good condition. It is kept as adapters/NAME/report.html.

    Several adapters of one base, or several strengths, are compared in one table, and the best one
    is named if it is clearly nearer to you than the others (data/comparison/report.html).
    `mine/last` is the adapter of the last step of a training, `mine@120` the checkpoint of step 120
    of an unfinished one.

    \b
    Example:
        morris evaluate mine
        morris evaluate mine --quick
        morris evaluate mine --blind
        morris evaluate mine mine/last wide
        morris evaluate mine --strength 0.8 --strength 1
    """
    named = tuple(names or ())
    # A checkpoint, NAME@STEP, has no folder that could keep a report of its own.
    compares = len(named) > 1 or bool(strength) or any("@" in n for n in (*named, adapter or ""))
    if best_of > 1 and (quick or blind or compares):
        raise UsageError(
            "--best-of belongs to the full evaluation of one adapter. Leave out --quick, --blind, "
            "--strength and the other names, or leave out --best-of."
        )
    if against is not None and not blind:
        raise UsageError("--against works only with --blind. Add it, or leave --against out.")
    if answers is not None and (quick or blind):
        raise UsageError("--quick and --blind take no --answers. Leave it out.")
    if compares and (quick or blind):
        raise UsageError(
            "A comparison, of several adapters, strengths or checkpoints, takes neither --quick "
            "nor --blind. Leave them out."
        )
    if quick and blind:
        raise UsageError("--quick and --blind are two kinds of evaluation. Leave one of them out.")
    project = current_project()
    if compares:
        several = len(named) > 1 and adapter is None
        compared = named if several else (one_adapter(named, adapter),)
        run_comparison(project, compared, tuple(strength or ()), seed, answers, as_json)
        return
    chosen = one_adapter(named, adapter)
    if blind:
        run_blind_test(project, BlindRequest(chosen, against or Opponent.author, seed), as_json)
        return
    request = EvaluateRequest(chosen, seed, answers=answers, best_of=best_of)
    _run_evaluation(project, request, quick, as_json)


def _run_evaluation(project: Project, request: EvaluateRequest, quick: bool, as_json: bool) -> None:
    """Evaluate one adapter and print the report."""
    unwritten: list[str] = []  # printed last, below the figures
    with stopped_with(STOPPED), sink_with_notes_later(NO_REPORT, unwritten) as sink:
        if quick:
            report = evaluate_quickly(project, request, sink)
        else:
            from morris_mlx.pipeline.evaluate_fully import evaluate_fully

            found = evaluate_fully(project, request, sink)
    if as_json and quick:
        print_json(asdict(report))
    elif as_json:
        from morris_mlx.project.adapters import evaluation_as_json

        print_json(evaluation_as_json(found))
    elif quick:
        print_report(report)
    else:
        print_evaluation(found)
        if not unwritten:
            print(f"\nReport: {shown_path(str(project.adapter(found.style.adapter) / PAGE_FILE))}")
    for text in unwritten:
        say(text)
