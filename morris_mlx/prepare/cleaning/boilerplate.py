"""Lines that the site wrote and not the writer: the same at the edge of many documents."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence

from morris_mlx.text.folding import fold_lowercase

# A line at the edge of so many documents is the site's: fewer may be a writer's habit. One that
# says "subscribe" or holds a link is at once; any other must stand in most of them: many writers
# begin or end on words of their own.
BOILERPLATE_DOCUMENTS, BOILERPLATE_SHARE, MARKED_SHARE = 5, 0.6, 0.2
BOILERPLATE_LINES = 4  # at either end: further in it is the writer's text

# What share lines, biographies and notices say.
MARK = re.compile(
    r"https?://|www\.|@\w|©|\b(?:subscribe|newsletter|follow (?:me|us|him|her)|share (?:this|on)"
    r"|sign up"
    r"|all rights reserved|read (?:more|next|also)|previous post|next post|is an? (?:\w+ ){0,3}"
    r"(?:writer|author|journalist|columnist|editor)|filed under|posted (?:in|by)|cookies?|comments?"
    r"|advertisement|originally published)\b|подпи(?:с|ш)\w+|поделит\w+|читайте (?:также|ещё|еще)"
    r"|все права|об авторе|автор колонки|рассылк\w+|комментари\w+|реклама|источник:|фото:|telegram"
    r"|телеграм|оригинал (?:статьи|материала)|теги:|рубрика",
    re.I,
)


def without_boilerplate(texts: Sequence[str]) -> tuple[list[str], int]:
    """(the texts without such lines, how many lines went).

    A refrain within one document counts once; a phrase inside a paragraph is no line. A plain line
    must stand in most documents to be the site's: many writers end on words of their own.
    """
    counts: Counter[str] = Counter()
    for text in texts:
        counts.update({_key(line) for line in _edges(text)})
    least = max(1, len(texts))
    repeated = {
        key
        for key, count in counts.items()
        if count >= BOILERPLATE_DOCUMENTS
        and count / least >= (MARKED_SHARE if MARK.search(key) else BOILERPLATE_SHARE)
    }
    if not repeated:
        return list(texts), 0
    cleaned = [_without(text, repeated) for text in texts]
    return [text for text, _ in cleaned], sum(count for _, count in cleaned)


def _edges(text: str) -> list[str]:
    lines = [line for line in text.split("\n") if _key(line)]
    return lines[:BOILERPLATE_LINES] + lines[BOILERPLATE_LINES:][-BOILERPLATE_LINES:]


def _key(line: str) -> str:
    return " ".join(fold_lowercase(line).split())


def _without(text: str, repeated: set[str]) -> tuple[str, int]:
    # The same line in the middle of another text is the writer's.
    edges = {_key(line) for line in _edges(text)} & repeated
    if not edges:
        return text, 0
    lines = text.split("\n")
    kept = [line for line in lines if _key(line) not in edges]
    joined = re.sub(r"\n{3,}", "\n\n", "\n".join(kept)).strip()
    return joined, len(lines) - len(kept)
