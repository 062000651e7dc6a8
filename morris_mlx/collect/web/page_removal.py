"""Removal of pages from the store: by URL, by host, and by the texts in them."""

from __future__ import annotations

import gzip
import html
import re
import zlib
from collections.abc import Iterable, Iterator
from pathlib import Path

from morris_mlx import files
from morris_mlx.collect.html.charset import decode_html
from morris_mlx.collect.web.address import host_of
from morris_mlx.collect.web.page_store import BODIES, INDEX, LOCK
from morris_mlx.collect.web.request import UnwantedPages
from morris_mlx.text.word_runs import OVERLAP_WORDS
from morris_mlx.text.words import PLAIN_WORD

BUSY = "`morris collect` is at work in {folder}. Wait until it has ended."
TAG = re.compile(r"<[^<>]*>")
UNESCAPINGS = 3  # a feed has markup in its markup, and that may be escaped once more


def count_unwanted(folder: Path, unwanted: UnwantedPages) -> int:
    """Return the number of stored fetches that are unwanted."""
    if not (folder / INDEX).exists():
        return 0
    return sum(not keep for keep, _ in _classify(folder, unwanted))


def remove_unwanted(folder: Path, unwanted: UnwantedPages) -> None:
    """Remove unwanted fetches, and every body that no remaining line names.

    After an interruption, another call completes the work.
    """
    if not folder.exists():
        return
    with files.locked(folder / LOCK, BUSY.format(folder=folder)):
        for place in (folder, *(folder / BODIES).glob("*")):
            files.remove_unfinished(place)
        if not (folder / INDEX).exists():
            return
        files.cut_log(folder / INDEX)  # a torn last line
        kept = [line for keep, line in _classify(folder, unwanted) if keep]
        files.write_text(folder / INDEX, "".join(line for line, _ in kept))
        needed = {sha256 for _, sha256 in kept}
        for body in (folder / BODIES).glob("*/*.gz"):
            if body.stem not in needed:
                body.unlink()
        for place in (folder / BODIES).glob("*"):
            if not any(place.iterdir()):
                place.rmdir()


def _classify(folder: Path, unwanted: UnwantedPages) -> Iterator[tuple[bool, tuple[str, str]]]:
    """Yield, for each line of the index, whether to keep it, and (line, SHA-256 of its body)."""
    runs = set(_word_runs(unwanted.texts))
    contains: dict[str, bool] = {}
    for _, row in files.read_jsonl(folder / INDEX):
        urls = {str(row.get("url")), str(row.get("final_url"))}
        sha256 = str(row.get("sha256") or "")
        remove = bool(urls & unwanted.urls or {host_of(url) for url in urls} & unwanted.hosts)
        if not remove and sha256 and runs:
            if sha256 not in contains:
                contains[sha256] = not runs.isdisjoint(_word_runs(_readings(folder, sha256)))
            remove = contains[sha256]
        yield not remove, (files.json_line(row), sha256)


def _readings(folder: Path, sha256: str) -> Iterator[str]:
    """Yield a body's text with more and more of its markup removed; nothing if it is damaged."""
    try:
        body = gzip.decompress((folder / BODIES / sha256[:2] / f"{sha256}.gz").read_bytes())
    except (OSError, EOFError, ValueError, zlib.error):  # ValueError: not a possible file name
        return
    text = decode_html(body)
    for _ in range(UNESCAPINGS):
        yield text
        yield TAG.sub("", text)
        text = html.unescape(TAG.sub(" ", text))


def _word_runs(texts: Iterable[str]) -> Iterator[int]:
    """Yield hashes of all runs of OVERLAP_WORDS words; a shorter text is one run."""
    for text in texts:
        words = PLAIN_WORD.findall(text.casefold())
        for at in range(max(1, len(words) - OVERLAP_WORDS + 1)):
            if words:
                yield hash(tuple(words[at : at + OVERLAP_WORDS]))
