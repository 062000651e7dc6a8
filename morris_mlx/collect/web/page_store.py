"""The page store: what came from the web, as it came. Cache, provenance and resume point in one.

    data/raw/web/index.jsonl      one line a fetch, the last one of a URL counts
    data/raw/web/bodies/ab/….gz   bodies by their SHA-256
    data/raw/web/runs.json        collections and whether they came to their end
    data/raw/web/hosts.json       hosts that asked to be left alone, until when

A body is on the disk before the line that names it. A line that was cut off in its middle is
taken out at the next start. So a process may die at any moment: what it had stored, counts.
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
from morris_mlx.errors import MorrisError
from morris_mlx.typed_json import record_from_json

INDEX, BODIES, RUNS, HOSTS, LOCK = "index.jsonl", "bodies", "runs.json", "hosts.json", ".lock"
SHA256 = re.compile(r"[0-9a-f]{64}")
LEVEL = 6  # of gzip
FRESH_SECONDS = 24 * 3600.0  # an unfinished collection goes on for so long; so does a robots.txt
# What is kept of an answer's headers: nothing that names a visitor (cookies, report endpoints).
KEPT_HEADERS = frozenset(
    {"content-type", "content-language", "content-location", "content-encoding", "content-length"}
    | {"date", "last-modified", "etag", "link", "location", "server", "x-robots-tag", "expires"}
    | {"tdm-reservation", "tdm-policy", "retry-after"}
)


@dataclass(frozen=True, slots=True)
class Page:
    """A fetch as it is stored. Moments are seconds since 1970.

    `url` was asked for, `final_url` answered; `status` 0 and an `error` say that it is not worth
    asking again; `fetched` is when the body came, `checked` when the server last confirmed it.
    `body` is empty until it is read.
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

    @property
    def validators(self) -> dict[str, str]:
        """Headers that ask whether the page has changed."""
        known = {"If-None-Match": "etag", "If-Modified-Since": "last-modified"}
        found = {ask: self.headers.get(tell, "") for ask, tell in known.items()}
        return {k: v for k, v in found.items() if v and v.isascii() and v.isprintable()}

    @property
    def charset(self) -> str:
        """What the server said of the letters."""
        for part in self.headers.get("content-type", "").split(";")[1:]:
            name, _, value = part.partition("=")
            if name.strip().lower() == "charset":
                return value.strip().strip("\"'")
        return ""

    @property
    def day(self) -> str:
        return datetime.fromtimestamp(self.fetched, UTC).date().isoformat()


class PageStore:
    """Pages in a folder. One process at a time: see `opened`."""

    def __init__(self, folder: Path) -> None:
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
        """The page without its body, by the URL that was asked for or the one that answered."""
        return self._pages.get(url) or self._pages.get(self._aliases.get(url, ""))

    def read(self, page: Page) -> Page | None:
        """The page with its body; None when the body is missing or damaged."""
        if not page.sha256:
            return page
        try:
            body = gzip.decompress(self._path(page.sha256).read_bytes())
        except (OSError, EOFError, zlib.error):
            return None
        if hashlib.sha256(body).hexdigest() != page.sha256:
            return None
        return replace(page, body=body)

    def keep(self, page: Page) -> Page:
        """Store a fetch, down to the disk."""
        if page.body and not page.sha256:
            page = replace(page, sha256=hashlib.sha256(page.body).hexdigest())
        if page.body and self.read(page) is None:
            self._write_body(page)
        headers = {k: v for k, v in sorted(page.headers.items()) if k in KEPT_HEADERS}
        page = replace(page, headers=headers)
        row = asdict(replace(page, body=b""))
        del row["body"]
        files.append_jsonl(self.folder / INDEX, row)
        files.flush(self.folder / INDEX)
        self._remember(page)
        return page

    def _write_body(self, page: Page) -> None:
        path = self._path(page.sha256)
        files.make_folder(path.parent)
        with files.replacing(path) as temporary:
            temporary.write_bytes(gzip.compress(page.body, LEVEL, mtime=0))

    def _path(self, sha256: str) -> Path:
        return self.folder / BODIES / sha256[:2] / f"{sha256}.gz"

    def _remember(self, page: Page) -> None:
        page = replace(page, body=b"")
        self._pages[page.url] = page
        if page.status == 200 and page.final_url != page.url:
            self._aliases[page.final_url] = page.url
        for host in {host_of(page.url), host_of(page.final_url)}:
            self.last_request[host] = max(page.checked, self.last_request.get(host, 0.0))

    # --- collections and whether they ended -----------------------------------------------
    def begin(self, key: str, now: float) -> float:
        """When the collection `key` began: now, or earlier when it was broken off lately."""
        runs = self._notes(RUNS)
        run = _run(runs, key)
        began = run.get("began")
        # NaN, which JSON can hold, is no time.
        known = isinstance(began, float) and 0 <= began <= now and not run.get("done")
        if not isinstance(began, float) or not known or self._over(run, began, now):
            began = now
            files.write_json(self.folder / RUNS, runs | {key: {"began": now, "done": False}})
        return began

    def _over(self, run: Mapping[str, Any], began: float, now: float) -> bool:
        """Whether it is too old to go on with: a day after its beginning, where it came to an end.

        One that was broken off may have lasted for days: a day without any page is its end.
        """
        if run.get("ended"):
            return now - began > FRESH_SECONDS
        moments = sorted(m for p in self._pages.values() if began <= (m := p.checked) <= now)
        return any(b - a > FRESH_SECONDS for a, b in pairwise([began, *moments, now]))

    def end(self, key: str, done: bool) -> None:
        """The collection came to its end; not `done`: some pages are for a later run."""
        runs = self._notes(RUNS)
        run = _run(runs, key) | {"done": done, "ended": True}
        files.write_json(self.folder / RUNS, runs | {key: run})

    def closed_hosts(self) -> dict[str, float]:
        """Hosts that asked to be left alone, until when (seconds since 1970)."""
        return {k: float(v) for k, v in self._notes(HOSTS).items() if isinstance(v, int | float)}

    def close_host(self, host: str, until: float) -> None:
        files.write_json(self.folder / HOSTS, self._notes(HOSTS) | {host: until})

    def _notes(self, name: str) -> dict[str, Any]:
        path = self.folder / name
        return files.read_json(path) if path.exists() else {}


@contextmanager
def opened(folder: Path) -> Iterator[PageStore]:
    """The store, for this process alone. Raises MorrisError when another one has it."""
    files.make_folder(folder.parent)
    files.make_folder(folder)
    files.make_folder(folder / BODIES)
    busy = f"Another `morris collect` is at work in {folder}. Wait until it has ended."
    with files.locked(folder / LOCK, busy):
        for place in (folder, *(folder / BODIES).glob("*")):
            files.remove_unfinished(place)
        yield PageStore(folder)


def _page_from_json(row: dict[str, Any]) -> Page:
    """Raises MorrisError, and ValueError, OverflowError or OSError for a moment out of all time."""
    if "body" in row:
        raise MorrisError("a body stands in a file of its own.")
    page = record_from_json(Page, row)
    if page.sha256 and not SHA256.fullmatch(page.sha256):  # it becomes a file's name
        raise MorrisError("sha256 is none.")
    for moment in (page.fetched, page.checked):
        datetime.fromtimestamp(moment, UTC)
    for url in (page.url, page.final_url):
        host_of(url)
    return page


def _run(runs: Mapping[str, Any], key: str) -> dict[str, Any]:
    run = runs.get(key)
    return run if isinstance(run, dict) else {}


def run_key(parts: object) -> str:
    return hashlib.sha256(json.dumps(parts).encode()).hexdigest()[:16]
