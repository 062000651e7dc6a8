"""What a person may say about their chats, and what came out of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from morris_mlx.errors import UsageError, check_range
from morris_mlx.project.people import Contact
from morris_mlx.records.corpus import Conversation

DATE_ORDERS = ("", "day-first", "month-first")
MIN_WINDOW_TURNS = 2  # something said and its answer


@dataclass(frozen=True, slots=True)
class ChatOptions:
    """`gap_seconds` of silence end a conversation; `window_turns` cuts it further (0: not);
    `max_share` of the writer's messages may be with one contact (1: any); `me` are names or ids.
    """

    me: tuple[str, ...] = ()
    gap_seconds: float = 86_400.0  # a day: people answer in the evening what was said at night
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
            raise UsageError(f"dates is {self.dates!r}; say day-first or month-first.")


@dataclass(frozen=True, slots=True)
class ChatsFound:
    """Conversations by source and date; `funnel` counts messages, and its reasons and `kept` add
    up to `messages`; `own` messages are the writer's; `summaries` and `remarks` are for the user.
    `people` has, by export, everybody in it but the writer: talkers and the address book;
    `writers` has the writer's own.
    """

    conversations: tuple[Conversation, ...]
    funnel: dict[str, int]
    own: int
    summaries: tuple[str, ...] = ()
    remarks: tuple[str, ...] = ()
    people: Mapping[str, tuple[Contact, ...]] = field(default_factory=dict)
    writers: tuple[str, ...] = ()
