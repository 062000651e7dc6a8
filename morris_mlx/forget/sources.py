"""Which sources a word of the command stands for, and whether something came from one of them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from morris_mlx.errors import UsageError
from morris_mlx.project.provenance import pages_of


@dataclass(frozen=True, slots=True)
class Wanted:
    """Sources that are to go: folders with all that is in them, addresses, whole hosts."""

    paths: frozenset[str] = frozenset()
    urls: frozenset[str] = frozenset()
    hosts: frozenset[str] = frozenset()

    def takes(self, source: str) -> bool:
        """Whether a document's, a conversation's or a note's source is one of them."""
        if is_address(source):
            return source in self.urls or host_of(source) in self.hosts
        return bool(source) and any(Path(source).is_relative_to(p) for p in self.paths)


def is_address(source: str) -> bool:
    return "://" in source


def host_of(url: str) -> str:
    return urlsplit(url).hostname or ""


def wanted_of(
    word: str, url: str, host: str, notes: Mapping[str, Any], known: Iterable[str]
) -> Wanted:
    """`known` are the sources of documents and rows.

    An address that was collected stands for its pages; any other one for all that begins with it.
    A word that is no place and no host may be the last part of one path. Raises UsageError when
    it is that of several.
    """
    pages = {page for note in notes.values() for page in pages_of(note)}
    if not url:
        place = str(Path(word).expanduser().resolve())
        wanted = Wanted(frozenset((place,)), frozenset(), frozenset((host,) if host else ()))
        everything = {*notes, *pages, *known}
        if Path(place).exists() or any(wanted.takes(source) for source in everything):
            return wanted  # a file that lies here is meant, never its namesake elsewhere
        paths = sorted(s for s in everything if not is_address(s) and Path(s).name == word)
        if len(paths) > 1:
            raise UsageError(f"{word} is the name of several: {', '.join(paths)}. Say which path.")
        return replace(wanted, paths=frozenset(paths)) if paths else wanted
    if url in notes:
        return Wanted(urls=frozenset((url, *pages_of(notes[url]))))
    everything = {*pages, *notes, *(k for k in known if is_address(k))}
    if url in everything:
        return Wanted(urls=frozenset((url,)))
    folder = url if url.endswith("/") else f"{url}/"
    inside = {u for u in everything if u.startswith(folder)}
    more = {page for u in inside for page in pages_of(notes.get(u))}
    return Wanted(urls=frozenset((url, *inside, *more)))


def names_of(notes: Mapping[str, Any], known: Iterable[str]) -> list[str]:
    """What one can forget: noted sources, their hosts, and whatever is noted nowhere."""
    pages = {page for note in notes.values() for page in pages_of(note)}
    hosts = {host_of(name) for name in (*notes, *pages) if is_address(name)}
    folders = [Path(name) for name in notes if not is_address(name)]
    stray = {
        source
        for source in known
        if source not in pages
        and source not in notes
        and not any(Path(source).is_relative_to(folder) for folder in folders)
    }
    return [*notes, *sorted(hosts), *sorted(stray)]
