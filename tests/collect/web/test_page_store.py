"""The page store: after any interruption, nothing is fetched twice and nothing is lost."""

import json
import os
import signal
import subprocess
import sys
import time

import pytest
from support.columns_site import ALL, columns, served_columns, titles
from support.hostile_site import (
    FakeClock,
    article,
    collect_from,
    redirect,
    with_validators,
)

from morris_mlx.collect.web.page_store import PageStore
from morris_mlx.errors import MorrisError, RefusedError


@pytest.fixture
def site():
    with served_columns() as site:
        yield site


def test_offline_reads_only_the_store_and_gives_the_same_result(site, tmp_path):
    online = collect_from(site, tmp_path, "/author", **ALL)
    asked = len(site.log)
    offline = collect_from(site, tmp_path, "/author", offline=True, contact="", **ALL)
    assert offline.documents == online.documents and offline.sources == online.sources
    assert len(site.log) == asked and offline.requests == 0
    with pytest.raises(MorrisError, match=r"(?s)without --offline.*not in the store") as error:
        collect_from(site, tmp_path, "/elsewhere", offline=True)
    assert "later" not in str(error.value)


def test_a_damaged_body_is_fetched_again(site, tmp_path):
    collect_from(site, tmp_path, "/columns/1")
    for body in (tmp_path / "bodies").rglob("*.gz"):
        body.write_bytes(body.read_bytes()[:-9])
    assert titles(collect_from(site, tmp_path, "/columns/1")) == ["Column 1"]
    assert site.counts["/columns/1"] == 2
    assert titles(collect_from(site, tmp_path, "/columns/1", offline=True)) == ["Column 1"]


def test_a_torn_line_costs_only_its_own_page(site, tmp_path):
    with pytest.raises(KeyboardInterrupt):
        collect_from(site, tmp_path, "/author", clock=Interrupting(5), **ALL)
    index = tmp_path / "index.jsonl"
    index.write_bytes(index.read_bytes()[:-30])
    collect_from(site, tmp_path, "/author", **ALL)
    assert sorted(site.counts.values()) == [1] * 10 + [2]
    assert all(json.loads(line) for line in index.open())


class Interrupting(FakeClock):
    """A clock that raises KeyboardInterrupt at the wait after the first `after` ones."""

    def __init__(self, after):
        super().__init__()
        self.left = after

    def sleep(self, seconds):
        self.left -= 1
        if self.left < 0:
            raise KeyboardInterrupt
        super().sleep(seconds)


def test_a_run_interrupted_anywhere_resumes_and_requests_nothing_twice(site, tmp_path):
    whole = collect_from(site, tmp_path / "whole", "/author", **ALL)
    site.log.clear()
    for _ in range(30):
        try:
            found = collect_from(site, tmp_path / "broken", "/author", clock=Interrupting(1), **ALL)
            break
        except KeyboardInterrupt:
            continue
    assert found.documents == whole.documents
    assert set(site.counts.values()) == {1} and len(site.log) == 11


def test_a_redirect_to_a_refused_address_is_not_requested_again_after_an_interruption(
    site, tmp_path
):
    site.robots("User-agent: *\nDisallow: /secret\n")
    site.routes["/columns/1"] = redirect("/secret")
    site.routes["/columns/2"] = redirect("http://inside.example/")
    links = columns(range(1, 5))
    site.page("/author", f"<html><body>{links}</body></html>")

    def resolve(host, port):
        return ["10.0.0.1"] if host == "inside.example" else ["127.0.0.1"]

    for _ in range(30):
        try:
            words = (f"{site.url}/columns/2", "/author")
            found = collect_from(
                site, tmp_path, *words, clock=Interrupting(1), resolve=resolve, **ALL
            )
            break
        except KeyboardInterrupt:
            continue
    assert titles(found) == ["Column 3", "Column 4"] and set(site.counts.values()) == {1}
    told = {s.source.rpartition("/")[2]: s.reason for s in found.skipped}
    assert "disallowed by" in told["1"] and "private address" in told["2"]


@pytest.mark.parametrize(
    ("target", "step"),
    [("/secret", "collect them from files"), ("http://inside.example/", "add --allow-private")],
)
def test_a_stored_refusal_stays_a_refusal_in_the_next_run(site, tmp_path, target, step):
    site.robots("User-agent: *\nDisallow: /secret\n")
    site.routes["/columns/1"] = redirect(target)

    def resolve(host, port):
        return ["10.0.0.1"] if host == "inside.example" else ["127.0.0.1"]

    for _ in range(2):
        with pytest.raises(RefusedError, match=step):
            collect_from(site, tmp_path, "/columns/1", resolve=resolve)
    assert set(site.counts.values()) == {1}


def test_an_interrupted_collection_of_several_days_resumes(site, tmp_path):
    site.robots("User-agent: *\nCrawl-delay: 280\n")
    clock = Interrupting(6)
    clock.sleep = lambda seconds, real=clock.sleep: real(seconds * 40)  # three hours each
    with pytest.raises(KeyboardInterrupt):
        collect_from(site, tmp_path, "/author", clock=clock, **ALL)
    assert len(site.log) == 7
    clock.left, clock.time = 99, clock.time + 20 * 3600  # 38 hours after the beginning
    collect_from(site, tmp_path, "/author", clock=clock, **ALL)
    assert all(n == 1 for path, n in site.counts.items() if path != "/robots.txt")


def test_a_collection_interrupted_long_ago_starts_again(site, tmp_path):
    clock = Interrupting(6)
    with pytest.raises(KeyboardInterrupt):
        collect_from(site, tmp_path, "/author", clock=clock, **ALL)
    clock.left, clock.time = 99, clock.time + 25 * 3600
    collect_from(site, tmp_path, "/author", clock=clock, **ALL)
    assert site.counts["/author"] == 2


def test_a_page_that_always_fails_does_not_stop_later_runs_from_refreshing_others(site, tmp_path):
    site.routes["/columns/9"] = redirect("http://nowhere.example/")
    site.page("/author", f"<html><body>{columns(range(7, 9))}</body></html>")
    clock = FakeClock()
    for _ in range(3):
        found = collect_from(site, tmp_path, "/author", "/columns/9", clock=clock, **ALL)
        assert found.later
        clock.time += 13 * 3600
    assert site.counts["/columns/8"] == 2


def test_files_of_the_store_are_readable_by_the_user_only(site, tmp_path):
    collect_from(site, tmp_path / "raw" / "web", "/columns/1")
    files = [p for p in (tmp_path / "raw").rglob("*") if p.is_file()]
    assert len(files) >= 4
    assert all(p.stat().st_mode & 0o077 == 0 for p in (tmp_path / "raw").rglob("*"))


def test_two_collections_at_once_are_refused(site, tmp_path):
    seen = []

    def second(s, hit, sock):
        with pytest.raises(MorrisError, match="Another `morris collect`") as error:
            collect_from(site, tmp_path, "/columns/1")
        seen.append(error)
        return article("slow")

    site.routes["/slow"] = second
    collect_from(site, tmp_path, "/slow")
    assert seen


def test_a_command_killed_repeatedly_collects_all_and_requests_no_stored_page_twice(site, tmp_path):
    """After SIGKILL, only a page that was being transferred may be requested again."""
    for n in range(1, 9):
        site.routes[f"/columns/{n}"] = with_validators(article(n), f'"{n}"')
    words = [
        sys.executable,
        "-m",
        "morris_mlx",
        "collect",
        f"{site.url}/author",
        "--follow",
        "/columns/*",
    ]
    words += ["--ground", "own", "--contact", "me@example.org", "--allow-private", "--delay", "0.2"]
    home = tmp_path / "home"
    home.mkdir()
    environment = os.environ | {"MORRIS_HOME": str(home)}
    in_flight = []
    for stop_after in (3, 6, 9):
        with subprocess.Popen(
            words, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE
        ) as run:
            while len(site.log) < stop_after and run.poll() is None:
                time.sleep(0.01)
            time.sleep(0.05 * (stop_after % 2))
            run.send_signal(signal.SIGKILL)
        store = PageStore(home / "data" / "raw" / "web")
        in_flight += [hit.path for hit in site.log if store.find(site.url + hit.path) is None]
    done = subprocess.run(words, env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    rows = [json.loads(line) for line in (home / "data/documents.jsonl").open()]
    assert sorted(r["title"] for r in rows) == [f"Column {n}" for n in range(1, 9)]
    assert len(in_flight) <= 3
    assert all(count == 1 for path, count in site.counts.items() if path not in in_flight)
    assert min(site.gaps()) >= 0.2
    # The same stored input gives the same bytes.
    before = (home / "data/documents.jsonl").read_bytes()
    done = subprocess.run([*words, "--offline"], env=environment, capture_output=True, text=True)
    assert done.returncode == 0 and (home / "data/documents.jsonl").read_bytes() == before
