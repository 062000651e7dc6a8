"""Wordings of requests for a text: so many that the style is tied to none of them."""

from __future__ import annotations

import random
from collections.abc import Sequence

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


def word_request(
    wordings: Sequence[str], key: str, seed: int, variant: int = 0, **slots: str
) -> str:
    """Return a request in the wording of a variant; wordings repeat only after all were used.

    `key` and `seed` choose the order of the wordings; `slots` are what a wording has in braces.
    """
    order = random.Random(f"{seed}/{key}/{wordings[0]}")
    shuffled = order.sample(wordings, len(wordings))
    return shuffled[variant % len(shuffled)].format(**slots)


def rewrite_request(draft: str, language: str, key: str, seed: int, variant: int = 0) -> str:
    """Return a request to rewrite a plain draft, as the training rows with drafts word it."""
    return word_request(wordings_for(language).rewrite, key, seed, variant, draft=draft)
