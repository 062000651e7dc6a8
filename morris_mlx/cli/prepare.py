"""`morris prepare`: what was collected → data/dataset/."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from morris_mlx.cli.enhance import (
    Enhance,
    MixIn,
    NoDrafts,
    Rows,
    RowsGround,
    Wanted,
    extras_for,
    print_extras,
    settle_rows,
)
from morris_mlx.cli.options import Json, ModelToPrepareFor
from morris_mlx.cli.output import print_json, print_table, say
from morris_mlx.cli.people import check_people, people_named_in, people_of_chats
from morris_mlx.defaults import SPLIT_SEED, SYSTEM_PROMPT
from morris_mlx.errors import UsageError
from morris_mlx.models.catalog import WINDOW, default_model
from morris_mlx.project.conversations import read_conversations
from morris_mlx.project.datasets import PAGE_FILE, dataset_digest, write_dataset
from morris_mlx.project.documents import read_documents
from morris_mlx.project.folder import Project, current_project, open_project
from morris_mlx.project.provenance import Provenance, add_provenance
from morris_mlx.project.redaction_map import forget_private_maps, write_private_map
from morris_mlx.records.corpus import SPLITS, Conversation, DatasetCard, Document, Example, Split
from morris_mlx.text.pii import Person

if TYPE_CHECKING:
    from morris_mlx.models.find import ModelFiles
    from morris_mlx.prepare import Extras, Prepared

MIN_WINDOW = 64  # less holds no request and answer together
NOT_REDACTED = (
    "NOT REDACTED (--no-redact): names, phone numbers, addresses, passwords, yours and those of\n"
    "others, go into the dataset as they are. A model trained on it may write them out to anybody\n"
    "who asks it, and nothing can take them out of the model again."
)


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
        str,
        typer.Option(
            "--system-prompt", "--system", help="What the model is told before every request."
        ),
    ] = SYSTEM_PROMPT,
    seed: Annotated[
        int, typer.Option(help="Chooses the split and the wordings.", min=0)
    ] = SPLIT_SEED,
    language: Annotated[
        list[str] | None,
        typer.Option(
            metavar="CODE",
            help="Keep texts in this language alone (ISO 639-1: en, ru); may be repeated. "
            "Default: the main ones of your texts.",
        ),
    ] = None,
    names: Annotated[
        Path | None,
        typer.Option(
            help="A text file of people to redact: one a line, all their names parted by commas."
        ),
    ] = None,
    no_redact: Annotated[
        bool, typer.Option("--no-redact", help="Leave private items in; read the warning first.")
    ] = False,
    enhance: Enhance = False,
    no_drafts: NoDrafts = False,
    rows: Rows = None,
    mix: MixIn = None,
    ground: RowsGround = None,
    as_json: Json = False,
) -> None:
    """Make a dataset of your texts and chats: train, valid and test.

    Texts are paired with requests; in chats every turn of yours is an answer to what came before
    it. Whole texts and conversations are held out: the latest tenth to measure in the end, the
    tenth before it to watch while training.

    Phone numbers, addresses, passwords and the like are replaced first; what was replaced is kept
    in data/private/redaction.json, for you alone. You may delete it: then texts cannot be checked
    for leaks until the next `morris prepare`.

    Every row fits the model's token window: long texts and chats become several rows.
    Of a model on the internet only the tokenizer is fetched, unless --enhance has it make drafts.

    Afterwards open data/dataset/report.html: what was left out and why, how long the rows are,
    what was redacted, and some rows as the model will read them. It needs no network.

    \b
    Example:
        morris prepare --model practice
        morris prepare --model zephyr --enhance
    """
    project = current_project()
    _, report = prepare_project(
        project,
        default_model() if model is None else model,
        window,
        system_prompt,
        seed,
        redact=not no_redact,
        people=(*(people_named_in(names) if names else ()), *people_of_chats(project)),
        languages=tuple(language or ()),
        wanted=Wanted(enhance, no_drafts, rows, mix, ground),
    )
    if no_redact:
        say(NOT_REDACTED)
    if as_json:
        print_json(report)
        return
    for name in ("documents", "conversations", "turns", "rows"):
        if counts := report.get(name):
            print_table([(name, "count"), *((k, str(v)) for k, v in counts.items())])
            print()
    _print_redaction(report["redaction"])
    print_extras(report)
    shares = ", ".join(f"{split} {share:.1%}" for split, share in report["overlap"].items())
    print(f"\nWord runs that train has, too: {shares}")
    longest = report["longest_row_tokens"]
    print(f"Longest row {longest} of {report['window']} tokens → {project.dataset}")
    print(f"Look at it: {project.dataset / PAGE_FILE}")
    print("Next: morris train")


def _print_redaction(redaction: dict[str, Any] | None) -> None:
    if redaction is None:
        return
    rows = [
        (kind, str(count), ", ".join(redaction["examples"].get(kind, ())[:3]))
        for kind, count in redaction["counts"].items()
    ]
    print_table([("redacted", "count", "for example"), *rows])
    print("\nNot found by this, so look yourself:")
    for words in redaction["cannot_find"]:
        print(f"  {words}")


def prepare_project(
    project: Project,
    model: str,
    window: int | None,
    system_prompt: str,
    seed: int,
    *,
    redact: bool = True,
    people: Sequence[Person] = (),
    languages: Sequence[str] = (),
    wanted: Wanted | None = None,
) -> tuple[DatasetCard, dict[str, Any]]:
    """Make and write the dataset of what a project collected; (its card, its report)."""
    from morris_mlx.models.chat_tokenizer import load_tokenizer
    from morris_mlx.models.find import find_model
    from morris_mlx.prepare import draw_report, prepare_collected

    wanted = wanted or Wanted()
    documents, conversations = _collected(project, wanted.rows is not None)
    if redact:
        check_people(project, conversations)
    extras = extras_for(wanted, project, model, bool(documents))
    notes = settle_rows(wanted, project, extras)
    files = find_model(model, tokenizer_only=True)
    tokenizer = load_tokenizer(files.folder)
    window = _window_within(files, window)
    made = prepare_collected(
        documents,
        conversations,
        tokenizer,
        window,
        system_prompt,
        seed,
        redact=redact,
        people=people,
        languages=languages,
        extras=extras,
    )
    card = DatasetCard(
        model=files.name,
        tokenizer=tokenizer.digest,
        window=window,
        system_prompt=made.system_prompt,
        seed=seed,
        digest=dataset_digest(made.examples),
        rows={s: tuple((e.source_id, e.task) for e in made.examples[s]) for s in SPLITS},
        sources=_sources(made.examples, documents, conversations, extras),
        redacted=made.redaction is not None,
    )
    report = _report(made, card, chats=bool(conversations), enhanced=wanted.enhance)
    _write(project, made, card, report, draw_report(made, card, tokenizer), notes)
    return card, report


def _write(
    project: Project,
    made: Prepared,
    card: DatasetCard,
    report: dict[str, Any],
    page: str,
    notes: dict[str, Provenance],
) -> None:
    """Notes and map first: there is never a dataset with rows that nobody answers for, nor a
    redacted one whose leaks nobody could look for."""
    counts = Counter(card.sources.get(i) for rows in card.rows.values() for i, _ in rows)
    open_project(project)
    add_provenance(project, {p: replace(note, rows=counts[p]) for p, note in notes.items()})
    if made.redaction:
        write_private_map(project, made.private_map, card.digest)
    write_dataset(project, made.examples, card, report, page)
    forget_private_maps(project)


def _window_within(files: ModelFiles, wanted: int | None) -> int:
    """The longest row in tokens. Raises UsageError for more than the model reads."""
    if wanted is not None and wanted > files.window:
        raise UsageError(
            f"--max-seq-length is {wanted}, but {files.name} reads {files.window} tokens."
        )
    return wanted or min(WINDOW, files.window)


def _report(made: Prepared, card: DatasetCard, chats: bool, enhanced: bool) -> dict[str, Any]:
    """What became of the texts and chats, in numbers."""
    return {
        "documents": made.documents,
        **({"conversations": made.conversations, "turns": made.turns} if chats else {}),
        "mended": made.mended,
        "redaction": asdict(made.redaction) if made.redaction else None,
        "overlap": made.overlap,
        "rows": made.rows,
        "rows_in_all": sum(made.rows.values()),
        "longest_row_tokens": made.longest_tokens,
        "window": card.window,
        "digest": card.digest,
        **({"enhanced_prompt": made.system_prompt} if enhanced else {}),
        **made.extras,
    }


def _sources(
    examples: Mapping[Split, Sequence[Example]],
    documents: Sequence[Document],
    conversations: Sequence[Conversation],
    extras: Extras,
) -> dict[str, str]:
    """Where each row's text or chat was collected, or the file it was given in, by its id."""
    given = [row for file in (extras.mix, extras.rows) if file for row in file.rows]
    known = {d.id: d.source for d in documents}
    known |= {c.id: c.source for c in (*conversations, *given)}
    ids = sorted({e.source_id for rows in examples.values() for e in rows})
    return {i: known[i] for i in ids if i in known}


def _collected(project: Project, rows: bool) -> tuple[list[Document], list[Conversation]]:
    """Raises MissingError when nothing was collected, unless `rows` are given."""
    conversations = list(read_conversations(project))
    if (conversations or rows) and not project.documents.exists():
        return [], conversations
    return read_documents(project), conversations
