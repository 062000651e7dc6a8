"""Recognizers of e-mail addresses, IP addresses, @handles and links to personal pages."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterator

from morris_mlx.prepare.redact.spans import LATIN_FOR, Hit, pattern_hits, text_before

LETTERS = r"[\w!#$%&'*+/=?^{|}~-]"
LOCAL = rf"{LETTERS}+(?:\.{LETTERS}+)*"
# A match never begins inside an address: in a text of one endless word, every letter would start a
# search to its end.
START = rf"(?<!{LETTERS})(?<!{LETTERS}\.)"
LABEL = r"[^\W_](?:[\w-]*[^\W_])?"
# A last label in Latin letters ends before a Russian word without a space between.
LAST_LABEL = r"(?:xn--[a-z0-9-]+|[A-Za-z]{2,}(?![а-яё][A-Za-z])|[^\W\d_]{2,})"
HOST = rf"(?:(?:{LABEL}\.)+{LAST_LABEL}|\[(?:\d{{1,3}}\.){{3}}\d{{1,3}}\])"
EMAIL = re.compile(rf"{START}(?:mailto:)?(?P<item>{LOCAL}@{HOST})")
# name (at) site (dot) com, name собака site точка ru, name @ site.com
AT = r"\s*(?:\(\s*(?:at|@|собака)\s*\)|\[\s*(?:at|@|собака)\s*\])\s*|\s+собака\s+|\s*@\s+"
DOT = r"\s*(?:\(\s*(?:dot|точка)\s*\)|\[\s*(?:dot|точка)\s*\])\s*|\s+(?:dot|точка)\s+|\."
SPELLED_OUT = re.compile(
    rf"{START}(?P<item>{LOCAL}(?:\s+(?:точка|dot)\s+{LOCAL})?(?:{AT})[a-z0-9](?:[\w-]*[a-z0-9])?(?:(?:{DOT})[a-z0-9][\w-]*)*"
    rf"(?:{DOT})[a-z]{{2,}})(?!\w)",
    re.I,
)
# Reserved for examples (RFC 2606); an earlier run may have put them in.
EXAMPLE_HOST = re.compile(r"@(?:[\w.-]+\.)?example(?:\.(?:com|org|net))?$", re.I)

IP4 = re.compile(r"(?<![\w.])(?<!\d[:,])\d{1,3}(?:\.\d{1,3}){3}(?![\w]|\.\d)")
IP6 = re.compile(r"(?<![\w:.])[0-9a-f]{0,4}(?::[0-9a-f]{0,4}){3,7}(?![\w:])", re.I)
# Four numbers with dots may also be a version or a section.
VERSION_BEFORE = re.compile(
    r"(?:(?<!\w)v\.?|верси\w*|version\w*|build|билд\w*|релиз\w*|release\w*|сборк\w*|прошивк\w*"
    r"|firmware|driver|драйвер\w*|раздел\w*|пункт\w*|(?<!\w)п\.|стать\w+|глав\w+|section|chapter"
    r"|clause|paragraph|§+|chrome|firefox|обновил\w* до|updated? to)[\s:№]*$"
)

HANDLE = re.compile(r"(?<![\w@/+-])(?<!\w\.)@(?P<name>[A-Za-z][A-Za-z0-9_.]{2,31}[A-Za-z0-9_])")
PAGE = re.compile(
    r"\btg://resolve\?domain=\w+|(?<![\w.])(?:https?://)?(?:www\.|m\.)?(?:t\.me|telegram\.me|vk\.com|vk\.me|instagram\.com"
    r"|facebook\.com|fb\.com|twitter\.com|x\.com|ok\.ru|wa\.me|linkedin\.com/in|tiktok\.com"
    r"|threads\.net|youtube\.com(?=/@))/(?:@|\+)?[\w.%-]*\w(?:[?/][^\s\"'<>»)]*[\w/])?",
    re.I,
)
# Names for all members of a chat, and words of programming languages and style sheets.
NOT_HANDLES = re.compile(
    r"everyone|here|channel|all|todos|todas|alle|tous|tutti|everybody|room|property|staticmethod|classmethod|dataclass|override|overload"
    r"|media|import|font-face|keyframes|charset|supports|param|returns?|throws|deprecated|test"
    r"|author|see|since|component|injectable|input|output|pytest|app|router|abstractmethod|autowired"
    r"|bean|entity|service|controller|repository|nullable|inject|types|angular|babel|vue|react"
    r"|font|namespace|layer|container|tailwind|include|mixin|extend|use|forward|selector",
    re.I,
)
# A nickname after the name of a service.
NICKNAME = re.compile(
    r"(?<!\w)(?:инст[аы]?|inst|insta|instagram|tg|тг|телег[аи]|телеграм\w*|telegram|skype|скайп|ник"
    r"|nick(?:name)?|steam|discord)[ \t]*(?::|[ \t]-)[ \t]*"
    r"(?P<item>[A-Za-z](?:[\w.]*[\d_.][\w.]*)\w)",
    re.I,
)


def find_emails(text: str) -> Iterator[Hit]:
    """Yield e-mail addresses, also spelled out: name (at) site (dot) com."""
    if "@" not in text and "собака" not in text and "at" not in text:
        return
    latin = text.translate(LATIN_FOR)
    for pattern, shown in ((EMAIL, text), (EMAIL, latin), (SPELLED_OUT, text)):
        for hit in pattern_hits("e-mail", pattern, shown):
            if not EXAMPLE_HOST.search(text[hit.start : hit.end]):
                yield hit


def find_ips(text: str) -> Iterator[Hit]:
    """Yield IP addresses of both versions, except those of the own machine."""
    for pattern in (IP4, IP6):
        for match in pattern.finditer(text):
            address = _address(match.group())
            # 127.0.0.1 and 0.0.0.0 are the same for all people.
            if address is None or address.is_loopback or address.is_unspecified:
                continue
            if pattern is IP4 and VERSION_BEFORE.search(text_before(text, match.start())):
                continue
            yield Hit("ip", match.start(), match.end())


def _address(text: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    try:
        return ipaddress.ip_address(text)
    except ValueError:
        return None


def find_handles(text: str) -> Iterator[Hit]:
    """Yield @handles, links to personal pages, and nicknames after the name of a service."""
    for match in HANDLE.finditer(text):
        if not NOT_HANDLES.fullmatch(match["name"].partition(".")[0]):
            yield Hit("handle", match.start(), match.end())
    for pattern in (PAGE, NICKNAME):
        yield from pattern_hits("handle", pattern, text)
