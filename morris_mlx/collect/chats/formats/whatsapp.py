"""WhatsApp's exported chat: a text file, or a zip with one in it."""

from __future__ import annotations

import io
import itertools
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from morris_mlx.collect.chats.archives import Container
from morris_mlx.collect.chats.formats.whatsapp_lines import (
    LONGEST_NAME,
    Line,
    Stamp,
    parted,
    read_line,
    seconds_of,
    year_first,
)
from morris_mlx.collect.chats.formats.whatsapp_placeholders import says_own_deleted, typed
from morris_mlx.collect.chats.message_text import SERVICE, tidy_message, why_no_words
from morris_mlx.collect.chats.messages import Chat, ChatMessage, Question, Reading
from morris_mlx.errors import MorrisError, UsageError

NO_DATE = "a date that does not exist"
DATES_OPTION = "--dates"
ALWAYS_PREFIXED = 3  # messages that all begin alike: the colon belongs to the sender's name
_COPY = re.compile(r" ?\(\d+\)\Z")  # what a browser adds to a second file of the same name
_MONTHS: tuple[str, ...] = ("January", "February", "March", "April", "May", "June", "July")
_MONTHS += ("August", "September", "October", "November", "December")


def read_whatsapp(
    container: Container, name: str, reading: Reading, dates: str = ""
) -> Iterator[ChatMessage]:
    """`dates` is "day-first", "month-first" or "" for as the file shows."""
    seen = _survey(container, name)
    label = str(container.path)
    day_first = _day_first(seen, dates, reading, label)
    colons = {n: prefix for n, prefix in seen.prefixes.items() if prefix}
    people = {_full_name(n, colons): count for n, count in seen.senders.items()}
    private = len(people) <= 2
    title = _title(container.path, name)
    peer = _named_in(title, people) if private else ""
    key = " & ".join(sorted(people)) if private else title  # a file's name changes easily
    chat = Chat(f"whatsapp/{key}", peer or title, "private" if private else "group", peer)
    if private and peer and len(people) == 2:
        reading.own_ids.add(next(p for p in people if p != peer))
    elif len(seen.own) == 1:
        reading.own_ids.add(_full_name(next(iter(seen.own)), colons))
    size = container.size(name)
    done = 0
    for line, body in _entries(container, name):
        done += len(body) + 30
        reading.report(min(done, size), size)
        message = _message(line, body, chat, colons, day_first, reading)
        if message:
            yield message


@dataclass(slots=True)
class _Seen:
    """What a first reading of the whole file shows."""

    stamps: list[Stamp] = field(default_factory=list)  # one of each day, in order
    senders: Counter[str] = field(default_factory=Counter)
    prefixes: dict[str, str] = field(default_factory=dict)  # how all texts of a sender begin
    own: set[str] = field(default_factory=set)


def _survey(container: Container, name: str) -> _Seen:
    seen = _Seen()
    before: tuple[int, int, int] | None = None
    for line, body in _entries(container, name):
        day = line.stamp[:3]
        if day != before:
            seen.stamps.append(line.stamp)
            before = day
        sender, text = parted(body)
        if not sender:
            continue
        if says_own_deleted(text):
            seen.own.add(sender)
        if typed(text)[1]:
            continue  # on iPhones the name of a group “says” who came and went
        seen.senders[sender] += 1
        prefix = text.split(": ", 1)[0] + ": " if ": " in text[:LONGEST_NAME] else ""
        prefix = "" if "\n" in prefix else prefix
        if seen.prefixes.setdefault(sender, prefix) != prefix:
            seen.prefixes[sender] = ""
    seen.prefixes = {
        n: p if seen.senders[n] >= ALWAYS_PREFIXED else "" for n, p in seen.prefixes.items()
    }
    return seen


def _entries(container: Container, name: str) -> Iterator[tuple[Line, str]]:
    """Every dated line with the lines that go on with it."""
    current: Line | None = None
    parts: list[str] = []
    with container.open(name) as raw:
        first = raw.read(2)
    encoding = "utf-16" if first in (b"\xff\xfe", b"\xfe\xff") else "utf-8-sig"
    # Not newline=None: a lone U+2028 or form feed is within a message.
    with io.TextIOWrapper(container.open(name), encoding=encoding) as file:
        try:
            for row in file:
                text = row.rstrip("\r\n")
                line = read_line(text)
                if line is None:
                    parts.append(text)
                    continue
                if current is not None:
                    yield current, "\n".join(parts)
                current, parts = line, [line.rest]
        except UnicodeDecodeError as error:
            raise MorrisError(
                f"{container.path} is not UTF-8 ({error.reason}), so it is not as WhatsApp wrote "
                "it. Export the chat again."
            ) from error
    if current is not None:
        yield current, "\n".join(parts)


def _full_name(sender: str, colons: dict[str, str]) -> str:
    return f"{sender}: {colons[sender].removesuffix(': ')}" if sender in colons else sender


def _message(
    line: Line, body: str, chat: Chat, colons: dict[str, str], day_first: bool, reading: Reading
) -> ChatMessage | None:
    sender, text = parted(body)
    if not sender:
        reading.leave_out(SERVICE)
        return None
    text = text.removeprefix(colons.get(sender, ""))
    words, reason = typed(text)
    words = tidy_message(words)
    reason = reason or why_no_words(words)
    seconds = seconds_of(line.stamp, day_first)
    if seconds is None:
        reason = NO_DATE
    if reason or seconds is None:
        reading.leave_out(reason)
        return None
    reading.messages += 1
    person = _full_name(sender, colons)
    return ChatMessage(chat, person, person, seconds, words)


def _title(path: Path, name: str) -> str:
    """The file's own name: in a zip the text is mostly `_chat.txt`."""
    inner = Path(name).stem
    title = path.stem if inner.startswith("_chat") else inner
    return tidy_message(_COPY.sub("", title)) or path.stem


def _named_in(title: str, people: dict[str, int]) -> str:
    """The one that the export is named after, in any language: “… with Anna”."""
    ends = [p for p in people if re.search(rf"(?:\A|\W){re.escape(p)}\Z", title)]
    return max(ends, key=len, default="")


def _day_first(seen: _Seen, dates: str, reading: Reading, label: str) -> bool:
    """Whether the day stands before the month, by all dates of the file, else asked."""
    if dates:
        return dates == "day-first"
    open_ones = [s for s in seen.stamps if not year_first(s)]
    if not open_ones:
        return True
    days, months = any(s.a > 12 for s in open_ones), any(s.b > 12 for s in open_ones)
    if days and months:
        raise MorrisError(
            f"{label} has dates of both orders, day first and month first, so it was put together "
            "from several exports. Give them one by one."
        )
    if days or months:
        return days
    if all(s.mark == "." for s in open_ones):  # nobody writes the month first with dots
        return True
    falls = [_falls(open_ones, order) for order in (True, False)]
    if (falls[0] == 0) != (falls[1] == 0):
        return falls[0] == 0
    unlike = next((s for s in open_ones if s.a != s.b), None)
    return unlike is None or _asked(unlike, reading, label)


def _falls(stamps: list[Stamp], day_first: bool) -> int:
    """How often time goes back in this order."""
    moments = [seconds_of(s, day_first) or 0.0 for s in stamps]
    return sum(b < a for a, b in itertools.pairwise(moments))


def _asked(stamp: Stamp, reading: Reading, label: str) -> bool:
    a, b, c, mark, _ = stamp
    choices = (f"{a} {_MONTHS[b - 1]}", f"{b} {_MONTHS[a - 1]}")
    text = f"In {label}, which day is {a}{mark}{b}{mark}{c}?"
    answer = reading.ask(Question(text, choices, DATES_OPTION))
    if answer is None:
        raise UsageError(
            f"{label}: nothing in the file shows whether {a}{mark}{b}{mark}{c} is "
            f"{choices[0]} or {choices[1]}. Say {DATES_OPTION} day-first or "
            f"{DATES_OPTION} month-first."
        )
    return answer == 0
