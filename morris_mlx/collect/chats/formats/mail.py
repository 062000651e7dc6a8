"""Parser of mail in mbox files and in files of their own. Quotations and signatures are removed."""

from __future__ import annotations

import email
import re
from collections import Counter
from collections.abc import Iterator
from email.errors import MessageError
from email.header import decode_header, make_header
from email.message import Message as Mail
from email.utils import getaddresses, parsedate_to_datetime
from typing import NamedTuple

from morris_mlx.collect.archives import Archive, read_error
from morris_mlx.collect.chats.formats.mail_body import body_text
from morris_mlx.collect.chats.formats.mail_files import read_mail_files, total_size
from morris_mlx.collect.chats.formats.mail_reply import extract_reply, join_wrapped_lines
from morris_mlx.collect.chats.formats.mail_signature import (
    remove_ending,
    remove_signature,
    repeated_endings,
)
from morris_mlx.collect.chats.formats.mbox import split_mbox
from morris_mlx.collect.chats.message_text import empty_reason, normalize_message
from morris_mlx.collect.chats.messages import (
    MAIL_NAME_SEPARATOR,
    Chat,
    ChatMessage,
    ParseContext,
)
from morris_mlx.collect.chats.skip_reasons import SkipReason
from morris_mlx.errors import MorrisError

MAX_MAIL_BYTES = 50 << 20
# Google's label of mail that the owner sent, in several languages.
SENT_LABELS = {"sent", "отправленные", "gesendet", "envoyés", "enviados", "inviati", "verzonden"}
REPORT_EVERY = 200  # mails between two reports of progress
_REPLY_PREFIX = re.compile(
    r"^(?:(?:re|aw|fw|fwd|wg|sv|tr|rif|отв|на)(?:\[\d+\])?: *)+", re.IGNORECASE
)


class _TypedMail(NamedTuple):
    """A mail that has text. `people` are the addresses of its sender and recipients."""

    thread: str
    people: frozenset[str]
    seconds: float
    sender: str
    sender_name: str
    text: str


def parse_mail(archive: Archive, name: str, context: ParseContext) -> Iterator[ChatMessage]:
    """Yield the mails of an mbox file, thread by thread. The people of a thread are its chat.

    `name` is the mbox file in `archive`, or "" where each file of the archive is a mail. Raises
    MorrisError when a file cannot be read or contains no mail.
    """
    mails, owners = _parse_mails(archive, name, context)
    if owners:
        context.owner_ids.add(f"mail/{owners.most_common(1)[0][0]}")
    people: dict[str, frozenset[str]] = {}
    for mail in mails:
        people[mail.thread] = people.get(mail.thread, frozenset()) | mail.people
    keys = {thread: MAIL_NAME_SEPARATOR.join(sorted(all_)) for thread, all_ in people.items()}
    for mail in sorted(mails, key=lambda m: (keys[m.thread], m.thread, m.seconds)):
        key = keys[mail.thread]
        is_private = len(people[mail.thread]) <= 2
        # A mail may be answered after weeks: its thread is the conversation.
        chat = Chat(
            f"mail/{key}", key, "private" if is_private else "group", splits_on_silence=False
        )
        sender = f"mail/{mail.sender}"
        yield ChatMessage(chat, sender, mail.sender_name, mail.seconds, mail.text, mail.thread)


def _parse_mails(
    archive: Archive, name: str, context: ParseContext
) -> tuple[list[_TypedMail], Counter[str]]:
    """Return all mails that have text, and how often each address is shown to be the owner's."""
    found: list[_TypedMail] = []
    owners: Counter[str] = Counter()
    threads = _Threads()
    number = 0
    try:
        size = archive.size(name) if name else total_size(archive)
        for number, (raw, done) in enumerate(_raw_mails(archive, name), 1):
            if number % REPORT_EVERY == 0:
                context.on_progress(done, size)
            parsed = _parse_mail(raw, threads, owners, context)
            if isinstance(parsed, SkipReason):
                context.skip(parsed)
            else:
                context.messages += 1
                found.append(parsed)
    except OSError as error:
        raise read_error(archive.path, error) from error
    if not number:
        raise MorrisError(
            f"{archive.path} looks like mail, but no mail is in it. Export the mailbox again."
        )
    found = _without_repeated_endings(found)
    return [mail._replace(thread=threads.root(mail.thread)) for mail in found], owners


def _without_repeated_endings(mails: list[_TypedMail]) -> list[_TypedMail]:
    """Return the mails without the signature blocks that a sender repeats."""
    texts: dict[str, list[str]] = {}
    for mail in mails:
        texts.setdefault(mail.sender, []).append(mail.text)
    endings = {sender: repeated_endings(written) for sender, written in texts.items()}
    return [m._replace(text=remove_ending(m.text, endings[m.sender])) for m in mails]


def _raw_mails(archive: Archive, name: str) -> Iterator[tuple[bytes, int]]:
    """Yield each mail, and the number of bytes that were read so far."""
    if not name:
        yield from read_mail_files(archive, MAX_MAIL_BYTES)
        return
    with archive.open(name) as file:
        yield from split_mbox(file, MAX_MAIL_BYTES)


class _Threads:
    """Groups of mails that answer each other, whatever their order in the file."""

    def __init__(self) -> None:
        self._parents: dict[str, str] = {}
        self._seen: set[str] = set()

    def is_duplicate(self, mail: Mail) -> bool:
        """Return True if a mail with this id came before: exports repeat one for each label."""
        key = _header(mail, "Message-ID")
        known = bool(key) and key in self._seen
        self._seen.add(key)
        return known

    def add(self, mail: Mail, people: frozenset[str]) -> str:
        """Add a mail, and return a key for `root`. Without ids, subject and people are the key."""
        subject = _REPLY_PREFIX.sub("", _header(mail, "Subject")).strip().casefold()
        own = _header(mail, "Message-ID") or f"{subject} {sorted(people)}"
        for header in ("References", "In-Reply-To"):
            for answered in re.findall(r"<[^<>\s]+>", _header(mail, header)):
                self._join(own, answered)
        return own

    def _join(self, one: str, other: str) -> None:
        roots = sorted({self.root(one), self.root(other)})
        self._parents[roots[-1]] = roots[0]

    def root(self, key: str) -> str:
        """Return the key of the whole thread."""
        while (parent := self._parents.get(key, key)) != key:
            self._parents[key] = self._parents.get(parent, parent)  # a shorter path next time
            key = parent
        return key


def _parse_mail(
    raw: bytes, threads: _Threads, owners: Counter[str], context: ParseContext
) -> _TypedMail | SkipReason:
    """Return the mail, or the reason to skip it."""
    if len(raw) > MAX_MAIL_BYTES:
        return SkipReason.MAIL_TOO_LARGE
    mail = email.message_from_bytes(raw)
    senders = _addresses(mail, "From")
    _count_owner(mail, senders, owners)
    if threads.is_duplicate(mail):
        return SkipReason.DUPLICATE_MAIL
    if not senders:
        return SkipReason.NO_SENDER
    (name, address), *_ = senders
    recipients = [one for header in ("To", "Cc") for one in _addresses(mail, header)]
    people = frozenset({address, *(a for _, a in recipients)})
    thread = threads.add(mail, people)  # also of skipped mails: they link others
    if _is_automatic(mail):
        return SkipReason.AUTOMATIC_MAIL
    seconds = _seconds(mail)
    if seconds is None:
        return SkipReason.NO_DATE
    for other_name, other in (senders[0], *recipients):
        context.add_names(f"mail/{other}", other_name)
    if people == {address}:
        return SkipReason.NOTES_TO_SELF
    whole = body_text(mail)
    typed = join_wrapped_lines(remove_signature(extract_reply(whole)))
    text = normalize_message(typed, keep_paragraphs=True)
    if reason := empty_reason(text):
        return SkipReason.ONLY_QUOTE if not text and whole.strip() else reason
    return _TypedMail(thread, people, seconds, address, name or address, text)


def _count_owner(mail: Mail, senders: list[tuple[str, str]], owners: Counter[str]) -> None:
    """Count the addresses that this mail shows to be the owner's."""
    labels = {label.strip().casefold() for label in _header(mail, "X-Gmail-Labels").split(",")}
    if labels & SENT_LABELS and senders:
        owners[senders[0][1]] += 1
    for _, address in _addresses(mail, "Delivered-To"):
        owners[address] += 1


def _is_automatic(mail: Mail) -> bool:
    auto_submitted = _header(mail, "Auto-Submitted").casefold()
    is_bulk = _header(mail, "Precedence").casefold() in ("bulk", "list", "junk")
    is_list = bool(mail["List-Id"] or mail["List-Unsubscribe"])
    return is_bulk or is_list or auto_submitted not in ("", "no")


def _seconds(mail: Mail) -> float | None:
    try:
        return parsedate_to_datetime(_header(mail, "Date")).timestamp()
    except (ValueError, TypeError, OverflowError, IndexError):
        return None


def _addresses(mail: Mail, header: str) -> list[tuple[str, str]]:
    """Return (display name, address in lower case) of everybody in a header."""
    values = [str(value) for value in mail.get_all(header, [])]
    # Decoded after splitting, because an encoded name may contain a comma.
    return [(_decode(n), address.lower()) for n, address in getaddresses(values) if "@" in address]


def _header(mail: Mail, name: str) -> str:
    return _decode(mail[name] or "").strip()


def _decode(value: object) -> str:
    """Decode a header. One with an invalid encoding is returned unchanged."""
    try:
        return str(make_header(decode_header(str(value))))
    except (MessageError, LookupError, ValueError):
        return str(value)
