"""Reply extraction: the text of a mail without quotations and signature."""

from __future__ import annotations

import re

_QUOTED = re.compile(r"^\s{0,3}>")
# mbox files write “>From” for a line that begins with “From”: it is no quotation.
_ESCAPED_FROM = re.compile(r"^>(?=From )", re.MULTILINE)
# Mail programs that quote without marks put such a line first; the quotation goes to the end.
_QUOTE_HEADER = re.compile(
    r"^\s*(?:-{2,} ?(?:original message|forwarded message|пересылаемое сообщение"
    r"|исходное сообщение|ursprüngliche nachricht|weitergeleitete nachricht"
    r"|message d'origine|mensaje original|messaggio originale)\b.*"
    r"|begin forwarded message:\s*|_{20,}\s*)$",
    re.IGNORECASE,
)
_HEADER_BLOCK = re.compile(r"^\s*\*?(?:from|von|de|da|от|van):\*? .+", re.IGNORECASE)
_HEADER_NEXT = re.compile(
    r"^\s*\*?(?:sent|date|to|gesendet|datum|an|envoyé|enviado|para|inviato|a"
    r"|отправлено|дата|кому|verzonden|aan):\*? ",
    re.IGNORECASE,
)
# The line that introduces a quotation, “On Monday … wrote:”, in any language has an address, a
# time or a year before its colon.
_INTRO_END = re.compile(r":\s*$")
_INTRO_SIGN = re.compile(r"<?\S+@\S+>?|\b\d{1,2}[:.]\d{2}\b|\b(?:19|20)\d{2}\b")
MAX_INTRO_LINES = 3  # long addresses wrap it
_SIGNATURE = re.compile(r"^-- ?$")
_PHONE_SIGNATURE = re.compile(
    r"^(?:sent from (?:my|outlook|yahoo|mail for|proton) ?\w[\w ]{1,30}|get outlook for \w+.*"
    r"|отправлено с (?:моего )?\w[\w ]{1,20}"
    r"|отправлено из .{2,40}|von meinem \w+ gesendet|envoyé de mon \w+|enviado desde mi \w+"
    r"|inviato da \w+)\.?$",
    re.IGNORECASE,
)


def extract_reply(text: str) -> str:
    """Return the text that the sender typed, including answers between quotations."""
    lines = _ESCAPED_FROM.sub("\0", text.replace("\r\n", "\n")).split("\n")
    kept: list[str] = []
    for number, line in enumerate(lines):
        following = lines[number + 1] if number + 1 < len(lines) else ""
        is_outlook_header = _HEADER_BLOCK.match(line) and _HEADER_NEXT.match(following)
        if _QUOTE_HEADER.match(line) or _SIGNATURE.match(line) or is_outlook_header:
            break
        if _QUOTED.match(line):
            _remove_intro(kept)
        elif not _PHONE_SIGNATURE.match(line.strip()):
            kept.append(line)
    else:
        return "\n".join(kept).replace("\0", "")
    if not _SIGNATURE.match(line):
        _remove_intro(kept)
    return "\n".join(kept).replace("\0", "")


def _remove_intro(kept: list[str]) -> None:
    """Remove the lines that introduce a quotation, at most three, from the end of `kept`."""
    while kept and not kept[-1].strip():
        kept.pop()
    if not kept or not _INTRO_END.search(kept[-1]):
        return
    for count in range(1, MAX_INTRO_LINES + 1):
        if len(kept) < count or not kept[-count].strip():
            return
        if _INTRO_SIGN.search(" ".join(kept[-count:])):
            del kept[-count:]
            # “On Monday, 3 March 2025, at 10:30” may stand on the line above the address.
            if count == 1 and kept and re.match(r"^(?:on|am|le|el|il|op|em)\b", kept[-1], re.I):
                kept.pop()
            return
