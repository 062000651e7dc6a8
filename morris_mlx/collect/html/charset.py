"""Character set detection for HTML and XML: declared, proved by the bytes, or guessed."""

from __future__ import annotations

import codecs
import re

from charset_normalizer import from_bytes

BYTE_ORDER_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
DECLARED = re.compile(
    rb"""<(?:meta|\?xml)[^>]{0,200}?(?:charset|encoding)\s*=\s*["']?([\w.:-]+)""", re.I
)
DECLARED_WITHIN = 4096  # bytes; browsers look at the first 1,024, but many pages declare it later
SAMPLE_BYTES = 40_000  # enough to recognize an alphabet by its letters
# Browsers read these labels as the code pages that extend them.
BROWSER_ALIASES = {"iso8859-1": "cp1252", "ascii": "cp1252", "iso8859-9": "cp1254"}
LATIN = ("cp1252", "cp1254")
# A larger share of À to ÿ in a word means another alphabet, decoded with the wrong table.
MAX_ACCENTED = 0.5
MIN_VALID_PER_BROKEN = 10  # non-ASCII letters to a broken one: UTF-8 with a defect
CANDIDATES = [
    *("cp1251", "koi8_r", "cp1252", "cp1250", "cp1253", "cp1255", "cp1256", "cp866"),
    *("mac_cyrillic", "iso8859_5", "shift_jis", "euc_jp", "gb18030", "big5", "euc_kr"),
]


def decode_html(raw: bytes, charset: str = "") -> str:
    """Decode HTML or XML. Never fails: what cannot be decoded becomes �.

    In this order: a byte-order mark, valid UTF-8, the page's own declaration and `charset` (from
    the server) where they are plausible, and last a guess from the letters.
    """
    for mark, encoding in BYTE_ORDER_MARKS:
        if raw.startswith(mark):
            return raw.decode(encoding, errors="replace")
    if encoding := _utf16_without_mark(raw):
        return raw.decode(encoding, errors="replace")
    declared = _declared_encoding(raw)
    if b"\x1b" not in raw:  # ISO-2022-JP is ASCII with escape sequences
        text = raw.decode("utf-8", errors="replace")
        broken = text.count("\ufffd")
        valid = sum(1 for letter in text if letter > "\x7f") - broken
        if valid >= broken * MIN_VALID_PER_BROKEN:
            return text
    # The page's own declaration comes first: a server often has one for all its pages.
    for name in (declared, _codec_name(charset)):
        if name and (decoded := _decode_if_plausible(raw, name)) is not None:
            return decoded
    if _is_latin(raw):
        return raw.decode("cp1252", errors="replace")
    best = from_bytes(raw[:SAMPLE_BYTES], cp_isolation=CANDIDATES).best()
    guess = _codec_name(best.encoding) if best else ""
    return raw.decode(guess or declared or _codec_name(charset) or "cp1252", errors="replace")


def _utf16_without_mark(raw: bytes) -> str:
    """Return the UTF-16 encoding of text in which every other byte is zero, or ""."""
    start = raw[:40]  # markup, which is ASCII in any language
    if len(start) < 20 or b"\x00" not in start:
        return ""
    even, odd = start[::2].count(0), start[1::2].count(0)
    if max(even, odd) < len(start) // 4:
        return ""
    return "utf-16-le" if odd > even else "utf-16-be"


def _declared_encoding(raw: bytes) -> str:
    match = DECLARED.search(raw[:DECLARED_WITHIN])
    return _codec_name(match[1].decode("ascii", errors="replace")) if match else ""


def _codec_name(label: str) -> str:
    """Return Python's name of the text encoding that browsers use for a label; "" if unknown."""
    try:
        info = codecs.lookup(label.strip().strip("\"'"))
        "".encode(info.name)  # fails for base64 and other codecs that do not encode text
    except (LookupError, ValueError, AttributeError, TypeError):
        return ""
    if info.name.startswith("utf-16") or info.name.startswith("utf-32") or info.name == "utf-7":
        return ""  # the bytes would show UTF-16 and UTF-32, and UTF-7 can hide markup
    return BROWSER_ALIASES.get(info.name, info.name)


def _decode_if_plausible(raw: bytes, encoding: str) -> str | None:
    """Return the decoded text, or None if the encoding does not fit the bytes."""
    try:
        text = raw.decode(encoding)
    except UnicodeError:
        # cp1252 lacks five characters of Latin-1; a Latin text may still contain them.
        is_latin = encoding in LATIN and _is_latin(raw)
        return raw.decode(encoding, errors="replace") if is_latin else None
    return text if encoding not in LATIN or _is_latin(raw) else None


def _is_latin(raw: bytes) -> bool:
    """Return True if the bytes, decoded as Latin-1, look like a language in Latin letters."""
    words = re.findall(r"[^\W\d_]+", re.sub(r"<[^<>]*>", " ", raw[:SAMPLE_BYTES].decode("latin-1")))
    accented = sum(1 for word in words for letter in word if letter >= "\u00c0")
    mostly = sum(
        len(word) for word in words if sum(c >= "\u00c0" for c in word) > len(word) * MAX_ACCENTED
    )
    return mostly * 2 <= accented or accented < 4
