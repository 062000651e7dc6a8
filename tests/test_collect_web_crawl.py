"""Listings, feeds, sitemaps, the page store: found completely, fetched once, the same every time."""

import gzip
import itertools
import json
import os
import signal
import subprocess
import sys
import time

import pytest
from hostile_site import (
    FakeClock,
    article,
    collect_from,
    redirect,
    served,
    with_validators,
)

from morris_mlx.collect import WebRequest, preview_web
from morris_mlx.collect.web.fetch import Outside
from morris_mlx.collect.web.pages import PageStore
from morris_mlx.errors import MissingError, MorrisError

ALL = {"follow": ("/columns/*",)}


def titles(found):
    return sorted(d.title for d in found.documents)


def columns(numbers):
    return "".join(f"<p><a href='/columns/{n}'>Column {n}</a></p>" for n in numbers)


@pytest.fixture
def site():
    with served() as site:
        for n in range(1, 9):
            site.page(f"/columns/{n}", article(n))
        site.page(
            "/author",
            f"<html><body>{columns(range(1, 5))}<a rel='next' href='?page=2'>older</a></body></html>",
        )
        site.page(
            "/author?page=2",
            f"<html><body>{columns(range(5, 9))}<a href='/author'>newer</a></body></html>",
        )
        yield site


RSS = """<?xml version="1.0"?><rss version="2.0"><channel><title>T</title>
<item><title>1</title><link>{0}/columns/1?utm_source=rss</link><author>Feed Author</author>
<pubDate>Wed, 06 May 2020 10:00:00 GMT</pubDate></item>
<item><link>{0}/columns/2</link></item><item><link>https://elsewhere.example/x</link></item>
<item><link>file:///etc/passwd</link></item></channel></rss>"""
ATOM = """<feed xmlns="http://www.w3.org/2005/Atom"><link rel="next" href="/atom2"/>
<entry><link href="/columns/{0}"/><author><name>A</name></author><updated>2020-05-06T10:00:00Z</updated></entry></feed>"""
MAP = '<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">{}</urlset>'
INDEX = '<sitemapindex xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">{}</sitemapindex>'


def test_a_listing_is_followed_over_all_its_pages(site, tmp_path):
    found = collect_from(site, tmp_path, "/author", **ALL)
    assert titles(found) == [f"Column {n}" for n in range(1, 9)]
    assert found.sources[0].kind == "listing" and len(found.sources[0].pages) == 8
    assert max(site.counts.values()) == 1


def test_pictures_and_documents_are_not_asked_for(site, tmp_path):
    files = "".join(f"<a href='/columns/a{s}'>f</a>" for s in (".pdf", ".JPG", ".zip?x=1"))
    site.page("/author", f"<html><body>{columns([1])}{files}</body></html>")
    collect_from(site, tmp_path, "/author", **ALL)
    assert site.paths == ["/robots.txt", "/author", "/columns/1"]


def test_one_article_is_one_document_with_all_that_is_known_of_it(site, tmp_path):
    licence = '<link rel="license" href="https://creativecommons.org/licenses/by/4.0/">'
    site.page("/one", article("one", head=licence))
    found = collect_from(site, tmp_path, "/one")
    (document,) = found.documents
    assert (document.title, document.author, document.date) == (
        "Column one",
        "A Writer",  # trafilatura takes the dot
        "2021-05-06",
    )
    assert document.source == f"{site.url}/one" and document.kind == "article"
    assert document.text.startswith("The committee met") and "cookies" not in document.text
    (note,) = found.sources[0].pages
    assert note.licence.endswith("/by/4.0/") and note.robots.startswith("allowed") and note.fetched


def test_an_rss_feed_gives_its_entries_of_the_same_site(site, tmp_path):
    site.page("/columns/1", article(1, author="").replace("2021-05-06", ""))
    site.page("/rss", RSS.format(site.url), "Content-Type: application/rss+xml")
    found = collect_from(site, tmp_path, "/rss")
    assert titles(found) == ["Column 1", "Column 2"] and found.sources[0].kind == "feed"
    first = next(d for d in found.documents if d.title == "Column 1")
    assert first.author == "Feed Author" and first.source == f"{site.url}/columns/1"
    assert {s.reason.split(" (")[0] for s in found.skipped} == {
        f"on another site than {site.url}/rss",
        "file: is not http or https",
    }


def test_an_atom_feed_in_parts_and_with_any_media_type(site, tmp_path):
    site.page("/atom", ATOM.format(1))
    site.page("/atom2", ATOM.format(2), "Content-Type: text/xml")
    assert titles(collect_from(site, tmp_path, "/atom")) == ["Column 1", "Column 2"]


def test_an_index_of_sitemaps_some_of_them_packed(site, tmp_path):
    def entries(paths, tag="url"):
        return "".join(f"<{tag}><loc> {site.url}{p}\n</loc></{tag}>" for p in paths)

    one, two = (
        MAP.format(entries(["/columns/1", "/columns/2"])),
        MAP.format(entries(["/columns/3"])),
    )
    site.page("/map1.xml", one, "Content-Type: application/xml")
    site.page("/map2.xml.gz", gzip.compress(two.encode()), "Content-Type: application/gzip")
    site.page("/index.xml", INDEX.format(entries(["/map1.xml", "/map2.xml.gz"], "sitemap")))
    found = collect_from(site, tmp_path, "/index.xml")
    assert titles(found) == ["Column 1", "Column 2", "Column 3"]
    assert found.sources[0].kind == "sitemap"
    assert titles(collect_from(site, tmp_path, "/index.xml", follow=("*/3",))) == ["Column 3"]


@pytest.mark.parametrize("given", ["/map", "/notes"])
def test_many_short_notes_in_a_row_are_no_trap_when_they_are_listed(site, tmp_path, given):
    def note(s, hit, sock):
        number = hit.path.rpartition("/")[2]
        return (
            f"<html><head><title>Note {number}</title></head><body><article><p>Note {number} is as "
            f"short as I could make it on day {number} of a summer that has seen {number} ferries "
            "come late, and nobody on the pier to say why it was so.</p></article></body></html>"
        )

    site.routes["/notes/*"] = note
    paths = [f"/notes/{n}" for n in range(1, 31)]
    site.page("/map", MAP.format("".join(f"<url><loc>{p}</loc></url>" for p in paths)))
    site.page("/notes", "".join(f"<a href='{p}'>a note</a>" for p in paths))
    found = collect_from(site, tmp_path, given, follow=("/notes/*",))
    assert len(found.documents) == 30


def test_sitemaps_that_name_each_other_come_to_an_end(site, tmp_path):
    counter = itertools.count()

    def deeper(s, hit, sock):
        return INDEX.format(f"<sitemap><loc>{site.url}/deep{next(counter)}x</loc></sitemap>")

    site.routes["/deep*"] = deeper
    with pytest.raises(MissingError, match="more than 3 deep"):
        collect_from(site, tmp_path, "/deep")


def test_only_the_wanted_byline_is_kept(site, tmp_path):
    site.page("/columns/2", article(2, author="Somebody Else"))
    site.page("/columns/3", article(3, author="B. Other and A. Writer"))
    site.page("/columns/4", article(4, author=""))
    found = collect_from(site, tmp_path, "/author", author="a writer", **ALL)
    assert titles(found) == [f"Column {n}" for n in (1, 3, 5, 6, 7, 8)]
    assert {s.reason for s in found.skipped} == {"by Somebody Else", "without a byline"}
    with pytest.raises(MissingError, match="and the author's name"):
        collect_from(site, tmp_path, "/author", author="Nobody", **ALL)


def test_a_page_at_two_addresses_is_one_document(site, tmp_path):
    canonical = f'<link rel="canonical" href="{site.url}/columns/1">'
    site.page("/columns/1", article(1, head=canonical))
    site.page("/columns/1/print", article(1, head=canonical, more="<p>Printed for you.</p>"))
    site.page("/columns/1/copy", article(1))
    site.routes["/columns/1/moved"] = redirect("/columns/1")
    links = "".join(
        f"<a href='/columns/{p}'>l</a>"
        for p in ("1", "1#top", "1?utm_source=x", "1/print", "1/copy", "1/moved")
    )
    site.page("/list", f"<html><body>{links}</body></html>")
    found = collect_from(site, tmp_path, "/list", **ALL)
    assert [d.source for d in found.documents] == [f"{site.url}/columns/1"]
    assert set(site.counts.values()) == {1}  # not once more at the end of the redirect


def test_a_canonical_address_in_the_sites_first_folder_counts(site, tmp_path):
    canonical = f'<link rel="canonical" href="{site.url}/a-post">'
    site.page("/a-post", article(1, head=canonical))
    site.page("/a-post/print", article(1, head=canonical, more="<p>Printed for you.</p>"))
    found = collect_from(site, tmp_path, "/a-post", "/a-post/print")
    assert [d.source for d in found.documents] == [f"{site.url}/a-post"]


def test_one_canonical_address_for_all_pages_loses_none(site, tmp_path):
    for n in range(1, 5):
        site.page(
            f"/columns/{n}",
            article(
                f"{n} " + " ".join(f"w{n}x{i}" for i in range(99)),
                head=f'<link rel="canonical" href="{site.url}/columns/0">',
            ),
        )
    found = collect_from(site, tmp_path, "/author", max_pages=5, **ALL)
    assert len(found.documents) == 4 == len({d.source for d in found.documents})


def test_a_list_is_not_taken_for_an_article(site, tmp_path):
    site.page(
        "/author",
        f"<html><head><link rel='alternate' type='application/rss+xml' href='/rss'></head><body>{columns(range(1, 60))}</body></html>",
    )
    with pytest.raises(MissingError, match=r"a list of links.*--follow") as error:
        collect_from(site, tmp_path, "/author")
    assert f"{site.url}/rss" in str(error.value)


def test_nothing_found_is_an_error_with_exit_code_3(site, tmp_path):
    with pytest.raises(MissingError, match="404 Not Found") as error:
        collect_from(site, tmp_path, "/absent")
    assert error.value.exit_code == 3


def test_offline_reads_the_store_alone_and_gives_the_same(site, tmp_path):
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


def test_a_line_that_was_cut_off_costs_its_own_page_only(site, tmp_path):
    with pytest.raises(KeyboardInterrupt):
        collect_from(site, tmp_path, "/author", clock=Interrupting(5), **ALL)
    index = tmp_path / "index.jsonl"
    index.write_bytes(index.read_bytes()[:-30])
    collect_from(site, tmp_path, "/author", **ALL)
    assert sorted(site.counts.values()) == [1] * 10 + [2]
    assert all(json.loads(line) for line in index.open())


class Interrupting(FakeClock):
    """Ctrl-C at the n-th wait."""

    def __init__(self, after):
        super().__init__()
        self.left = after

    def sleep(self, seconds):
        self.left -= 1
        if self.left < 0:
            raise KeyboardInterrupt
        super().sleep(seconds)


def test_interrupted_at_every_place_it_goes_on_and_asks_for_nothing_twice(site, tmp_path):
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


def test_a_redirect_to_what_may_not_be_asked_is_not_asked_again_after_a_stop(site, tmp_path):
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


def test_a_collection_of_several_days_goes_on_where_it_was_broken_off(site, tmp_path):
    site.robots("User-agent: *\nCrawl-delay: 280\n")
    clock = Interrupting(6)
    clock.sleep = lambda seconds, real=clock.sleep: real(seconds * 40)  # three hours each
    with pytest.raises(KeyboardInterrupt):
        collect_from(site, tmp_path, "/author", clock=clock, **ALL)
    assert len(site.log) == 7
    clock.left, clock.time = 99, clock.time + 20 * 3600  # 38 hours after the beginning
    collect_from(site, tmp_path, "/author", clock=clock, **ALL)
    assert all(n == 1 for path, n in site.counts.items() if path != "/robots.txt")


def test_a_collection_that_was_broken_off_long_ago_begins_anew(site, tmp_path):
    clock = Interrupting(6)
    with pytest.raises(KeyboardInterrupt):
        collect_from(site, tmp_path, "/author", clock=clock, **ALL)
    clock.left, clock.time = 99, clock.time + 25 * 3600
    collect_from(site, tmp_path, "/author", clock=clock, **ALL)
    assert site.counts["/author"] == 2


def test_a_page_that_is_never_to_be_had_does_not_keep_the_others_from_being_asked(site, tmp_path):
    site.routes["/columns/9"] = redirect("http://nowhere.example/")
    site.page("/author", f"<html><body>{columns(range(7, 9))}</body></html>")
    clock = FakeClock()
    for _ in range(3):
        found = collect_from(site, tmp_path, "/author", "/columns/9", clock=clock, **ALL)
        assert found.later
        clock.time += 13 * 3600
    assert site.counts["/columns/8"] == 2


def test_files_of_the_store_are_private(site, tmp_path):
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


def test_a_dry_run_tells_verdict_pages_and_time_and_fetches_no_article(site, tmp_path):
    site.robots("User-agent: *\nCrawl-delay: 4\nDisallow: /columns/7\n")
    request = WebRequest(
        urls=(f"{site.url}/author",), contact="me@example.org", allow_private=True, **ALL
    )
    outside = Outside(clock=FakeClock().clock)
    (outlook,) = preview_web(request, tmp_path, outside=outside)
    assert outlook.robots == f"allowed by {site.url}/robots.txt" and outlook.kind == "listing"
    assert len(outlook.pages) == 7 and outlook.delay_seconds == 4 and outlook.seconds == 28
    assert list(outlook.refused) == [f"{site.url}/columns/7"]
    assert site.paths == ["/robots.txt", "/author", "/author?page=2"]
    collect_from(site, tmp_path, "/author", **ALL)
    assert set(site.counts.values()) == {1}


def test_a_dry_run_of_a_listing_says_that_its_links_must_be_followed(site, tmp_path):
    site.page("/author", f"<html><body>{columns(range(1, 60))}</body></html>")
    request = WebRequest((f"{site.url}/author",), contact="me@example.org", allow_private=True)
    (outlook,) = preview_web(request, tmp_path, outside=Outside(clock=FakeClock().clock))
    assert outlook.pages == () and outlook.stored == 0
    assert "--follow" in outlook.refused[f"{site.url}/author"]


def test_killed_again_and_again_it_collects_all_and_asks_for_no_stored_page_twice(site, tmp_path):
    """kill -9 of the command itself; only a page that was on its way may be asked for again."""
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
