"""Keys and tokens by the shapes their makers gave them; passwords by the words beside them."""

from __future__ import annotations

import re
from collections.abc import Iterator

from morris_mlx.prepare.redact.spans import Hit, hits_of

KEYS = tuple(
    re.compile(pattern)
    for pattern in (
        r"(?s:-----BEGIN [A-Z ]*PRIVATE KEY-----.*?(?:-----END [A-Z ]*PRIVATE KEY-----|\Z))",
        r"\beyJ[\w-]{8,}\.[\w-]{8,}(?:\.[\w-]*)?",  # a JSON web token: both parts begin with {"
        r"(?<![A-Za-z0-9])sk-[\w-]{20,}",
        r"(?<![A-Za-z0-9])(?:sk|pk|rk)_(?:live|test)_\w{16,}",
        r"(?<![A-Za-z0-9])hf_[A-Za-z0-9]{20,}",
        r"(?<![A-Za-z0-9])gh[a-z]_[A-Za-z0-9]{20,}",
        r"(?<![A-Za-z0-9])github_pat_\w{22,}",
        r"(?<![A-Za-z0-9])glpat-[\w-]{20,}",
        r"(?<![A-Za-z0-9])A(?:KIA|SIA|ROA|IDA)[A-Z0-9]{16}(?![A-Za-z0-9])"
        r"(?:[\s/,;:|]{1,5}[A-Za-z0-9/+]{40}(?![A-Za-z0-9/+]))?",  # and the secret beside it
        r"(?<![A-Za-z0-9])(?:xox[a-z]|xapp)-[\w-]{10,}",
        r"\bhttps://hooks\.slack\.com/(?:services|workflows|triggers)/[\w/]{20,}",
        r"\bhttps://(?:\w+\.)?discord(?:app)?\.com/api/webhooks/\d+/[\w-]{20,}",
        r"(?<![A-Za-z0-9])AIza[\w-]{30,}",
        r"(?<![A-Za-z0-9])ya29\.[\w-]{20,}",
        r"(?<![A-Za-z0-9])(?:y[0-3]_|t1\.)[\w-]{30,}",  # Yandex
        r"(?<![A-Za-z0-9])SG\.[\w-]{16,}\.[\w-]{16,}",
        r"(?<![A-Za-z0-9])(?:npm_|pypi-|dop_v1_|shpat_|sntrys_|whsec_|AQVN)[\w-]{20,}",
        r"(?<![A-Za-z0-9])(?:SK|AC)[0-9a-f]{32}(?![A-Za-z0-9])",  # Twilio
        r"(?<!\d)\d{8,10}:[\w-]{35}(?![\w-])",  # a Telegram bot's
        r"(?<![A-Za-z0-9])0x[0-9a-fA-F]{40,64}(?![0-9a-zA-Z])",  # Ethereum: address or key
        r"(?<![A-Za-z0-9])bc1[02-9ac-hj-np-z]{25,71}(?![0-9a-zA-Z])",
    )
)
# user:password@host in a link: the whole link goes, the host tells whose it was.
LINK_WITH_PASSWORD = re.compile(r"\b[a-z][a-z0-9+.-]{0,20}://[^\s/:@]+:[^\s@]+@[^\s\"'<>»)]+", re.I)
LINK_WITH_TOKEN = re.compile(
    r"\bhttps?://[^\s\"'<>»]*[?&#;](?:[\w-]*(?:token|key|secret|passw|pwd|signature|auth|session)"
    r"[\w-]*|code|sig|sid)=[^\s\"'<>»]{6,}",
    re.I,
)
# A value named a key or token; long enough, figures and letters mixed, is no word.
NAMED_TOKEN = re.compile(
    r"(?:token|api[ _-]?key|secret|bearer|токен|ключ|секрет)[\w ]{0,20}?[\s:=\"'«(-]{1,4}"
    r"(?P<item>(?=[\w+/.=-]*\d)(?=[\w+/.=-]*[A-Za-z])[A-Za-z0-9+/_.=-]{16,})",
    re.I,
)

WORD_FOR_PASSWORD = (
    r"(?:парол[а-я]{0,3}|пассворд[а-я]{0,2}|password|passwd|pwd|passphrase|passcode"
    r"|(?<![\w-])(?:pass|pw|пасс)(?![\w-])|кодов\w+ слов\w+)"
)
# What the password is of, between the word and the password itself: "от почты", "for the wifi".
OF_WHAT = r"(?:\s+(?:от|для|на|к|for|of|to)\s+[\w-]+(?:\s+[\w-]+)?)?"
SAYS_SO = (
    r"(?:\s*(?:[:=]|\s-+\s|-{1,2}>)\s*|'s\s+"
    r"|\s+(?:теперь\s+|там\s+|now\s+)?(?:is|was|это|такой|будет|был|стал|стало)\s*:?\s+)"
)
# After a colon or "is" it may be any token but a word that says something about passwords.
SAID = re.compile(
    WORD_FOR_PASSWORD + OF_WHAT + SAYS_SO + r"[\"'«“`]?(?P<item>[^\s\"'»”`]{4,})", re.I
)
# Without one it must look like no word: a figure or a symbol in it, or capitals inside.
BARE = re.compile(
    WORD_FOR_PASSWORD + OF_WHAT + r",?[ \t]+(?:(?:на|to|теперь|now)[ \t]+)?[\"'«“`]?"
    r"(?P<item>(?=\S*[\d!#$%&*@^+=~]|(?-i:\S*[a-zа-я]\S*[A-ZА-Я]))[^\s\"'»”`]{4,})",
    re.I,
)
# On the line after the word, alone there.
NEXT_LINE = re.compile(
    WORD_FOR_PASSWORD
    + OF_WHAT
    + r":?[ \t]*\n[ \t]*(?P<item>(?=\S*[\d!#$%&*@^+=~]|(?-i:\S*[a-zа-я]\S*[A-ZА-Я]))\S{4,})[ \t]*$",
    re.I | re.M,
)
SERVICES = (
    r"(?:wi-?fi|e?-?mail|gmail|github|gitlab|telegram|instagram|vk\b|netflix|facebook|google|apple"
    r"|icloud|whatsapp|admin|root|windows|steam|viber|zoom|skype|discord|twitter|spotify|something"
    r"|unlock|access|login|enter|the\b|your|what)"
)
# A Latin word that ends what is said in Russian: пароль от вайфая gfhjkm.
LATIN = re.compile(
    r"(?:парол[а-я]{0,3}|пасс)(?![\w-])"
    + OF_WHAT
    + rf"(?:[ \t]+(?:теперь|там|тут))?[ \t]+(?P<item>(?!{SERVICES})[a-z][a-z-]{{4,}})"
    + r"(?=[ \t]*(?:[.,!)\n]|$))",
    re.I,
)
# Set the password to superman; сменил пароль на lapochka (but: пароль на почте).
CHANGED = re.compile(
    r"(?:(?:set|change[ds]?|changing|made|reset)[ \t]+(?:(?:the|my|our)[ \t]+)?password[ \t]+to"
    r"|(?:поменя|смени|измени|постави)\w*[ \t]+пароль[ \t]+на)[ \t]+"
    rf"(?P<item>(?!{SERVICES})[a-z][a-z-]{{4,}})(?![\w@])",
    re.I,
)
QUOTED = re.compile(
    WORD_FOR_PASSWORD + OF_WHAT + r"[ \t]+[\"'«“`](?P<item>[^\s\"'»”`]{4,})[\"'»”`]", re.I
)
LOGIN_FIRST = re.compile(
    r"(?:логин|login|user(?:name)?)[\s:=-]{1,3}[\w.@-]+(?:[ \t]*[/,;][ \t]*|[ \t]+(?=парол))"
    + WORD_FOR_PASSWORD
    + r"[\s:=-]{1,3}(?P<item>[^\s\"'»”`]{4,})",
    re.I,
)
SENTENCE = re.compile(r"[a-z]+ +[a-z]")
# login/password: both halves; vasya:secret (login:password)
PAIR = re.compile(
    rf"(?:логин|login|user(?:name)?)[ \t]*[/и,+&][ \t]*{WORD_FOR_PASSWORD}[\s:=-]+"
    r"\S+?[ \t]*[/,;: ][ \t]*(?P<item>[^\s/,;]\S{3,})"
    rf"|(?<!\S)[\w.@-]+:(?P<after>\S{{4,}})[ \t]*\((?:логин|login)[ /:]+{WORD_FOR_PASSWORD}\)",
    re.I,
)
NOT_PASSWORDS = re.compile(
    r"(?:забы\w+|напомни\w*|не|нет|есть|надо|нужен|нужно|сброс\w*|смени\w*|поменя\w*|неверн\w*"
    r"|верн\w+"
    r"|прежн\w+|тот|тоже|стар\w+|нов\w+|как|который|должен|wrong|required|incorrect|forgotten"
    r"|forgot"
    r"|reset|changed|expired|invalid|must|should|the|not|needed|missing|none|null|still|too|always"
    r"|protected|manager|same|old|new|спроси\w*|узна\w+|скаж\w+|пришл\w+|смотри\w*|позже|потом|ask|see"
    r"|простой|сложный|wifi|\d{1,3}(?:[.,]\d{3})+)[.,;:!?…]*",
    re.I,
)
CODE = re.compile(
    r"(?:(?<!\w)пин(?:[ -]?код\w{0,2})?|\bpin(?:[ -]?code)?\b|\bcvv2?\b|\bcvc2?\b|\b"
    r"(?:one[ -]time|verification"
    r"|security|confirmation|access|login|sms|2fa|door) (?:pass)?code\b|код\w{0,2} "
    r"(?:подтверждени\w+|(?:для )?(?:доступа|входа)"
    r"|безопасности|из (?:смс|sms|письма)|от (?:домофон\w*|двери|подъезда|ворот|замка|сейфа|карты)"
    r"|домофона|активации)|смс[ -]?код\w{0,2}|домофон\w*)"
    r"(?:\s+(?:от|для|на|for|of|to)\s+[\w-]+(?:\s+[\w-]+)?)?[\s:=-]{1,4}(?:is\s+|это\s+)?"
    r"(?P<item>\d(?:[ -]?\d){2,7}|\d{1,4}[кk#*]\d{2,6})(?![\d]|[.,]\d)",
    re.I,
)

YOUR_CODE = re.compile(
    r"(?:\b(?:ваш|твой|мой|your|my) (?:код|code)[\s:-]{1,3}(?:is\s+|это\s+)?"
    r"|(?<!\w)код[\s:-]{1,3}(?=\d+[,.! -]{1,3}никому))(?P<item>\d{4,8})(?!\d)",
    re.I,
)
CODE_FIRST = re.compile(
    r"(?<!\w)(?:[A-Z]-)?(?P<item>\d{4,8})(?= (?:is your|- ваш)\b[\w ]{0,30}\b(?:code|код))", re.I
)


def find_keys(text: str) -> Iterator[Hit]:
    for pattern in (*KEYS, NAMED_TOKEN):
        yield from hits_of("key", pattern, text)
    for pattern in (LINK_WITH_PASSWORD, LINK_WITH_TOKEN):
        for hit in hits_of("key", pattern, text):
            shown = text[hit.start : hit.end].rstrip(".,;!?")
            if shown.endswith(")") and "(" not in shown:
                shown = shown[:-1]
            yield Hit("key", hit.start, hit.start + len(shown))


def find_passwords(text: str) -> Iterator[Hit]:
    for pattern in (SAID, BARE, NEXT_LINE, LATIN, CHANGED, QUOTED, LOGIN_FIRST):
        for match in pattern.finditer(text):
            item = match["item"]
            # Or a program's text; or a mountain pass: closed until May.
            if NOT_PASSWORDS.fullmatch(item) or item.endswith(("(", "=", "()")):
                continue
            if match.group()[:5].lower() == "pass:" and SENTENCE.match(text, match.start("item")):
                continue
            # A full stop ends the sentence; an exclamation mark may belong to the password.
            shown = item.rstrip(".,;:…)")
            if len(shown) >= 4:
                yield Hit("password", match.start("item"), match.start("item") + len(shown))
    for match in PAIR.finditer(text):
        yield Hit("password", *match.span("item" if match["item"] else "after"))
    for pattern in (CODE, YOUR_CODE, CODE_FIRST):
        yield from hits_of("password", pattern, text)
