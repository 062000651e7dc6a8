"""Attacks and failures of servers: each is refused with its reason, the rest is collected."""

import gzip
import json
import os
import subprocess
import sys
import time

import pytest
from support.hostile_site import (
    FakeClock,
    answer,
    article,
    bomb,
    collect_from,
    drip,
    flood,
    redirect,
    served,
    with_validators,
)

from morris_mlx.errors import MissingError, MorrisError

HTML_HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n"


GZ = "Content-Encoding: gzip"


BILLION = (
    '<?xml version="1.0"?><!DOCTYPE r [<!ENTITY a "aaaaaaaaaa">'
    + "".join(f'<!ENTITY {chr(98 + i)} "{f"&{chr(97 + i)};" * 10}">' for i in range(9))
    + "]>"
)


@pytest.fixture
def site():
    with served() as site:
        site.page("/good", article("good"))
        yield site


@pytest.fixture(scope="module")
def packed_bomb():
    return bomb(1)


def reasons(collected):
    return {s.source.rsplit("/", 1)[-1]: s.reason for s in (*collected.skipped, *collected.later)}


CASES = {
    "drip": (drip(HTML_HEAD + b"\r\n"), "not finished within 1.5 s"),
    "drip-headers": (drip(b"HTTP/1.1 200 OK\r\nX-Slow: "), "not finished within 1.5 s"),
    "silence": (lambda site, hit, sock: time.sleep(120), "not finished within 1.5 s"),
    "endless-body": (flood(HTML_HEAD + b"\r\n", b"<p>x</p>" * 8192), "larger than"),
    "endless-chunks": (
        flood(
            HTML_HEAD + b"Transfer-Encoding: chunked\r\n\r\n", b"4000\r\n" + b"x" * 0x4000 + b"\r\n"
        ),
        "larger than",
    ),
    "endless-headers": (
        flood(b"HTTP/1.1 200 OK\r\n", b"X-More: yes\r\n" * 100),
        "no answer that can",
    ),
    "endless-header-line": (flood(b"HTTP/1.1 200 OK\r\nX: ", b"x" * 8192), "no answer that can"),
    "endless-continue": (
        flood(b"", b"HTTP/1.1 100 Continue\r\n\r\n"),
        "more bytes than any page|not finished",
    ),
    "huge-promise": (
        answer("x", "Content-Length: 999999999999"),
        "999,999,999,999 bytes, more than any page needs",
    ),
    "packed-twice": (answer(b"x", "Content-Encoding: gzip, gzip"), "packed more than once"),
    "packed-twice-headers": (answer(b"x", GZ, GZ), "packed more than once"),
    "brotli": (answer(b"x", "Content-Encoding: br"), "a way that was not asked for (br)"),
    "truncated-gzip": (answer(gzip.compress(article(1).encode())[:-30], GZ), "gzip ends too early"),
    "damaged-gzip": (answer(gzip.compress(b"x" * 99)[:10] + b"\xff" * 40, GZ), "gzip is damaged"),
    "cut-short": (answer("<p>half", "Content-Length: 4000"), "ended after 7 of 4,000 bytes"),
    "loop": (redirect("/loop"), "redirects in a circle"),
    "cookie-wall": (
        lambda site, hit, sock: (
            redirect("/cookie-wall", "Set-Cookie: in=1")
            if "in=1" not in hit.headers.get("cookie", "")
            else answer(article("cookie"))
        ),
        "redirects in a circle",
    ),
    "to-file": (redirect("file:///etc/passwd"), "file: is not http or https"),
    "to-data": (redirect("data:text/html,<p>x"), "data: is not http or https"),
    "to-metadata": (redirect("http://169.254.169.254/latest/"), "private address"),
    "to-elsewhere": (redirect("https://elsewhere.example/"), "elsewhere.example is not known"),
    "to-nowhere": (redirect("http://[bad/"), "not a valid address"),
    "video": (answer(b"\0" * 99, "Content-Type: video/mp4"), "video/mp4 is not a page"),
    "garbage": (b"\x16\x03\x01 this is no HTTP at all\r\n\r\n", "no answer that can be read"),
    "hangs-up": (lambda site, hit, sock: None, "no answer that can be read"),
    "gone": (answer("gone", status="410 Gone"), "answered 410 Gone"),
    "login": (answer("no", status="401 Unauthorized"), "answered 401 Unauthorized"),
    "empty": (answer(""), "no article text"),
    "not-modified": (answer("", status="304 Not Modified"), "answered 304"),
    "million-elements": (answer("<b>x" * 400_000), "too large for a page"),
    "growing-path": (
        answer(article("growing", more="<a href='x/y/growing-path'>on</a>")),
        "",
    ),
    "deep": (answer("<div>" * 60_000 + "x"), "no article text"),
}


def test_every_hostile_response_is_refused_with_its_reason_and_the_rest_is_collected(
    site, tmp_path
):
    for name, (reply, _) in CASES.items():
        site.routes[f"/{name}"] = reply
    # A good page after each: five failures in a row would end the visit.
    for name in CASES:
        site.routes[f"/ok/{name}"] = with_validators(article(f"/ok/{name}"), f'"{name}"')
    site.robots("User-agent: *\nDisallow: /secret\n")
    site.routes["/ok/hidden"] = redirect("/secret")
    paths = [path for name in CASES for path in (f"/{name}", f"/ok/{name}")]
    began = time.monotonic()
    clock = FakeClock()
    found = collect_from(site, tmp_path, *paths, "/ok/hidden", "/secret", clock=clock)
    told = reasons(found)
    wrong = {
        name: told.get(name)
        for name, (_, said) in CASES.items()
        if not any(words in told.get(name, "") for words in said.split("|"))
    }
    assert not wrong
    assert {d.title for d in found.documents} == {
        "Column growing",
        *(f"Column /ok/{name}" for name in CASES),
    }
    assert time.monotonic() - began < 100  # three that take 1.5 s, twice, and no other waits
    # The log: nothing that was not given, nothing forbidden, each once (twice where it broke off),
    # after a wait, without a cookie.
    assert set(site.paths) == {"/robots.txt", "/ok/hidden", *paths}
    assert max(site.counts.values()) == 2 and site.counts["/robots.txt"] == 1
    assert not any("cookie" in hit.headers for hit in site.log)
    assert len(clock.slept) == len(site.log) - 1 and min(clock.slept) >= 2.0
    # Later: asked whether they have changed.
    clock.time += 100_000
    site.log.clear()
    later = collect_from(site, tmp_path, *(f"/ok/{name}" for name in CASES), clock=clock)
    assert len(later.documents) == len(CASES) == len(site.log) - 1
    assert all("if-none-match" in hit.headers for hit in site.log if hit.path != "/robots.txt")


def test_a_decompression_bomb_takes_little_memory(site, tmp_path, packed_bomb):
    site.page("/bomb", packed_bomb, GZ)
    site.page("/bomb2", gzip.compress(packed_bomb), GZ)  # unpacked once, it is no page
    code = (
        "import resource, sys\n"
        "from pathlib import Path\n"
        "from support.hostile_site import collect_from, FakeClock\n"
        "from morris_mlx.collect.web import crawl_run\n"
        "class Site: url = sys.argv[1]\n"
        "before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss\n"
        "found = collect_from(Site, Path(sys.argv[2]), '/good', '/bomb', '/bomb2')\n"
        "after = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss\n"
        "print(after - before, [s.reason for s in found.skipped])\n"
    )
    words = [sys.executable, "-c", code, site.url, str(tmp_path)]
    here = {"PYTHONPATH": os.pathsep.join(p for p in sys.path if p)}
    done = subprocess.run(words, capture_output=True, text=True, env=os.environ | here)
    assert done.returncode == 0, done.stderr
    grown, said = done.stdout.split(" ", 1)
    grown_mb = int(grown) / (1024 if sys.platform != "darwin" else 1024**2)
    assert said.count("a bomb") == 2
    assert grown_mb < 64


def test_an_ordinary_compressed_page_is_read(site, tmp_path):
    site.page("/packed", gzip.compress(article("packed").encode()), GZ)
    assert collect_from(site, tmp_path, "/packed").documents[0].title == "Column packed"


@pytest.mark.parametrize(
    "body",
    [
        BILLION + "<rss><channel><item><link>/good</link><title>&j;</title></item></channel></rss>",
        BILLION + "<urlset><url><loc>/good&j;</loc></url></urlset>",
        '<!DOCTYPE r [<!ENTITY x SYSTEM "file:///etc/passwd">]><urlset><url><loc>&x;</loc></url></urlset>',
    ],
)
def test_xml_that_declares_entities_is_refused(site, tmp_path, body):
    for name, raw in (("plain", body.encode()), ("wide", body.encode("utf-16"))):
        site.page(f"/{name}", raw, "Content-Type: application/xml")
    began = time.process_time()
    with pytest.raises(MissingError, match="declares XML entities of its own"):
        collect_from(site, tmp_path, "/plain", "/wide")
    assert time.process_time() - began < 20


def test_an_endless_listing_ends_when_nothing_new_comes(site, tmp_path):
    def listing(site, hit, sock):
        page = int(hit.path.partition("page=")[2] or 1)
        return f"<html><body><a href='/good'>good</a><a rel=next href='/list?page={page + 1}'>on</a></body></html>"

    site.routes["/list*"] = listing
    found = collect_from(site, tmp_path, "/list", follow=("/good",))
    assert [d.title for d in found.documents] == ["Column good"]
    assert len(site.log) < 30
    assert any("a trap: 20 pages like it" in s.reason for s in found.skipped)


def test_an_endless_calendar_is_left_and_articles_are_found(site, tmp_path):
    def month(site, hit, sock):
        year, number = map(int, hit.path.strip("/").split("/")[1:3])
        after = (year, number + 1) if number < 12 else (year + 1, 1)
        return (
            f"<html><body><h1>{year}-{number}</h1><p>There are no events in month {number} of the "
            f"year {year}, and nothing else is on this page than what it says here, again.</p>"
            f"<a href='/cal/{after[0]}/{after[1]}'>next</a></body></html>"
        )

    site.routes["/cal/*"] = month
    site.page("/", "<a href='/cal/2020/1'>Calendar</a><a href='/good'>good</a>")
    found = collect_from(site, tmp_path, "/", follow=("*",))
    assert "Column good" in {d.title for d in found.documents}
    assert len(site.log) < 30


def test_an_endlessly_growing_site_ends_at_max_pages(site, tmp_path):
    def grow(site, hit, sock):
        return article(
            hit.path, more=f"<a href='{hit.path}a'>more</a><a href='{hit.path}b'>more</a>"
        )

    site.routes["/grow/*"] = grow
    found = collect_from(site, tmp_path, "/grow/x", follow=("/grow/*",), max_pages=15)
    assert len(site.log) == 16  # with robots.txt
    assert any("raise --max-pages" in s.reason for s in found.skipped)


def test_paths_with_repeated_parts_are_traps(site, tmp_path):
    site.routes["/t/*"] = lambda s, hit, sock: article(hit.path, more="<a href='t/'>deeper</a>")
    found = collect_from(site, tmp_path, "/t/", follow=("*",))
    assert any("a path that repeats itself" in s.reason for s in found.skipped)
    assert len(site.log) < 8


def test_cookies_are_never_sent_nor_stored(site, tmp_path):
    site.routes["/cookie"] = answer(article("cookie"), "Set-Cookie: visitor=s3cr3t; Path=/")
    site.page("/list", "<a href='/cookie'>a</a><a href='/good'>b</a>", "Set-Cookie: visitor=s3cr3t")
    collect_from(site, tmp_path, "/list", follow=("*",))
    assert all("cookie" not in hit.headers for hit in site.log)
    assert "s3cr3t" not in (tmp_path / "index.jsonl").read_text()
    assert not any(
        "cookie" in json.loads(row)["headers"] for row in (tmp_path / "index.jsonl").open()
    )


def test_a_host_that_fails_repeatedly_is_left_alone(site, tmp_path):
    site.routes["/bad/*"] = lambda s, hit, sock: None
    listed = "".join(f"<a href='/bad/{n}x'>l</a>" for n in "abcdefghijkl")
    site.page("/list", listed + "<a href='/good'>g</a>")
    with pytest.raises(MorrisError, match="5 failures in a row"):
        collect_from(site, tmp_path, "/list", follow=("*",), clock=FakeClock())
    assert sum(p.startswith("/bad/") for p in site.paths) == 10  # two tries each


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ("<rss><channel>" + "<a>" * 200_000, "a feed of more than"),
        ("<urlset>" + "<a/>" * 600_000 + "</urlset>", "more than 500,000 elements"),
        (
            "<urlset>" + "<url><loc>/x</loc></url>" * 50_001 + "</urlset>",
            "more than 50,000 addresses",
        ),
    ],
)
def test_oversized_feeds_and_sitemaps_are_refused(site, tmp_path, body, said):
    site.page("/xml", body, "Content-Type: application/xml")
    with pytest.raises(MissingError, match=said):
        collect_from(site, tmp_path, "/xml")


def test_control_characters_from_servers_do_not_reach_the_terminal(site, tmp_path):
    site.page("/list", "<a href='ftp://h/\x1b[2Jx'>l</a><a href='/good'>g</a><a href='/odd'>o</a>")
    site.page("/odd", b"x", "Content-Type: text/\x1b[31mred")
    found = collect_from(site, tmp_path, "/list", follow=("*",))
    assert any("[31mred is not a page" in s.reason for s in found.skipped)
    assert all((s.source + s.reason).isprintable() for s in found.skipped)
