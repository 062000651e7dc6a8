"""In which language a text is: by its letters where they tell, else by py3langid."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from functools import cache

from py3langid.langid import MODEL_FILE, LanguageIdentifier

MIN_LANGUAGE_LETTERS = 20  # of shorter texts py3langid's answer is a guess: "да" is Ukrainian to it
SURE_OF_LANGUAGE = 0.8  # a text goes for its language only when it is well known
MAIN_LANGUAGE_SHARE = 0.1  # a writer's second language is theirs; rarer ones are quotations

# Letters that tell Cyrillic languages apart; Russian's last: others have some of them, and ъ is
# Bulgarian rather.
OWN_LETTERS = (("uk", "іїєґ"), ("be", "ў"), ("kk", "әғқңөұүһ"), ("ru", "ыэё"))
OWN_SHARE = 0.01  # of the letters: a name or a quoted word is less
MOST_LETTERS = 4000  # enough to tell; the rest of a long text costs time
UNKNOWN = ""


def language_of(text: str) -> str:
    """Its ISO 639-1 code, or "" when it is too short or too mixed to tell."""
    text = text[:MOST_LETTERS].lower()
    letters = Counter(c for c in text if c.isalpha())
    count = letters.total()
    if count < MIN_LANGUAGE_LETTERS:
        return UNKNOWN
    if is_cyrillic(text):
        for code, own in OWN_LETTERS:
            if sum(letters[c] for c in own) >= OWN_SHARE * count:
                return code
    code, sure = _identifier().classify(text)
    return str(code) if sure >= SURE_OF_LANGUAGE else UNKNOWN


def is_cyrillic(text: str) -> bool:
    """Whether most of its letters are: for the shortest texts, too."""
    letters = [c for c in text if c.isalpha()]
    return 2 * sum("\u0400" <= c <= "\u04ff" for c in letters) > len(letters)


def keep_languages(texts: Sequence[str], wanted: Sequence[str] = ()) -> list[bool]:
    """Which texts are in a wanted language; none wanted: in one of the main ones.

    A text whose language cannot be told stays: of one to three words nobody knows it.
    """
    languages = [language_of(text) for text in texts]
    known = Counter(code for code in languages if code)
    main = {c for c, n in known.items() if n >= MAIN_LANGUAGE_SHARE * known.total()}
    kept = set(wanted) or main
    return [not code or code in kept for code in languages]


@cache
def _identifier() -> LanguageIdentifier:
    return LanguageIdentifier.from_model_file(MODEL_FILE, norm_probs=True)
