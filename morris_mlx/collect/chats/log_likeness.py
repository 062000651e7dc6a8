"""Detection of logs, timetables and numbered verses, with lines that look like chat messages.

They differ from a chat in their labels, in the hours between two entries, and because their entries
do not address anybody. A chat must never be mistaken for one of them, so most signs count only
together.
"""

from __future__ import annotations

import itertools
import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

SPARSE_MINUTES = 60  # between two entries of a log; messages follow each other sooner
REPLY_MINUTES = 2
DAY_MINUTES = 24 * 60
LOG_SCORE = 3
MIN_NUMBERED = 0.6  # share of steps from one verse to the next that are 1; a list may skip some
MIN_PROVEN = 4  # entries that prove a log by their values or numbers
FEW_ENTRIES = 5  # fewer may by chance have round times, or contain no words of address
ENTRIES_PER_ADDRESS = 8  # a long log may contain "thanks" or a question once
ROUND_MINUTES, MIN_ROUND_GAP = 5, 10  # times that were planned, or rounded by hand
MIN_LOWER, MIN_VALUES = 0.75, 0.8  # shares of the entries

MIN_SHARE = 0.5  # of lines that are entries; in a diary, there is prose between them

# The levels of programs' logs.
_LEVELS = frozenset(
    {
        *("trace", "debug", "verbose", "info", "information", "notice", "warn", "warning", "error"),
        *("err", "crit", "critical", "fatal", "severe", "alert", "emerg", "fine", "finer"),
    }
)
# A value of a measurement: “37.2”, “5 km”.
_VALUE = re.compile(r"[-+~<>]? ?\d[\d.,:/ ]*(?:[^\W\d_]{1,6}|[%°][CF]?)?\.?")
_NUMBERED = re.compile(r"(?P<thing>[^\W\d_].*?)[ #]{1,2}(?:\d{1,4}|[a-z])")
_SPEAKERS = frozenset(
    {
        *(
            "speaker",
            "user",
            "person",
            "participant",
            "guest",
            "sprecher",
            "sprecherin",
            "teilnehmer",
        ),
        *("player", "caller", "interlocuteur", "hablante", "locuteur", "спикер", "участник"),
    }
)
# Words and signs with which people address each other, in the languages of most chats.
_ADDRESS = re.compile(
    r"[?!]|[\U0001F300-\U0001FAFF]|[:;]-?[)(DP]|\b(?:i|i’m|i'm|me|my|you|your|u|we|us|our|ich|mir|mich|du|dir"
    r"|dich|dein\w*|mein\w*|wir|ihr|euch|uns|je|j|moi|tu|toi|te|nous|vous|yo|mi|tú|ti|tu|nosotros|vos"
    r"|usted\w*|io|noi|voi|eu|meu|você\w*|nós|ik|mij|jij|jou|je|wij|jullie|я|мне|меня|ты|тебе|тебя|мы"
    r"|нам|вы|вас|вам|hi|hello|hey|hallo|ok|okay|yes|no|ja|nein|oui|non|sí|да|нет|привет|lol|thanks"
    r"|danke|merci|gracias|grazie|спасибо)\b",
    re.IGNORECASE,
)
# Labels of logs and diaries, as stems.
_LABELS = re.compile(
    r"\b(?:log|entry|entries|day|note|notes|diary|journal|mood|sleep|slept|weather|wind|sea|sky|rain"
    r"|temperature|temp|position|course|speed|engine|fuel|status|breakfast|lunch|dinner|supper|tea"
    r"|snack|meal|food|coffee|walk|run|swim|work|meeting|task|todo|idea|dream|title|chapter|scene"
    r"|weight|pain|reading|thoughts?|barometer|visibility|crew|watch|anchor|harbour|harbor|tide|morning"
    r"|noon|afternoon|evening|night|helm|today|heute|oggi|hoy|vandaag|weer|koers|ontbijt|väder"
    r"|vädret|vær|vejr|vento|wetter|motor|mittag\w*|frühstück|abend\w*|notiz|stimmung|schlaf"
    r"|kurs|tag|eintrag|météo|temps|vent|moteur|déjeuner|dîner|humeur|sommeil|jour|tiempo|viento"
    r"|almuerzo|cena|desayuno|nota|ánimo|sueño|día|meteo|vento|motore|pranzo|colazione|umore|giorno"
    r"|погода|ветер|море|мотор|курс|обед|завтрак|ужин|заметка|настроение|сон|день|запись|журнал"
    r"|вахта|температура|чай|прогулка|работа|мысль|вес)\b",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class ShapedMessage:
    """The beginning of a message: its sender, minutes since midnight, and text on the same line."""

    name: str
    minutes: int
    text: str
    day: object = None  # any value that is different for different days


def is_log(messages: Sequence[ShapedMessage], lines: int) -> bool:
    """Return True if lines with times are entries of a log, diary or timetable, not of a chat.

    `lines` is the number of lines that are not blank, including those without a time.
    """
    if len(messages) == 1:
        return lines > 1 or _LABELS.search(messages[0].name) is not None
    return _is_proven(messages) or _score(messages, lines) >= LOG_SCORE


def _is_proven(messages: Sequence[ShapedMessage]) -> bool:
    """Return True for a program's log, a table of measurements, or numbered verses."""
    if all(_first_word(message.name) in _LEVELS for message in messages):
        return True
    if len(messages) < MIN_PROVEN:
        return False
    values = share_of(_VALUE.fullmatch(message.text.strip()) is not None for message in messages)
    steps = [
        one.name == two.name and one.minutes + 1 == two.minutes
        for one, two in itertools.pairwise(messages)
    ]
    has_dates = any(message.day for message in messages)
    is_numbered = not has_dates and share_of(steps) >= MIN_NUMBERED
    return values >= MIN_VALUES or is_numbered


def _first_word(label: str) -> str:
    """Return the first word of a label in lower case: “warn” for “[WARN] - pump”."""
    return next(iter(re.findall(r"[^\W\d_]+", label.casefold())), "")


def _score(messages: Sequence[ShapedMessage], lines: int) -> int:
    """Return the sum of the signs of a log; entries that answer each other count against it."""
    names = Counter(message.name.casefold() for message in messages)
    labels = sum(bool(_LABELS.search(name)) for name in names)
    score = LOG_SCORE if labels == len(names) > 1 else 2 * (2 * labels >= len(names))
    starts = [message.text[:1] for message in messages if message.text[:1].isalpha()]
    score += bool(starts) and share_of(start.islower() for start in starts) >= MIN_LOWER
    gaps = [_gap(one, two) for one, two in itertools.pairwise(messages)]
    middle = sorted(gaps)[len(gaps) // 2]
    score += middle >= SPARSE_MINUTES
    score += len(names) == 1 or (len(names) > 2 and len(messages) < 2 * len(names))
    score += len(messages) < MIN_SHARE * lines
    score += 2 * _are_numbered_things(names)
    if len(messages) >= FEW_ENTRIES:
        texts = [message.text for message in messages]
        has_dates = any(message.day for message in messages)
        is_round = all(message.minutes % ROUND_MINUTES == 0 for message in messages)
        is_planned = is_round and middle >= MIN_ROUND_GAP and not has_dates
        addresses = sum(1 for text in texts if _ADDRESS.search(text))
        if all(texts) and addresses <= len(texts) // ENTRIES_PER_ADDRESS:
            score += 3 if is_planned else 1
        score += _is_in_turns([message.name for message in messages])
    # Entries of a log do not answer each other.
    score -= 2 * any(
        gap <= REPLY_MINUTES and one.name != two.name
        for gap, (one, two) in zip(gaps, itertools.pairwise(messages), strict=True)
    )
    return score


def _are_numbered_things(names: Iterable[str]) -> bool:
    """Return True for labels such as “Hive 1” and “Hive 2”, but not for the speakers of a talk."""
    found = [_NUMBERED.fullmatch(name) for name in names]
    things = {match["thing"] for match in found if match}
    return len(found) > 1 and all(found) and len(things) == 1 and not things & _SPEAKERS


def _is_in_turns(names: Sequence[str]) -> bool:
    """Return True if three or more names recur in the same order, like the stops of a bus."""
    count = len(set(names))
    turns = all(name == names[place % count] for place, name in enumerate(names))
    return count > 2 and len(names) >= 2 * count and turns


def _gap(one: ShapedMessage, two: ShapedMessage) -> int:
    """Return the minutes between two messages; without dates, an earlier time means a new day."""
    minutes = two.minutes - one.minutes
    return minutes + DAY_MINUTES if one.day != two.day or minutes < 0 else minutes


def share_of(hits: Iterable[bool]) -> float:
    """Return the share of hits that are true; 0 for none."""
    found = list(hits)
    return sum(found) / len(found) if found else 0.0
