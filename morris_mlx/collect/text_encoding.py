"""Encoding of text files: declared by a mark, proved by the bytes, or recognized by the letters.

A text file does not declare its encoding, and most encodings can decode any bytes. So an encoding
is accepted only if nearly all of its characters are letters and marks of a language that
uses it, in plausible places. Everything else is refused.
"""

from __future__ import annotations

import codecs
import re
import unicodedata
from collections import Counter
from dataclasses import dataclass

from morris_mlx.collect.text import UnreadableError

# UTF-32 first: its mark begins with that of UTF-16.
_MARKS = (
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_CONTROL = re.compile("[\x00-\x08\x0e-\x1a\x1c-\x1f\x7f]")
_CONTROL_BYTES = re.compile(rb"[\x00-\x08\x0e-\x19\x1c-\x1f]")
_SAMPLE = 60_000  # bytes: enough to recognize an alphabet
_MIN_ZEROS = 0.05  # of the characters of UTF-16: spaces and digits, whatever the alphabet
_MAX_ZEROS = 0.0005  # of the bytes of a text that is not UTF-16: a defect of the disk
_MAX_BROKEN = 0.02  # of the characters beyond ASCII, and one in any text: UTF-8 with a defect
_MIN_SCORE = 0.6  # at most 1; below this score, no encoding fits
_MARGIN = 0.03  # an encoding further down must fit clearly better than those before it
_ONE_LETTER_WORDS = "àèéаиоуясвкåøæóіїєή"
_MAX_ACCIDENTS = 0.01  # of all bytes: damage in a text whose encoding shows nowhere
_MIN_UTF8_LINES = 3  # lines in UTF-8 beyond ASCII: no other encoding has so many by chance
_NEVER_ALONE = frozenset((*range(128), 0xFE, 0xFF))  # no text has only these letters beyond ASCII
_JAPANESE_SHIFT = b"\x1b$"  # ISO-2022-JP is ASCII with escape sequences
_MIN_FOREIGN = 0.9  # of the characters beyond ASCII that are letters, where only a guess is left
_WESTERN = "éèêëàâäáãåçíîïìóôöõòøúûüùñßæœÉÈÀÂÄÁÅÇÖÓØÚÜÑÆŒ"
_CENTRAL = "ąćęłńóśźżčďéěíňřšťúůýžáäöüőűßăâîșțĄĆĘŁŃÓŚŹŻČĎĚŇŘŠŤŮŽÁÉÍÚÝÖÜŐŰşţđľô"
_TYPED = "’‘“”„–—…«»°§€£¡¿•№\u00a0‹›‚½¼¾²³"
_RUSSIAN = "оеаинтсрвлкмдпуяыьгзбчйхжшюцщэфъё"
_CYRILLIC = f"{_RUSSIAN}{_RUSSIAN.upper()}іїєґўІЇЄҐЎђјљњћџЂЈЉЊЋЏ"
_RARE = "ţđľýÝ"  # other letters of their encodings are written far more often
_GREEK = "αβγδεζηθικλμνξοπρστυφχψωςάέήίόύώϊϋΑΒΓΔΕΖΗΘΙΚΛΜΝΞΟΠΡΣΤΥΦΧΨΩΆΈΉΊΌΎΏ"
_TURKISH = "ığşçöüâîûéİĞŞÇÖÜ"
_BALTIC = "āčēģīķļņšūžąęėįųõäöüĀČĒĢĪĶĻŅŠŪŽĄĘĖĮŲÕÄÖÜ"
_HEBREW = "".join(map(chr, range(0x5D0, 0x5EB)))
_ARABIC = "".join(map(chr, range(0x621, 0x653))) + "پچژگ،؛؟"
# Encodings with the letters of their languages. Of two that fit equally, the first is taken.
_ALPHABETS = (
    ("cp1252", _WESTERN),
    ("cp1251", _CYRILLIC),
    ("koi8_r", _CYRILLIC),
    ("cp866", _CYRILLIC),
    ("mac_roman", _WESTERN),
    ("mac_cyrillic", _CYRILLIC),
    ("koi8_u", _CYRILLIC),
    ("cp1250", _CENTRAL),
    ("iso8859_2", _CENTRAL),
    ("cp850", _WESTERN),
    ("cp852", _CENTRAL),
    ("mac_latin2", _CENTRAL),
    ("iso8859_5", _CYRILLIC),
    ("iso8859_15", _WESTERN),
    ("cp1253", _GREEK),
    ("cp1254", _TURKISH),
    ("cp1257", _BALTIC),
    ("cp1255", _HEBREW),
    ("cp1256", _ARABIC),
)
_EAST_ASIAN_LETTER = re.compile("[\u3000-\u30ff\u4e00-\u9fff\uac00-\ud7a3\uff00-\uffef“”‘’…—]")
_FREQUENT = set(
    "的一是不了在人有我他这這中大来來上国國个個到说說们們为為子和你地出道也时時年得就那要下，。、！？"
)
_EAST_ASIAN = ["shift_jis", "euc_jp", "gb18030", "big5", "euc_kr", "iso2022_jp"]
# Letters of the Latin alphabet that repair UTF-8 with a few bytes of Windows in it.
_REPAIRABLE = set(_WESTERN + _TYPED)


@dataclass(frozen=True, slots=True)
class Decoded:
    """The characters of a file.

    `broken_lines` are the lines, from 1, that hold bytes which are no characters: they are left
    out.
    """

    text: str
    encoding: str
    broken_lines: tuple[int, ...] = ()


def decode_bytes(raw: bytes) -> Decoded:
    """Return the characters of a text file.

    Raises UnreadableError for a binary file, and for a text whose encoding cannot be recognized.
    """
    for mark, encoding in _MARKS:
        if raw.startswith(mark):
            return _decode_marked(raw, encoding)
    if zeros := raw.count(0):
        rest = raw.replace(b"\x00", b"")
        if zeros > max(1, len(raw) * _MAX_ZEROS) or not _is_utf8(rest):
            return _decode_wide(raw)
        raw = rest
    if _JAPANESE_SHIFT in raw and (japanese := _decode_japanese(raw)):
        return japanese
    if _CONTROL_BYTES.search(raw[:_SAMPLE]) and not _is_mostly_text(raw):
        raise UnreadableError("a binary file")
    try:
        return Decoded(raw.decode("utf-8"), "utf-8")
    except UnicodeDecodeError:
        return _decode_damaged(raw) or _decode_mixed(raw) or _decode_by_letters(raw)


def _decode_japanese(raw: bytes) -> Decoded | None:
    try:
        return Decoded(raw.decode("iso2022_jp"), "iso2022_jp")
    except UnicodeDecodeError:
        return None


def _decode_mixed(raw: bytes) -> Decoded | None:
    """Decode a file joined of texts in UTF-8 and in one other encoding, or return None."""
    lines = raw.splitlines(keepends=True)
    is_utf8 = [_is_utf8(line) for line in lines]
    beyond = sum(ok and not line.isascii() for ok, line in zip(is_utf8, lines, strict=True))
    if beyond < min(_MIN_UTF8_LINES, is_utf8.count(False)):
        return None
    others = b"".join(line for ok, line in zip(is_utf8, lines, strict=True) if not ok)
    try:
        encoding = _encoding_by_letters(others)
    except UnreadableError:
        return None
    pieces = [
        line.decode("utf-8" if ok else encoding, errors="replace")
        for ok, line in zip(is_utf8, lines, strict=True)
    ]
    return _without_broken("".join(pieces), f"utf-8 and {encoding}")


def _is_utf8(line: bytes) -> bool:
    try:
        line.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True


def _decode_marked(raw: bytes, encoding: str) -> Decoded:
    """Decode a file that begins with a byte-order mark."""
    text = raw.decode(encoding, errors="replace")
    name = encoding.removesuffix("-sig")
    broken = text.count("\ufffd")
    if broken > max(1, len(text) * _MAX_BROKEN):
        if name == "utf-8" and not _CONTROL_BYTES.search(raw[:_SAMPLE]):
            return _decode_by_letters(raw.removeprefix(codecs.BOM_UTF8))
        raise UnreadableError(
            f"not {name.upper()}, although its first bytes say so; save it as UTF-8"
        )
    return _without_broken(text, name)


def _decode_wide(raw: bytes) -> Decoded:
    """Decode UTF-16 without a mark: zeros stand in every other byte, and only there."""
    even, odd = raw[::2].count(0), raw[1::2].count(0)
    has_zeros_apart = min(even, odd) <= max(even, odd) * 0.02 and (
        max(even, odd) >= max(2, len(raw) // 2 * _MIN_ZEROS)
    )
    for encoding in ("utf-16-le", "utf-16-be"):
        text = raw[: len(raw) // 2 * 2].decode(encoding, errors="replace")
        if text.count("\ufffd") > max(1, len(text) * _MAX_BROKEN) or not _is_language(text):
            continue
        has_its_zeros = has_zeros_apart and (odd > even) == (encoding == "utf-16-le")
        if has_its_zeros or _is_east_asian(text):
            return _without_broken(text, encoding)
    raise UnreadableError("a binary file")


def _is_mostly_text(raw: bytes) -> bool:
    """Return True if control characters are rare accidents in a text."""
    sample = raw[:_SAMPLE]
    return len(_CONTROL_BYTES.findall(sample)) <= len(sample) * 0.001


def _decode_damaged(raw: bytes) -> Decoded | None:
    """Decode UTF-8 with a few broken bytes, or return None if it is another encoding.

    Bytes that are letters or quotation marks of Windows, in a text in Latin letters, become those.
    """
    text = raw.decode("utf-8", errors="surrogateescape")
    broken = sum("\udc80" <= c <= "\udcff" for c in text)
    valid = sum(c > "\x7f" for c in text) - broken
    if not valid or broken > max(1, valid * _MAX_BROKEN):
        return None
    is_latin = sum(c > "\u024f" and c.isalpha() for c in text) == 0
    pieces: list[str] = []
    lines: list[int] = []
    position = 0
    for found in re.finditer("[\udc80-\udcff]+", text):
        mended = bytes(ord(c) - 0xDC00 for c in found[0]).decode("cp1252", errors="replace")
        if not (is_latin and _REPAIRABLE.issuperset(mended)):
            mended = ""
            lines.append(text.count("\n", 0, found.start()) + 1)
        pieces += [text[position : found.start()], mended]
        position = found.end()
    return Decoded("".join(pieces) + text[position:], "utf-8", tuple(dict.fromkeys(lines)))


def _without_broken(text: str, encoding: str) -> Decoded:
    """Remove characters that could not be decoded, and note their lines."""
    lines = [n for n, line in enumerate(text.split("\n"), 1) if "\ufffd" in line]
    return Decoded(text.replace("\ufffd", ""), encoding, tuple(lines))


# --- recognition by the letters -----------------------------------------------------------
def _decode_by_letters(raw: bytes) -> Decoded:
    """Decode a text in an encoding of one byte a letter, or of East Asia.

    Where none fits, a few bytes beyond ASCII are damage. Raises UnreadableError for more.
    """
    try:
        encoding = "utf-8" if _NEVER_ALONE.issuperset(raw) else _encoding_by_letters(raw)
    except UnreadableError:
        broken = raw.decode("utf-8", errors="replace").count("\ufffd")
        if broken > len(raw) * _MAX_ACCIDENTS:
            raise
        encoding = "utf-8"
    return _without_broken(raw.decode(encoding, errors="replace"), encoding)


def _encoding_by_letters(raw: bytes) -> str:
    """Return the encoding whose letters fit best. Raises UnreadableError if none fits."""
    sample = raw[:_SAMPLE]
    best, best_score = "", _MIN_SCORE
    for encoding, alphabet in _ALPHABETS:
        score = _score(sample.decode(encoding, errors="replace"), alphabet)
        if score > best_score + (_MARGIN if best else 0.0):
            best, best_score = encoding, score
    if not best:
        best = _guess_foreign(sample)
    if not best:
        line = raw.count(b"\n", 0, _first_high(raw)) + 1
        raise UnreadableError(
            f"its character encoding is not known (line {line}); save it as UTF-8"
        )
    return best


def _score(text: str, alphabet: str) -> float:
    """Return how well characters beyond ASCII fit an alphabet: 1 if all do, less if some do not.

    A letter fits if it belongs to the alphabet, and no capital follows a small letter. A mark fits
    if it stands at an edge of a word, or is an apostrophe.
    """
    weights = _weights(alphabet)
    if "õ" in text and "û" in text:  # Hungarian ő and ű, in the table of Western Europe
        weights.pop("û", None)
    counted: Counter[tuple[str, str, str]] = Counter(
        (before, c, after)
        for before, c, after in zip(" " + text, text, text[1:] + " ", strict=False)
        if c > "\x7f"
    )
    points = sum(n * _fit(*characters, weights) for characters, n in counted.items())
    return points / (sum(counted.values()) or 1)


def _weights(alphabet: str) -> dict[str, float]:
    """Return what each letter counts. In Cyrillic encodings only frequency tells some apart."""
    if not alphabet.startswith(_RUSSIAN):
        return {letter: 0.8 if letter in _RARE else 0.95 for letter in alphabet}
    weights = dict.fromkeys(alphabet, 0.7)
    for rank, letter in enumerate(_RUSSIAN):
        for each in (letter, letter.upper()):
            weights[each] = 1.0 if rank < 12 else 0.9 if rank < 24 else 0.7
    return weights


def _fit(before: str, c: str, after: str, weights: dict[str, float]) -> float:
    """Return the points of a character between two others: 1 at most, less than 0 if impossible."""
    if c not in weights:
        is_within = before.isalpha() and after.isalpha()
        return 0.95 if c in _TYPED and (not is_within or c in "’‘—–\u00a0") else -1.0
    if c.isupper() and (before.islower() or (before.isupper() and after.islower())):
        return -1.0
    if c.islower() and after.isupper():
        return -1.0
    if before.isalpha() and (before < "\u0250") != (c < "\u0250"):
        return -1.0  # letters of two alphabets in one word
    if "\x7f" < before < "\u0250" and before.isalpha():
        return 0.3  # words in Latin letters seldom have two accents side by side
    is_alone = not before.isalpha() and not after.isalpha()
    return weights[c] - (0.4 if is_alone and c.casefold() not in _ONE_LETTER_WORDS else 0.0)


def _guess_foreign(sample: bytes) -> str:
    """Return the encoding of a text in Chinese, Japanese or Korean, or ""."""
    from charset_normalizer import from_bytes

    found = from_bytes(sample, cp_isolation=_EAST_ASIAN).best()
    if found is None:
        return ""
    text = sample.decode(found.encoding, errors="replace")
    return found.encoding if _is_east_asian(text) else ""


def _is_east_asian(text: str) -> bool:
    """Return True for a text in Chinese, Japanese or Korean, by its frequent characters."""
    beyond = [c for c in text[:_SAMPLE] if c > "\x7f"]
    common = sum(_EAST_ASIAN_LETTER.match(c) is not None for c in beyond)
    frequent = sum(c in _FREQUENT or "\u3041" <= c <= "\u30fe" for c in beyond)
    hangul = sum("\uac00" <= c <= "\ud7a3" for c in beyond)
    return (
        len(beyond) >= 8
        and common >= len(beyond) * _MIN_FOREIGN
        and (frequent >= len(beyond) * 0.1 or hangul >= len(beyond) * 0.8)
        and not _CONTROL.search(text[:_SAMPLE])
    )


def _is_language(text: str) -> bool:
    """Return True if decoded characters are those of a text, not of a program's data."""
    sample = text[:_SAMPLE]
    if _CONTROL.search(sample):
        return False
    odd = sum(unicodedata.category(c) in ("Cn", "Co", "Cs") for c in sample)
    words = sum(c.isalpha() or c.isspace() for c in sample)
    return odd <= len(sample) * 0.001 and words >= len(sample) * 0.6


def _first_high(raw: bytes) -> int:
    found = re.search(rb"[\x80-\xff]", raw)
    return found.start() if found else 0
