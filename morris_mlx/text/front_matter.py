"""Front matter: YAML between two `---` lines at the top of a text file that Morris wrote."""

from __future__ import annotations

import re

# It is exact, because the text below may hold anything.
OWN_FRONT_MATTER = re.compile(r"\A---\r?\n(.*?)^---\r?\n(?:\r?\n)?", re.DOTALL | re.MULTILINE)


def without_front_matter(text: str) -> str:
    """Return a text without the front matter of a file that Morris wrote."""
    return OWN_FRONT_MATTER.sub("", text, count=1)
