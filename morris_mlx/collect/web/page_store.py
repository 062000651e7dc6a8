"""The page store: fetched pages as they came. Cache, provenance and resume point in one.

    data/raw/web/index.jsonl      one line for each fetch; the last line of a URL counts
    data/raw/web/bodies/ab/….gz   bodies by their SHA-256
    data/raw/web/runs.json        collections, and whether they were finished
    data/raw/web/hosts.json       hosts that asked to be left alone, and until when

A body is on the disk before the line that names it, and a torn last line is removed at the next
start. So a process may die at any moment: all stored pages stay valid.
"""

from __future__ import annotations

import gzip
import hashlib
import json
import re
import zlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field, replace
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path
from typing import Any

from morris_mlx import files
from morris_mlx.collect.web.address import host_of
from morris_mlx.collect.web.page_error import SkipKind
from morris_mlx.errors import MorrisError
from morris_mlx.typed_json import record_from_json

INDEX, BODIES, RUNS, HOSTS, LOCK = "index.jsonl", "bodies", "runs.json", "hosts.json", ".lock"
SHA256 = re.compile(r"[0-9a-f]{64}")
GZIP_LEVEL = 6
FRESH_SECONDS = 24 * 3600.0  # a run can be resumed for so long, and a robots.txt used
# The response headers to keep: none that identifies a visitor (cookies, report endpoints).
KEPT_HEADERS = frozenset(
    {"content-type", "content-language", "content-location", "content-encoding", "content-length"}
    | {"date", "last-modified", "etag", "link", "location", "server", "x-robots-tag", "expires"}
    | {"tdm-reservation", "tdm-policy", "retry-after"}
)


@dataclass(frozen=True, slots=True)
class Page:
    """A stored fetch. Moments are seconds since 1970.

    `url` was requested, `final_url` answered after redirects. `status` 0 with an `error` means
    that the URL is not worth another request; `error_kind` is a SkipKind, or "" for FAILED.
    The body came at `fetched` and was last confirmed by the server at `checked`. `body` is empty
    until it is read from its file.
    """

    url: str
    final_url: str
    status: int
    fetched: float
    checked: float
    headers: Mapping[str, str] = field(default_factory=dict)
    sha256: str = ""
    robots: str = ""
    error: str = ""
    body: bytes = b""
    error_kind: str = ""

    @property
    def validators(self) -> dict[str, str]:
        """The request headers that ask whether the page has changed."""
        known = {"If-None-Match": "etag", "If-Modified-Since": "last-modified"}
        found = {name: self.headers.get(source, "") for name, source in known.items()}
        return {k: v for k, v in found.items() if v and v.isascii() and v.isprintable()}

    @property
    def charset(self) -> str:
        """The charset in the Content-Type header, or ""."""
        for part in self.headers.get("content-type", "").split(";")[1:]:
            name, _, value = part.partition("=")
            if name.strip().lower() == "charset":
                return value.strip().strip("\"'")
        return ""

    @property
    def day(self) -> str:
        """The date of the fetch (ISO 8601)."""
        return datetime.fromtimestamp(self.fetched, UTC).date().isoformat()

    @property
    def skip_kind(self) -> SkipKind:
        """The kind of the error."""
        return SkipKind(self.error_kind or SkipKind.FAILED)


class PageStore:
    """The pages in a folder, for one process at a time: see `open_store`."""

    def __init__(self, folder: Path) -> None:
        """Read the index. Raises MorrisError naming a line that is not a stored page."""
        self.folder = folder
        files.cut_log(folder / INDEX)
        self._pages: dict[str, Page] = {}
        self._aliases: dict[str, str] = {}
        self.last_request: dict[str, float] = {}
        if (folder / INDEX).exists():
            for number, row in files.read_jsonl(folder / INDEX):
                try:
                    self._remember(_page_from_json(row))
                except (MorrisError, OverflowError, ValueError, OSError):
                    raise MorrisError(
                        f"{folder / INDEX}, line {number}: not a stored page. Remove the line "
                        "(its page is fetched again)."
                    ) from None

    def find(self, url: str) -> Page | None:
        """Return the page without its body, by the URL that was requested or that answered."""
        return self._pages.get(url) or self._pages.get(self._aliases.get(url, ""))

    def read_body(self, page: Page) -> Page | None:
        """Return the page with its body, or None when the body is missing or damaged."""
        if not page.sha256:
            return page
        try:
            body = gzip.decompress(self._body_path(page.sha256).read_bytes())
        except (OSError, EOFError, zlib.error):
            return None
        if hashlib.sha256(body).hexdigest() != page.sha256:
            return None
        return replace(page, body=body)

    def save(self, page: Page) -> Page:
        """Write a fetch through to the disk, and return it as stored."""
        if page.body and not page.sha256:
            page = replace(page, sha256=hashlib.sha256(page.body).hexdigest())
        if page.body and self.read_body(page) is None:
            self._write_body(page)
        headers = {k: v for k, v in sorted(page.headers.items()) if k in KEPT_HEADERS}
        page = replace(page, headers=headers)
        row = asdict(replace(page, body=b""))
        del row["body"]
        if not page.error_kind:
            del row["error_kind"]
        files.append_jsonl(self.folder / INDEX, row)
        files.flush(self.folder / INDEX)
        self._remember(page)
        return page

    def _write_body(self, page: Page) -> None:
        path = self._body_path(page.sha256)
        files.make_folder(path.parent)
        with files.replacing(path) as temporary:
            temporary.write_bytes(gzip.compress(page.body, GZIP_LEVEL, mtime=0))

    def _body_path(self, sha256: str) -> Path:
        return self.folder / BODIES / sha256[:2] / f"{sha256}.gz"

    def _remember(self, page: Page) -> None:
        page = replace(page, body=b"")
        self._pages[page.url] = page
        if page.status == 200 and page.final_url != page.url:
            self._aliases[page.final_url] = page.url
        for host in {host_of(page.url), host_of(page.final_url)}:
            self.last_request[host] = max(page.checked, self.last_request.get(host, 0.0))

    # --- runs -----------------------------------------------------------------------------
    def begin_run(self, key: str, now: float) -> float:
        """Return when the run `key` began: now, or earlier if it was interrupted lately."""
        runs = self._read_notes(RUNS)
        run = _run_of(runs, key)
        began = run.get("began")
        # JSON can hold NaN, which is no time.
        is_valid = isinstance(began, float) and 0 <= began <= now and not run.get("done")
        if not isinstance(began, float) or not is_valid or self._is_expired(run, began, now):
            began = now
            files.write_json(self.folder / RUNS, runs | {key: {"began": now, "done": False}})
        return began

    def _is_expired(self, run: Mapping[str, Any], began: float, now: float) -> bool:
        """Return True if a run is too old to be resumed.

        A run that came to its end expires a day after its beginning. A run that was interrupted
        may have lasted for days: it expires after a day without any page.
        """
        if run.get("ended"):
            return now - began > FRESH_SECONDS
        moments = sorted(m for p in self._pages.values() if began <= (m := p.checked) <= now)
        return any(b - a > FRESH_SECONDS for a, b in pairwise([began, *moments, now]))

    def end_run(self, key: str, done: bool) -> None:
        """Note that a run came to its end; not `done`: some pages are left for a later run."""
        runs = self._read_notes(RUNS)
        run = _run_of(runs, key) | {"done": done, "ended": True}
        files.write_json(self.folder / RUNS, runs | {key: run})

    def closed_hosts(self) -> dict[str, float]:
        """Return the hosts to be left alone, and until when (seconds since 1970)."""
        notes = self._read_notes(HOSTS)
        return {k: float(v) for k, v in notes.items() if isinstance(v, int | float)}

    def close_host(self, host: str, until: float) -> None:
        """Note that a host is to be left alone until a moment."""
        files.write_json(self.folder / HOSTS, self._read_notes(HOSTS) | {host: until})

    def _read_notes(self, name: str) -> dict[str, Any]:
        path = self.folder / name
        return files.read_json(path) if path.exists() else {}


@contextmanager
def open_store(folder: Path) -> Iterator[PageStore]:
    """Open the store for this process alone. Raises MorrisError when another process has it."""
    files.make_folder(folder.parent)
    files.make_folder(folder)
    files.make_folder(folder / BODIES)
    busy = f"Another `morris collect` is at work in {folder}. Wait until it has ended."
    with files.locked(folder / LOCK, busy):
        for place in (folder, *(folder / BODIES).glob("*")):
            files.remove_unfinished(place)
        yield PageStore(folder)


def _page_from_json(row: dict[str, Any]) -> Page:
    """Return the page of an index line.

    Raises MorrisError, and ValueError, OverflowError or OSError for a moment out of range.
    """
    if "body" in row:
        raise MorrisError("The body belongs into a file of its own.")
    page = record_from_json(Page, row)
    if page.sha256 and not SHA256.fullmatch(page.sha256):  # it becomes a file name
        raise MorrisError("sha256 must be 64 hexadecimal digits.")
    if page.error_kind and page.error_kind not in set(SkipKind):
        raise MorrisError("error_kind is unknown.")
    for moment in (page.fetched, page.checked):
        datetime.fromtimestamp(moment, UTC)
    for url in (page.url, page.final_url):
        host_of(url)
    return page


def _run_of(runs: Mapping[str, Any], key: str) -> dict[str, Any]:
    run = runs.get(key)
    return run if isinstance(run, dict) else {}


def run_key(parts: object) -> str:
    """Return the key of a run for the JSON value that identifies it."""
    return hashlib.sha256(json.dumps(parts).encode()).hexdigest()[:16]
