"""Wordings of requests for a text: so many that the style is tied to none of them."""

from __future__ import annotations

from morris_mlx.prepare.examples.wordings.english import ENGLISH
from morris_mlx.prepare.examples.wordings.french import FRENCH
from morris_mlx.prepare.examples.wordings.german import GERMAN
from morris_mlx.prepare.examples.wordings.russian import RUSSIAN
from morris_mlx.prepare.examples.wordings.spanish import SPANISH
from morris_mlx.prepare.examples.wordings.wordings import Wordings

LANGUAGES = {"en": ENGLISH, "ru": RUSSIAN, "de": GERMAN, "fr": FRENCH, "es": SPANISH}


def wordings_for(language: str) -> Wordings:
    """Return the wordings in a language (ISO 639-1), in English if there are none."""
    return LANGUAGES.get(language, ENGLISH)
