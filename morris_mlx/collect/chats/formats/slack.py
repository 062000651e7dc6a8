"""Parser of Slack's export of a workspace: a zip, or the folder that it unpacks to."""

from __future__ import annotations

import html
import json
import re
from collections.abc import Iterator
from typing import Any

from morris_mlx.collect.archives import Archive
from morris_mlx.collect.chats.message_text import (
    empty_reason_after_quotes,
    normalize_message,
    remove_quoted_lines,
    single_line,
)
from morris_mlx.collect.chats.messages import Chat, ChatKind, ChatMessage, ParseContext
from morris_mlx.collect.chats.skip_reasons import SkipReason
from morris_mlx.errors import MorrisError

# Lists of direct messages, group messages, private channels and public channels.
CHAT_LISTS: dict[str, ChatKind] = {
    "dms.json": "private",
    "mpims.json": "group",
    "groups.json": "group",
    "channels.json": "group",
}
TYPED_SUBTYPES = {"None", "thread_broadcast", "file_share", "me_message"}
SLACKBOT = "USLACKBOT"
_MARKUP = re.compile(r"<([@#!]?)([^<>|]+)(?:\|([^<>]*))?>")
_DAY_FILE = re.compile(r"\d{4}-\d{2}-\d{2}\.json")
_DAY_FILE_BELOW = re.compile(r"(?:[^/]+/){1,3}\d{4}-\d{2}-\d{2}\.json")  # of a chat, or of a grid's
_DIRECT_ID = re.compile(r"D[A-Z0-9]{2,}")
_SLACK_USER = re.compile(rb'"id"\s*:\s*"[UW][A-Z0-9]{1,14}"')
USERS_HEAD_BYTES = 1 << 12
ORG_USERS = "org_users.json"
USER_FILES = frozenset({"users.json", ORG_USERS})


def slack_root(archive: Archive) -> str | None:
    """Return the folder with the users and a list of chats or a day's messages, else None.

    An Enterprise Grid has its users in org_users.json, and its workspaces in folders below. Some
    exports have no list of chats: there the users must look like Slack's.
    """
    names = frozenset(archive.names)
    for name in archive.names:
        folder, slash, last = name.rpartition("/")
        if last not in USER_FILES:
            continue
        root = folder + slash
        if any(f"{root}{file}" in names for file in CHAT_LISTS):
            return root
        below = (one.removeprefix(root) for one in archive.names if one.startswith(root))
        has_days = any(_DAY_FILE_BELOW.fullmatch(one) for one in below)
        if has_days and (last == ORG_USERS or _has_slack_users(archive, name)):
            return root
    return None


def _has_slack_users(archive: Archive, name: str) -> bool:
    with archive.open(name) as file:
        head = file.read(USERS_HEAD_BYTES)
    return bool(_SLACK_USER.search(head))


def parse_slack(archive: Archive, context: ParseContext) -> Iterator[ChatMessage]:
    """Yield the messages of all chats. Raises MorrisError for a damaged file."""
    root = slack_root(archive) or ""
    users = _read_users(archive, root)
    names = {key: _display_name(user) for key, user in users.items()}
    for key, user in users.items():
        context.add_names(f"slack/{single_line(key)}", *_all_names(user))
    bots = {key for key, user in users.items() if user.get("is_bot")} | {SLACKBOT}
    days = _day_files(archive, root)
    total = sum(archive.size(name) for files in days.values() for name in files)
    done = 0
    for chat, folder in _all_chats(archive, root, names, days):
        found: list[ChatMessage] = []
        for name in days.pop(folder, []):
            for number, row in enumerate(_read_rows(archive, name), 1):
                place = f"{name}, message {number}"
                if message := _parse_message(row, chat, names, bots, context, place):
                    found.append(message)
            done += archive.size(name)
            context.on_progress(done, total)
        # Sorted by thread, because a thread is a conversation of its own.
        yield from sorted(found, key=lambda m: (m.thread, m.seconds))


def _read_users(archive: Archive, root: str) -> dict[str, dict[str, Any]]:
    """Return all users by id: those of the root, and of the workspaces of a grid below it."""
    users: dict[str, dict[str, Any]] = {}
    for name in archive.names:
        if name.startswith(root) and name.rpartition("/")[2] in USER_FILES:
            for user in _read_rows(archive, name):
                users.setdefault(str(user.get("id")), user)
    return users


def _profile(user: dict[str, Any]) -> dict[str, Any]:
    profile = user.get("profile")
    return profile if isinstance(profile, dict) else {}


def _display_name(user: dict[str, Any]) -> str:
    profile = _profile(user)
    name = profile.get("display_name") or profile.get("real_name")
    return single_line(name or user.get("real_name") or user.get("name") or user.get("id"))


def _all_names(user: dict[str, Any]) -> list[str]:
    """Return every name of a user, the shown one first: full names, handle and address."""
    profile = _profile(user)
    names = [_display_name(user), user.get("real_name"), profile.get("real_name")]
    names += [profile.get("display_name"), user.get("name"), profile.get("email")]
    return list(dict.fromkeys(single_line(name) for name in names if name))


def _day_files(archive: Archive, root: str) -> dict[str, list[str]]:
    """Return the files of each chat's folder in order, one file for each day.

    The folder is "" for an archive that is the folder of one chat.
    """
    days: dict[str, list[str]] = {}
    for name in archive.names:
        folder, _, last = name.removeprefix(root).rpartition("/")
        if name.startswith(root) and _DAY_FILE.fullmatch(last):
            days.setdefault(folder, []).append(name)
    return days


def _parse_chats(archive: Archive, root: str, names: dict[str, str]) -> Iterator[tuple[Chat, str]]:
    """Yield every chat that a list has, and its folder below the root."""
    lists = [
        (folder + slash, CHAT_LISTS[last], name)
        for name in archive.names
        if name.startswith(root)
        for folder, slash, last in [name.removeprefix(root).rpartition("/")]
        if last in CHAT_LISTS
    ]
    order = list(CHAT_LISTS)
    for place, kind, file in sorted(lists, key=lambda one: order.index(one[2].rpartition("/")[2])):
        for row in _read_rows(archive, file):
            key = str(row.get("id") or "")
            ids = row.get("members")
            members = [names.get(str(m), str(m)) for m in ids] if isinstance(ids, list) else []
            folder = str(row.get("name") or key)
            title = " & ".join(members) if kind == "private" else folder
            yield Chat(f"slack/{single_line(key)}", single_line(title), kind), place + folder


def _all_chats(
    archive: Archive, root: str, names: dict[str, str], days: dict[str, list[str]]
) -> Iterator[tuple[Chat, str]]:
    """Yield the listed chats, and then those whose folders are still in `days`."""
    yield from _parse_chats(archive, root, names)
    yield from _unlisted_chats(days, archive.path.stem)


def _unlisted_chats(days: dict[str, list[str]], top: str) -> Iterator[tuple[Chat, str]]:
    """Yield the chats with folders that no list names. Direct messages have an id as their name.

    `top` is the name of the archive.
    """
    for folder in sorted(days):
        name = single_line(folder.rpartition("/")[2] or top)
        kind: ChatKind = "private" if _DIRECT_ID.fullmatch(name) else "group"
        title = "" if kind == "private" else name  # an id is no name of a person
        yield Chat(f"slack/{single_line(folder or top)}", title, kind), folder


def _parse_message(
    row: dict[str, Any],
    chat: Chat,
    names: dict[str, str],
    bots: set[str],
    context: ParseContext,
    place: str,
) -> ChatMessage | None:
    user, content = row.get("user"), row.get("text") or ""
    if not isinstance(content, str):
        raise _damaged(place, "its text is not a string")
    text = ""
    reason = _skip_reason(row, bots)
    if not reason:
        shown = _render_markup(content, names)
        text = normalize_message(remove_quoted_lines(shown))
        reason = empty_reason_after_quotes(text, shown)
    if reason:
        context.skip(reason)
        return None
    try:
        seconds = float(row["ts"])
    except (KeyError, ValueError, TypeError):
        raise _damaged(place, "it has no time") from None
    if user not in names and isinstance(row.get("user_profile"), dict):  # of another workspace
        known = {"id": user, "profile": row["user_profile"]}
        names[str(user)] = _display_name(known)
        context.add_names(f"slack/{single_line(user)}", *_all_names(known))
    context.messages += 1
    thread = single_line(row.get("thread_ts"))
    name = names.get(str(user), single_line(user))
    return ChatMessage(chat, f"slack/{single_line(user)}", name, seconds, text, thread)


def _skip_reason(row: dict[str, Any], bots: set[str]) -> SkipReason | None:
    """Return the reason to skip a message, regardless of its text."""
    user = row.get("user")
    if row.get("type") != "message" or str(row.get("subtype")) not in TYPED_SUBTYPES:
        return SkipReason.BOT if row.get("subtype") == "bot_message" else SkipReason.SERVICE
    if row.get("bot_id") or not isinstance(user, str) or user in bots:
        return SkipReason.BOT
    return None


def _render_markup(text: str, names: dict[str, str]) -> str:
    """Replace Slack's markup by the names, channels and links that Slack shows."""

    def render(found: re.Match[str]) -> str:
        sign, target, label = found[1], found[2], found[3]
        if sign == "@":
            return "@" + names.get(target, label or target)
        if sign == "#":
            return "#" + (label or target)
        if sign == "!":
            return label or "@" + target
        return label or target.removeprefix("mailto:")

    return html.unescape(_MARKUP.sub(render, text))


def _read_rows(archive: Archive, name: str) -> list[dict[str, Any]]:
    """Read a file that must be a list of JSON objects."""
    with archive.open(name) as file:
        try:
            rows = json.loads(file.read())
        except (ValueError, RecursionError) as error:
            raise _damaged(f"{archive.path}: {name}", str(error)) from error
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        raise _damaged(f"{archive.path}: {name}", "it is no list of objects")
    return rows


def _damaged(place: str, detail: str) -> MorrisError:
    return MorrisError(
        f"{place} is damaged or was cut off ({detail}). Export the workspace again, and give the "
        "zip as it was downloaded."
    )
