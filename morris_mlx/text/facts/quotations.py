"""Quotations in all quotation marks, links and e-mail addresses."""

from __future__ import annotations

import re
from collections.abc import Iterator

from morris_mlx.text.copying import normalize_words
from morris_mlx.text.facts.fact import Fact, FactKind

LONGEST = 600  # characters of a quotation: an unclosed mark must not take half of the text
QUOTES = tuple(
    re.compile(pattern)
    for pattern in (
        rf"“([^\n“”]{{1,{LONGEST}}})”",
        rf"«([^\n«»]{{1,{LONGEST}}})»",
        rf"„([^\n„“”]{{1,{LONGEST}}})[“”]",
        rf'(?<!\w)"([^\n"]{{1,{LONGEST}}})"(?!\w)',
        rf"(?<!\w)‘([^\n‘]{{1,{LONGEST}}}?)’(?!\w)",
        rf"‹([^\n‹›]{{1,{LONGEST}}})›",
        rf"(?<!\w)'(?=[^\s'])([^\n']{{2,{LONGEST}}}?(?:\w'\w[^\n']*?)*)(?<=\S)'(?!\w)",
        rf"(?<!\w)``([^\n]{{1,{LONGEST}}}?)''",
    )
)
EMPHASIS = re.compile(
    r"(?<![\w*])(\*{1,2})(?=\S)([^\n*]{1,200})(?<=\S)\1(?!\w)|(?<!\w)_(?=\S)([^\n_]{1,200})(?<=\S)_(?!\w)"
)
_ENDS = "com|org|net|edu|gov|info|io|eu|uk|de|fr|ru|su|рф|ua|by|kz|us|tv|me|app|dev"
LINK = re.compile(
    r"(?:https?|ftp)://[^\s<>\"“”«»]+|\bwww\.[^\s<>\"“”«»]+"
    rf"|(?<![@\w.-])(?:[\w-]+\.)+(?:{_ENDS})\b(?:/[^\s<>\"“”«»]*)?",
    re.I,
)
EMAIL = re.compile(r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+")
AFTER_LINK = ".,;:!?)]}'’*_"


def find_quotations(folded: str) -> Iterator[Fact]:
    """Yield the quotations of a folded text by their words; words with emphasis are weak ones."""
    for pattern in QUOTES:
        for match in pattern.finditer(folded):
            if words := normalize_words(match[1]):
                keys = frozenset((" ".join(words),))
                yield Fact(FactKind.QUOTATION, match[0], keys, *match.span())
    for match in EMPHASIS.finditer(folded):
        if words := normalize_words(match[2] or match[3]):
            keys = frozenset((" ".join(words),))
            yield Fact(FactKind.QUOTATION, match[0], keys, *match.span(), weak=True)


def find_links(folded: str) -> Iterator[Fact]:
    """Yield e-mail addresses and links; a link without its protocol is the same one."""
    emails = list(EMAIL.finditer(folded))
    for match in emails:
        address = match[0].rstrip(".")
        span = match.start(), match.start() + len(address)
        yield Fact(FactKind.EMAIL, address, frozenset((f"mail {address.lower()}",)), *span)
    for match in LINK.finditer(folded):
        if any(match.start() < mail.end() and mail.start() < match.end() for mail in emails):
            continue
        link = match[0].rstrip(AFTER_LINK)
        bare = re.sub(r"\A(?:\w+://)?(?:www\.)?", "", link, flags=re.I).rstrip("/")
        host, slash, path = bare.partition("/")
        key = f"link {host.lower()}{slash}{path}"
        span = match.start(), match.start() + len(link)
        yield Fact(FactKind.LINK, link, frozenset((key,)), *span)
