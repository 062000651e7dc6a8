"""The sources that a word of the command stands for."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from morris_mlx.errors import UsageError
from morris_mlx.files import path_text
from morris_mlx.project.provenance import page_urls


@dataclass(frozen=True, slots=True)
class SelectedSources:
    """The sources to remove: paths with everything below them, web addresses, and whole hosts."""

    paths: frozenset[str] = frozenset()
    urls: frozenset[str] = frozenset()
    hosts: frozenset[str] = frozenset()

    def includes(self, source: str) -> bool:
        """Return True if the source of a document, conversation or entry is one of them."""
        if is_address(source):
            return source in self.urls or host_of(source) in self.hosts
        return bool(source) and any(Path(source).is_relative_to(p) for p in self.paths)


def is_address(source: str) -> bool:
    """Return True if the source is a web address and not a path."""
    return "://" in source


def host_of(url: str) -> str:
    """Return the host of an address in lower case, "" for a text without one."""
    return urlsplit(url).hostname or ""


def select_sources(
    word: str, url: str, host: str, notes: Mapping[str, Any], known: Iterable[str]
) -> SelectedSources:
    """Return the sources that a word stands for; `known` are the sources of documents and rows.

    A collected address stands for its pages, any other address for every address that begins with
    it. A word that is neither a path nor a host may be the last part of a path: of a text, or of an
    archive or folder with texts. Raises UsageError when several paths end with it.
    """
    pages = {page for note in notes.values() for page in page_urls(note)}
    if not url:
        place = path_text(Path(word).expanduser().resolve())
        wanted = SelectedSources(
            frozenset((place,)), frozenset(), frozenset((host,) if host else ())
        )
        everything = {*notes, *pages, *known}
        if Path(place).exists() or any(wanted.includes(source) for source in everything):
            return wanted  # a file at this path wins over a file of the same name elsewhere
        paths = sorted(_places_called(word, notes, everything))
        if len(paths) > 1:
            raise UsageError(f"{word} fits several paths: {', '.join(paths)}. Give one of them.")
        return replace(wanted, paths=frozenset(paths)) if paths else wanted
    if url in notes:
        return SelectedSources(urls=frozenset((url, *page_urls(notes[url]))))
    everything = {*pages, *notes, *(k for k in known if is_address(k))}
    if url in everything:
        return SelectedSources(urls=frozenset((url,)))
    folder = url if url.endswith("/") else f"{url}/"
    inside = {u for u in everything if u.startswith(folder)}
    more = {page for u in inside for page in page_urls(notes.get(u))}
    return SelectedSources(urls=frozenset((url, *inside, *more)))


def _places_called(word: str, notes: Iterable[str], everything: Iterable[str]) -> set[str]:
    """Return the paths of sources, and of folders and archives around them, that end with a word.

    Only paths within a collected folder count, not the folders above it.
    """
    folders = [Path(name) for name in notes if not is_address(name)]
    found: set[str] = set()
    for source in everything:
        place = Path(source)
        if is_address(source) or word not in place.parts:
            continue
        around = (p for p in place.parents if any(p.is_relative_to(f) for f in folders))
        found.update(str(p) for p in (place, *around) if p.name == word)
    return found


def mails_with(word: str, names: Iterable[str]) -> str:
    """Return the source that contains a mail stored as a separate file, or ""."""
    place = Path(word).expanduser()
    for name in names:
        mails = Path(name)
        if is_address(name) or not mails.name.startswith("*"):
            continue
        inside = place.resolve().parent == mails.parent or (mails.parent / word).is_file()
        if inside and fnmatchcase(place.name, mails.name):
            return name
    return ""


def source_names(notes: Mapping[str, Any], known: Iterable[str]) -> list[str]:
    """Return the names that can be forgotten: sources with and without an entry, and hosts."""
    pages = {page for note in notes.values() for page in page_urls(note)}
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
