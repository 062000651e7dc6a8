"""`morris prepare`: collected texts and chats → data/dataset/."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from morris_mlx.cli.ask_user import ASK_ON_TERMINAL
from morris_mlx.cli.options import Json, ModelToPrepareFor
from morris_mlx.cli.output import event_sink, print_json, say
from morris_mlx.cli.print_dataset import print_details, print_summary
from morris_mlx.defaults import MAX_MIX_SHARE, MIN_WORDS, SPLIT_SEED, SYSTEM_PROMPT
from morris_mlx.models.catalog import WINDOW
from morris_mlx.pipeline.prepare import PrepareRequest
from morris_mlx.pipeline.prepare import prepare as prepare_dataset
from morris_mlx.project.folder import current_project
from morris_mlx.project.people import people_in_chats, read_not_names_file, read_people_file
from morris_mlx.project.provenance import Ground

MIN_WINDOW = 64  # tokens: a shorter row has no room for a request and its answer
NOT_REDACTED = (
    "NOT REDACTED (--no-redact): names, phone numbers, addresses and passwords, yours and those\n"
    "of others, are in the dataset. A model trained on it may repeat them to anybody who uses it,\n"
    "and they cannot be removed from the model later."
)


Enhance = Annotated[
    bool,
    typer.Option(
        "--enhance",
        help="Describe your measured habits in the system prompt, and let the model write plain "
        "drafts of your passages and one-sentence briefs of your texts as training requests (takes "
        "hours for many texts; resumable).",
    ),
]
NoDrafts = Annotated[
    bool,
    typer.Option(
        "--no-drafts", help="With --enhance: no drafts and briefs, only habits; no model is loaded."
    ),
]
Rows = Annotated[
    Path | None,
    typer.Option(
        help="Your own instruction rows, used unchanged: JSON, JSON lines or CSV with messages, "
        "ShareGPT conversations, prompt and completion, instruction, input and output, question "
        "and answer, or text."
    ),
]
MixIn = Annotated[
    tuple[Path, float] | None,
    typer.Option(
        "--mix",
        metavar="FILE SHARE",
        help="General instruction rows that prevent forgetting, in the same formats, and their "
        f"share of the training rows, up to {MAX_MIX_SHARE:g}.",
    ),
]

RowsGround = Annotated[
    Ground | None,
    typer.Option(
        "--ground",
        help="Your right to use the rows of --mix (of --rows without --mix); it is recorded. "
        "Default: own for --rows; for --mix you are asked once.",
    ),
]


def prepare(
    model: ModelToPrepareFor = None,
    window: Annotated[
        int | None,
        typer.Option(
            "--max-seq-length",
            "--window",
            help=f"Maximum row length in tokens. Default: the model's, at most {WINDOW}.",
            min=MIN_WINDOW,
        ),
    ] = None,
    system_prompt: Annotated[
        str,
        typer.Option("--system-prompt", "--system", help="System prompt of every row."),
    ] = SYSTEM_PROMPT,
    seed: Annotated[
        int, typer.Option(help="Random seed of the requests' wordings and the rows' order.", min=0)
    ] = SPLIT_SEED,
    language: Annotated[
        list[str] | None,
        typer.Option(
            metavar="CODE",
            help="Keep only texts in this language (ISO 639-1: en, ru); may be repeated. "
            "Default: the main languages of your texts.",
        ),
    ] = None,
    min_words: Annotated[
        int,
        typer.Option(
            help="Leave out texts with fewer words. Give a small number for poems and posts.", min=1
        ),
    ] = MIN_WORDS,
    names: Annotated[
        Path | None,
        typer.Option(
            help="Text file of people to redact: one person per line, several names separated by "
            "commas. Remembered for the next run; an empty file clears them."
        ),
    ] = None,
    not_names: Annotated[
        Path | None,
        typer.Option(
            help="Text file of words and phrases that are not names, one per line, such as a "
            "nickname that is an ordinary word. Remembered for the next run; an empty file "
            "clears them."
        ),
    ] = None,
    no_redact: Annotated[
        bool,
        typer.Option(
            "--no-redact", help="Keep private items in the dataset: a model may repeat them."
        ),
    ] = False,
    enhance: Enhance = False,
    no_drafts: NoDrafts = False,
    rows: Rows = None,
    mix: MixIn = None,
    ground: RowsGround = None,
    canaries: Annotated[
        int,
        typer.Option(
            "--canaries",
            metavar="N",
            help="Plant this many random secrets in the training rows. `morris audit` then "
            "measures what the model remembers of them; 10 are enough.",
            min=0,
        ),
    ] = 0,
    canary_repeats: Annotated[
        int,
        typer.Option("--canary-repeats", help="Number of rows with each of these secrets.", min=1),
    ] = 1,
    verbose: Annotated[
        bool, typer.Option("--verbose", "-v", help="Print all counts, as in the report.")
    ] = False,
    as_json: Json = False,
) -> None:
    """Make a dataset of your texts and chats: train, valid and test.

    Each text is paired with a request; in chats, each turn of yours is the answer to what came
    before it. Texts and conversations are held out whole: the latest tenth for testing, the tenth
    before it for validation.

    Phone numbers, addresses, passwords, the names of others in your chats and similar items are
    replaced first. The originals are kept in data/private/redaction.json, which only you can read.
    You may delete this file, but then texts cannot be checked for leaks until the next
    `morris prepare`.

    Every row fits the model's token window: long texts and chats become several rows. If the model
    must be downloaded, only its tokenizer is, unless --enhance needs the model for drafts and
    briefs.

    Then open data/dataset/report.html. It shows what was left out and why, how long the rows are,
    what was redacted, and some rows as the model will read them. It needs no network.

    \b
    Example:
        morris prepare --model practice
        morris prepare --model zephyr --enhance
    """
    project = current_project()
    request = PrepareRequest(
        model,
        window,
        system_prompt,
        seed,
        redact=not no_redact,
        people=people_in_chats(project),
        named_people=read_people_file(names) if names else None,
        not_names=read_not_names_file(not_names) if not_names else None,
        languages=tuple(language or ()),
        min_words=min_words,
        enhance=enhance,
        drafts=not no_drafts,
        rows=rows,
        mix=mix,
        ground=ground,
        canaries=canaries,
        canary_repeats=canary_repeats,
    )
    with event_sink() as sink:
        _, report = prepare_dataset(project, request, sink, ASK_ON_TERMINAL)
    if no_redact:
        say(NOT_REDACTED)
    if as_json:
        print_json(report)
        return
    if verbose:
        print_details(report, bool(language))
    print_summary(report, project.dataset, bool(language), verbose)
