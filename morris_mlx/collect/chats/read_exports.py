"""Reading of exports: each is parsed once, into sessions, participants and counts."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from functools import partial

from morris_mlx.collect.chats.build_conversations import build_conversations
from morris_mlx.collect.chats.channel_posts import posts_to_documents
from morris_mlx.collect.chats.detect_format import ChatExport
from morris_mlx.collect.chats.export_format import ExportFormat
from morris_mlx.collect.chats.filters import ChatFilter
from morris_mlx.collect.chats.find_writer import ME_OPTION, Participants
from morris_mlx.collect.chats.formats.discord import parse_discord
from morris_mlx.collect.chats.formats.discord_package import parse_discord_package
from morris_mlx.collect.chats.formats.imessage import parse_imessage
from morris_mlx.collect.chats.formats.kakaotalk import parse_kakaotalk
from morris_mlx.collect.chats.formats.line import parse_line_chat
from morris_mlx.collect.chats.formats.mail import parse_mail
from morris_mlx.collect.chats.formats.messenger import parse_messenger, thread_of
from morris_mlx.collect.chats.formats.signal import parse_signal
from morris_mlx.collect.chats.formats.slack import parse_slack
from morris_mlx.collect.chats.formats.telegram import parse_telegram
from morris_mlx.collect.chats.formats.whatsapp import parse_whatsapp, prove_date_order
from morris_mlx.collect.chats.messages import (
    AskUser,
    ChatMessage,
    OnProgress,
    ParseContext,
    is_named,
)
from morris_mlx.collect.chats.options import ChatOptions, ChatsFound, FailedExport
from morris_mlx.collect.chats.parsed import ParsedExport, Platform
from morris_mlx.collect.chats.session_splitter import SessionSplitter
from morris_mlx.collect.chats.skip_reasons import SkipReason
from morris_mlx.errors import MorrisError, UsageError
from morris_mlx.files import path_text
from morris_mlx.records.corpus import Document

EARLIEST, LATEST = 0.0, 32_503_680_000.0  # 1970 and 3000 in Unix time: other dates are errors


def read_exports(
    exports: Sequence[ChatExport],
    options: ChatOptions,
    ask: AskUser,
    progress_for: Callable[[str], OnProgress],
) -> ChatsFound:
    """Read exports into conversations in which the writer is the assistant.

    An export that fails does not stop the others: see `ChatsFound.failed` and `require_all`.

    Args:
        exports: as found by `take_inventory`.
        options: which chats to take, and how to split them.
        ask: answers questions that only the user can answer.
        progress_for: returns the progress callback for an export, given its label.

    Raises:
        UsageError: for an unknown name in the options.
    """
    chat_filter = ChatFilter(options.groups, options.only, options.exclude)
    platforms: dict[ExportFormat, Platform] = {}
    failed: list[FailedExport] = []
    siblings = partial(_proven_date_order, exports, {})
    groups = _groups(exports)
    while groups:
        group = groups.pop(0)
        export = group[0]
        platform = platforms.setdefault(export.format.platform, Platform(Participants()))
        progress = progress_for(f"{export.format}: {path_text(export.path.name)}")
        context = ParseContext(ask, progress, options.me)
        messages = _parse(group, context, options, siblings)
        try:
            platform.exports.append(
                _read(export, context, messages, chat_filter, options, platform.people)
            )
        except MorrisError as error:
            if len(group) == 1:
                failed.append(FailedExport(export, error))
            else:  # one of the files is damaged: the others are read without it
                groups[:0] = [[each] for each in group]
    read = [platform for platform in platforms.values() if platform.exports]
    if not failed:  # a name may be in an export that could not be read
        chat_filter.check_names()
        _check_writer_names(read, options.me)
    return build_conversations(read, failed, options, ask)


def _read(
    export: ChatExport,
    context: ParseContext,
    messages: Iterator[ChatMessage],
    chat_filter: ChatFilter,
    options: ChatOptions,
    people: Participants,
) -> ParsedExport:
    """Parse one export. All its senders are added to `people`, those of skipped chats included."""
    senders: Counter[str] = Counter()
    chats: set[str] = set()
    splitter = SessionSplitter(options.gap_seconds)
    sessions = []
    for message in messages:
        if not EARLIEST <= message.seconds < LATEST:
            context.skipped[SkipReason.DATE_OUT_OF_RANGE] += 1
            continue
        people.add(message)
        senders[message.sender_id] += 1
        chats.add(message.chat.id)
        if reason := chat_filter.skip_reason(message.chat):
            context.skipped[reason] += 1
        elif done := splitter.add(message):
            sessions.append(done)
    if last := splitter.finish():
        sessions.append(last)
    people.add_names(context.names)
    documents = _read_posts(export, context, chat_filter)
    return ParsedExport(export, context, senders, chats, sessions, documents)


def _read_posts(
    export: ChatExport, context: ParseContext, chat_filter: ChatFilter
) -> tuple[Document, ...]:
    """Return the posts of the writer's channels in an export that no option leaves out."""
    wanted = []
    for post in context.posts:
        reason = chat_filter.skip_reason(post.channel)
        if reason in (SkipReason.EXCLUDED, SkipReason.NOT_IN_ONLY):
            context.skipped[reason] += 1
        else:
            wanted.append(post)
    context.posts = wanted
    return posts_to_documents(context, path_text(export.path))


def _groups(exports: Sequence[ChatExport]) -> list[list[ChatExport]]:
    """Return the exports one by one, but the files of one chat of Messenger together."""
    groups: dict[object, list[ChatExport]] = {}
    for number, export in enumerate(exports):
        is_part = export.format is ExportFormat.MESSENGER
        thread = thread_of(export.archive, export.name) if is_part else None
        groups.setdefault(thread or number, []).append(export)
    return list(groups.values())


def _parse(
    group: Sequence[ChatExport],
    context: ParseContext,
    options: ChatOptions,
    siblings: Callable[[], str],
) -> Iterator[ChatMessage]:
    export = group[0]
    archive = export.archive
    match export.format:
        case ExportFormat.TELEGRAM:
            return parse_telegram(archive, export.name, context)
        case ExportFormat.WHATSAPP:
            return parse_whatsapp(archive, export.name, context, options.dates, siblings)
        case ExportFormat.IMESSAGE:
            return parse_imessage(archive.path, context)
        case ExportFormat.DISCORD:
            return parse_discord(archive, export.name, context)
        case ExportFormat.DISCORD_PACKAGE:
            return parse_discord_package(archive, context)
        case ExportFormat.SLACK:
            return parse_slack(archive, context)
        case ExportFormat.MAIL:
            return parse_mail(archive, export.name, context)
        case ExportFormat.MESSENGER:
            return parse_messenger([(each.archive, each.name) for each in group], context)
        case ExportFormat.SIGNAL:
            return parse_signal(archive, export.name, context)
        case ExportFormat.KAKAOTALK:
            return parse_kakaotalk(archive, export.name, context)
        case ExportFormat.LINE:
            return parse_line_chat(archive, export.name, context)


def _proven_date_order(exports: Sequence[ChatExport], known: dict[str, str]) -> str:
    """Return the order of dates that all WhatsApp exports with a proven order share, else "".

    They come from one phone, usually. The result is kept in `known`, because it takes a reading of
    all these exports.
    """
    if not known:
        orders = {
            prove_date_order(export.archive, export.name)
            for export in exports
            if export.format is ExportFormat.WHATSAPP
        } - {""}
        known["order"] = orders.pop() if len(orders) == 1 else ""
    return known["order"]


def _check_writer_names(platforms: Sequence[Platform], names: Sequence[str]) -> None:
    """Raise UsageError for a --me that is not a name or id in any export.

    The name is not checked if no export has a usable message. The counts then give the reason.
    """
    has_people = any(each.people.most_active or any(each.posts) for each in platforms)
    for name in names if has_people else ():
        posts = (post for platform in platforms for post in platform.posts)
        if any(is_named([name], *post.names) for post in posts):
            continue
        if not any(platform.people.find(name) for platform in platforms):
            people = [p.name for platform in platforms for p in platform.people.most_active]
            where = ", ".join(platform.paths for platform in platforms)
            raise UsageError(
                f"{ME_OPTION} {name}: no person in {where} has this name. "
                f"There are: {', '.join(people)}."
            )
