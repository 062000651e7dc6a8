"""Basic checks of a generated text for faults that a reader would notice at once.

They compare the text with the training texts and judge neither style nor facts. A check that could
be wrong about a flawless text reports nothing.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Sequence
from functools import lru_cache

from morris_mlx.evaluate.repetition import ENUMERATOR, find_repetition
from morris_mlx.models.chat_formats import ZEPHYR, ChatFormat
from morris_mlx.records.generation import Finding, FinishReason
from morris_mlx.text.copying import MAX_COPIED_WORDS, SHOWN_WORDS, find_copies

# Names between the bars of a marker: `<|user|>`, `<|im_start|>`, `<|eot_id|>`.
ROLE = r"(?:system|user|assistant|tool|im[_ ]?start|im[_ ]?end|end(?:[_ ]?of[_ ]?text)?|eot[_ ]?id)"
MARKERS = tuple(
    re.compile(pattern, re.IGNORECASE)
    for pattern in (
        rf"<\s*\|\s*{ROLE}\b[\s|>]*",
        rf"\b{ROLE}\s*\|\s*>",  # the second half
        r"<\|(?:\w+(?:\|?>)?|\s*\Z)",  # `<|us`, `<|x|>`: prose does not contain `<|`
        r"<\s*s\s*>",
        r"<\s*/\s*s?\s*\Z",  # an incomplete end token
        r"<(?:unk|pad|bos|eos)>|<(?:start|end)_of_turn>|<0x[0-9a-f]{2}>",
        r"\[\s*/?\s*INST\s*\]|<<\s*/?\s*SYS\s*>>",
        r"^#{2,3} (?:instruction|response|input):?\s*$",
    )
)
FIELD = (
    r"(?:name|title|date|city|address|company|organi[sz]ation|signature|topic|position|website"
    r"|e-?mail|phone number)"
)
FIELD_RU = r"(?:имя|фамилия|дата|город|адрес|подпись|название|тема|должность|компания|телефон)"
PLACEHOLDERS = tuple(
    re.compile(pattern, re.IGNORECASE)
    for pattern in (
        # `[your name](…)` is the text of a link, “[your father]” an editor's insertion.
        rf"\[\s*your (?:[\w’'-]+ ){{0,2}}{FIELD}(?: here)?\s*\](?!\()",
        rf"\[\s*(?:(?:recipient|author|sender|client)(?:[’']?s)? )?{FIELD}(?: here)?\s*\](?!\()",
        rf"\[\s*(?:company|city|street) {FIELD}\s*\](?!\()",
        r"\[\s*insert(?: [\w’'-]+){1,5}\s*\](?!\()",
        rf"\[\s*(?:ваш[аеу]? )?(?:[\w-]+ )?{FIELD_RU}(?: [\w-]+)?\s*\](?!\()",
        r"\[\s*(?:вставьте|впишите|укажите)(?: [\w-]+){1,5}\s*\](?!\()",
        rf"<\s*(?:your (?:[\w’'-]+ )?{FIELD}|insert(?: [\w’'-]+){{1,4}}|ваш[аеу]? {FIELD_RU})\s*>",
        # Neither the argument of a command (\emph{word}) nor a set of single letters.
        r"(?<![\w\\\]}{])\$?\{\{?\s*[^\W\d]\w{2,30}\s*\}\}?",
        r"\blorem ipsum dolor sit\b",
    )
)
# Outside of quotation marks only: inside, a character is speaking.
SELF_REFERENCES = tuple(
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
    "length": "it was cut at the maximum length; set a larger --max-tokens",
    "loop": "it was cut where it began to repeat itself",
    "timeout": "the time limit was reached before its end",
    "cancelled": "it was stopped before its end",
}
PROSE_WORDS = 40  # shorter texts are chat replies, which often end without a full stop
SIGNATURE_WORDS = 5
CLOSING = "\"'’”»“*_`"  # characters that may follow the last mark of a sentence
TERMINAL = ".!?…。！？—|"  # a dash is an intended break, a bar ends a table


def check_text(
    text: str,
    finish_reason: FinishReason,
    training_texts: Iterable[str] = (),
    chat_format: ChatFormat | None = None,
) -> tuple[Finding, ...]:
    """Return the faults of a text: template leftovers, repetition, a missing end, and copies.

    There is at most one finding of each kind, except for "template".

    Args:
        text: The text of a reply.
        finish_reason: The reason why the reply ended.
        training_texts: Texts that it may have copied. They are read once, as a stream.
        chat_format: The model's format, whose markers must not be in the text. None: Zephyr's.
    """
    markers = _markers(chat_format or ZEPHYR)
    findings = [Finding("template", detail) for detail in _leftovers(text, markers)]
    if _is_empty(text, markers):
        findings.append(Finding("empty", "it has no words"))
    else:
        if repeated := find_repetition(text):
            findings.append(Finding("repetition", repeated))
        if unfinished := _unfinished(text, finish_reason):
            findings.append(Finding("unfinished", unfinished))
        findings += find_copied([text], training_texts)
    return tuple(findings)


def _plain(text: str) -> str:
    """Return the text with full-width and other variants replaced: `＜｜` becomes `<|`."""
    return unicodedata.normalize("NFKC", text)


@lru_cache(8)
def _markers(chat_format: ChatFormat) -> tuple[re.Pattern[str], ...]:
    """Return patterns for the markers of a format and for those of other common formats.

    White space within a marker is ignored: `< | user | >` and `< / s >` are markers, too.
    """
    written = dict.fromkeys((*chat_format.markers, *chat_format.guarded, chat_format.end))
    spaced = "|".join(r"\s*".join(map(re.escape, marker)) for marker in written)
    return re.compile(spaced, re.IGNORECASE), *MARKERS


def _leftovers(text: str, markers: tuple[re.Pattern[str], ...]) -> list[str]:
    """Return chat format markers, placeholders and self-references of a model, each once."""
    plain = _plain(text)
    details: dict[str, None] = {}
    for name, patterns in (
        ("a marker of the chat format", markers),
        ("a placeholder", PLACEHOLDERS),
        ("a model's remark about itself", SELF_REFERENCES),
    ):
        found = [match for pattern in patterns for match in pattern.finditer(plain)]
        if patterns is SELF_REFERENCES:
            found = [match for match in found if not _is_quoted(plain, match.start())]
        taken = 0
        # Several patterns may find the same piece: the longest match at each position counts.
        for match in sorted(found, key=lambda m: (m.start(), -m.end())):
            if match.start() >= taken:
                details[f"{name}: {match[0].strip()}"] = None
                taken = match.end()
    return list(details)


def _is_quoted(text: str, position: int) -> bool:
    """Return True if a quotation is open at a position, within its paragraph."""
    before = text[text.rfind("\n", 0, position) + 1 : position]
    opened = max(before.rfind(mark) for mark in "‘“«„")
    closed = max((match.start() for match in CLOSED_QUOTE.finditer(before)), default=-1)
    return opened > closed or before.count('"') % 2 == 1


def _is_empty(text: str, markers: tuple[re.Pattern[str], ...]) -> bool:
    """Return True for a text of white space, punctuation and markers. An emoji is a reply."""
    for pattern in markers:
        text = pattern.sub("", text)
    return not any(unicodedata.category(c)[0] in "LN" or _is_picture(c) for c in text)


def _is_picture(character: str) -> bool:
    return unicodedata.category(character) == "So"


def _unfinished(text: str, finish_reason: FinishReason) -> str | None:
    """Return the reason why a text is unfinished, or None."""
    if finish_reason != "stop":
        return CUT_SHORT[finish_reason]
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    words = text.split()
    if len(words) < PROSE_WORDS or _is_closed(lines[-1]):
        return None
    closed = [_is_closed(line) for line in lines[:-1]]
    if closed and (2 * sum(closed) < len(closed) or not closed[-1]):
        return None  # verse or a list, in which lines end without a mark
    if closed and _is_signature(lines[-1]):
        return None
    return f"it ends in the middle of a sentence: “… {' '.join(words[-SHOWN_WORDS:])}”"


def _is_closed(line: str) -> bool:
    """Return True if a line ends with a complete sentence, an address, a rule or an emoji."""
    if line.startswith("(") and line.endswith(")"):
        return True
    if line.startswith("#") or ENUMERATOR.match(line) or line.isupper():
        return True  # headings, list items and telegrams need no full stop
    last = line.split()[-1]
    if "://" in last or last.startswith(("#", "@")):
        return True
    bare = line.rstrip(CLOSING + "\ufe0f").rstrip(")]").rstrip(CLOSING)
    return not bare or bare[-1] in TERMINAL or _is_picture(bare[-1])


def _is_signature(line: str) -> bool:
    """Return True for a name or date below a text: "Ambrose Thirkettle", "May 2019"."""
    words = line.split()
    if len(words) > SIGNATURE_WORDS or line.endswith((",", ";", ":")):
        return False
    return all(w[0].isupper() or w[0].isdigit() or len(w) < 3 for w in words)


def find_copied(texts: Sequence[str], training_texts: Iterable[str]) -> tuple[Finding, ...]:
    """Return a finding for the longest copy of a training text, none up to MAX_COPIED_WORDS."""
    copied = find_copies(texts, training_texts).longest
    if len(copied.words) <= MAX_COPIED_WORDS:
        return ()
    first, last = copied.words[:SHOWN_WORDS], copied.words[-SHOWN_WORDS:]
    detail = (
        f"{len(copied.words)} words in a row as in training text {copied.source + 1} "
        f"(“{' '.join(copied.opening)} …”): “{' '.join(first)} … {' '.join(last)}”"
    )
    return (Finding("copy", detail),)
