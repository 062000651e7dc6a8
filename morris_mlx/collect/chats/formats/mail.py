"""Mail in mbox files: what was typed, without what it quotes and signs."""

from __future__ import annotations

import email
import re
from collections import Counter
from collections.abc import Iterator
from email.errors import MessageError
from email.header import decode_header, make_header
from email.message import Message as Mail
from email.utils import getaddresses, parsedate_to_datetime
from pathlib import Path
from typing import NamedTuple

from morris_mlx.collect.chats.archives import open_file, unreadable
from morris_mlx.collect.chats.formats.mail_body import body_text
from morris_mlx.collect.chats.formats.mail_reply import without_reply
from morris_mlx.collect.chats.formats.mbox import letters
from morris_mlx.collect.chats.message_text import (
    NOTES_TO_SELF,
    ONLY_QUOTE,
    tidy_message,
    why_no_words,
)
from morris_mlx.collect.chats.messages import MAIL_AND, Chat, ChatMessage, Reading
from morris_mlx.errors import MorrisError

AUTOMATIC, TWICE = "automatic mail or a mailing list", "the same mail twice"
NO_SENDER, NO_DATE, TOO_LARGE = "without a sender", "without a date", "mail larger than 50 MB"
MAX_MAIL_BYTES = 50 << 20
# Google's name for mail that the owner sent, in several tongues.
SENT_LABELS = {"sent", "отправленные", "gesendet", "envoyés", "enviados", "inviati", "verzonden"}
REPORT_EVERY = 200
_REPLY_MARK = re.compile(
    r"^(?:(?:re|aw|fw|fwd|wg|sv|tr|rif|отв|на)(?:\[\d+\])?: *)+", re.IGNORECASE
)


class _Letter(NamedTuple):
    """A mail that has words; `people` are the addresses of all whom it concerns."""

    thread: str
    people: frozenset[str]
    seconds: float
    sender: str
    name: str
    text: str


def read_mail(path: Path, reading: Reading) -> Iterator[ChatMessage]:
    """A thread is a conversation; the people in it are its chat."""
    letters, owners = _letters(path, reading)
    if owners:
        reading.own_ids.add(f"mail/{owners.most_common(1)[0][0]}")
    people: dict[str, frozenset[str]] = {}
    for letter in letters:
        people[letter.thread] = people.get(letter.thread, frozenset()) | letter.people
    keys = {thread: MAIL_AND.join(sorted(all_)) for thread, all_ in people.items()}
    for letter in sorted(letters, key=lambda m: (keys[m.thread], m.thread, m.seconds)):
        key = keys[letter.thread]
        kind_is_private = len(people[letter.thread]) <= 2
        chat = Chat(f"mail/{key}", key, "private" if kind_is_private else "group")
        sender = f"mail/{letter.sender}"
        yield ChatMessage(chat, sender, letter.name, letter.seconds, letter.text, letter.thread)


def _letters(path: Path, reading: Reading) -> tuple[list[_Letter], Counter[str]]:
    """All letters with words, and how often an address was shown to be the owner's."""
    found: list[_Letter] = []
    owners: Counter[str] = Counter()
    threads = _Threads()
    number = 0
    try:
        size = path.stat().st_size
        with open_file(path) as file:
            for number, (raw, done) in enumerate(letters(file, MAX_MAIL_BYTES), 1):
                if number % REPORT_EVERY == 0:
                    reading.report(done, size)
                letter = (
                    TOO_LARGE
                    if len(raw) > MAX_MAIL_BYTES
                    else _letter(raw, threads, owners, reading)
                )
                if isinstance(letter, str):
                    reading.leave_out(letter)
                else:
                    reading.messages += 1
                    found.append(letter)
    except OSError as error:
        raise unreadable(path, error) from error
    if not number:
        raise MorrisError(
            f"{path} looks like mail, but no mail is in it. Export the mailbox again."
        )
    found = [letter._replace(thread=threads.root(letter.thread)) for letter in found]
    return found, owners


class _Threads:
    """Which mails belong together, by the ids that they answer, in whatever order they stand."""

    def __init__(self) -> None:
        self._above: dict[str, str] = {}
        self._seen: set[str] = set()

    def again(self, mail: Mail) -> bool:
        """Whether a mail with this id has gone by: exports list one under each of its labels."""
        key = _header(mail, "Message-ID")
        known = bool(key) and key in self._seen
        self._seen.add(key)
        return known

    def note(self, mail: Mail, people: frozenset[str]) -> str:
        """A key that `root` turns into that of the thread. Without ids, by subject and people."""
        subject = _REPLY_MARK.sub("", _header(mail, "Subject")).strip().casefold()
        own = _header(mail, "Message-ID") or f"{subject} {sorted(people)}"
        for header in ("References", "In-Reply-To"):
            for answered in re.findall(r"<[^<>\s]+>", _header(mail, header)):
                self._join(own, answered)
        return own

    def _join(self, one: str, other: str) -> None:
        roots = sorted({self.root(one), self.root(other)})
        self._above[roots[-1]] = roots[0]

    def root(self, key: str) -> str:
        while (above := self._above.get(key, key)) != key:
            self._above[key] = self._above.get(above, above)  # shorter ways for the next time
            key = above
        return key


def _letter(raw: bytes, threads: _Threads, owners: Counter[str], reading: Reading) -> _Letter | str:
    """The mail, or the reason to leave it out."""
    mail = email.message_from_bytes(raw)
    senders = _addresses(mail, "From")
    _note_owner(mail, senders, owners)
    if threads.again(mail):
        return TWICE
    if not senders:
        return NO_SENDER
    (name, address), *_ = senders
    others = [other for header in ("To", "Cc") for other in _addresses(mail, header)]
    people = frozenset({address, *(a for _, a in others)})
    thread = threads.note(mail, people)  # of those without words, too: they link others
    if _is_automatic(mail):
        return AUTOMATIC
    seconds = _seconds(mail)
    if seconds is None:
        return NO_DATE
    for called, other in (senders[0], *others):
        reading.call(f"mail/{other}", called)
    if people == {address}:
        return NOTES_TO_SELF
    whole = body_text(mail)
    text = tidy_message(without_reply(whole))
    if reason := why_no_words(text):
        return ONLY_QUOTE if not text and whole.strip() else reason
    return _Letter(thread, people, seconds, address, name or address, text)


def _note_owner(mail: Mail, senders: list[tuple[str, str]], owners: Counter[str]) -> None:
    labels = {label.strip().casefold() for label in _header(mail, "X-Gmail-Labels").split(",")}
    if labels & SENT_LABELS and senders:
        owners[senders[0][1]] += 1
    for _, address in _addresses(mail, "Delivered-To"):
        owners[address] += 1


def _is_automatic(mail: Mail) -> bool:
    said = _header(mail, "Auto-Submitted").casefold()
    bulk = _header(mail, "Precedence").casefold() in ("bulk", "list", "junk")
    listed = bool(mail["List-Id"] or mail["List-Unsubscribe"])
    return bulk or listed or said not in ("", "no")


def _seconds(mail: Mail) -> float | None:
    try:
        return parsedate_to_datetime(_header(mail, "Date")).timestamp()
    except (ValueError, TypeError, OverflowError, IndexError):
        return None


def _addresses(mail: Mail, header: str) -> list[tuple[str, str]]:
    """(shown name, address in lower case) of everybody in a header."""
    values = [str(value) for value in mail.get_all(header, [])]
    # Decoded after they are parted: a name may have a comma in it.
    return [(_decoded(n), address.lower()) for n, address in getaddresses(values) if "@" in address]


def _header(mail: Mail, name: str) -> str:
    return _decoded(mail[name] or "").strip()


def _decoded(value: object) -> str:
    """A header in words; one that is encoded wrongly stays as it is."""
    try:
        return str(make_header(decode_header(str(value))))
    except (MessageError, LookupError, ValueError):
        return str(value)
