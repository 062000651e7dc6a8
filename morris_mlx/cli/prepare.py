"""`morris prepare`: data/documents.jsonl → data/dataset/."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from morris_mlx import store
from morris_mlx.cli.options import Json, ModelToPrepareFor
from morris_mlx.cli.output import print_json, print_table
from morris_mlx.conversations_file import read_conversations
from morris_mlx.errors import UsageError
from morris_mlx.records import SPLITS, Conversation, DatasetCard, Document
from morris_mlx.settings import (
    SPLIT_SEED,
    SYSTEM_PROMPT,
    WINDOW,
    Project,
    current_project,
    default_model,
)

if TYPE_CHECKING:
    from morris_mlx.prepare import Prepared
    from morris_mlx.prompt import ChatTokenizer

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
    """Make a dataset of your texts and chats: train, valid and test.

    Texts are paired with requests and split by text; in chats every turn of yours is an answer to
    what came before it, and the latest conversations are held out. Every row fits the model's
    token window: long texts and conversations become several rows, none is cut short. Of a model on
    the internet only the tokenizer is fetched.

    \b
    Example:
        morris prepare --model practice
    """
    project = current_project()
    _, report = prepare_project(project, model or default_model(), window, system_prompt, seed)
    if as_json:
        print_json(report)
        return
    for name in ("documents", "conversations", "turns", "rows"):
        if counts := report.get(name):
            print_table([(name, "count"), *((k, str(v)) for k, v in counts.items())])
            print()
    longest = report["longest_row_tokens"]
    print(f"Longest row {longest} of {report['window']} tokens → {project.dataset}")
    print("Next: morris train")


def prepare_project(
    project: Project, model: str, window: int | None, system_prompt: str, seed: int
) -> tuple[DatasetCard, dict[str, Any]]:
    """Make and write the dataset of what a project collected; (its card, its report)."""
    from morris_mlx.models import find_model
    from morris_mlx.prompt import load_tokenizer

    documents, conversations = _collected(project)
    files = find_model(model, tokenizer_only=True)
    tokenizer = load_tokenizer(files.folder)
    if window is not None and window > files.window:
        raise UsageError(
            f"--max-seq-length is {window}, but {files.name} reads {files.window} tokens."
        )
    window = window or min(WINDOW, files.window)
    made = _prepared(documents, conversations, tokenizer, window, system_prompt, seed)
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
        **({"conversations": made.conversations, "turns": made.turns} if conversations else {}),
        "rows": made.rows,
        "rows_in_all": sum(made.rows.values()),
        "longest_row_tokens": made.longest_tokens,
        "window": window,
        "digest": card.digest,
    }
    store.write_dataset(project, made.examples, card, report)
    return card, report


def _collected(project: Project) -> tuple[list[Document], list[Conversation]]:
    """Raises MissingError when nothing was collected."""
    conversations = list(read_conversations(project))
    if conversations and not project.documents.exists():
        return [], conversations
    return store.read_documents(project), conversations


def _prepared(
    documents: list[Document],
    conversations: list[Conversation],
    tokenizer: ChatTokenizer,
    window: int,
    system_prompt: str,
    seed: int,
) -> Prepared:
    """The rows of the texts and of the chats: each spring is prepared in its own way."""
    from morris_mlx.prepare import join_prepared, prepare_conversations, prepare_documents

    if not conversations:
        return prepare_documents(documents, tokenizer, window, system_prompt, seed)
    chats = prepare_conversations(conversations, tokenizer, window, system_prompt)
    if not documents:
        return chats
    texts = prepare_documents(documents, tokenizer, window, system_prompt, seed)
    return join_prepared(texts, chats)
