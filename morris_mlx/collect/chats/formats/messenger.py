"""Parser of the messages that Facebook and Instagram export as JSON: one file or several a chat.

Meta writes the bytes of UTF-8 as if each were a character, so names and texts are put together
again. Exports of end-to-end encrypted chats have another layout, with the text as it was typed.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from pathlib import PurePosixPath
from typing import Any

from morris_mlx.collect.archives import Archive, SingleFile
from morris_mlx.collect.chats.json_stream import JsonStream
from morris_mlx.collect.chats.message_text import empty_reason, normalize_message, single_line
from morris_mlx.collect.chats.messages import Chat, ChatMessage, ParseContext
from morris_mlx.collect.chats.skip_reasons import SkipReason
from morris_mlx.errors import MorrisError
from morris_mlx.files import path_text

PLATFORM = "messenger"
_MOJIBAKE = re.compile("[\u0080-\u00ff]")
_PART = re.compile(r"message_\d+\.json")
_UUID_TAIL = re.compile(r"_\d+$")  # the number of an encrypted chat after its name
THREAD = "thread_path"  # the same in all files of a chat
MAX_STAMP = 1e15  # milliseconds; later than all dates that are read
MEDIA_KEYS = ("photos", "videos", "audio_files", "files", "gifs", "sticker", "share", "media")
# What Meta writes in place of a text, alone or after the sender's name, in several languages.
_MEDIA = (
    r"sent (?:an? |\d+ )?(?:attachments?|photos?|videos?|voice messages?|GIFs?|stickers?|links?"
    r"|live location|location)",
    r"shared an? (?:story|post|reel|link|photo|video)",
    r"hat (?:einen Anhang|ein Foto|ein Video|eine Sprachnachricht|einen Sticker) gesendet",
    r"a envoyé une? (?:pièce jointe|photo|vidéo|message vocal|sticker)",
    r"(?:envió|ha enviado) (?:un archivo adjunto|una? fotos?|un video|un sticker)",
    r"ha inviato un(?:a foto| allegato| video|o sticker)",
    r"enviou (?:um anexo|uma foto|um vídeo|uma figurinha)",
    r"heeft een (?:bijlage|foto|video|sticker) (?:verzonden|gestuurd)",
    r"отправил(?:а|\(а\))? (?:вложение|фото|видео|стикер)",
    r"wysłał(?:a|\(a\))? (?:załącznik|zdjęcie|film)",
)
_REACTIONS = (
    r"liked a message|reacted .{1,12} to (?:your|a|.{1,40}) message",
    r"hat (?:eine Nachricht mit .{1,20} markiert|mit .{1,12} auf .{1,40} reagiert)",
    r"a aimé un message|a réagi .{0,8}.{1,12} à (?:votre|un) message",
    r"(?:le gustó|indicó que le gusta) un mensaje|reaccionó con .{1,12} a (?:tu|un) mensaje",
    r"curtiu uma mensagem|reagiu com .{1,12} (?:à sua|a uma) mensagem",
    r"ha messo mi piace a un messaggio|ha reagito con .{1,12} al tuo messaggio",
    r"vindt een bericht leuk|оценил(?:а|\(а\))? сообщение|polubił(?:a|\(a\))? wiadomość",
)
_EVENTS = (
    r"called you|missed (?:your|a|.{1,40}'s) (?:video |audio )?(?:call|chat)",
    r"(?:started|joined) (?:an? |the )?(?:video |audio )?(?:call|chat)|unsent a message",
    r"(?:set|changed|removed|named|created|left|added|pinned|turned) [^\n]{0,60}"
    r"(?:group|nickname|chat|theme|emoji|poll|conversation|photo|disappearing)[^\n]*",
)
_ALONE = (r"The video chat ended|You are now connected on Messenger", r"This poll is no longer .*")
_AFTER_NAME = re.compile(rf"(?:{'|'.join((*_MEDIA, *_REACTIONS, *_EVENTS))})\s*\.?", re.IGNORECASE)
_WHOLE = re.compile(rf"(?:{'|'.join((*_REACTIONS, *_ALONE))})\s*\.?", re.IGNORECASE)


def mend(text: str) -> str:
    """Return a text whose UTF-8 bytes were written as characters; other texts are unchanged."""
    if not _MOJIBAKE.search(text):
        return text
    try:
        return text.encode("latin-1").decode("utf-8")
    except UnicodeError:  # typed so, or from an encrypted chat
        return text


def thread_of(archive: Archive, name: str) -> tuple[str, str] | None:
    """Return what the files of one chat share: their place, or None for a file by itself.

    Meta writes 10,000 messages into message_1.json and older ones into message_2.json beside it.
    """
    if not _PART.fullmatch(PurePosixPath(name).name):
        return None
    is_file = isinstance(archive, SingleFile)
    path = archive.path.parent if is_file else archive.path
    return str(path), "" if is_file else str(PurePosixPath(name).parent)


def parse_messenger(
    parts: Sequence[tuple[Archive, str]], context: ParseContext
) -> Iterator[ChatMessage]:
    """Yield the messages of one chat. Raises MorrisError for a damaged file.

    `parts` are the files of the chat: an archive, and the name in it.
    """
    total = sum(archive.size(name) for archive, name in parts)
    about: dict[str, Any] = {}
    found: list[ChatMessage] = []
    files: list[list[dict[str, Any]]] = []
    done = 0
    for archive, name in parts:
        context.on_progress(done, total)
        rows, more = _read_file(archive, name)
        if about and more.get(THREAD) != about.get(THREAD):
            raise MorrisError(
                f"{path_text(archive.path)} belongs to another chat than the file beside it. "
                "Give the folder as it was downloaded."
            )
        about = more | about
        files.append(rows)
        done += archive.size(name)
    context.on_progress(total, total)
    everything = [row for rows in files for row in rows]
    chat = _parse_chat(about, everything, parts[0][1], context)
    for rows in files:
        for row in _in_order(rows):
            found += _parse_message(row, chat, context)
    yield from sorted(found, key=lambda m: m.seconds)


def _read_file(archive: Archive, name: str) -> tuple[list[dict[str, Any]], dict[str, Any]]:
    """Return the messages of a file, and what it says about the chat. Raises MorrisError."""
    about: dict[str, Any] = {}
    rows: list[dict[str, Any]] = []
    with archive.open(name) as file:
        stream = JsonStream(file, path_text(archive.path))
        if stream.peek() != "{":
            raise stream.error("is not a chat")
        for key in stream.iter_keys():
            if key == "messages":
                if stream.peek() != "[":
                    raise stream.error("has no list in place of the messages")
                for number, _ in enumerate(stream.iter_items(), 1):
                    stream.location = f"message {number}"
                    row = stream.read_value()
                    if not isinstance(row, dict):
                        raise stream.error("has something else in place of a message")
                    rows.append(row)
            elif key in ("participants", "title", "thread_path", "threadName", "thread_type"):
                about[key] = stream.read_value()
            else:
                stream.skip_value()
        stream.expect_end()
    return rows, about


def _in_order(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return the rows with the oldest first. Meta usually writes the newest first."""
    stamps = [_stamp(row) for row in (*rows[:1], *rows[-1:])]
    numbers = [stamp for stamp in stamps if stamp is not None]
    return rows if numbers != sorted(numbers, reverse=True) else rows[::-1]


def _stamp(row: dict[str, Any]) -> float | None:
    """Return the time of a row in milliseconds, or None where it has none."""
    value: Any = row.get("timestamp_ms", row.get("timestamp"))
    if isinstance(value, bool) or not isinstance(value, (int, float)) or abs(value) >= MAX_STAMP:
        return None
    return float(value)


def _parse_chat(about: dict[str, Any], rows: list[Any], name: str, context: ParseContext) -> Chat:
    people = about.get("participants")
    names = [_name(person) for person in people] if isinstance(people, list) else []
    for person in filter(None, names):
        context.add_names(f"{PLATFORM}/{person}", person)
    senders = {_sender(row) for row in rows} - {""}
    kind = str(about.get("thread_type") or "")
    is_group = len(set(names) | senders) > 2 or kind == "RegularGroup"
    thread = str(about.get("thread_path") or about.get("threadName") or "")
    thread = thread or PurePosixPath(name).parent.name or PurePosixPath(name).stem
    title = single_line(mend(str(about.get("title") or _UUID_TAIL.sub("", thread.split("/")[-1]))))
    context.variant = "end-to-end encrypted chat" if "threadName" in about else "chat"
    if is_group:
        return Chat(f"{PLATFORM}/{single_line(thread)}", title, "group")
    peer = f"{PLATFORM}/{title}" if title in names else ""
    return Chat(f"{PLATFORM}/{single_line(thread)}", title, "private", peer)


def _name(person: object) -> str:
    """Return the name of a participant: an object, or in encrypted chats a string."""
    value = person.get("name") if isinstance(person, dict) else person
    return single_line(mend(value)) if isinstance(value, str) else ""


def _sender(row: dict[str, Any]) -> str:
    value = row.get("sender_name", row.get("senderName"))
    return single_line(mend(value)) if isinstance(value, str) else ""


def _parse_message(row: dict[str, Any], chat: Chat, context: ParseContext) -> list[ChatMessage]:
    """Return the message in a list, or an empty list after counting it as skipped."""
    sender = _sender(row)
    content = row.get("content", row.get("text"))
    text = normalize_message(mend(content)) if isinstance(content, str) else ""
    stamp = _stamp(row)
    reason = _skip_reason(row, sender, text) or empty_reason(text)
    if not reason and not sender:
        reason = SkipReason.NO_SENDER
    if reason or stamp is None:
        context.skip(reason or SkipReason.NO_DATE)
        return []
    context.messages += 1
    return [ChatMessage(chat, f"{PLATFORM}/{sender}", sender, stamp / 1000, text)]


def _skip_reason(row: dict[str, Any], sender: str, text: str) -> SkipReason | None:
    """Return the reason to skip a message, regardless of its text."""
    if row.get("is_unsent") or row.get("isUnsent"):
        return SkipReason.DELETED
    kind = str(row.get("type") or "Generic").casefold()
    if kind in ("call", "subscribe", "unsubscribe") or "call_duration" in row:
        return SkipReason.SERVICE
    names = [sender, *sender.split(" ")[:1], "You"]
    rest = next((text[len(n) + 1 :] for n in names if n and text.startswith(f"{n} ")), "")
    if _AFTER_NAME.fullmatch(rest) or _WHOLE.fullmatch(text):
        return SkipReason.NO_TEXT if any(row.get(key) for key in MEDIA_KEYS) else SkipReason.SERVICE
    return None
