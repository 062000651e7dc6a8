"""English names of languages, by ISO 639-1 code."""

from __future__ import annotations

UNDETECTED = "too short or too mixed to tell"


def language_name(code: str) -> str:
    """Return the English name of a language, or its code if the name is not known.

    The code "" stands for a text whose language was not detected.
    """
    if not code:
        return UNDETECTED
    from babel import Locale

    return str(Locale("en").languages.get(code, code))
