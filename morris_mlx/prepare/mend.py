"""Broken encodings repaired; the writer's typography left as it is."""

from __future__ import annotations

import ftfy

# ftfy's defaults would straighten curly quotes, take ligatures apart and narrow wide letters:
# these are the writer's choices, and style is what is learned.
AS_WRITTEN = ftfy.TextFixerConfig(
    uncurl_quotes=False,
    fix_latin_ligatures=False,
    fix_character_width=False,
    unescape_html=False,  # a text about HTML may say &amp;
    normalization="NFC",
)


def mend(text: str) -> str:
    return ftfy.fix_text(text, AS_WRITTEN)
