"""Pages are taken out of the store: by address, by host, and by the words that are in them."""

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

BUSY = "`morris collect` is at work in {folder}. Wait until it has ended."
WORD = re.compile(r"\w+")
TAG = re.compile(r"<[^<>]*>")
UNPACKINGS = 3  # a feed has markup in its markup, and that may be written as text once more


def count(folder: Path, unwanted: UnwantedPages) -> int:
    """See the door."""
    if not (folder / INDEX).exists():
        return 0
    return sum(not kept for kept, _ in _sorted_out(folder, unwanted))


def remove(folder: Path, unwanted: UnwantedPages) -> None:
    """See the door. Killed and run again it finishes: bodies that no line names go, too."""
    if not folder.exists():
        return
    with files.locked(folder / LOCK, BUSY.format(folder=folder)):
        for place in (folder, *(folder / BODIES).glob("*")):
            files.remove_unfinished(place)
        if not (folder / INDEX).exists():
            return
        files.cut_log(folder / INDEX)  # a line that a kill cut off
        kept = [line for stays, line in _sorted_out(folder, unwanted) if stays]
        files.write_text(folder / INDEX, "".join(line for line, _ in kept))
        needed = {sha256 for _, sha256 in kept}
        for body in (folder / BODIES).glob("*/*.gz"):
            if body.stem not in needed:
                body.unlink()
        for place in (folder / BODIES).glob("*"):
            if not any(place.iterdir()):
                place.rmdir()


def _sorted_out(folder: Path, unwanted: UnwantedPages) -> Iterator[tuple[bool, tuple[str, str]]]:
    """For each line of the index whether it stays; the line and its body's name."""
    runs = set(_runs(unwanted.texts))
    holds: dict[str, bool] = {}
    for _, row in files.read_jsonl(folder / INDEX):
        urls = {str(row.get("url")), str(row.get("final_url"))}
        sha256 = str(row.get("sha256") or "")
        gone = bool(urls & unwanted.urls or {host_of(url) for url in urls} & unwanted.hosts)
        if not gone and sha256 and runs:
            if sha256 not in holds:
                holds[sha256] = not runs.isdisjoint(_runs(_readings(folder, sha256)))
            gone = holds[sha256]
        yield not gone, (files.json_line(row), sha256)


def _readings(folder: Path, sha256: str) -> Iterator[str]:
    """A body's words, with more and more of its markup taken off; none of one that is damaged."""
    try:
        body = gzip.decompress((folder / BODIES / sha256[:2] / f"{sha256}.gz").read_bytes())
    except (OSError, EOFError, ValueError, zlib.error):  # ValueError: no file can be called so
        return
    text = decode_html(body)
    for _ in range(UNPACKINGS):
        yield text
        yield TAG.sub("", text)
        text = html.unescape(TAG.sub(" ", text))


def _runs(texts: Iterable[str]) -> Iterator[int]:
    """Hashes of all runs of words; a shorter text is one run."""
    for text in texts:
        words = WORD.findall(text.casefold())
        for at in range(max(1, len(words) - OVERLAP_WORDS + 1)):
            if words:
                yield hash(tuple(words[at : at + OVERLAP_WORDS]))
