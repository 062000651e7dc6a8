"""Options and output of `morris collect` for chat exports."""

from __future__ import annotations

import re
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated

import typer

from morris_mlx.cli.output import print_table, say
from morris_mlx.errors import UsageError
from morris_mlx.pipeline.collect import ChatsCollected
from morris_mlx.project.folder import Project
from morris_mlx.text.numbers import counted

if TYPE_CHECKING:
    from morris_mlx.collect import ChatOptions, ReadAs


# Names that readers use for a writer whom an export does not name.
UNNAMED = ("me", "you")


class AsKind(StrEnum):
    """The kind of a file that could be a text or a chat."""

    text = "text"
    chat = "chat"


class Dates(StrEnum):
    """Order of day and month in a date."""

    day_first = "day-first"
    month_first = "month-first"


Me = Annotated[
    list[str] | None,
    typer.Option("--me", metavar="NAME", help="Chats: your name or ID in them; may be repeated."),
]
Gap = Annotated[
    str,
    typer.Option(
        metavar="TIME", help="Chats: silence that ends a conversation, such as 1d, 6h or 90m."
    ),
]
WindowTurns = Annotated[
    int,
    typer.Option(help="Chats: maximum number of turns in a conversation; 0: no limit.", min=0),
]
Groups = Annotated[
    bool, typer.Option("--groups", help="Chats: read groups, too, not only private chats.")
]
Only = Annotated[
    list[str] | None,
    typer.Option(
        "--only", metavar="CHAT", help="Chats: read only this chat (name or ID); may be repeated."
    ),
]
Exclude = Annotated[
    list[str] | None,
    typer.Option(
        "--exclude",
        metavar="CHAT",
        help="Chats: leave out this chat (name or ID); may be repeated.",
    ),
]
MaxShare = Annotated[
    float,
    typer.Option(help="Chats: maximum share of your messages with one contact, 0.01 to 1."),
]
DateOrder = Annotated[
    Dates | None,
    typer.Option("--dates", help="WhatsApp: order of day and month, if the file does not show it."),
]
As = Annotated[
    AsKind | None,
    typer.Option(
        "--as",
        help="Read text files as texts or as chats. Default: decided by their content.",
    ),
]
_GAP = re.compile(r"(\d+(?:\.\d+)?)([smhdw]?)")
_UNITS = {"s": 1, "m": 60, "h": 3600, "": 3600, "d": 86_400, "w": 604_800}  # seconds


def gap_seconds(text: str) -> float:
    """Return the seconds of `1d`, `6h`, `90m`, `30s`, `2w`; a bare number is hours.

    Raises UsageError for another text.
    """
    found = _GAP.fullmatch(text.strip().lower())
    if not found:
        raise UsageError(
            f"--gap is {text!r}, which is not a length of time. Write it like 1d, 6h or 90m."
        )
    return float(found[1]) * _UNITS[found[2]]


def as_answer(kind: AsKind | None) -> ReadAs | None:
    """Return the pipeline's value for --as."""
    from morris_mlx.collect import ReadAs

    return ReadAs(kind) if kind else None


def chat_options(
    me: list[str] | None,
    gap: str,
    window_turns: int,
    groups: bool,
    only: list[str] | None,
    exclude: list[str] | None,
    max_share: float,
    dates: Dates | None,
) -> ChatOptions:
    """Return the options of the command as one record. Raises UsageError."""
    from morris_mlx.collect import ChatOptions

    return ChatOptions(
        me=tuple(me or ()),
        gap_seconds=gap_seconds(gap),
        window_turns=window_turns,
        groups=groups,
        only=tuple(only or ()),
        exclude=tuple(exclude or ()),
        max_share=max_share,
        dates=str(dates or ""),
    )


def say_who(collected: ChatsCollected) -> None:
    """Say who the writer is according to the exports, so that the user can correct it."""
    names = " and ".join(name for name in collected.found.writers if name not in UNNAMED)
    if names:
        say(f"morris: you are {names} in these chats; if not, name yourself with --me NAME")


def print_chats(collected: ChatsCollected, project: Project) -> None:
    """Print a summary of the collected chats, and remarks about them on stderr."""
    found = collected.found
    for summary in found.summaries:
        print(summary)
    for remark in found.remarks:
        say(f"morris: {remark}")
    if found.problem:
        say(f"morris: {str(found.problem).partition(chr(10))[0]}")
    print()
    print_table(
        [
            ("messages", "count"),
            *((k, f"{v:,}") for k, v in found.funnel.items() if v or k == "kept"),
        ]
    )
    again = f", {collected.known:,} of them collected before" if collected.known else ""
    print(
        f"\n{counted(len(found.conversations), 'conversation')} with "
        f"{counted(found.own, 'message')} of yours{again} "
        f"→ {project.conversations}"
    )
