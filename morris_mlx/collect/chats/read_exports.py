"""Exports → conversations: every message read once, counted, parted, and given its role."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime

from morris_mlx.collect.chats.archives import Container
from morris_mlx.collect.chats.contacts import Acquaintances, Talk
from morris_mlx.collect.chats.detect_format import ChatExport
from morris_mlx.collect.chats.filters import Choice, dominant, within_share, without_silent
from morris_mlx.collect.chats.find_writer import ME_OPTION, People
from morris_mlx.collect.chats.formats.discord import read_exporter, read_package
from morris_mlx.collect.chats.formats.imessage import read_imessage
from morris_mlx.collect.chats.formats.mail import read_mail
from morris_mlx.collect.chats.formats.slack import read_slack
from morris_mlx.collect.chats.formats.telegram import read_telegram
from morris_mlx.collect.chats.formats.whatsapp import read_whatsapp
from morris_mlx.collect.chats.message_text import counted
from morris_mlx.collect.chats.messages import Ask, ChatMessage, Reading, Report
from morris_mlx.collect.chats.options import ChatOptions, ChatsFound
from morris_mlx.collect.chats.sessions import (
    Session,
    Sessions,
    conversation_id,
    messages_of,
    windows,
)
from morris_mlx.errors import MorrisError, UsageError
from morris_mlx.project.people import Contact
from morris_mlx.records.corpus import Conversation

NO_TIME, TWICE = "a date out of all time", "in a conversation that stands in another export, too"
EARLIEST, LATEST = 0.0, 32_503_680_000.0  # 1970 and 3000: no chat is older or newer
DOMINATES, MIN_CONTACTS = 0.5, 3  # of two friends one is always at half


def gather(
    exports: Sequence[ChatExport], options: ChatOptions, ask: Ask, report: Callable[[str], Report]
) -> ChatsFound:
    """Raises MorrisError when an export is damaged, nobody says who the writer is, or none is left.

    `report(label)` gives the function that is told how far the reading of an export is.
    """
    choice = Choice(options.groups, options.only, options.exclude)
    groups: dict[str, _Group] = {}
    for export in exports:
        group = groups.setdefault(_family(export), _Group(_family(export)))
        group.read(export, choice, options, ask, report(f"{export.format}: {export.path.name}"))
    choice.check()
    _check_names(list(groups.values()), options.me)
    return _conversations(list(groups.values()), options, ask)


def _family(export: ChatExport) -> str:
    """Exports of one family know people by the same ids."""
    return export.format.partition(" ")[0]


class _Read:
    """One export that was read through."""

    def __init__(self, export: ChatExport, reading: Reading) -> None:
        self.export, self.reading = export, reading
        self.senders: Counter[str] = Counter()
        self.chats: set[str] = set()
        self.sessions: list[Session] = []

    def summary(self, mine: set[str]) -> str:
        own = sum(self.senders[person] for person in mine)
        title = " ".join(filter(None, (self.export.format, self.reading.shape)))
        return f"{title}: {counted(len(self.chats), 'chat')}, {counted(own, 'message')} of yours"


class _Group:
    """All exports of one family, and everybody in them."""

    def __init__(self, family: str) -> None:
        self.family, self.people = family, People()
        self.reads: list[_Read] = []

    def read(
        self, export: ChatExport, choice: Choice, options: ChatOptions, ask: Ask, report: Report
    ) -> None:
        read = _Read(export, Reading(ask, report))
        sessions = Sessions(options.gap_seconds)
        for message in _messages(export, read.reading, options):
            if not EARLIEST <= message.seconds < LATEST:
                read.reading.left_out[NO_TIME] += 1
                continue
            self.people.add(message)
            read.senders[message.sender_id] += 1
            read.chats.add(message.chat.id)
            if reason := choice.why_not(message.chat):
                read.reading.left_out[reason] += 1
            elif done := sessions.add(message):
                read.sessions.append(done)
        if last := sessions.finish():
            read.sessions.append(last)
        self.reads.append(read)

    @property
    def stated(self) -> set[str]:
        """Whom the exports themselves name as their owner."""
        stated = {i for read in self.reads for i in read.reading.own_ids}
        return stated & self.people.by_id.keys() or stated

    @property
    def where(self) -> str:
        return ", ".join(dict.fromkeys(str(read.export.path) for read in self.reads))


def _messages(export: ChatExport, reading: Reading, options: ChatOptions) -> Iterator[ChatMessage]:
    container: Container = export.container
    match export.format:
        case "Telegram":
            return read_telegram(container, export.name, reading)
        case "WhatsApp":
            return read_whatsapp(container, export.name, reading, options.dates)
        case "iMessage":
            return read_imessage(container.path, reading)
        case "Discord":
            return read_exporter(container, export.name, reading)
        case "Discord package":
            return read_package(container, reading)
        case "Slack":
            return read_slack(container, reading)
        case "mail (mbox)":
            return read_mail(container.path, reading)


def _check_names(groups: Sequence[_Group], names: Sequence[str]) -> None:
    """Raises UsageError for a --me that is nobody's name in any export."""
    for name in names:
        if not any(group.people.named(name) for group in groups):
            people = [p.name for group in groups for p in group.people.most_talkative]
            where = ", ".join(group.where for group in groups)
            raise UsageError(
                f"{ME_OPTION} {name}: nobody is called that in {where}. "
                f"There are: {', '.join(people) or 'no people'}."
            )


def _writer(group: _Group, options: ChatOptions, ask: Ask) -> set[str]:
    """The ids of the writer: as told, else as the exports say, else as they show, else asked."""
    people = group.people
    told = {person.id for name in options.me if (person := people.named(name))}
    if told:
        return told
    if len(group.stated) == 1:
        return group.stated
    if not people.by_id:
        return set()
    owner = people.owner()
    return {(owner or people.asked(ask, group.where)).id}


def _conversations(groups: Sequence[_Group], options: ChatOptions, ask: Ask) -> ChatsFound:
    """Roles given, silent chats and what is over a share left out, the same talk kept once."""
    summaries: list[str] = []
    warnings: list[str] = []
    left_out: Counter[str] = Counter()
    mine: set[str] = set()
    for group in groups:
        own = _writer(group, options, ask)
        if own and (why := group.people.swapped(own, group.stated)):
            warnings.append(
                f"The roles look swapped: {why}. If you are somebody else, say {ME_OPTION} with "
                "your own name."
            )
        summaries += [read.summary(own) for read in group.reads]
        mine |= own
    reads = [read for group in groups for read in group.reads]
    sources = {id(s): str(read.export.path) for read in reads for s in read.sessions}
    for read in reads:
        left_out += read.reading.left_out
    sessions = without_silent([s for read in reads for s in read.sessions], mine, left_out)
    sessions = within_share(sessions, mine, options.max_share, left_out)
    name, share = dominant(sessions, mine)
    if share > DOMINATES and len({s.chat.id for s in sessions}) >= MIN_CONTACTS:
        warnings.append(
            f"“{name}” holds {share:.0%} of your messages; --max-share {DOMINATES} takes less"
        )
    conversations, talks, kept, own_kept = _records(sessions, sources, mine, options, left_out)
    total = sum(read.reading.messages for read in reads)
    notes = tuple(dict.fromkeys(note for read in reads for note in read.reading.notes))
    people: dict[str, tuple[Contact, ...]] = {}
    for group in groups:
        known = Acquaintances(group.people, mine, talks)
        for read in group.reads:
            people[str(read.export.path)] = known.contacts(
                read.reading.called, read.senders, read.chats, read.reading.contacts
            )
    funnel = {"messages": total, **dict(sorted(left_out.items())), "kept": kept}
    found = ChatsFound(
        conversations,
        funnel,
        own_kept,
        tuple(summaries),
        (*notes, *warnings),
        people,
        _names(groups, mine),
    )
    if not own_kept:
        raise _nothing(found, groups)
    return found


def _names(groups: Sequence[_Group], ids: set[str]) -> tuple[str, ...]:
    """What these people are called, each name once."""
    known = (group.people.by_id for group in groups)
    return tuple(dict.fromkeys(by_id[i].name for by_id in known for i in sorted(ids & set(by_id))))


def _records(
    sessions: Sequence[Session],
    sources: dict[int, str],
    mine: set[str],
    options: ChatOptions,
    left_out: Counter[str],
) -> tuple[tuple[Conversation, ...], dict[str, Talk], int, int]:
    """(conversations by source and date, who speaks in them, their messages, the writer's)."""
    found: dict[str, Conversation] = {}
    talks: dict[str, Talk] = {}
    kept = own = 0
    for session in sessions:
        for piece, turns in enumerate(windows(session.turns, mine, options.window_turns)):
            messages = messages_of(turns, mine)
            key = conversation_id(session.chat, session.seconds, piece, messages)
            count = sum(turn.size for turn in turns)
            if key in found:
                left_out[TWICE] += count
                continue
            began = datetime.fromtimestamp(turns[0].seconds, UTC).strftime("%Y-%m-%dT%H:%M:%S")
            talks[key] = Talk(session.chat, frozenset(turn.sender_id for turn in turns))
            found[key] = Conversation(key, messages, sources[id(session)], began)
            kept += count
            own += sum(turn.size for turn in turns if turn.sender_id in mine)
    ordered = sorted(found.values(), key=lambda c: (c.source, c.date, c.id))
    return tuple(ordered), talks, kept, own


def _nothing(found: ChatsFound, groups: Sequence[_Group]) -> MorrisError:
    reasons = "".join(f"\n  {count:,} {reason}" for reason, count in found.funnel.items() if count)
    where = ", ".join(group.where for group in groups)
    return MorrisError(
        f"No message of yours is left in {where}. Look at the counts; --groups takes groups, and "
        f"{ME_OPTION} says who you are.{reasons}"
    )
