"""`morris prepare`: data/documents.jsonl → data/dataset/."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from morris_mlx import store
from morris_mlx.cli.options import Json, ModelToPrepareFor
from morris_mlx.cli.output import print_json, print_table
from morris_mlx.errors import UsageError
from morris_mlx.records import SPLITS, DatasetCard
from morris_mlx.settings import (
    SPLIT_SEED,
    SYSTEM_PROMPT,
    WINDOW,
    Project,
    current_project,
    default_model,
)

MIN_WINDOW = 64  # less holds no request and answer together


def prepare(
    model: ModelToPrepareFor = None,
    window: Annotated[
        int | None,
        typer.Option(
            "--max-seq-length",
            "--window",
            help=f"Longest row in tokens. Default: the model's, at most {WINDOW}.",
            min=MIN_WINDOW,
        ),
    ] = None,
    system_prompt: Annotated[
        str, typer.Option("--system-prompt", "--system", help="Stands before every request.")
    ] = SYSTEM_PROMPT,
    seed: Annotated[
        int, typer.Option(help="Chooses the split and the wordings.", min=0)
    ] = SPLIT_SEED,
    as_json: Json = False,
) -> None:
    """Make a dataset: requests paired with your texts, split by text into train, valid and test.

    Every row fits the model's token window: long texts become several rows, none is cut short.
    Of a model on the internet only the tokenizer is fetched.

    \b
    Example:
        morris prepare --model practice
    """
    project = current_project()
    _, report = prepare_project(project, model or default_model(), window, system_prompt, seed)
    if as_json:
        print_json(report)
        return
    print_table([("documents", "count"), *((k, str(v)) for k, v in report["documents"].items())])
    print()
    print_table([("rows", "count"), *((k, str(v)) for k, v in report["rows"].items())])
    longest = report["longest_row_tokens"]
    print(f"\nLongest row {longest} of {report['window']} tokens → {project.dataset}")
    print("Next: morris train")


def prepare_project(
    project: Project, model: str, window: int | None, system_prompt: str, seed: int
) -> tuple[DatasetCard, dict[str, Any]]:
    """Make and write the dataset of a project's documents; (its card, its report)."""
    from morris_mlx.models import find_model
    from morris_mlx.prepare import prepare_documents
    from morris_mlx.prompt import load_tokenizer

    documents = store.read_documents(project)
    files = find_model(model, tokenizer_only=True)
    tokenizer = load_tokenizer(files.folder)
    if window is not None and window > files.window:
        raise UsageError(
            f"--max-seq-length is {window}, but {files.name} reads {files.window} tokens."
        )
    window = window or min(WINDOW, files.window)
    made = prepare_documents(documents, tokenizer, window, system_prompt, seed)
    card = DatasetCard(
        model=files.name,
        tokenizer=tokenizer.digest,
        window=window,
        system_prompt=system_prompt,
        seed=seed,
        digest=store.dataset_digest(made.examples),
        rows={s: tuple((e.source_id, e.task) for e in made.examples[s]) for s in SPLITS},
    )
    report = {
        "documents": made.documents,
        "rows": made.rows,
        "rows_in_all": sum(made.rows.values()),
        "longest_row_tokens": made.longest_tokens,
        "window": window,
        "digest": card.digest,
    }
    store.write_dataset(project, made.examples, card, report)
    return card, report
