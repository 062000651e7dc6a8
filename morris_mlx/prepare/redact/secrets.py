"""Recognizers of secrets: keys and tokens by their form, passwords by the words beside them."""

from __future__ import annotations

import re
from collections.abc import Iterator

from morris_mlx.prepare.redact.spans import Hit, pattern_hits

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
        r"(?<!\d)\d{8,10}:[\w-]{35}(?![\w-])",  # a Telegram bot
        r"(?<![A-Za-z0-9])0x[0-9a-fA-F]{40,64}(?![0-9a-zA-Z])",  # Ethereum: address or key
        r"(?<![A-Za-z0-9])bc1[02-9ac-hj-np-z]{25,71}(?![0-9a-zA-Z])",
    )
)
# user:password@host in a link: the whole link is private, because the host says whose it is.
LINK_WITH_PASSWORD = re.compile(r"\b[a-z][a-z0-9+.-]{0,20}://[^\s/:@]+:[^\s@]+@[^\s\"'<>»)]+", re.I)
LINK_WITH_TOKEN = re.compile(
    r"\bhttps?://[^\s\"'<>»]*[?&#;](?:[\w-]*(?:token|key|secret|passw|pwd|signature|auth|session)"
    r"[\w-]*|code|sig|sid)=[^\s\"'<>»]{6,}",
    re.I,
)
# A value that is called a key or token: long, with digits and letters, so that it is no word.
NAMED_TOKEN = re.compile(
    r"(?:token|api[ _-]?key|secret|bearer|токен|ключ|секрет)[\w ]{0,20}?[\s:=\"'«(-]{1,4}"
    r"(?P<item>(?=[\w+/.=-]*\d)(?=[\w+/.=-]*[A-Za-z])[A-Za-z0-9+/_.=-]{16,})",
    re.I,
)

PASSWORD_WORD = (
    r"(?:парол[а-я]{0,3}|пассворд[а-я]{0,2}|password|passwd|pwd|passphrase|passcode"
    r"|passw[oö]rt\w{0,2}|kennwort\w{0,2}|(?:wlan|netzwerk)-?schlüssel|contrase[ñn]as?|mot de passe"
    r"|(?<![\w-])(?:pass|pw|пасс)(?![\w-])|кодов\w+ слов\w+)"
)
# Between the word and the password, what it is for: "от почты", "for the wifi".
PREPOSITION = r"(?:от|для|на|к|for|of|to|von|vom|für|fürs|zum|zur|del?|para|pour|du)"
PURPOSE = rf"(?:\s+{PREPOSITION}\s+[\w-]+(?:\s+[\w-]+)?|\s+(?:wi-?fi|wlan))?"
SEPARATOR = (
    r"(?:\s*(?:[:=]|\s-+\s|-{1,2}>)\s*|'s\s+"
    r"|\s+(?:теперь\s+|там\s+|now\s+|nueva\s+)?(?:is|was|это|такой|будет|был|стал|стало|ist|war"
    r"|lautet|es|era|est|était)\s*:?\s+(?:jetzt\s+|ahora\s+)?)"
)
# After a colon or "is", any word is a password, except those in NOT_PASSWORDS.
AFTER_COLON = re.compile(
    PASSWORD_WORD + PURPOSE + SEPARATOR + r"[\"'«“„`]?(?P<item>[^\s\"'»”“`]{4,})", re.I
)
# Otherwise it must not look like a word: it has a digit, a symbol, or a capital inside.
AFTER_WORD = re.compile(
    PASSWORD_WORD + PURPOSE + r",?[ \t]+(?:(?:на|to|теперь|now|auf|jetzt|a)[ \t]+)?[\"'«“„`]?"
    r"(?P<item>(?=\S*[\d!#$%&*@^+=~]|(?-i:\S*[a-zа-я]\S*[A-ZА-Я]))[^\s\"'»”“`]{4,})",
    re.I,
)
# Alone on the line after the word.
ON_NEXT_LINE = re.compile(
    PASSWORD_WORD
    + PURPOSE
    + r":?[ \t]*\n[ \t]*(?P<item>(?=\S*[\d!#$%&*@^+=~]|(?-i:\S*[a-zа-я]\S*[A-ZА-Я]))\S{4,})[ \t]*$",
    re.I | re.M,
)
SERVICES = (
    r"(?:wi-?fi|e?-?mail|gmail|github|gitlab|telegram|instagram|vk\b|netflix|facebook|google|apple"
    r"|icloud|whatsapp|admin|root|windows|steam|viber|zoom|skype|discord|twitter|spotify|something"
    r"|unlock|access|login|enter|the\b|your|what)"
)
# A Latin word at the end of a Russian sentence: пароль от вайфая gfhjkm.
LATIN_WORD = re.compile(
    r"(?:парол[а-я]{0,3}|пасс)(?![\w-])"
    + PURPOSE
    + rf"(?:[ \t]+(?:теперь|там|тут))?[ \t]+(?P<item>(?!{SERVICES})[a-z][a-z-]{{4,}})"
    + r"(?=[ \t]*(?:[.,!)\n]|$))",
    re.I,
)
# "Set the password to superman", "сменил пароль на lapochka"; but not "пароль на почте".
CHANGED = re.compile(
    r"(?:(?:set|change[ds]?|changing|made|reset)[ \t]+(?:(?:the|my|our)[ \t]+)?password[ \t]+to"
    r"|(?:поменя|смени|измени|постави)\w*[ \t]+пароль[ \t]+на"
    r"|(?:cambi|pus|puest)\w*[ \t]+la[ \t]+contraseña[ \t]+a)[ \t]+"
    rf"(?P<item>(?!{SERVICES})[^\W\d_][\w-]{{4,}})(?![\w@])",
    re.I,
)
CHANGED_IN_GERMAN = re.compile(
    r"(?:passw[oö]rt|kennwort)[ \t]+(?:auf|in)[ \t]+(?P<item>\S{4,})[ \t]+"
    r"(?:ge(?:änder|setz|stell|wechsel)|umge)",
    re.I,
)
# "Clave" is also the key to success: what follows must not look like a word, except after "clave
# del wifi" and the like, or alone after a colon.
NOT_WORD = r"(?=\S*[\d#$%&*@^+=~]|(?-i:\S*[a-zñ]\S*[A-ZÑ]))"
CLAVE = re.compile(
    r"(?<![\w-])(?:clave|contra)(?!\w)(?:"
    rf"{PURPOSE}(?:[ \t]+nueva)?(?:{SEPARATOR}|[ \t]+)[\"'«“]?(?P<item>{NOT_WORD}[^\s\"'»”]{{4,}})"
    r"|[ \t]*:[ \t]*(?P<alone>[^\W\d_]{4,})(?=[ \t]*(?:[.,;!?)\n]|$))"
    r"|[ \t]+(?:del?[ \t]+(?:la[ \t]+|mi[ \t]+)?(?:wi-?fi|internet|correo|cuenta|tarjeta|banco"
    rf"|router|acceso))(?:{SEPARATOR})[\"'«“]?(?P<of_thing>[^\s\"'»”]{{4,}}))",
    re.I,
)
QUOTED = re.compile(
    PASSWORD_WORD + PURPOSE + r"[ \t]+[\"'«“„`](?P<item>[^\s\"'»”“`]{4,})[\"'»”“`]", re.I
)
AFTER_LOGIN = re.compile(
    r"(?:логин|login|user(?:name)?|benutzer(?:name)?|usuario)[\s:=-]{1,3}[\w.@-]+"
    r"(?:[ \t]*[/,;][ \t]*|[ \t]+(?=парол))"
    + PASSWORD_WORD
    + r"[\s:=-]{1,3}(?P<item>[^\s\"'»”“`]{4,})",
    re.I,
)
WORDS = re.compile(r"[a-z]+ +[a-z]")
# "login/password: vasya / secret", and "vasya:secret (login:password)".
LOGIN_PAIR = re.compile(
    rf"(?:логин|login|user(?:name)?)[ \t]*[/и,+&][ \t]*{PASSWORD_WORD}[\s:=-]+"
    r"\S+?[ \t]*[/,;: ][ \t]*(?P<item>[^\s/,;]\S{3,})"
    rf"|(?<!\S)[\w.@-]+:(?P<after>\S{{4,}})[ \t]*\((?:логин|login)[ /:]+{PASSWORD_WORD}\)",
    re.I,
)
NOT_PASSWORDS = re.compile(
    r"(?:забы\w+|напомни\w*|не|нет|есть|надо|нужен|нужно|сброс\w*|смени\w*|поменя\w*|неверн\w*"
    r"|верн\w+"
    r"|прежн\w+|тот|тоже|стар\w+|нов\w+|как|который|должен|wrong|required|incorrect|forgotten"
    r"|forgot"
    r"|reset|changed|expired|invalid|must|should|the|not|needed|missing|none|null|still|too|always"
    r"|protected|manager|same|old|new|спроси\w*|узна\w+|скаж\w+|пришл\w+|смотри\w*|позже|потом|ask|see"
    r"|простой|сложный|wifi|\d{1,3}(?:[.,]\d{3})+"
    r"|falsch|richtig|vergessen|geändert|abgelaufen|ungültig|gleich|nicht|noch|leider|immer|auch"
    r"|schon|jetzt|erforderlich|nötig|gesperrt|sicher|siehe|frag\w*|steht|kommt|folgt"
    r"|incorrect[ao]|err[óo]ne[ao]|correct[ao]|inv[áa]lid[ao]|caducad[ao]|misma|mismo|igual|demasiado"
    r"|segura|obligatori[ao]|nuev[ao]|viej[ao]|tambi[ée]n|pregunta\w*|faux|fausse|expiré|oublié)"
    r"[.,;:!?…]*",
    re.I,
)
CODE = re.compile(
    r"(?:(?<!\w)пин(?:[ -]?код\w{0,2})?|\bpin(?:[ -]?code)?\b|\bcvv2?\b|\bcvc2?\b|\b"
    r"(?:one[ -]time|verification"
    r"|security|confirmation|access|login|sms|2fa|door) (?:pass)?code\b|код\w{0,2} "
    r"(?:подтверждени\w+|(?:для )?(?:доступа|входа)"
    r"|безопасности|из (?:смс|sms|письма)|от (?:домофон\w*|двери|подъезда|ворот|замка|сейфа|карты)"
    r"|домофона|активации)|смс[ -]?код\w{0,2}|домофон\w*"
    r"|\b(?:\w+-)?pin\b|\b(?:mobile)?tan\b|geheimzahl|(?:bestätigungs|sicherheits|zugangs|tür|sms-?)code"
    r"|\bcode aus der (?:sms|mail)|\bnip\b|c[óo]digo (?:de (?:verificaci[óo]n|seguridad|acceso"
    r"|confirmaci[óo]n|la puerta)|del (?:sms|portal|mensaje)))"
    rf"(?:\s+{PREPOSITION}\s+[\w-]+(?:\s+[\w-]+)?)?[\s:=-]{{1,4}}"
    r"(?:(?:is|это|ist|lautet|es|era)\s+)?"
    r"(?P<item>\d(?:[ -]?\d){2,7}|\d{1,4}[кk#*]\d{2,6})(?![\d]|[.,]\d)",
    re.I,
)

YOUR_CODE = re.compile(
    r"(?:\b(?:ваш|твой|мой|your|my) (?:код|code)[\s:-]{1,3}(?:is\s+|это\s+)?"
    r"|(?<!\w)код[\s:-]{1,3}(?=\d+[,.! -]{1,3}никому))(?P<item>\d{4,8})(?!\d)",
    re.I,
)
BEFORE_YOUR_CODE = re.compile(
    r"(?<!\w)(?:[A-Z]-)?(?P<item>\d{4,8})(?= (?:is your|- ваш)\b[\w ]{0,30}\b(?:code|код))", re.I
)
PASSWORDS = (
    AFTER_COLON,
    AFTER_WORD,
    ON_NEXT_LINE,
    LATIN_WORD,
    CHANGED,
    CHANGED_IN_GERMAN,
    CLAVE,
    QUOTED,
    AFTER_LOGIN,
)
# Every pattern of PASSWORDS needs one of these words: one search saves those of texts without any.
ANY_PASSWORD_WORD = re.compile(PASSWORD_WORD + r"|(?<![\w-])(?:clave|contra)(?!\w)", re.I)
MIN_PASSWORD_LENGTH = 4
# After "pass" as a verb: words and marks of a sentence ("pass here!—a man", "pass McDonald's!"),
# amounts ("pass 100%", "pass $600") and years.
AFTER_VERB = re.compile(
    r"(?:[^\W\d_'’-]+(?:['’!?,.;:-]+[^\W\d_]*)*|[$€£]\d[\d.,]*|\d[\d.,]*[%°]|\d{1,4}|\d{1,2}:\d\d)[!?]*"
)


def find_keys(text: str) -> Iterator[Hit]:
    """Yield keys, tokens, and links with a password or a token."""
    for pattern in (*KEYS, NAMED_TOKEN):
        yield from pattern_hits("key", pattern, text)
    for pattern in (LINK_WITH_PASSWORD, LINK_WITH_TOKEN):
        for hit in pattern_hits("key", pattern, text):
            link = text[hit.start : hit.end].rstrip(".,;!?")
            if link.endswith(")") and "(" not in link:
                link = link[:-1]
            yield Hit("key", hit.start, hit.start + len(link))


def find_passwords(text: str) -> Iterator[Hit]:
    """Yield passwords and PIN codes."""
    if ANY_PASSWORD_WORD.search(text):
        yield from _named_passwords(text)
    if any(c.isdigit() for c in text):
        for pattern in (CODE, YOUR_CODE, BEFORE_YOUR_CODE):
            yield from pattern_hits("password", pattern, text)


def _named_passwords(text: str) -> Iterator[Hit]:
    for pattern in PASSWORDS:
        for match in pattern.finditer(text):
            group = match.lastgroup or "item"
            item = match[group]
            # A call or an assignment is code.
            if NOT_PASSWORDS.fullmatch(item) or item.endswith(("(", "=", "()")):
                continue
            if pattern is AFTER_WORD and _is_verb(match.group(), item):
                continue
            # "Mountain pass: closed until May".
            if match.group()[:5].lower() == "pass:" and WORDS.match(text, match.start(group)):
                continue
            # A full stop ends the sentence, but an exclamation mark may be part of the password.
            password = item.rstrip(".,;:…)")
            if len(password) >= MIN_PASSWORD_LENGTH:
                yield Hit("password", match.start(group), match.start(group) + len(password))
    for match in LOGIN_PAIR.finditer(text):
        yield Hit("password", *match.span("item" if match["item"] else "after"))


def _is_verb(matched: str, item: str) -> bool:
    """Return True for "pass" as a verb or a way, which is no word for a password."""
    return bool(re.match(r"pass\b", matched, re.I) and AFTER_VERB.fullmatch(item))
