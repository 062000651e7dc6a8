"""Parser of WhatsApp's exported chats: a text file, or a zip with one in it."""

from __future__ import annotations

import itertools
import re
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from morris_mlx.collect.archives import Archive
from morris_mlx.collect.chats.formats.line_timestamps import DateFields
from morris_mlx.collect.chats.formats.text_chat import read_lines
from morris_mlx.collect.chats.formats.whatsapp_lines import (
    MAX_NAME_LENGTH,
    DatedLine,
    is_year_first,
    parse_line,
    split_sender,
    to_seconds,
)
from morris_mlx.collect.chats.formats.whatsapp_placeholders import (
    is_own_deletion,
    remove_placeholders,
)
from morris_mlx.collect.chats.message_text import empty_reason, normalize_message
from morris_mlx.collect.chats.messages import Chat, ChatMessage, ParseContext, Question
from morris_mlx.collect.chats.skip_reasons import SkipReason
from morris_mlx.errors import MorrisError, UsageError
from morris_mlx.files import path_text

DATES_OPTION = "--dates"
_DATE_ORDERS = {True: "day-first", False: "month-first"}
MIN_PREFIXED = 3  # messages with one and the same prefix: it belongs to the sender's name
SECONDS_BACK = 3600  # a step back in time that no two clocks explain
DATE_LINE_BYTES = 30  # of the date and name before a message, for the progress bar
_COPY_NUMBER = re.compile(r" ?\(\d+\)\Z")  # browsers add it to a second file of the same name
_MONTHS: tuple[str, ...] = ("January", "February", "March", "April", "May", "June", "July")
_MONTHS += ("August", "September", "October", "November", "December")


def parse_whatsapp(
    archive: Archive,
    name: str,
    context: ParseContext,
    dates: str = "",
    siblings: Callable[[], str] = lambda: "",
) -> Iterator[ChatMessage]:
    """Yield the messages of a chat.

    Args:
        archive: the text file itself, or the zip that contains it.
        name: the name of the text file in the archive.
        context: receives counts, names and the owner's id.
        dates: "day-first" or "month-first" where the file does not prove the order, or "".
        siblings: returns the order that the other chats of the writer prove, or "".

    Raises:
        MorrisError: for a file that is not UTF-8, or has dates in both orders.
        UsageError: when the order of dates cannot be detected, and there is no terminal to ask at.
    """
    scan = _scan(archive, name)
    day_first = _is_day_first(scan, dates, siblings, context, path_text(archive.path))
    prefixes = {sender: prefix for sender, prefix in scan.prefixes.items() if prefix}
    people = {_full_name(sender, prefixes): count for sender, count in scan.senders.items()}
    is_private = len(people) <= 2
    title = _title(archive.path, name)
    peer = _peer_in_title(title, people) if is_private else ""
    # A file may be renamed, so the id of a private chat is made of its people.
    key = " & ".join(sorted(people)) if is_private else title
    chat = Chat(f"whatsapp/{key}", peer or title, "private" if is_private else "group", peer)
    if is_private and peer and len(people) == 2:
        context.owner_ids.add(next(person for person in people if person != peer))
    elif len(scan.deleters) == 1:
        context.owner_ids.add(_full_name(next(iter(scan.deleters)), prefixes))
    _note_pasted_lines(scan, day_first, context, archive.path.name)
    size = archive.size(name)
    done = 0
    for line, body in _entries(archive, name):
        done += len(body) + DATE_LINE_BYTES
        context.on_progress(min(done, size), size)
        message = _parse_message(line, body, chat, prefixes, day_first, context)
        if message:
            yield message


@dataclass(slots=True)
class _Scan:
    """Facts from a first pass over the whole file."""

    dates: list[DateFields] = field(default_factory=list)  # the first of each day, in order
    senders: Counter[str] = field(default_factory=Counter)
    prefixes: dict[str, str] = field(default_factory=dict)  # that all texts of a sender share
    deleters: set[str] = field(default_factory=set)  # senders of “You deleted this message”
    # Dates that are earlier than the one before them, with that one.
    steps_back: list[tuple[DateFields, DateFields]] = field(default_factory=list)


def _scan(archive: Archive, name: str) -> _Scan:
    scan = _Scan()
    before: DateFields | None = None
    for line, body in _entries(archive, name):
        if before is None or line.date[:3] != before[:3]:
            scan.dates.append(line.date)
        elif line.date.time < before.time:
            scan.steps_back.append((before, line.date))
        before = line.date
        sender, text = split_sender(body)
        if not sender:
            continue
        if is_own_deletion(text):
            scan.deleters.add(sender)
        if remove_placeholders(text, sender)[1]:
            continue  # on iPhones, events have the name of the group as their sender
        scan.senders[sender] += 1
        prefix = text.split(": ", 1)[0] + ": " if ": " in text[:MAX_NAME_LENGTH] else ""
        prefix = "" if "\n" in prefix else prefix
        if scan.prefixes.setdefault(sender, prefix) != prefix:
            scan.prefixes[sender] = ""
    scan.prefixes = {
        sender: prefix if scan.senders[sender] >= MIN_PREFIXED else ""
        for sender, prefix in scan.prefixes.items()
    }
    return scan


def _entries(archive: Archive, name: str) -> Iterator[tuple[DatedLine, str]]:
    """Yield every dated line with its text, continuation lines included."""
    current: DatedLine | None = None
    parts: list[str] = []
    for text in read_lines(archive, name, "WhatsApp"):
        line = parse_line(text)
        if line is None or (current is not None and not line.may_follow(current)):
            parts.append(text)
            continue
        if current is not None:
            yield current, "\n".join(parts)
        current, parts = line, [line.rest]
    if current is not None:
        yield current, "\n".join(parts)


def _full_name(sender: str, prefixes: dict[str, str]) -> str:
    """Return the sender's whole name: one with a colon is split by `split_sender`."""
    return f"{sender}: {prefixes[sender].removesuffix(': ')}" if sender in prefixes else sender


def _parse_message(
    line: DatedLine,
    body: str,
    chat: Chat,
    prefixes: dict[str, str],
    day_first: bool,
    context: ParseContext,
) -> ChatMessage | None:
    sender, text = split_sender(body)
    if not sender:
        context.skip(SkipReason.SERVICE)
        return None
    text, reason = remove_placeholders(text.removeprefix(prefixes.get(sender, "")), sender)
    text = normalize_message(text)
    reason = reason or empty_reason(text)
    seconds = to_seconds(line.date, day_first)
    if seconds is None:
        context.skip(SkipReason.INVALID_DATE)
        return None
    if reason:
        context.skip(reason)
        return None
    context.messages += 1
    person = _full_name(sender, prefixes)
    return ChatMessage(chat, person, person, seconds, text)


def _title(path: Path, name: str) -> str:
    """Return the title of the chat: the file's name, or the zip's where that is `_chat.txt`."""
    inner = Path(name).stem
    title = path.stem if inner.startswith("_chat") else inner
    return normalize_message(_COPY_NUMBER.sub("", title)) or path.stem


def _peer_in_title(title: str, people: dict[str, int]) -> str:
    """Return the person that the title ends with, in any language: “… with Anna”; "" if none."""
    found = [p for p in people if re.search(rf"(?:\A|\W){re.escape(p)}\Z", title)]
    return max(found, key=len, default="")


def prove_date_order(archive: Archive, name: str) -> str:
    """Return "day-first" or "month-first" where a date of the file proves it, else ""."""
    try:
        proven = _proven_day_first(_ambiguous(_scan(archive, name)), path_text(archive.path))
    except MorrisError:  # reported when the file is read
        return ""
    return "" if proven is None else _DATE_ORDERS[proven]


def _ambiguous(scan: _Scan) -> list[DateFields]:
    return [date for date in scan.dates if not is_year_first(date)]


def _proven_day_first(dates: list[DateFields], label: str) -> bool | None:
    """Return the order that numbers above 12 prove, or None. Raises MorrisError for both."""
    days = any(date.first > 12 for date in dates)
    months = any(date.second > 12 for date in dates)
    if days and months:
        raise MorrisError(
            f"{label} has dates in both orders, day first and month first, so it was put together "
            "from several exports. Give them one by one."
        )
    return days if days or months else None


def _is_day_first(
    scan: _Scan, dates: str, siblings: Callable[[], str], context: ParseContext, label: str
) -> bool:
    """Return True if the day comes before the month, by all dates of the file or by asking."""
    ambiguous = _ambiguous(scan)
    if not ambiguous:
        return True
    proven = _proven_day_first(ambiguous, label)
    if proven is not None:
        if dates and dates != _DATE_ORDERS[proven]:
            context.add_note(
                f"{label} has its dates {_DATE_ORDERS[proven]}, as some of them can only be read "
                f"so: {DATES_OPTION} {dates} is not used for it"
            )
        return proven
    if dates:
        return dates == _DATE_ORDERS[True]
    if all(date.separator == "." for date in ambiguous):  # no country puts the month first here
        return True
    backward_steps = [_backward_steps(ambiguous, order) for order in (True, False)]
    if (backward_steps[0] == 0) != (backward_steps[1] == 0):
        return backward_steps[0] == 0
    example = next((date for date in ambiguous if date.first != date.second), None)
    if example and (order := siblings()):
        return order == _DATE_ORDERS[True]
    return example is None or _ask_day_first(example, context, label)


def _note_pasted_lines(scan: _Scan, day_first: bool, context: ParseContext, label: str) -> None:
    """Add a note where the time runs back, which it does in lines that were pasted into a chat.

    Clocks of two phones differ by seconds or minutes, so only an hour or more counts.
    """
    back = sum(one.time - two.time >= SECONDS_BACK for one, two in scan.steps_back)
    back += sum(
        (to_seconds(one, day_first) or 0.0) - (to_seconds(two, day_first) or 0.0) >= SECONDS_BACK
        for one, two in itertools.pairwise(scan.dates)
    )
    if back:
        times = "once" if back == 1 else f"{back} times"
        context.add_note(
            f"in {label}, the time runs back {times}: messages of another chat may have been "
            "pasted there, and are read as messages of this one"
        )


def _backward_steps(dates: list[DateFields], day_first: bool) -> int:
    """Return how many times a date is earlier than the one before it, read in this order."""
    moments = [to_seconds(date, day_first) or 0.0 for date in dates]
    return sum(later < earlier for earlier, later in itertools.pairwise(moments))


def _ask_day_first(date: DateFields, context: ParseContext, label: str) -> bool:
    first, second, third, separator, _ = date
    shown = f"{first}{separator}{second}{separator}{third}"
    choices = (f"{first} {_MONTHS[second - 1]}", f"{second} {_MONTHS[first - 1]}")
    answer = context.ask(Question(f"In {label}, which day is {shown}?", choices, DATES_OPTION))
    if answer is None:
        raise UsageError(
            f"{label}: nothing in the file shows whether {shown} is {choices[0]} or {choices[1]}. "
            f"Add {DATES_OPTION} day-first or {DATES_OPTION} month-first."
        )
    return answer == 0
