"""Bytes of a page → text: what it declares, what it is, and what is guessed from its letters."""

from __future__ import annotations

import codecs
import re

from charset_normalizer import from_bytes

MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
DECLARED = re.compile(
    rb"""<(?:meta|\?xml)[^>]{0,200}?(?:charset|encoding)\s*=\s*["']?([\w.:-]+)""", re.I
)
DECLARED_WITHIN = 4096  # bytes: browsers look at the first 1,024, and so many pages are late
SAMPLE_BYTES = 40_000  # enough to tell an alphabet by its letters
# Browsers read these labels as the code pages that grew out of them.
BROWSERS_READ = {"iso8859-1": "cp1252", "ascii": "cp1252", "iso8859-9": "cp1254"}
LATIN = ("cp1252", "cp1254")
# Languages in Latin letters have few accents: more than this share of À to ÿ among the letters
# is another alphabet, read by the wrong table.
MOST_ACCENTED = 0.5
MENDED = 10  # so many good letters beyond ASCII to a broken one: UTF-8 with a slip in it
GUESSED = [
    *("cp1251", "koi8_r", "cp1252", "cp1250", "cp1253", "cp1255", "cp1256", "cp866"),
    *("mac_cyrillic", "iso8859_5", "shift_jis", "euc_jp", "gb18030", "big5", "euc_kr"),
]

# What parsers of other people's markup let through where it is damaged in ways they did not
# foresee: one such page must not end a collection.


def decode_html(raw: bytes, charset: str = "") -> str:
    """HTML or XML as text; `charset` is what the server said. Never fails: at worst, with �.

    A byte-order mark is believed first, then UTF-8 that proves itself, then what the page and the
    server say where that is plausible; otherwise the letters tell.
    """
    for mark, encoding in MARKS:
        if raw.startswith(mark):
            return raw.decode(encoding, errors="replace")
    if encoding := _wide(raw):
        return raw.decode(encoding, errors="replace")
    declared = _declared(raw)
    if b"\x1b" not in raw:  # ISO-2022-JP is all ASCII, with escapes
        text = raw.decode("utf-8", errors="replace")
        broken = text.count("\ufffd")
        wide = sum(1 for letter in text if letter > "\x7f") - broken
        if wide >= broken * MENDED:
            return text
    # A server's label is often one for all its pages; a page's own was put there by its maker.
    for name in (declared, _known(charset)):
        if name and (read := _plausible(raw, name)) is not None:
            return read
    if _latin(raw):
        return raw.decode("cp1252", errors="replace")
    best = from_bytes(raw[:SAMPLE_BYTES], cp_isolation=GUESSED).best()
    guess = _known(best.encoding) if best else ""
    return raw.decode(guess or declared or _known(charset) or "cp1252", errors="replace")


def _wide(raw: bytes) -> str:
    """UTF-16 without a mark: every other byte of the markup is zero."""
    start = raw[:40]  # markup, which is ASCII in any language
    if len(start) < 20 or b"\x00" not in start:
        return ""
    even, odd = start[::2].count(0), start[1::2].count(0)
    if max(even, odd) < len(start) // 4:
        return ""
    return "utf-16-le" if odd > even else "utf-16-be"


def _declared(raw: bytes) -> str:
    match = DECLARED.search(raw[:DECLARED_WITHIN])
    return _known(match[1].decode("ascii", errors="replace")) if match else ""


def _known(label: str) -> str:
    """Python's name of a text encoding, as browsers understand the label; "" when unknown."""
    try:
        info = codecs.lookup(label.strip().strip("\"'"))
        "".encode(info.name)  # not base64 and other codecs that make no text
    except (LookupError, ValueError, AttributeError, TypeError):
        return ""
    if info.name.startswith("utf-16") or info.name.startswith("utf-32") or info.name == "utf-7":
        return ""  # the bytes would have shown it, and UTF-7 hides markup
    return BROWSERS_READ.get(info.name, info.name)


def _plausible(raw: bytes, encoding: str) -> str | None:
    try:
        text = raw.decode(encoding)
    except UnicodeError:
        # Latin-1's five holes in Windows' table are no reason to give up a Latin text.
        return raw.decode(encoding, errors="replace") if encoding in LATIN and _latin(raw) else None
    return text if encoding not in LATIN or _latin(raw) else None


def _latin(raw: bytes) -> bool:
    """Whether these bytes, read as Latin-1, look like a language in Latin letters."""
    words = re.findall(r"[^\W\d_]+", re.sub(r"<[^<>]*>", " ", raw[:SAMPLE_BYTES].decode("latin-1")))
    accented = sum(1 for word in words for letter in word if letter >= "\u00c0")
    mostly = sum(
        len(word) for word in words if sum(c >= "\u00c0" for c in word) > len(word) * MOST_ACCENTED
    )
    return mostly * 2 <= accented or accented < 4
