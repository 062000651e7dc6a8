"""Boilerplate: lines of a site that repeat at the beginning or end of many documents."""

from __future__ import annotations

import re
from array import array
from collections import Counter
from collections.abc import Sequence
from itertools import islice

import numpy as np

from morris_mlx.text.folding import fold_lowercase

# A line that repeats in fewer documents may be a habit of the writer.
MIN_DOCUMENTS = 5
# Many writers begin or end with the same words, so a line must be in most documents; but a smaller
# share is enough for a line with a link or a word like "subscribe".
MIN_SHARE, MIN_MARKED_SHARE = 0.6, 0.2
EDGE_LINES = 4  # at either end: lines further inside are the writer's

# Words of sharing links, biographies and notices.
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


def find_boilerplate(texts: Sequence[str]) -> frozenset[str]:
    """Return the lines that repeat at the edges of the texts, for `remove_boilerplate`.

    Only whole lines count, and a line counts once for each text, so a refrain is none. A line may
    be a paragraph, so only hashes are kept of all lines, and then the lines that are frequent.
    """
    hashes = array("q")
    for text in texts:
        hashes.extend({hash(key) for key in _edge_keys(text)})
    total = max(1, len(texts))
    unique, times = np.unique(np.array(hashes, np.int64), return_counts=True)
    often = (times >= MIN_DOCUMENTS) & (times / total >= MIN_MARKED_SHARE)
    frequent = frozenset(unique[often].tolist())
    if not frequent:
        return frozenset()
    counts: Counter[str] = Counter()
    for text in texts:
        counts.update(key for key in _edge_keys(text) if hash(key) in frequent)
    return frozenset(
        key
        for key, count in counts.items()
        if count >= MIN_DOCUMENTS
        and count / total >= (MIN_MARKED_SHARE if MARK.search(key) else MIN_SHARE)
    )


def remove_boilerplate(text: str, repeated: frozenset[str]) -> tuple[str, int]:
    """Return a text without the `repeated` lines, and the number of lines removed."""
    # The same line in the middle of a text is the writer's, unless it is at an edge, too.
    removed = _edge_keys(text) & repeated if repeated else ()
    if not removed:
        return text, 0
    lines = text.split("\n")
    kept = [line for line in lines if _key(line) not in removed]
    joined = re.sub(r"\n{3,}", "\n\n", "\n".join(kept)).strip()
    return joined, len(lines) - len(kept)


def _edge_keys(text: str) -> set[str]:
    return {_key(line) for line in _edge_lines(text)}


def _edge_lines(text: str) -> list[str]:
    """Return the first and the last lines that are not empty, none of them twice."""
    lines = text.split("\n")
    first = list(islice((n for n, line in enumerate(lines) if _key(line)), EDGE_LINES))
    after = first[-1] if first else len(lines)
    last = (n for n in range(len(lines) - 1, after, -1) if _key(lines[n]))
    return [lines[n] for n in (*first, *reversed(list(islice(last, EDGE_LINES))))]


def _key(line: str) -> str:
    """Return a line as it is compared: folded, in one case, with single spaces."""
    return " ".join(fold_lowercase(line).split())
