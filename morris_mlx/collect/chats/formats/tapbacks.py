"""Tapbacks that reach a phone as text: Loved “So be it.” in any language.

The quoted text of a tapback is an earlier message of the chat, which distinguishes it from a
message that quotes something.
"""

from __future__ import annotations

import re
from collections import deque

RECENT = 500  # messages whose beginning a shortened quotation is compared with
MIN_SHORTENED = 6  # characters of a shortened quotation
MAX_BEFORE, MAX_AFTER = 60, 40  # characters around a quotation
MAX_WORDS_AFTER = 3  # German puts the verb there
MIN_WORDS = 3  # of a quotation that no known verb comes before
_QUOTED = re.compile(
    rf"(?P<before>[^“”\"«»„‚‘\n]{{0,{MAX_BEFORE}}}?)[\s\u00a0]*"
    r"(?:“(?P<a>.+)”|\"(?P<b>.+)\"|«[\s\u00a0\u202f]*(?P<c>.+?)[\s\u00a0\u202f]*»|„(?P<d>.+)[“”]"
    r"|‘(?P<e>.+)’|「(?P<f>.+)」|『(?P<g>.+)』|”(?P<h>.+)”|»(?P<i>.+)«)"
    rf"(?P<after>[^“”\"«»„\n]{{0,{MAX_AFTER}}})",
    re.DOTALL,
)
_VERB = re.compile(
    r"\b(?:liked|loved|disliked|laughed at|emphasi[sz]ed|questioned|reacted|removed|added"
    r"|gefällt|gefiel|mag|liebt|geliebt|lacht|gelacht|hervorgehoben|hinterfragt|reagiert|kommentiert"
    r"|entfernt|aimé|adoré|ri|rigolé|réagi|exclamé|interrogé|retiré|gustó|encantó|rió|enfatizó"
    r"|preguntó|reaccionó|quitó|eliminó|gostou|adorou|amou|riu|enfatizou|reagiu|removeu|piaciuto"
    r"|piace|amato|riso|enfatizzato|reagito|rimosso|vond|leuk|geweldig|lachte|benadrukte"
    r"|понравилось|обожаю|рассмешило|выделено|нравится|реакция|отреагировал\w*|удалил\w*"
    r"|polubił\w*|uwielbia|zareagował\w*|beğendi|bayıldı|gillade|älskade|likte|elsket|syntes)\b"
    r"|喜欢|喜歡|ハート|いいね|좋아|하트",
    re.IGNORECASE,
)
# What a tapback to a message without text names in place of a quotation.
_TO_MEDIA = re.compile(
    r"(?:Liked|Loved|Disliked|Laughed at|Emphasi[sz]ed|Questioned|Reacted (?:\S+|with an? \w+) to"
    r"|Removed an? [\w ]{3,20} from|Понравилось|Не понравилось)"
    r" an? (?:image|photo|movie|video|attachment|sticker|link|audio message|location|contact"
    r"|memoji|GIF)\.?",
    re.IGNORECASE,
)
_LETTERS = re.compile(r"[^\W\d_]+")
_SPACES = re.compile(r"\s+")


class TapbackDetector:
    """The earlier messages of one chat, and the test whether a message is a tapback to one."""

    def __init__(self) -> None:
        self._seen: set[int] = set()  # hashes, because a chat may have a million messages
        self._recent: deque[str] = deque(maxlen=RECENT)

    def add(self, text: str) -> None:
        """Add a message that a later tapback may quote."""
        key = _key(text)
        self._seen.add(hash(key))
        self._recent.append(key)

    def is_tapback(self, text: str) -> bool:
        """Return True for a tapback written as text to a message that was added before."""
        if _TO_MEDIA.fullmatch(text):
            return True
        found = _QUOTED.fullmatch(text)
        if not found:
            return False
        before, after = found["before"].strip(), found["after"].strip(" .")
        quoted = _key(next(filter(None, (found[name] for name in "abcdefghi")), ""))
        has_verb = bool(_VERB.search(before) or _VERB.search(after))
        words_after = _LETTERS.findall(after)
        # Words after the quotation are rare: German has “… mit 😂 kommentiert” there.
        if not (before or after) or len(words_after) > MAX_WORDS_AFTER or (after and not has_verb):
            return False
        if not has_verb and len(quoted.split()) < MIN_WORDS:
            return False
        return self._was_said(quoted)

    def _was_said(self, quoted: str) -> bool:
        if hash(quoted) in self._seen:
            return True
        shortened = quoted.rstrip("….").rstrip()
        return len(shortened) >= MIN_SHORTENED and any(
            one.startswith(shortened) for one in self._recent
        )


def _key(text: str) -> str:
    return _SPACES.sub(" ", text).strip().casefold()
