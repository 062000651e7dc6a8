"""Basic checks of one generated text: what nobody would want to send anywhere unread.

They read the text alone and the words that it may have been copied from; they judge no style and
no fact. Where a check could be wrong about an honest text, it keeps still.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable

from morris_mlx.evaluate.repetition import ENUMERATOR, repetition_of
from morris_mlx.models.chat_formats import FORMATS
from morris_mlx.records.generation import Finding, FinishReason
from morris_mlx.text.copying import MAX_COPIED_WORDS, SHOWN_WORDS, longest_copy

# Names that stand between the bars of a marker: `<|user|>`, `<|im_start|>`, `<|eot_id|>`.
ROLE = r"(?:system|user|assistant|tool|im[_ ]?start|im[_ ]?end|end(?:[_ ]?of[_ ]?text)?|eot[_ ]?id)"
# Every stop string and the end token, however spaced: `< | user | >`, `< / s >`.
SPACED = "|".join(
    r"\s*".join(map(re.escape, marker))
    for chat_format in FORMATS
    for marker in (*chat_format.stop_strings, chat_format.end)
)
MARKERS = tuple(
    re.compile(pattern, re.IGNORECASE)
    for pattern in (
        SPACED,
        rf"<\s*\|\s*{ROLE}\b[\s|>]*",
        rf"\b{ROLE}\s*\|\s*>",  # the latter half
        r"<\|(?:\w+(?:\|?>)?|\s*\Z)",  # `<|us`, `<|x|>`: no prose has the two together
        r"<\s*s\s*>",
        r"<\s*/\s*s?\s*\Z",  # cut in the middle of the end token
        r"<(?:unk|pad|bos|eos)>|<(?:start|end)_of_turn>|<0x[0-9a-f]{2}>",
        r"\[\s*/?\s*INST\s*\]|<<\s*/?\s*SYS\s*>>",
        r"^#{2,3} (?:instruction|response|input):?\s*$",
    )
)
THING = (
    r"(?:name|title|date|city|address|company|organi[sz]ation|signature|topic|position|website"
    r"|e-?mail|phone number)"
)
THING_RU = r"(?:имя|фамилия|дата|город|адрес|подпись|название|тема|должность|компания|телефон)"
PLACEHOLDERS = tuple(
    re.compile(pattern, re.IGNORECASE)
    for pattern in (
        # `[your name](…)` is a link's text, “[your father]” an editor's word in a quotation.
        rf"\[\s*your (?:[\w’'-]+ ){{0,2}}{THING}(?: here)?\s*\](?!\()",
        rf"\[\s*(?:(?:recipient|author|sender|client)(?:[’']?s)? )?{THING}(?: here)?\s*\](?!\()",
        rf"\[\s*(?:company|city|street) {THING}\s*\](?!\()",
        r"\[\s*insert(?: [\w’'-]+){1,5}\s*\](?!\()",
        rf"\[\s*(?:ваш[аеу]? )?(?:[\w-]+ )?{THING_RU}(?: [\w-]+)?\s*\](?!\()",
        r"\[\s*(?:вставьте|впишите|укажите)(?: [\w-]+){1,5}\s*\](?!\()",
        rf"<\s*(?:your (?:[\w’'-]+ )?{THING}|insert(?: [\w’'-]+){{1,4}}|ваш[аеу]? {THING_RU})\s*>",
        # Not a command's argument (\emph{word}) and no set of single letters.
        r"(?<![\w\\\]}{])\$?\{\{?\s*[^\W\d]\w{2,30}\s*\}\}?",
        r"\blorem ipsum dolor sit\b",
    )
)
# Said by the author in person; within quotation marks it is somebody's joke.
CONFESSIONS = tuple(
    re.compile(r"\b" + pattern, re.IGNORECASE)
    for pattern in (
        r"(?:as|I am|I[’']m)(?: just| only)? an? (?:AI|artificial intelligence)(?: language)?"
        r" (?:model|assistant|chatbot)\b",
        r"(?:as|I am|I[’']m)(?: just| only)? a (?:large )?language model\b",
        r"как (?:большая )?(?:языковая модель|нейросеть|ИИ-модель)\b",
        r"я ?[–—-]? ?(?:всего лишь |просто )?(?:большая )?языковая модель\b",
    )
)
CLOSED_QUOTE = re.compile(r"[”»]|’(?!\w)")
CUT_SHORT: dict[FinishReason, str] = {
    "length": "it was cut at the longest allowed length; give it a larger --max-tokens",
    "timeout": "its time was up before it came to its end",
    "cancelled": "it was stopped before it came to its end",
}
PROSE_WORDS = 40  # shorter texts are replies in a chat, where a full stop is a mood
SIGNATURE_WORDS = 5
CLOSING = "\"'’”»“*_`"  # what may stand behind a sentence's last mark
TERMINAL = ".!?…。！？—|"  # a dash breaks off on purpose, a bar ends a table


def check_text(
    text: str, finish_reason: FinishReason, training_texts: Iterable[str] = ()
) -> tuple[Finding, ...]:
    """What is wrong with a text: leftovers, repetition, an end that is none, copies.

    `training_texts` is read once, as a stream. At most one finding of each kind but "template".
    """
    findings = [Finding("template", detail) for detail in _leftovers(text)]
    if _is_empty(text):
        findings.append(Finding("empty", "there are no words in it"))
    else:
        if repeated := repetition_of(text):
            findings.append(Finding("repetition", repeated))
        if unfinished := _unfinished(text, finish_reason):
            findings.append(Finding("unfinished", unfinished))
        if copied := _copied(text, training_texts):
            findings.append(Finding("copy", copied))
    return tuple(findings)


def _plain(text: str) -> str:
    """The text with its wide and other compatible forms as the usual ones: `＜｜` is `<|`."""
    return unicodedata.normalize("NFKC", text)


def _leftovers(text: str) -> list[str]:
    """Pieces of a chat format, places to be filled in, a model speaking of itself; each once."""
    plain = _plain(text)
    details: dict[str, None] = {}
    for what, patterns in (
        ("a marker of the chat format", MARKERS),
        ("a place left to be filled in", PLACEHOLDERS),
        ("a model speaking of itself", CONFESSIONS),
    ):
        found = [match for pattern in patterns for match in pattern.finditer(plain)]
        if patterns is CONFESSIONS:
            found = [match for match in found if not _is_quoted(plain, match.start())]
        taken = 0
        # One piece is found by several patterns: the longest from each place is told.
        for match in sorted(found, key=lambda m: (m.start(), -m.end())):
            if match.start() >= taken:
                details[f"{what}: {match[0].strip()}"] = None
                taken = match.end()
    return list(details)


def _is_quoted(text: str, position: int) -> bool:
    """Whether a quotation is open there, in its own paragraph."""
    before = text[text.rfind("\n", 0, position) + 1 : position]
    opened = max(before.rfind(mark) for mark in "‘“«„")
    closed = max((match.start() for match in CLOSED_QUOTE.finditer(before)), default=-1)
    return opened > closed or before.count('"') % 2 == 1


def _is_empty(text: str) -> bool:
    """Nothing but white space, punctuation and markers. An emoji alone is a reply."""
    for pattern in MARKERS:
        text = pattern.sub("", text)
    return not any(unicodedata.category(c)[0] in "LN" or _is_picture(c) for c in text)


def _is_picture(character: str) -> bool:
    return unicodedata.category(character) == "So"


def _unfinished(text: str, finish_reason: FinishReason) -> str | None:
    """Why a text has no end; None for one that came to it."""
    if finish_reason != "stop":
        return CUT_SHORT[finish_reason]
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    words = text.split()
    if len(words) < PROSE_WORDS or _is_closed(lines[-1]):
        return None
    closed = [_is_closed(line) for line in lines[:-1]]
    if closed and (2 * sum(closed) < len(closed) or not closed[-1]):
        return None  # verse, a list: a line's end is the mark there
    if closed and _is_signature(lines[-1]):
        return None
    return f"it ends in the middle of a sentence: “… {' '.join(words[-SHOWN_WORDS:])}”"


def _is_closed(line: str) -> bool:
    """Whether a sentence, an aside, a rule, an address or a picture ends the line."""
    if line.startswith("(") and line.endswith(")"):
        return True
    if line.startswith("#") or ENUMERATOR.match(line) or line.isupper():
        return True  # a heading, an item of a list, a telegram: none needs a full stop
    last = line.split()[-1]
    if "://" in last or last.startswith(("#", "@")):
        return True
    bare = line.rstrip(CLOSING + "\ufe0f").rstrip(")]").rstrip(CLOSING)
    return not bare or bare[-1] in TERMINAL or _is_picture(bare[-1])


def _is_signature(line: str) -> bool:
    """A name or a date under a text: "Ambrose Thirkettle", "May 2019"."""
    words = line.split()
    if len(words) > SIGNATURE_WORDS or line.endswith((",", ";", ":")):
        return False
    return all(w[0].isupper() or w[0].isdigit() or len(w) < 3 for w in words)


def _copied(text: str, training_texts: Iterable[str]) -> str | None:
    copied = longest_copy(text, training_texts)
    if copied is None or len(copied.words) <= MAX_COPIED_WORDS:
        return None
    first, last = copied.words[:SHOWN_WORDS], copied.words[-SHOWN_WORDS:]
    return (
        f"{len(copied.words)} words in a row as in training text {copied.source} "
        f"(“{' '.join(copied.source_opening)} …”): “{' '.join(first)} … {' '.join(last)}”"
    )
