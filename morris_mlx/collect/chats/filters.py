"""Which chats are taken, and how much of one friend at most."""

from __future__ import annotations

import difflib
from collections import Counter
from collections.abc import Collection, Sequence

from morris_mlx.collect.chats.messages import Chat
from morris_mlx.collect.chats.sessions import Session
from morris_mlx.errors import UsageError

GROUP = "in a group (--groups takes them)"
NOT_ONLY, EXCLUDED = "in a chat that --only does not name", "in a chat that --exclude names"
SILENT_CHAT = "in a chat where you wrote nothing"
SILENT_TALK = "in a conversation of a group where you wrote nothing"
OVER_SHARE = "over the share of one contact (--max-share)"
SOME_CHATS = 10  # are named to somebody who named none
ALL = 1.0  # a share that nobody is over


class Choice:
    """What --groups, --only and --exclude mean for a chat; remembers what they named."""

    def __init__(self, groups: bool, only: Sequence[str], exclude: Sequence[str]) -> None:
        self.groups, self.only, self.exclude = groups, only, exclude
        self._named: set[str] = set()
        self._chats: dict[str, str] = {}
        self._names: set[str] = set()

    def why_not(self, chat: Chat) -> str:
        """The reason to leave the chat out, or ""."""
        if chat.id not in self._chats:
            self._names.add(chat.name)
            self._chats[chat.id] = self._decide(chat)
        return self._chats[chat.id]

    def _decide(self, chat: Chat) -> str:
        called = {chat.name.casefold().strip(), chat.id.casefold()}
        called.add(chat.id.partition("/")[2].casefold())
        excluded = self._matches(self.exclude, called)
        wanted = self._matches(self.only, called)
        if excluded:
            return EXCLUDED
        if self.only:
            return "" if wanted else NOT_ONLY
        return GROUP if chat.kind == "group" and not self.groups else ""

    def _matches(self, names: Sequence[str], called: set[str]) -> bool:
        found = [name for name in names if name.casefold().strip() in called]
        self._named.update(found)
        return bool(found)

    def check(self) -> None:
        """Raises UsageError for a name that no chat has, with the nearest that one has."""
        for option, names in (("--only", self.only), ("--exclude", self.exclude)):
            for name in names:
                if name not in self._named:
                    raise UsageError(f"{option} {name}: no chat is called that.{self._hint(name)}")

    def _hint(self, name: str) -> str:
        """Chats that may be meant, else some that there are."""
        known = sorted(filter(None, self._names))
        within = [other for other in known if name.casefold().strip() in other.casefold()]
        if near := within[:3] or difflib.get_close_matches(name, known, n=3, cutoff=0.5):
            return f" Did you mean {' or '.join(near)}?"
        more = ", …" if len(known) > SOME_CHATS else ""
        return f" There are: {', '.join(known[:SOME_CHATS])}{more}." if known else ""


def without_silent(
    sessions: Sequence[Session], mine: Collection[str], left_out: Counter[str]
) -> list[Session]:
    """Without the chats where the writer never speaks, and without other people's talk in groups.

    What nobody answered in the writer's own chats stays.
    """
    spoken: set[str] = set()
    for session in sessions:
        if session.by(mine):
            spoken.add(session.chat.id)
    kept: list[Session] = []
    for session in sessions:
        if session.chat.id not in spoken:
            left_out[SILENT_CHAT] += session.messages
        elif session.chat.kind == "group" and not session.by(mine):
            left_out[SILENT_TALK] += session.messages
        else:
            kept.append(session)
    return kept


def most_of_one(counts: Collection[int], share: float) -> int:
    """How many messages of the writer one contact may have, so that it is at most `share` of all.

    With fewer contacts than 1 / share, as equal as they can be.
    """
    share = max(share, 1 / max(1, len(counts)))
    low, high = min(counts, default=0), max(counts, default=0)
    while low < high:
        cap = (low + high + 1) // 2
        # The right side grows ever slower with the cap: what holds for one holds for all below.
        if cap <= share * sum(min(count, cap) for count in counts) * (1 + 1e-9):
            low = cap
        else:
            high = cap - 1
    return low


def within_share(
    sessions: Sequence[Session], mine: Collection[str], share: float, left_out: Counter[str]
) -> list[Session]:
    """The newest conversations of each contact, until it has its share: the voice of today.

    Whole conversations go; the newest of a contact always stays.
    """
    counts: Counter[str] = Counter()
    for session in sessions:
        counts[session.chat.id] += session.by(mine)
    most = most_of_one([n for n in counts.values() if n], share)
    taken: Counter[str] = Counter()
    kept: list[Session] = []
    for session in sorted(sessions, key=lambda s: -s.seconds):
        chat, own = session.chat.id, session.by(mine)
        if share < ALL and counts[chat] > most and taken[chat] and taken[chat] + own > most:
            left_out[OVER_SHARE] += session.messages
            taken[chat] = most + 1  # nothing older either
        else:
            taken[chat] += own
            kept.append(session)
    return kept


def dominant(sessions: Sequence[Session], mine: Collection[str]) -> tuple[str, float]:
    """The chat with most of the writer's messages, and its share of them."""
    counts: Counter[str] = Counter()
    for session in sessions:
        counts[session.chat.id] += session.by(mine)
    names = {session.chat.id: session.chat.name for session in sessions}
    key, most = max(counts.items(), key=lambda item: (item[1], item[0]), default=("", 0))
    return names.get(key, ""), most / max(1, sum(counts.values()))
