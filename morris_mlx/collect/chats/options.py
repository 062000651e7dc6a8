"""The options of a chat collection, and its result."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from morris_mlx.collect.chats.detect_format import ChatExport
from morris_mlx.collect.chats.skip_reasons import SkipReason, counts_by_text
from morris_mlx.errors import MorrisError, UsageError, check_range
from morris_mlx.project.people import Contact
from morris_mlx.records.corpus import Conversation, Document

DATE_ORDERS = ("", "day-first", "month-first")
MIN_WINDOW_TURNS = 2  # a message and its answer


@dataclass(frozen=True, slots=True)
class ChatOptions:
    """Options of a chat collection.

    Attributes:
        me: names or ids of the writer; empty to take them from the export, or to ask.
        gap_seconds: a silence longer than this ends a conversation.
        window_turns: the most turns of a conversation; 0 is no limit.
        groups: also take group chats.
        only: names or ids of the chats to take; empty for all.
        exclude: names or ids of the chats to leave out.
        max_share: the largest share of the writer's messages in one chat; 1 is no limit.
        dates: "day-first" or "month-first" for WhatsApp; empty to detect the order.

    Raises:
        UsageError: for a value out of range or an unknown date order.
    """

    me: tuple[str, ...] = ()
    gap_seconds: float = 86_400.0  # a day: people answer in the evening what was sent at night
    window_turns: int = 0
    groups: bool = False
    only: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()
    max_share: float = 1.0
    dates: str = ""

    def __post_init__(self) -> None:
        check_range("gap", self.gap_seconds, 1.0, 1e10)
        if self.window_turns:
            check_range("window_turns", self.window_turns, MIN_WINDOW_TURNS, 1_000_000)
        check_range("max_share", self.max_share, 0.01, 1.0)
        if self.dates not in DATE_ORDERS:
            raise UsageError(f"dates is {self.dates!r}; it must be day-first or month-first.")


@dataclass(frozen=True, slots=True)
class FailedExport:
    """An export that could not be read, and the error with the way out."""

    export: ChatExport
    error: MorrisError


@dataclass(frozen=True, slots=True)
class ChatsFound:
    """Conversations from exports, and counts of all messages in them.

    Attributes:
        conversations: in the order of source and date.
        messages: all messages of the exports: `kept` plus the sum of `skipped`.
        kept: messages that the conversations contain.
        own: messages of the writer among them.
        skipped: messages left out, by reason.
        summaries: one line for the user about each export.
        remarks: repairs and warnings for the user.
        people: everybody in an export except the writer, by the path of the export.
        writers: the names of the writer.
        documents: texts that the exports hold besides the chats: posts of the writer's channels.
        failed: exports that could not be read; nothing of them is counted.
        problem: the error to raise where no message of the writer is left, if so.
    """

    conversations: tuple[Conversation, ...]
    messages: int
    kept: int
    own: int
    skipped: Mapping[SkipReason, int] = field(default_factory=dict)
    summaries: tuple[str, ...] = ()
    remarks: tuple[str, ...] = ()
    people: Mapping[str, tuple[Contact, ...]] = field(default_factory=dict)
    writers: tuple[str, ...] = ()
    documents: tuple[Document, ...] = ()
    failed: tuple[FailedExport, ...] = ()
    problem: MorrisError | None = None

    def require_all(self) -> None:
        """Raise the error of the first export that could not be read, or `problem`."""
        for failed in self.failed:
            raise failed.error
        if self.problem:
            raise self.problem

    @property
    def funnel(self) -> dict[str, int]:
        """All counts as a user reads them: `messages`, each reason, `kept`."""
        return {"messages": self.messages, **counts_by_text(self.skipped), "kept": self.kept}
