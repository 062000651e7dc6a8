"""Folders of a Slack export without its list of users: one file for each day of a chat.

Other programs also write one JSON file per day, so exports are recognized by their messages.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from morris_mlx.collect.archives import Archive
from morris_mlx.collect.chats.formats.slack import CHAT_LISTS
from morris_mlx.errors import MorrisError

HEAD_BYTES = 1 << 14  # a message may have many reactions and attachments before its time
TRIED_DAYS = 3  # more than one, because a day may have no message
_DAY = re.compile(r"(?P<folder>(?:.*/)?)\d{4}-\d{2}-\d{2}\.json")
_TIME = re.compile(rb'"ts"\s*:\s*"\d{9,10}\.\d{6}"')
_TYPE = re.compile(rb'"type"\s*:\s*"message"')
# Lists that Slack writes beside the folders.
_LISTS = {*CHAT_LISTS, "integration_logs.json", "canvases.json", "lists.json", "huddles.json"}


def folders_without_users(
    archive: Archive, taken: frozenset[str]
) -> Iterator[tuple[str, set[str]]]:
    """Yield (root, names) of each export without a list of users, and all of its files.

    The root ends with a slash, or is "". It is the folder around the chats if all of them are from
    Slack, else the folder of one chat. `taken` has the files of other exports.
    """
    days: dict[str, list[str]] = {}
    for name in archive.names:
        if name not in taken and (found := _DAY.fullmatch(name)):
            days.setdefault(found["folder"], []).append(name)
    chats = {folder for folder, names in days.items() if _are_from_slack(archive, names)}
    outer: dict[str, set[str]] = {}
    for folder in chats:
        outer.setdefault(_parent(folder), set()).add(folder)
    for parent, folders in sorted(outer.items()):
        beside = {folder for folder in days if folder and _parent(folder) == parent}
        is_whole = folders == beside and "" not in folders
        for root, inside in (
            [(parent, folders)] if is_whole else [(f, {f}) for f in sorted(folders)]
        ):
            names = {name for folder in inside for name in days[folder]}
            yield root, names | {root + name for name in _LISTS if root + name in archive.names}


def _parent(folder: str) -> str:
    """Return the folder around another one, with its slash; "" for one at the top."""
    head, slash, _ = folder.rstrip("/").rpartition("/")
    return head + slash


def _are_from_slack(archive: Archive, days: list[str]) -> bool:
    for name in sorted(days)[:TRIED_DAYS]:
        try:
            with archive.open(name) as file:
                head = file.read(HEAD_BYTES)
        except (MorrisError, OSError):  # reported when the file is read
            continue
        if head.lstrip()[:1] == b"[" and _TIME.search(head) and _TYPE.search(head):
            return True
    return False
