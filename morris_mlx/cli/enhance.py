"""What `morris prepare` makes of texts beyond their rows: --enhance, --rows and --mix."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from morris_mlx.cli.ground import settle_grounds
from morris_mlx.cli.output import print_table, progress, say
from morris_mlx.defaults import MAX_MIX_SHARE
from morris_mlx.errors import RefusedError, StoppedError, UsageError
from morris_mlx.formats.instruction_rows import read_rows
from morris_mlx.models.catalog import PRACTICE_FOLDER
from morris_mlx.models.find import ModelFiles, find_model
from morris_mlx.models.load import model_digest
from morris_mlx.prepare.style.numbers import (
    DRAFT_TEMPERATURE,
    DRAFT_TOKENS,
    DRAFTS_LEARNED,
    MIN_TEXTS_FOR_HABITS,
)
from morris_mlx.project.folder import Project
from morris_mlx.project.provenance import (
    GENERAL_ROWS,
    OWN_ROWS,
    Ground,
    Provenance,
    noted_ground,
    read_provenance,
)
from morris_mlx.records.corpus import DraftRequest, Message

if TYPE_CHECKING:
    from morris_mlx.prepare import Extras

SAID_EVERY = 25  # drafts between two lines where stderr is no terminal: a log stays readable
Enhance = Annotated[
    bool,
    typer.Option(
        "--enhance",
        help="Put your measured habits into the system prompt, and learn from plain drafts that "
        "the model makes of your passages (hours for many texts; goes on where it stopped).",
    ),
]
NoDrafts = Annotated[
    bool, typer.Option("--no-drafts", help="With --enhance: habits alone, no model is loaded.")
]
Rows = Annotated[
    Path | None,
    typer.Option(
        help="Your own instruction rows, taken as they are: JSON or JSON lines with messages, "
        "ShareGPT conversations, or instruction, input/context and output/response."
    ),
]
MixIn = Annotated[
    tuple[Path, float] | None,
    typer.Option(
        "--mix",
        metavar="FILE SHARE",
        help="General instruction rows against forgetting, in the same formats, and their share of "
        f"the rows to learn from, up to {MAX_MIX_SHARE:g}.",
    ),
]

RowsGround = Annotated[
    Ground | None,
    typer.Option(
        "--ground",
        help="On what ground you may use the rows of --mix, or of --rows without --mix; it is "
        "noted. Default: own for --rows; for --mix you are asked once.",
    ),
]


@dataclass(frozen=True, slots=True)
class Wanted:
    """What was asked for on the command line. Raises UsageError for what does not fit together."""

    enhance: bool = False
    no_drafts: bool = False
    rows: Path | None = None
    mix: tuple[Path, float] | None = None
    ground: Ground | None = None

    def __post_init__(self) -> None:
        if self.no_drafts and not self.enhance:
            raise UsageError("--no-drafts goes with --enhance.")
        if self.ground and not (self.rows or self.mix):
            raise UsageError("--ground goes with --mix or --rows.")
        if self.mix and not 0 < self.mix[1] <= MAX_MIX_SHARE:
            raise UsageError(
                f"--mix has the share {self.mix[1]:g}; it must be above 0 and at most "
                f"{MAX_MIX_SHARE:g}: more would drown your voice."
            )


def extras_for(wanted: Wanted, project: Project, model: str, texts: bool) -> Extras:
    """Files are read and the model is looked for now, so that what is wrong is known at once.

    `texts`: whether there are any. Turns of a chat are no passages that could be drafted.
    """
    from morris_mlx.prepare import Extras

    rows = read_rows(wanted.rows) if wanted.rows else None
    mix = read_rows(wanted.mix[0]) if wanted.mix else None
    share = wanted.mix[1] if wanted.mix else 0.0
    if not (wanted.enhance and texts) or wanted.no_drafts:
        return Extras(enhance=wanted.enhance, rows=rows, mix=mix, mix_share=share)
    files = find_model(model)
    if files.folder == PRACTICE_FOLDER:
        raise RefusedError(
            "The practice base cannot rewrite a text, so it cannot make plain drafts. "
            "`--model zephyr` can. Your habits need no drafts: `--enhance --no-drafts`."
        )
    return Extras(True, _drafting(project, files), files.window, rows, mix, share)


def settle_rows(wanted: Wanted, project: Project, extras: Extras) -> dict[str, Provenance]:
    """The notes of files of rows, by their paths. Raises RefusedError where nobody answers."""
    notes: dict[str, Provenance] = {}
    if extras.mix:
        path = str(extras.mix.path)
        ground = settle_grounds(project, (path,), (), wanted.ground)[path]
        notes[path] = Provenance(GENERAL_ROWS, ground)
    if extras.rows:
        path = str(extras.rows.path)
        said = None if extras.mix else wanted.ground
        noted = noted_ground(read_provenance(project), path)
        notes[path] = Provenance(OWN_ROWS, said or noted or Ground.own)
    return notes


def _drafting(project: Project, files: ModelFiles) -> Any:
    """Messages → drafts, each made once; the model is loaded when one is missing."""
    from morris_mlx.generate import load_generator
    from morris_mlx.project.drafts import kept_drafts

    settings: dict[str, Any] = {"temperature": DRAFT_TEMPERATURE, "max_tokens": DRAFT_TOKENS}
    settings["system_prompt"] = ""  # plain words are nobody's voice
    maker = f"{model_digest(files.folder)} {sorted(settings.items())}"

    def complete_many(asked: Sequence[Sequence[Message]]) -> Iterator[str]:
        with load_generator(files, say=say, **settings) as generator:
            for result in generator.generate_many(asked):
                if result.finish_reason == "cancelled":
                    raise StoppedError("Stopped. The drafts made so far are kept.")
                yield result.text

    def draft_many(requests: Sequence[DraftRequest]) -> Iterator[str]:
        with progress("drafting your passages plainly:") as line:

            def show(done: int, total: int) -> None:
                line.show(f"{done} of {total}")
                if done == total or done % SAID_EVERY == 0:
                    line.log(f"{done} of {total}")

            yield from kept_drafts(project, maker, complete_many, show)(requests)

    return draft_many


def print_extras(report: Mapping[str, Any]) -> None:
    """What of it is in the dataset, and what is not and why."""
    if report.get("enhanced_prompt"):
        print(f"\nSystem prompt: {report['enhanced_prompt']}")
        if not report["habits"]:
            say(f"Habits need {MIN_TEXTS_FOR_HABITS} texts or conversations to learn from.")
    if off := report.get("off_topic"):
        print(f"Off-topic texts: {off['texts']}, in {off['rows']} rows to learn from")
    for name in ("drafts", "own_rows", "mix"):
        if counts := report.get(name):
            print()
            heading = name.replace("_", " ")
            print_table([(heading, "count"), *((k, str(v)) for k, v in counts.items() if v)])
    if report.get("drafts") and not report["drafts"][DRAFTS_LEARNED]:
        say("No draft is fit to learn from: the reasons are above. Another model may do better.")
