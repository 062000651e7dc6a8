"""Slack's export of a workspace: a zip, or the folder that it unpacks to."""

from __future__ import annotations

import html
import json
import re
from collections.abc import Iterator
from typing import Any

from morris_mlx.collect.chats.archives import Container
from morris_mlx.collect.chats.message_text import (
    BOT,
    ONLY_QUOTE,
    SERVICE,
    label,
    tidy_message,
    why_no_words,
    without_quotes,
)
from morris_mlx.collect.chats.messages import Chat, ChatKind, ChatMessage, Reading
from morris_mlx.errors import MorrisError

# Lists of channels, and what is in them: direct messages, groups of them, private and open ones.
LISTS: dict[str, ChatKind] = {
    "dms.json": "private",
    "mpims.json": "group",
    "groups.json": "group",
    "channels.json": "group",
}
TYPED_SUBTYPES = {"None", "thread_broadcast", "file_share", "me_message"}
SLACKBOT = "USLACKBOT"
_LINKED = re.compile(r"<([@#!]?)([^<>|]+)(?:\|([^<>]*))?>")
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}\.json")


def slack_root(container: Container) -> str | None:
    """The folder within the container that holds users.json and lists of channels; None if none."""
    for name in container.names:
        folder, slash, last = name.rpartition("/")
        if last == "users.json" and any(f"{folder}{slash}{x}" in container.names for x in LISTS):
            return folder + slash
    return None


def read_slack(container: Container, reading: Reading) -> Iterator[ChatMessage]:
    root = slack_root(container) or ""
    users = {str(u.get("id")): u for u in _rows(container, f"{root}users.json")}
    names = {key: _name(user) for key, user in users.items()}
    for key, user in users.items():
        reading.call(f"slack/{label(key)}", names[key], label(user.get("real_name")))
    bots = {key for key, user in users.items() if user.get("is_bot")} | {SLACKBOT}
    days = _days(container, root)
    total = sum(container.size(name) for files in days.values() for name in files)
    done = 0
    for chat, folder in _chats(container, root, names):
        found: list[ChatMessage] = []
        for name in days.pop(folder, []):
            for number, row in enumerate(_rows(container, name), 1):
                message = _message(row, chat, names, bots, reading, f"{name}, message {number}")
                if message:
                    found.append(message)
            done += container.size(name)
            reading.report(done, total)
        # A thread is a conversation of its own, whatever is said between its lines.
        yield from sorted(found, key=lambda m: (m.thread, m.seconds))


def _name(user: dict[str, Any]) -> str:
    profile = user.get("profile")
    profile = profile if isinstance(profile, dict) else {}
    shown = profile.get("display_name") or profile.get("real_name")
    return label(shown or user.get("real_name") or user.get("name") or user.get("id"))


def _days(container: Container, root: str) -> dict[str, list[str]]:
    """Per folder its files, a day each, in order."""
    days: dict[str, list[str]] = {}
    for name in container.names:
        folder, _, last = name.removeprefix(root).rpartition("/")
        if name.startswith(root) and folder and _DAY.fullmatch(last):
            days.setdefault(folder, []).append(name)
    return days


def _chats(container: Container, root: str, names: dict[str, str]) -> Iterator[tuple[Chat, str]]:
    """Every chat and the name of its folder."""
    for file, kind in LISTS.items():
        if root + file not in container.names:
            continue
        for row in _rows(container, root + file):
            key = str(row.get("id") or "")
            ids = row.get("members")
            members = [names.get(str(m), str(m)) for m in ids] if isinstance(ids, list) else []
            folder = str(row.get("name") or key)
            title = " & ".join(members) if kind == "private" else folder
            yield Chat(f"slack/{label(key)}", label(title), kind), folder


def _message(
    row: dict[str, Any],
    chat: Chat,
    names: dict[str, str],
    bots: set[str],
    reading: Reading,
    place: str,
) -> ChatMessage | None:
    user, text = row.get("user"), row.get("text") or ""
    if not isinstance(text, str):
        raise _damaged(place, "its text is no text")
    words = ""
    if row.get("type") != "message" or str(row.get("subtype")) not in TYPED_SUBTYPES:
        reason = BOT if row.get("subtype") == "bot_message" else SERVICE
    elif row.get("bot_id") or not isinstance(user, str) or user in bots:
        reason = BOT
    else:
        plain = _plain(text, names)
        words = tidy_message(without_quotes(plain))
        quoted = not words and tidy_message(plain).startswith(">")
        reason = ONLY_QUOTE if quoted else why_no_words(words)
    if reason:
        reading.leave_out(reason)
        return None
    try:
        seconds = float(row["ts"])
    except (KeyError, ValueError, TypeError):
        raise _damaged(place, "it has no time") from None
    if user not in names and isinstance(row.get("user_profile"), dict):  # of another workspace
        names[str(user)] = _name({"id": user, "profile": row["user_profile"]})
    reading.messages += 1
    thread = label(row.get("thread_ts"))
    name = names.get(str(user), label(user))
    return ChatMessage(chat, f"slack/{label(user)}", name, seconds, words, thread)


def _plain(text: str, names: dict[str, str]) -> str:
    """Slack's marks as they are shown: names, channels, links."""

    def shown(found: re.Match[str]) -> str:
        sign, target, label = found[1], found[2], found[3]
        if sign == "@":
            return "@" + names.get(target, label or target)
        if sign == "#":
            return "#" + (label or target)
        if sign == "!":
            return label or "@" + target
        return label or target.removeprefix("mailto:")

    return html.unescape(_LINKED.sub(shown, text))


def _rows(container: Container, name: str) -> list[dict[str, Any]]:
    with container.open(name) as file:
        try:
            rows = json.loads(file.read())
        except (ValueError, RecursionError) as error:
            raise _damaged(f"{container.path}: {name}", str(error)) from error
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        raise _damaged(f"{container.path}: {name}", "it is no list of entries")
    return rows


def _damaged(place: str, why: str) -> MorrisError:
    return MorrisError(
        f"{place} is damaged or was cut off ({why}). Export the workspace again, and give the zip "
        "as it was downloaded."
    )
