"""The part of `morris collect` that is about chats: options, questions, the bar, the counts."""

from __future__ import annotations

import re
import sys
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from morris_mlx.cli.output import counted, print_table, say
from morris_mlx.errors import UsageError
from morris_mlx.project.conversations import read_conversations, write_conversations
from morris_mlx.project.folder import Project
from morris_mlx.project.people import read_people, write_people
from morris_mlx.project.provenance import Ground, Provenance, add_provenance

if TYPE_CHECKING:
    from morris_mlx.collect import ChatExport, ChatOptions, ChatsFound, Question


# What exports are given for a writer whom they do not name.
UNNAMED = ("me", "you")


class Dates(StrEnum):
    """Which number of a date comes first."""

    day_first = "day-first"
    month_first = "month-first"


Me = Annotated[
    list[str] | None,
    typer.Option("--me", metavar="NAME", help="Chats: your name or id in them; may be repeated."),
]
Gap = Annotated[
    str,
    typer.Option(metavar="TIME", help="Chats: the silence that ends a conversation: 1d, 6h, 90m."),
]
WindowTurns = Annotated[
    int,
    typer.Option(help="Chats: conversations of at most so many turns; 0 is no limit.", min=0),
]
Groups = Annotated[
    bool, typer.Option("--groups", help="Chats: groups, too, not only private ones.")
]
Only = Annotated[
    list[str] | None,
    typer.Option(
        "--only", metavar="CHAT", help="Chats: only this one, by name or id; may be repeated."
    ),
]
Exclude = Annotated[
    list[str] | None,
    typer.Option(
        "--exclude", metavar="CHAT", help="Chats: not this one, by name or id; may be repeated."
    ),
]
MaxShare = Annotated[
    float,
    typer.Option(
        help="Chats: at most this share of your messages with one contact; 1 is no limit."
    ),
]
DateOrder = Annotated[
    Dates | None,
    typer.Option(
        "--dates", help="WhatsApp: what comes first in a date, where the file does not show it."
    ),
]
_GAP = re.compile(r"(\d+(?:\.\d+)?)([smhdw]?)")
_UNITS = {"s": 1, "m": 60, "h": 3600, "": 3600, "d": 86_400, "w": 604_800}  # seconds


def gap_seconds(text: str) -> float:
    """Seconds of `1d`, `6h`, `90m`, `30s`, `2w`; a bare number is hours."""
    found = _GAP.fullmatch(text.strip().lower())
    if not found:
        raise UsageError(f"--gap {text} is no length of time. Say 1d, 6h, 90m, or hours: 6.")
    return float(found[1]) * _UNITS[found[2]]


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
    """The options of the command as one record. Raises UsageError."""
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


@dataclass(frozen=True, slots=True)
class ChatsCollected:
    """What was found, how many of it were known from other places, and conversations in all."""

    found: ChatsFound
    known: int
    total: int

    def as_json(self, project: Project) -> dict[str, Any]:
        return {
            "exports": list(self.found.summaries),
            "remarks": list(self.found.remarks),
            "conversations": len(self.found.conversations),
            "you": list(self.found.writers),
            "messages_of_yours": self.found.own,
            "messages": self.found.funnel,
            "collected_before": self.known,
            "conversations_in_all": self.total,
            "conversations_file": str(project.conversations),
        }


@dataclass(frozen=True, slots=True)
class ChatsRead:
    """What was read, and of each export on what ground: nothing is written yet."""

    found: ChatsFound
    grounds: Mapping[str, Ground]


def export_names(exports: Sequence[ChatExport]) -> tuple[str, ...]:
    """What provenance calls them: their paths, each once."""
    return tuple(dict.fromkeys(str(export.path) for export in exports))


def read_chats(
    exports: Sequence[ChatExport], options: ChatOptions, grounds: Mapping[str, Ground]
) -> ChatsRead:
    """Raises MorrisError before anything is written: for a name or a file that fails."""
    from morris_mlx.collect import collect_chats

    with _bars() as report:
        found = collect_chats(exports, options, ask, report)
    return ChatsRead(found, {name: grounds[name] for name in export_names(exports)})


def keep_chats(
    project: Project, read: ChatsRead | None, places: Sequence[Path]
) -> ChatsCollected | None:
    """Merge with what is there from elsewhere, and write; without exports only what is gone goes.

    The conversations of these `places` are replaced: an export that lies there no longer takes
    its own with it.
    """
    from morris_mlx.collect import merge_conversations

    if read is None and not project.conversations.exists():
        return None
    sources = [place.expanduser().resolve() for place in places]
    new = read.found.conversations if read else ()
    conversations, known = merge_conversations(read_conversations(project), new, sources)
    if read:  # before the chats: they must not lie there without those who are to be redacted
        _note_people(project, read, sources)
    write_conversations(project, conversations)
    if read is None:
        return None
    _note(project, read)
    return ChatsCollected(read.found, known, len(conversations))


def _note(project: Project, read: ChatsRead) -> None:
    counts = Counter(c.source for c in read.found.conversations)
    noted = {
        path: Provenance(kind="chat export", ground=ground, conversations=counts[path])
        for path, ground in read.grounds.items()
    }
    add_provenance(project, noted)


def _note_people(project: Project, read: ChatsRead, sources: Sequence[Path]) -> None:
    """Whom redaction must know, and `morris forget` where they speak."""
    known = {
        source: people
        for source, people in read_people(project).items()
        if not any(Path(source).is_relative_to(place) for place in sources)
    }
    write_people(project, known | dict(read.found.people))


def ask(question: Question) -> int | None:
    """The number of the choice; None where no person sits."""
    return _choose(question.text, question.choices)


def _choose(text: str, choices: Sequence[str]) -> int | None:
    if not (sys.stdin.isatty() and sys.stderr.isatty()):
        return None
    say(text)
    for number, choice in enumerate(choices, 1):
        say(f"  {number}  {choice}")
    while True:
        number = int(typer.prompt("Number", type=int, err=True))
        if 1 <= number <= len(choices):
            return number - 1


@contextmanager
def _bars() -> Iterator[Callable[[str], Callable[[int, int], None]]]:
    """A bar on stderr for each export; none where stderr is no terminal."""
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn
    from rich.progress import TimeRemainingColumn as Remaining

    console = Console(stderr=True, highlight=False)
    columns = (TextColumn("{task.description}"), BarColumn(), TaskProgressColumn(), Remaining())
    with Progress(
        *columns, console=console, disable=not console.is_terminal, transient=True
    ) as bars:

        def start(label: str) -> Callable[[int, int], None]:
            task = bars.add_task(label.replace("[", r"\["), total=None)

            def show(done: int, total: int) -> None:
                bars.update(task, completed=min(done, total), total=total)

            return show

        yield start


def say_who(collected: ChatsCollected) -> None:
    """Whom the exports show to be the writer, for a person to see that it is so."""
    names = " and ".join(name for name in collected.found.writers if name not in UNNAMED)
    if names:
        say(f"morris: you are {names} in these chats; if you are somebody else, say --me NAME")


def print_chats(collected: ChatsCollected, project: Project) -> None:
    found = collected.found
    for summary in found.summaries:
        print(summary)
    for remark in found.remarks:
        say(f"morris: {remark}")
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
