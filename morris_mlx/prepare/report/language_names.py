"""English names of languages, by ISO 639-1 code."""

from __future__ import annotations

NAMES = {
    "": "too short or too mixed to tell", "ar": "Arabic", "be": "Belarusian", "cs": "Czech",
    "de": "German", "en": "English", "es": "Spanish", "fr": "French", "he": "Hebrew",
    "it": "Italian", "ja": "Japanese", "kk": "Kazakh", "nl": "Dutch", "pl": "Polish",
    "pt": "Portuguese", "ru": "Russian", "sv": "Swedish", "tr": "Turkish", "uk": "Ukrainian",
    "zh": "Chinese",
}  # fmt: skip


def language_name(code: str) -> str:
    """Return the English name of a language, or its code if the name is not known."""
    return NAMES.get(code, code)
