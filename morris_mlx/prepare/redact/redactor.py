"""All recognisers in order over all texts; whatever fails in one of them ends the run."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace

from morris_mlx.errors import MorrisError
from morris_mlx.prepare.redact.addresses import find_addresses
from morris_mlx.prepare.redact.contacts import find_emails, find_handles, find_ips
from morris_mlx.prepare.redact.names import NameFinder, forms_of, known_words
from morris_mlx.prepare.redact.numbers import find_numbers
from morris_mlx.prepare.redact.phones import choose_regions, find_phones
from morris_mlx.prepare.redact.secrets import find_keys, find_passwords
from morris_mlx.prepare.redact.spans import Hit, also_broken, merged
from morris_mlx.prepare.redact.standins import choose_stand_ins
from morris_mlx.records.corpus import Conversation, Document, Message
from morris_mlx.text.folding import fold
from morris_mlx.text.pii import (
    KINDS,
    LeakFinder,
    Person,
    RedactionMap,
    RedactionReport,
    Replacement,
    mask,
)

PLACEHOLDER = re.compile(rf"\[(?:{'|'.join(map(re.escape, KINDS))})\]")
MOST_PASSES = 5  # over one text: what is next to a hit may show itself when the hit is gone
EXAMPLES = 10  # of a kind in a report
CANNOT_FIND = (
    "names of people whom neither the export nor --names lists; Саша where only Александр is",
    "names that are ordinary words too (Вера, Will), in lower case and alone",
    "names translated or in Cyrillic for a Latin one (Peter for Пётр, Джон for John)",
    "passwords without a word for it beside them, in the next message, or an ordinary word "
    "without a colon (passwd superman)",
    "addresses without a street word and a house number; places, employers, schools",
    "numbers without a checksum, a known form or a word beside them; driving licences, plates",
    "birthdays, illnesses, relationships: what is told in plain words",
)


@dataclass(frozen=True, slots=True)
class Redacted:
    """Texts without what was found in them, and what is known about that.

    `redactor` knows what was found, for what is redacted later.
    """

    documents: tuple[Document, ...]
    conversations: tuple[Conversation, ...]
    report: RedactionReport
    redaction_map: RedactionMap
    redactor: Redactor


def redact(
    documents: Sequence[Document],
    conversations: Sequence[Conversation] = (),
    people: Sequence[Person] = (),
) -> Redacted:
    """Placeholders in articles; in chats natural names for `people`, placeholders for the rest.

    A number or an address is never invented: it might be somebody's. The writer is none of
    `people`. Raises whatever a recogniser raises: half redacted is not redacted.
    """
    texts = [t for d in documents for t in (d.title, d.text)]
    texts += [m.content for c in conversations for m in c.messages]
    return _through(Redactor(people, choose_regions(texts)), documents, conversations)


def redact_more(conversations: Sequence[Conversation], before: Redactor) -> Redacted:
    """What comes to texts that were redacted: it loses what was found in those, too.

    Report and map are of both; `before` stays as it is.
    """
    regions = choose_regions(m.content for c in conversations for m in c.messages)
    known = Counter(before._replaced)
    both = Redactor(before.people, tuple(dict.fromkeys((*before.regions, *regions))), known)
    return _through(both, (), conversations)


def _through(
    redactor: Redactor, documents: Sequence[Document], conversations: Sequence[Conversation]
) -> Redacted:
    articles = [
        replace(d, title=redactor.article(d.title), text=redactor.article(d.text))
        for d in documents
    ]
    chats = [_each_message(c, redactor.chat) for c in conversations]
    # What was recognised once goes wherever it stands: the password that is repeated alone.
    finder = LeakFinder(RedactionMap(tuple(i for i in redactor.items() if i.kind != "name")))
    articles = [
        replace(d, title=redactor.again(d.title, finder), text=redactor.again(d.text, finder))
        for d in articles
    ]
    chats = [_each_message(c, lambda text: redactor.again(text, finder)) for c in chats]
    found = RedactionMap(tuple(redactor.items()))
    return Redacted(tuple(articles), tuple(chats), redactor.report(), found, redactor)


def _each_message(conversation: Conversation, change: Callable[[str], str]) -> Conversation:
    messages = tuple(Message(m.role, change(m.content)) for m in conversation.messages)
    return replace(conversation, messages=messages)


@dataclass(slots=True)
class Redactor:
    """Redacts one text after another and remembers what it replaced."""

    people: Sequence[Person]
    regions: Sequence[str]
    _replaced: Counter[Replacement] = field(default_factory=Counter)
    _in_articles: NameFinder = field(init=False)
    _in_chats: NameFinder = field(init=False)

    def __post_init__(self) -> None:
        words = known_words(self.people)
        forms = forms_of(words)
        self._in_articles = NameFinder(forms, None)
        self._in_chats = NameFinder(forms, choose_stand_ins(words))

    def article(self, text: str) -> str:
        return self._redacted(text, self._in_articles)

    def chat(self, text: str) -> str:
        return self._redacted(text, self._in_chats)

    def again(self, text: str, finder: LeakFinder) -> str:
        """Without items found elsewhere. Raises MorrisError when one cannot be removed."""
        for _ in range(MOST_PASSES):
            leaks = finder.find(text)
            if not leaks:
                return text
            hits = merged(Hit(leak.kind, leak.start, leak.end) for leak in leaks)
            text = self._replace(text, hits)
        kinds = sorted({leak.kind for leak in leaks})
        raise MorrisError(
            f"Redaction cannot remove every {', '.join(kinds)} it found. Nothing was written; "
            "please report this, without the text."
        )

    def items(self) -> list[Replacement]:
        return sorted(self._replaced, key=lambda i: (KINDS.index(i.kind), i.real, i.stand_in))

    def report(self) -> RedactionReport:
        counts = dict.fromkeys(KINDS, 0)
        examples: dict[str, list[str]] = {}
        for item in self.items():
            counts[item.kind] += self._replaced[item]
            shown = examples.setdefault(item.kind, [])
            masked = mask(item.kind, item.real)
            if len(shown) < EXAMPLES and masked not in shown:
                shown.append(masked)
        return RedactionReport(counts, {k: tuple(v) for k, v in examples.items()}, CANNOT_FIND)

    def _redacted(self, text: str, names: NameFinder) -> str:
        for _ in range(MOST_PASSES):
            seen = fold(text)
            hits = [
                replace(hit, start=start, end=end)
                for hit in merged(self._hits(seen.text, names))
                if not PLACEHOLDER.fullmatch(seen.text[hit.start : hit.end].strip("\"'«»“”<>"))
                for start, end in (seen.span(hit.start, hit.end),)
            ]
            if not hits:
                return text
            text = self._replace(text, hits)
        return text

    def _hits(self, text: str, names: NameFinder) -> Iterator[Hit]:
        yield from find_keys(text)
        yield from find_passwords(text)
        yield from find_emails(text)
        yield from find_numbers(text)
        yield from also_broken(lambda t: find_phones(t, self.regions), text)
        yield from also_broken(find_addresses, text, wider=True)
        yield from find_ips(text)
        yield from find_handles(text)
        yield from names.find(text)

    def _replace(self, text: str, hits: Iterable[Hit]) -> str:
        pieces: list[str] = []
        done = 0
        for hit in hits:
            stand_in = hit.stand_in or f"[{hit.kind}]"
            self._replaced[Replacement(hit.kind, text[hit.start : hit.end], stand_in)] += 1
            pieces += [text[done : hit.start], stand_in]
            done = hit.end
        return "".join([*pieces, text[done:]])
