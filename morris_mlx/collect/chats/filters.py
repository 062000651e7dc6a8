"""Chat filters: the chats that options select, and the limit on the share of one chat."""

from __future__ import annotations

import difflib
from collections import Counter
from collections.abc import Collection, Sequence

from morris_mlx.collect.chats.messages import Chat
from morris_mlx.collect.chats.session_splitter import Session
from morris_mlx.collect.chats.skip_reasons import SkipReason
from morris_mlx.errors import UsageError

MAX_LISTED = 10  # chats in the error for an unknown name
NO_LIMIT = 1.0  # a share that no chat exceeds


class ChatFilter:
    """The options --groups, --only and --exclude, and which of their names were found."""

    def __init__(self, groups: bool, only: Sequence[str], exclude: Sequence[str]) -> None:
        self.groups, self.only, self.exclude = groups, only, exclude
        self._matched: set[str] = set()
        self._decisions: dict[str, SkipReason | None] = {}  # by chat id
        self._chat_names: set[str] = set()

    def skip_reason(self, chat: Chat) -> SkipReason | None:
        """Return the reason to skip the chat, or None to take it."""
        if chat.id not in self._decisions:
            self._chat_names.add(chat.name)
            self._decisions[chat.id] = self._decide(chat)
        return self._decisions[chat.id]

    def _decide(self, chat: Chat) -> SkipReason | None:
        names = {chat.name.casefold().strip(), chat.id.casefold()}
        names.add(chat.id.partition("/")[2].casefold())
        is_excluded = self._matches(self.exclude, names)
        is_wanted = self._matches(self.only, names)
        if is_excluded:
            return SkipReason.EXCLUDED
        if self.only:
            return None if is_wanted else SkipReason.NOT_IN_ONLY
        return SkipReason.GROUP if chat.kind == "group" and not self.groups else None

    def _matches(self, wanted: Sequence[str], names: set[str]) -> bool:
        found = [name for name in wanted if name.casefold().strip() in names]
        self._matched.update(found)
        return bool(found)

    def check_names(self) -> None:
        """Raise UsageError for a name in the options that no chat has, with suggestions."""
        for option, names in (("--only", self.only), ("--exclude", self.exclude)):
            for name in names:
                if name not in self._matched:
                    raise UsageError(
                        f"{option} {name}: no chat has this name.{self._suggest(name)}"
                    )

    def _suggest(self, name: str) -> str:
        """Return a sentence with similar names of chats, or else with some of all."""
        known = sorted(filter(None, self._chat_names))
        containing = [other for other in known if name.casefold().strip() in other.casefold()]
        if near := containing[:3] or difflib.get_close_matches(name, known, n=3, cutoff=0.5):
            return f" Did you mean {' or '.join(near)}?"
        more = ", …" if len(known) > MAX_LISTED else ""
        return f" There are: {', '.join(known[:MAX_LISTED])}{more}." if known else ""


def drop_silent(
    sessions: Sequence[Session], own_ids: Collection[str], skipped: Counter[SkipReason]
) -> list[Session]:
    """Drop chats in which the writer never writes, and such sessions of groups.

    Sessions of private chats stay even without an answer. `skipped` receives the counts.
    """
    chats_with_writer = {session.chat.id for session in sessions if session.count_by(own_ids)}
    kept: list[Session] = []
    for session in sessions:
        if session.chat.id not in chats_with_writer:
            skipped[SkipReason.SILENT_CHAT] += session.messages
        elif session.chat.kind == "group" and not session.count_by(own_ids):
            skipped[SkipReason.SILENT_CONVERSATION] += session.messages
        else:
            kept.append(session)
    return kept


def message_cap(counts: Collection[int], share: float) -> int:
    """Return the most messages that each chat may have so that none exceeds `share` of all.

    `counts` are the writer's messages in each chat. With fewer chats than 1 / share, the cap makes
    them as equal as possible.
    """
    share = max(share, 1 / max(1, len(counts)))
    low, high = min(counts, default=0), max(counts, default=0)
    while low < high:
        cap = (low + high + 1) // 2
        # Binary search: the right side grows ever slower, so if a cap fits, all below it fit.
        if cap <= share * sum(min(count, cap) for count in counts) * (1 + 1e-9):
            low = cap
        else:
            high = cap - 1
    return low


def limit_share(
    sessions: Sequence[Session],
    own_ids: Collection[str],
    share: float,
    skipped: Counter[SkipReason],
) -> list[Session]:
    """Keep the newest sessions of each chat up to its share, because they show today's style.

    Sessions are kept or dropped whole, and the newest of a chat is always kept. `skipped` receives
    the counts.
    """
    counts = _own_messages(sessions, own_ids)
    cap = message_cap([count for count in counts.values() if count], share)
    taken: Counter[str] = Counter()
    kept: list[Session] = []
    for session in sorted(sessions, key=lambda s: -s.seconds):
        chat, own = session.chat.id, session.count_by(own_ids)
        if share < NO_LIMIT and counts[chat] > cap and taken[chat] and taken[chat] + own > cap:
            skipped[SkipReason.OVER_SHARE] += session.messages
            taken[chat] = cap + 1  # drop all older sessions, too
        else:
            taken[chat] += own
            kept.append(session)
    return kept


def dominant_chat(sessions: Sequence[Session], own_ids: Collection[str]) -> tuple[str, float]:
    """Return the name of the chat with most of the writer's messages, and its share of them."""
    counts = _own_messages(sessions, own_ids)
    names = {session.chat.id: session.chat.name for session in sessions}
    key, most = max(counts.items(), key=lambda item: (item[1], item[0]), default=("", 0))
    return names.get(key, ""), most / max(1, sum(counts.values()))


def _own_messages(sessions: Sequence[Session], own_ids: Collection[str]) -> Counter[str]:
    """Return the number of the writer's messages by chat id."""
    counts: Counter[str] = Counter()
    for session in sessions:
        counts[session.chat.id] += session.count_by(own_ids)
    return counts
