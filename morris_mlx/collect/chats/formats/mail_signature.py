"""Signatures of mails: contact details, notices, and blocks that one sender repeats."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence

MAX_BLOCK = 14  # lines at the end of a mail that may be a signature
# Lines with a telephone number, an address or a site that prove a signature without a closing.
MIN_CONTACTS = 2
MIN_REPEATED, MIN_REPEATED_SHARE = 3, 0.2  # mails of a sender that end with the same lines
MIN_REPEATED_LINES = 3  # fewer are a closing and a name, which are typed
_CLOSING = re.compile(
    r"^\W*(?:(?:with |my )?(?:best|kind|kindest|warm|warmest|many)(?: \w+)?"
    r"|(?:best |kind |warm )?regards|(?:yours |very )?(?:sincerely|truly|faithfully)(?: yours)?"
    r"|yours|cheers|thanks(?: and \w+(?: regards)?)?"
    r"|(?:mit )?(?:herzlich|beste|freundlich|lieb|viele|schöne)\w*(?: \w+)? gr[uü](?:ß|ss)\w*"
    r"|mfg|lg|vg|mvh|hochachtungsvoll|(?:bien )?cordialement(?: vôtre)?|bien à (?:vous|toi)"
    r"|(?:meilleures|cordiales) salutations|(?:un )?(?:cordial )?saludos?(?: cordial(?:es)?)?"
    r"|atentamente|muchos? (?:saludos|gracias)|atenciosamente|abraços?|(?:cordiali|distinti) saluti"
    r"|saluti|(?:met )?(?:vriendelijke|hartelijke) groet\w*|groet\w*"
    r"|(?:z )?(?:poważaniem|pozdrowieniami)|pozdrawiam|s pozdravem"
    r"|(?:med )?vänliga? hälsning\w*|hälsningar|(?:med )?venlig hilsen|hilsen"
    r"|(?:с|з) (?:уважением|приветом|повагою)|всего (?:доброго|хорошего)|с наилучшими пожеланиями"
    r"|敬具|よろしくお願い\w*|此致|敬上|감사합니다)\s*[,.!–-]?\s*$",
    re.IGNORECASE,
)
_CONTACT = re.compile(
    r"\+\d[\d ()/.-]{6,}|\(?0\d{2,5}\)?[ /-]\d[\d /-]{4,}|\bwww\.\S+|https?://\S+|\S \| \S"
    r"|\b(?:tel|phone|mobile|mob|fax|handy|тел|тлф)\b\W{0,3}\d|\b[\w.+-]+@[\w-]+\.\w+"
    r"|\b(?:GmbH|Ltd|LLC|Inc|S\.A\.|ООО)\b",
    re.IGNORECASE,
)
_NOTICE = re.compile(
    r"^\W*(?:(?:this|the (?:information|contents) (?:in|of) this)"
    r" (?:e-?mail|message|communication)\b"
    r".*(?:confidential|intended|privileged)"
    r"|(?:confidentiality|legal|disclaimer)\b.{0,40}(?:notice|:)"
    r"|please consider the environment"
    r"|diese (?:e-?mail|nachricht)\b.*(?:vertraulich|bestimmt)"
    r"|ce (?:message|courriel|mail)\b.*(?:confidentiel|destiné)"
    r"|este (?:mensaje|correo|e-?mail)\b.*(?:confidencial)|esta mensagem\b.*(?:confidencia)"
    r"|(?:questo messaggio|il presente messaggio)\b.*(?:riservat|confidenzial)"
    r"|dit (?:bericht|e-?mail)\b.*(?:vertrouwelijk)"
    r"|(?:это|данное) (?:сообщение|письмо)\b.*(?:конфиденциальн))",
    re.IGNORECASE,
)
MAX_NAME_LINE = 60  # characters of a line in a signature


def remove_signature(text: str) -> str:
    """Return the text of a mail without notices and contact details at its end.

    A closing and a name alone stay: they are typed.
    """
    lines = text.rstrip().split("\n")
    first = max(0, len(lines) - MAX_BLOCK)
    for number in range(first, len(lines)):
        if _NOTICE.match(lines[number]):
            lines = lines[:number]
            break
    start = _signature_start(lines)
    return "\n".join(lines[:start]).rstrip()


def _signature_start(lines: Sequence[str]) -> int:
    """Return the index of the first line of a block with contact details at the end."""
    first = max(0, len(lines) - MAX_BLOCK)
    for number in range(first, len(lines)):
        if _CLOSING.match(lines[number].strip()):
            below = lines[number + 1 :]
            short = all(len(line) <= 2 * MAX_NAME_LINE for line in below)
            return number if short and any(map(_CONTACT.search, below)) else len(lines)
    start = len(lines)
    contacts = 0
    while start > first and lines[start - 1].strip() and len(lines[start - 1]) <= MAX_NAME_LINE:
        start -= 1
        contacts += bool(_CONTACT.search(lines[start]))
    # A paragraph of its own, not the end of one that has a link in it.
    is_block = start == 0 or not lines[start - 1].strip()
    return start if is_block and start > 0 and contacts >= MIN_CONTACTS else len(lines)


def repeated_endings(texts: Iterable[str]) -> frozenset[tuple[str, ...]]:
    """Return the blocks of lines with which many mails of one sender end."""
    counts: Counter[tuple[str, ...]] = Counter()
    total = 0
    for text in texts:
        total += 1
        lines = _lines(text)
        for size in range(MIN_REPEATED_LINES, min(MAX_BLOCK, len(lines) - 1) + 1):
            counts[tuple(lines[-size:])] += 1
    enough = max(MIN_REPEATED, MIN_REPEATED_SHARE * total)
    return frozenset(block for block, count in counts.items() if count >= enough)


def remove_ending(text: str, endings: frozenset[tuple[str, ...]]) -> str:
    """Return the text without the longest of the blocks that it ends with."""
    lines = _lines(text)
    for size in range(min(MAX_BLOCK, len(lines) - 1), MIN_REPEATED_LINES - 1, -1):
        if tuple(lines[-size:]) in endings:
            rest = text.rstrip().split("\n")
            left = size
            while left:
                left -= bool(rest.pop().strip())
            return "\n".join(rest).rstrip()
    return text


def _lines(text: str) -> list[str]:
    return [line.strip() for line in text.split("\n") if line.strip()]
