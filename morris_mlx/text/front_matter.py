"""Front matter: YAML between two `---` lines at the top of a text file."""

from __future__ import annotations

import re

# In files that Morris writes. It is exact, because the text below may hold anything.
OWN_FRONT_MATTER = re.compile(r"\A---\r?\n(.*?)^---\r?\n(?:\r?\n)?", re.DOTALL | re.MULTILINE)
# In Markdown by other programs: spaces may follow the dashes, and `...` may end it.
MARKDOWN_FRONT_MATTER = re.compile(r"\A---[ \t]*\n(.*?)\n(?:---|\.\.\.)[ \t]*(?:\n|\Z)", re.DOTALL)


def without_front_matter(text: str) -> str:
    """Return a text without the front matter of a file that Morris wrote."""
    return OWN_FRONT_MATTER.sub("", text, count=1)
