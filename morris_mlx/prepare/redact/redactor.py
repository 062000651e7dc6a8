"""The redactor: runs all recognizers over all texts and replaces what they find.

An error in a recognizer ends the run, so that nothing is used that is only partly redacted.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace

from morris_mlx.errors import MorrisError
from morris_mlx.prepare.codecs import CONVERSATIONS, DOCUMENTS
from morris_mlx.prepare.disk_list import DiskList
from morris_mlx.prepare.progress import Tick, counting, no_tick
from morris_mlx.prepare.redact.addresses import find_addresses
from morris_mlx.prepare.redact.contacts import find_emails, find_handles, find_ips
from morris_mlx.prepare.redact.frequent_names import find_frequent_names, unknown_names
from morris_mlx.prepare.redact.name_forms import Name
from morris_mlx.prepare.redact.name_recognizer import NameRecognizer
from morris_mlx.prepare.redact.names import (
    NO_USAGE,
    Certainty,
    collect_name_words,
    index_forms,
    normalize_entry,
)
from morris_mlx.prepare.redact.national_numbers import find_national_numbers
from morris_mlx.prepare.redact.numbers import find_numbers
from morris_mlx.prepare.redact.phones import choose_regions, find_phones
from morris_mlx.prepare.redact.secrets import find_keys, find_passwords
from morris_mlx.prepare.redact.spans import Hit, find_across_lines, merge_hits
from morris_mlx.prepare.redact.stand_ins import choose_stand_ins
from morris_mlx.prepare.redact.word_usage import WordUsage, measure_usage
from morris_mlx.records.corpus import Conversation, Document, Message
from morris_mlx.text.folding import fold, fold_lowercase
from morris_mlx.text.pii import (
    KINDS,
    LeakFinder,
    Person,
    PiiKind,
    RedactionMap,
    RedactionReport,
    Replacement,
    mask,
)

KIND_PLACEHOLDER = re.compile(rf"\[(?:{'|'.join(map(re.escape, KINDS))})\]")
MAX_PASSES = 5  # over one text: an item may be recognized only when the one beside it is gone
MAX_EXAMPLES = 10  # of each kind in a report
CANNOT_FIND = (
    "names of people whom neither the export nor --names lists; Саша if only Александр is listed",
    "names that are ordinary words, too (Вера, Will, Koch), in lower case and alone; in German, "
    "also with a capital unless a title, a given name or a verb shows a person",
    "single words of a nickname (Black Coffee)",
    "translated names, and Cyrillic forms of Latin ones (Peter for Пётр, Джон for John)",
    "passwords without a word such as “password” beside them, or in the message after it, or "
    "that are ordinary words without a colon before them (passwd superman)",
    "addresses without a street word and a house number, or in other languages than English, "
    "Russian, German and Spanish; places, employers, schools",
    "numbers without a checksum, a known form or a word beside them; driving licenses, plates",
    "birthdays, illnesses, relationships: anything told in plain words",
)


@dataclass(frozen=True, slots=True)
class RedactedCorpus:
    """Redacted texts, the report, and the map of what was replaced.

    `redactor` remembers what it found, for texts that are redacted later.
    """

    documents: Sequence[Document]
    conversations: Sequence[Conversation]
    report: RedactionReport
    redaction_map: RedactionMap
    redactor: Redactor


def redact_corpus(
    documents: Sequence[Document],
    conversations: Sequence[Conversation] = (),
    people: Sequence[Person] = (),
    not_names: Sequence[str] = (),
    tick: Tick = no_tick,
) -> RedactedCorpus:
    """Redact all texts. `people` are persons other than the writer; `tick` counts characters.

    `not_names` are words and phrases that are not names, except inside a full name. Documents get
    placeholders. Conversations get invented names, and placeholders for the rest: an invented
    number or address might be a real one.
    """
    usage = measure_name_usage(people, _all_texts(documents, conversations))
    cannot_find = (*CANNOT_FIND, *unknown_names(documents, conversations))
    redactor = Redactor(
        people,
        choose_regions(_all_texts(documents, conversations)),
        usage=usage,
        not_names=not_names,
        cannot_find=cannot_find,
    )
    return _redact(redactor, documents, conversations, tick)


def _all_texts(
    documents: Iterable[Document], conversations: Iterable[Conversation]
) -> Iterator[str]:
    yield from (text for d in documents for text in (d.title, d.text))
    yield from (m.content for c in conversations for m in c.messages)


def measure_name_usage(people: Sequence[Person], texts: Iterable[str]) -> WordUsage:
    """Return how texts use the words of names, which shows those that are ordinary words."""
    words = collect_name_words(people)
    certain = index_forms([w for w in words if w.certainty == Certainty.CERTAIN])
    # Nicknames are told from names by their words, so these are counted, too.
    parts = {part for w in words if w.is_nickname for part in w.name.word.split()}
    uncertain = index_forms([w for w in words if w.certainty < Certainty.CERTAIN])
    return measure_usage(texts, (uncertain.keys() | parts) - certain.keys(), certain)


def redact_more(conversations: Sequence[Conversation], before: Redactor) -> RedactedCorpus:
    """Redact further texts, also from what `before` found in earlier ones.

    The report and the map are of both; `before` is not changed.
    """
    regions = choose_regions(m.content for c in conversations for m in c.messages)
    regions = tuple(dict.fromkeys((*before.regions, *regions)))
    both = replace(before, regions=regions, _replaced=Counter(before._replaced))
    return _redact(both, (), conversations)


def _redact(
    redactor: Redactor,
    documents: Sequence[Document],
    conversations: Sequence[Conversation],
    tick: Tick = no_tick,
) -> RedactedCorpus:
    documents = _map_documents(documents, counting(redactor.redact_document, tick))
    conversations = _map_messages(conversations, counting(redactor.redact_message, tick))
    # An item recognized once is removed everywhere: a password may be repeated without the word.
    items = RedactionMap(tuple(i for i in redactor.items() if i.kind != "name"))
    finder = LeakFinder(items)

    def remove_leaks(text: str) -> str:
        return redactor.remove_leaks(text, finder)

    return RedactedCorpus(
        _map_documents(documents, remove_leaks),
        _map_messages(conversations, remove_leaks),
        redactor.report(),
        RedactionMap(tuple(redactor.items())),
        redactor,
    )


def _map_documents(
    documents: Sequence[Document], change: Callable[[str], str]
) -> Sequence[Document]:
    return DiskList(
        DOCUMENTS, (replace(d, title=change(d.title), text=change(d.text)) for d in documents)
    )


def _map_messages(
    conversations: Sequence[Conversation], change: Callable[[str], str]
) -> Sequence[Conversation]:
    changed = (
        replace(c, messages=tuple(Message(m.role, change(m.content)) for m in c.messages))
        for c in conversations
    )
    return DiskList(CONVERSATIONS, changed)


@dataclass(slots=True)
class Redactor:
    """A redactor of one text after another, with a record of what it replaced.

    `people` are persons other than the writer; `regions` are those of phone numbers. `usage` is
    the evidence which of their names are ordinary words. `not_names` are words and phrases that
    are no names. `cannot_find` is for the report.
    """

    people: Sequence[Person]
    regions: Sequence[str]
    _replaced: Counter[Replacement] = field(default_factory=Counter)
    usage: WordUsage = NO_USAGE
    not_names: Sequence[str] = ()
    cannot_find: Sequence[str] = CANNOT_FIND
    _document_names: NameRecognizer = field(init=False)
    _message_names: NameRecognizer = field(init=False)

    def __post_init__(self) -> None:
        not_names = frozenset(map(normalize_entry, self.not_names)) - {""}
        words = collect_name_words(self.people, self.usage, not_names)

        def recognizer(stand_ins: dict[tuple[str, str], Name] | None) -> NameRecognizer:
            return NameRecognizer(self.people, words, stand_ins, self.usage, not_names)

        self._document_names = recognizer(None)
        self._message_names = recognizer(choose_stand_ins(words))

    def redact_document(self, text: str) -> str:
        """Return the text of a document with placeholders for all items."""
        return self._redact(text, self._document_names)

    def redact_message(self, text: str) -> str:
        """Return the text of a message with invented names, and placeholders for other items."""
        return self._redact(text, self._message_names)

    def remove_leaks(self, text: str, finder: LeakFinder) -> str:
        """Return a text without the items of `finder`. Raises MorrisError if one is left."""
        for _ in range(MAX_PASSES):
            leaks = finder.find(text)
            if not leaks:
                return text
            hits = merge_hits(Hit(leak.kind, leak.start, leak.end) for leak in leaks)
            text = self._replace(text, hits)
        kinds = sorted({leak.kind for leak in leaks})
        raise MorrisError(
            f"Redaction cannot remove every {', '.join(kinds)} it found. Nothing was written; "
            "please report this, without the text."
        )

    def items(self) -> list[Replacement]:
        """Return what was replaced, each item once."""
        return sorted(self._replaced, key=lambda i: (KINDS.index(i.kind), i.real, i.stand_in))

    def report(self) -> RedactionReport:
        """Return the counts by kind, with masked examples."""
        counts = dict.fromkeys(KINDS, 0)
        examples: dict[str, list[str]] = {}
        for item in self.items():
            counts[item.kind] += self._replaced[item]
            shown = examples.setdefault(item.kind, [])
            masked = mask(item.kind, item.real)
            if len(shown) < MAX_EXAMPLES and masked not in shown:
                shown.append(masked)
        return RedactionReport(
            counts,
            {k: tuple(v) for k, v in examples.items()},
            tuple(self.cannot_find),
            words=self.usage.words,
            frequent_names=find_frequent_names(self.name_counts(), self.usage),
        )

    def replaced(self) -> Counter[Replacement]:
        """Return how often each item was replaced, as it was written."""
        return Counter(self._replaced)

    def name_counts(self) -> Counter[str]:
        """Return how often each name was replaced, in lower case."""
        counts: Counter[str] = Counter()
        for item, n in self._replaced.items():
            if item.kind == PiiKind.name:
                counts[fold_lowercase(item.real).removesuffix("'s").removesuffix("’s")] += n
        return counts

    def _redact(self, text: str, names: NameRecognizer) -> str:
        for _ in range(MAX_PASSES):
            folded = fold(text)
            hits = [
                replace(hit, start=start, end=end)
                for hit in merge_hits(self._hits(folded.text, names))
                if not _is_placeholder(folded.text[hit.start : hit.end])
                for start, end in (folded.span(hit.start, hit.end),)
            ]
            if not hits:
                return text
            text = self._replace(text, hits)
        return text

    def _hits(self, text: str, names: NameRecognizer) -> Iterator[Hit]:
        yield from find_keys(text)
        yield from find_passwords(text)
        yield from find_emails(text)
        yield from find_numbers(text)
        yield from find_national_numbers(text)
        yield from find_across_lines(lambda t: find_phones(t, self.regions), text)
        yield from find_across_lines(find_addresses, text, extend=True)
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


def _is_placeholder(text: str) -> bool:
    """Return True for a placeholder of an earlier pass, also in quotes: password "[password]"."""
    return bool(KIND_PLACEHOLDER.fullmatch(text.strip("\"'«»“”<>")))
