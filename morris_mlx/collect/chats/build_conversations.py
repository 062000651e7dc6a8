"""Building of conversations from parsed exports: the writer, roles, shares and duplicates."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime

from morris_mlx.collect.chats.contacts import ContactList, Speakers
from morris_mlx.collect.chats.filters import dominant_chat, drop_silent, limit_share
from morris_mlx.collect.chats.find_writer import ME_OPTION
from morris_mlx.collect.chats.messages import AskUser
from morris_mlx.collect.chats.options import ChatOptions, ChatsFound, FailedExport
from morris_mlx.collect.chats.parsed import ParsedExport, Platform, summarize
from morris_mlx.collect.chats.session_splitter import (
    Session,
    conversation_id,
    split_into_windows,
    to_messages,
)
from morris_mlx.collect.chats.skip_reasons import SkipReason
from morris_mlx.errors import MorrisError, UsageError
from morris_mlx.files import path_text
from morris_mlx.project.people import Contact
from morris_mlx.records.corpus import Conversation

# A chat with more than half of the writer's messages is worth a warning; of two, one always has.
DOMINANT_SHARE, MIN_CHATS_TO_WARN = 0.5, 3
_WAYS_OUT = {
    SkipReason.GROUP: "--groups reads group chats, too.",
    SkipReason.CHANNEL: (
        f"If it is your channel, name it with {ME_OPTION} or export it alone: then its posts are "
        "read as texts."
    ),
    SkipReason.NOTES_TO_SELF: (
        "Notes to yourself are not a conversation. If they are texts, save them as .txt or .md "
        "files and collect these."
    ),
    SkipReason.BOT: "Bots wrote most of it. Export the chats with people.",
    SkipReason.SILENT_CHAT: f"If you wrote in these chats, add {ME_OPTION} with your name in them.",
    SkipReason.NOT_IN_ONLY: "--only names other chats.",
    SkipReason.EXCLUDED: "--exclude names all of these chats.",
}


def build_conversations(
    platforms: Sequence[Platform],
    failed: Sequence[FailedExport],
    options: ChatOptions,
    ask: AskUser,
) -> ChatsFound:
    """Return the conversations of all exports, with counts, contacts and remarks.

    `failed` are the exports that could not be read. Those whose writer is unknown are added.
    """
    known, failed = [], list(failed)
    summaries: list[str] = []
    warnings: list[str] = []
    own_ids: set[str] = set()
    for platform in platforms:
        try:
            own = _find_writer(platform, options, ask)
        except UsageError as error:
            failed += [FailedExport(parsed.export, error) for parsed in platform.exports]
            continue
        known.append(platform)
        if own and (reason := platform.people.explain_swapped_roles(own, platform.owner_ids)):
            warnings.append(
                f"The roles look swapped: {reason}. If you are another person, add {ME_OPTION} "
                "with your own name."
            )
        summaries += summarize(platform.exports, own)
        own_ids |= own
    found = _build(known, own_ids, options, tuple(summaries), warnings)
    problem = None if found.own or found.documents or not known else _nothing_left(found, known)
    return replace(found, failed=tuple(failed), problem=problem)


def _build(
    platforms: Sequence[Platform],
    own_ids: set[str],
    options: ChatOptions,
    summaries: tuple[str, ...],
    warnings: list[str],
) -> ChatsFound:
    exports = [parsed for platform in platforms for parsed in platform.exports]
    skipped: Counter[SkipReason] = Counter()
    for parsed in exports:
        skipped += parsed.context.skipped
    sessions = drop_silent([s for parsed in exports for s in parsed.sessions], own_ids, skipped)
    sessions = limit_share(sessions, own_ids, options.max_share, skipped)
    warnings += _warn_of_dominant_chat(sessions, own_ids)
    builder = _ConversationBuilder(own_ids, options.window_turns, skipped)
    builder.add_all(sessions, exports)
    return ChatsFound(
        conversations=builder.ordered(),
        messages=sum(parsed.context.messages for parsed in exports),
        kept=builder.kept,
        own=builder.own,
        skipped=skipped,
        summaries=summaries,
        remarks=(*dict.fromkeys(n for parsed in exports for n in parsed.context.notes), *warnings),
        people=_contacts(platforms, own_ids, builder.speakers),
        writers=_names(platforms, own_ids),
        documents=tuple(document for parsed in exports for document in parsed.documents),
    )


def _find_writer(platform: Platform, options: ChatOptions, ask: AskUser) -> set[str]:
    """Return the ids of the writer: by --me, else by the export, else inferred, else asked for."""
    people = platform.people
    given = {person.id for name in options.me if (person := people.find(name))}
    if given:
        return given
    if len(platform.owner_ids) == 1:
        return platform.owner_ids
    if not any(parsed.sessions for parsed in platform.exports):
        return set()  # nothing is left to ask for
    if owner := people.infer_owner():
        return {owner.id}
    may_be_text = all(parsed.export.format.is_plain_text for parsed in platform.exports)
    return {people.ask_for_writer(ask, platform.paths, may_be_text=may_be_text).id}


def _warn_of_dominant_chat(sessions: Sequence[Session], own_ids: set[str]) -> list[str]:
    name, share = dominant_chat(sessions, own_ids)
    chats = {session.chat.id for session in sessions}
    if share <= DOMINANT_SHARE or len(chats) < MIN_CHATS_TO_WARN:
        return []
    return [f"“{name}” has {share:.0%} of your messages; --max-share {DOMINANT_SHARE} limits this"]


@dataclass(slots=True)
class _ConversationBuilder:
    """Conversations by id, so that one in several exports is kept once."""

    own_ids: set[str]
    window_turns: int
    skipped: Counter[SkipReason]
    kept: int = 0  # messages
    own: int = 0  # messages of the writer among them
    speakers: dict[str, Speakers] = field(default_factory=dict)
    _found: dict[str, Conversation] = field(default_factory=dict)

    def add_all(self, sessions: Sequence[Session], exports: Sequence[ParsedExport]) -> None:
        """Add sessions, in order, each with the path of the export that it comes from."""
        sources = {
            id(session): path_text(parsed.export.path)
            for parsed in exports
            for session in parsed.sessions
        }
        for session in sessions:
            self._add(session, sources[id(session)])

    def _add(self, session: Session, source: str) -> None:
        windows = split_into_windows(session.turns, self.own_ids, self.window_turns)
        for piece, turns in enumerate(windows):
            messages = to_messages(turns, self.own_ids)
            key = conversation_id(session.chat, session.seconds, piece, messages)
            size = sum(turn.size for turn in turns)
            if key in self._found:
                self.skipped[SkipReason.DUPLICATE_CONVERSATION] += size
                continue
            start = datetime.fromtimestamp(turns[0].seconds, UTC).strftime("%Y-%m-%dT%H:%M:%S")
            self.speakers[key] = Speakers(session.chat, frozenset(turn.sender_id for turn in turns))
            self._found[key] = Conversation(key, messages, source, start)
            self.kept += size
            self.own += sum(turn.size for turn in turns if turn.sender_id in self.own_ids)

    def ordered(self) -> tuple[Conversation, ...]:
        """Return the conversations in the order of source and date."""
        return tuple(sorted(self._found.values(), key=lambda c: (c.source, c.date, c.id)))


def _contacts(
    platforms: Sequence[Platform], own_ids: set[str], speakers: dict[str, Speakers]
) -> dict[str, tuple[Contact, ...]]:
    """Return the contacts of each export by its path."""
    people: dict[str, tuple[Contact, ...]] = {}
    for platform in platforms:
        contacts = ContactList(platform.people, own_ids, speakers)
        for parsed in platform.exports:
            path = path_text(parsed.export.path)  # a zip may hold several exports
            found = contacts.of_export(parsed.context, parsed.senders, parsed.chats)
            people[path] = tuple(dict.fromkeys((*people.get(path, ()), *found)))
    return people


def _names(platforms: Sequence[Platform], ids: set[str]) -> tuple[str, ...]:
    """Return the names of these people, each once."""
    known = (platform.people.by_id for platform in platforms)
    return tuple(dict.fromkeys(by_id[i].name for by_id in known for i in sorted(ids & set(by_id))))


def _nothing_left(found: ChatsFound, platforms: Sequence[Platform]) -> MorrisError:
    reasons = "".join(f"\n  {count:,} {text}" for text, count in found.funnel.items() if count)
    where = ", ".join(platform.paths for platform in platforms)
    return MorrisError(
        f"No message of yours is left in {where}. {_way_out(found.skipped)}{reasons}"
    )


def _way_out(skipped: Mapping[SkipReason, int]) -> str:
    """Return what helps against the reason for which most messages were left out."""
    reason = max(skipped, key=lambda each: skipped[each], default=None)
    if reason in _WAYS_OUT:
        return _WAYS_OUT[reason]
    return f"See the counts below. Add --groups to read groups, or {ME_OPTION} with your name."
