"""Language detection and the language filter: by telling letters, else by py3langid."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from functools import cache

from py3langid.langid import MODEL_FILE, LanguageIdentifier

MIN_LETTERS = 20  # py3langid guesses for shorter texts: it takes "да" for Ukrainian
MIN_PROBABILITY = 0.8  # a text is left out for its language only if the detection is certain
MAIN_LANGUAGE_SHARE = 0.1  # a writer's second language is kept; rarer ones are quotations

# Letters that tell Cyrillic languages apart. Russian comes last: other languages have some of its
# letters, too. ъ is not among them, because it is Bulgarian more often.
OWN_LETTERS = (("uk", "іїєґ"), ("be", "ў"), ("kk", "әғқңөұүһ"), ("ru", "ыэё"))
OWN_SHARE = 0.01  # of the letters: a name or a quoted word is less
MAX_CHARACTERS = 4000  # enough to detect the language; more would only take time
UNKNOWN = ""


def detect_language(text: str) -> str:
    """Return the ISO 639-1 code of a text, or "" if it is too short or too mixed to tell."""
    text = text[:MAX_CHARACTERS].lower()
    letters = Counter(c for c in text if c.isalpha())
    count = letters.total()
    if count < MIN_LETTERS:
        return UNKNOWN
    if is_cyrillic(text):
        for code, own in OWN_LETTERS:
            if sum(letters[c] for c in own) >= OWN_SHARE * count:
                return code
    code, probability = _identifier().classify(text)
    return str(code) if probability >= MIN_PROBABILITY else UNKNOWN


def is_cyrillic(text: str) -> bool:
    """Return True if most letters of a text, however short, are Cyrillic."""
    letters = [c for c in text if c.isalpha()]
    return 2 * sum("\u0400" <= c <= "\u04ff" for c in letters) > len(letters)


def language_mask(texts: Iterable[str], languages: Sequence[str] = ()) -> list[bool]:
    """Return for each text True to keep it, because it is in one of `languages`.

    Without `languages`, the main languages of the texts are kept. A text of unknown language is
    always kept: a few words are not enough to detect one.
    """
    return [not code for code in other_languages(texts, languages)]


def other_languages(texts: Iterable[str], languages: Sequence[str] = ()) -> list[str]:
    """Return the code of each text's language if the text is to be left out, "" to keep it."""
    detected = [detect_language(text) for text in texts]
    known = Counter(code for code in detected if code)
    main = {c for c, n in known.items() if n >= MAIN_LANGUAGE_SHARE * known.total()}
    kept = set(languages) or main
    return ["" if code in kept else code for code in detected]


@cache
def _identifier() -> LanguageIdentifier:
    return LanguageIdentifier.from_model_file(MODEL_FILE, norm_probs=True)
