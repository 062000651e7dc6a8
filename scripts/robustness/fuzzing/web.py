"""Fuzzing of server input: responses, bodies, pages, feeds, sitemaps, robots.txt, page store."""

from __future__ import annotations

import gzip
import hashlib
import json
import socket
import sys
import threading
from collections.abc import Iterator
from contextlib import suppress
from functools import cache
from pathlib import Path

from fuzzing.target import Target, require_type, written

sys.path.insert(0, str(Path(__file__).parents[3] / "tests"))

from support.hostile_site import article

from morris_mlx.collect.html.article import Article, extract_article
from morris_mlx.collect.html.charset import decode_html
from morris_mlx.collect.web import address
from morris_mlx.collect.web.content_type import detect_kind
from morris_mlx.collect.web.feeds import Feed, read_feed
from morris_mlx.collect.web.http_client import Deadline, ServerResponse, http_get
from morris_mlx.collect.web.links import Links, read_links
from morris_mlx.collect.web.page_removal import count_unwanted, remove_unwanted
from morris_mlx.collect.web.page_store import INDEX, Page, PageStore, open_store
from morris_mlx.collect.web.politeness import retry_after_seconds
from morris_mlx.collect.web.request import UnwantedPages
from morris_mlx.collect.web.response_body import Limits, gunzip_file
from morris_mlx.collect.web.robots import parse_robots
from morris_mlx.collect.web.sitemaps import Sitemap, read_sitemap
from morris_mlx.errors import MorrisError, RefusedError

URL = "http://example.org/columns/1"
WORDS = "the old lamp in the hall burns at night, and nobody has ever asked who pays for it. "


def labelled(data: bytes) -> tuple[str, bytes]:
    """Split off the first line, which is the charset that the server names."""
    label, _, body = data.partition(b"\n")
    return label.decode("latin-1"), body


def pages() -> list[bytes]:
    quoted = f"<blockquote><p>{WORDS}</p></blockquote><p>{WORDS * 3}</p><pre>a\nb</pre>"
    whole = article("Lamps", more=quoted).encode()
    cyrillic = f"<html><body><p>{'Вчера шёл дождь, и мы остались дома. ' * 9}</p></body></html>"
    heads = '<link rel="canonical" href="/a"><meta name="robots" content="nofollow">'
    heads += '<link rel="alternate" type="application/rss+xml" href="f.xml"><base href="//x/">'
    listing = f"<html><head>{heads}</head><body><a href='/b'>b</a><a rel=next href='?p=2'>n</a>"
    return [
        b"utf-8\n" + whole,
        b"windows-1251\n" + cyrillic.encode("cp1251"),
        b"\n" + whole.decode().encode("utf-16"),
        b"\n" + listing.encode() + b"<table><tr><td>x</table></body></html>",
    ]


def feeds() -> list[bytes]:
    rss = "<rss version='2.0'><channel><title>T</title><item><title>A</title><author>Ann</author>"
    rss += "<link>http://example.org/1</link><pubDate>Tue, 14 Nov 2023 22:13:20 GMT</pubDate>"
    rss += "<description>&lt;p&gt;x&lt;/p&gt;</description></item></channel></rss>"
    atom = "<?xml version='1.0'?><feed xmlns='http://www.w3.org/2005/Atom'><link rel='next' "
    atom += "href='?p=2'/><entry><link href='/a'/><updated>2023-11-14T22:13:20Z</updated>"
    atom += "<author><name>Ann</name></author><content type='xhtml'><div>x</div></content>"
    atom += "</entry></feed>"
    item = {"url": "/a", "content_html": "<p>x</p>", "date_published": "2023-11-14T22:13:20Z"}
    feed = {"version": "https://jsonfeed.org/version/1.1", "authors": [{"name": "Ann"}]}
    feed |= {"items": [item, {"id": 1, "url": "/b", "content_text": "x"}], "next_url": "?p=2"}
    return [rss.encode(), atom.encode(), atom.encode("utf-16"), json.dumps(feed).encode()]


def sitemaps() -> list[bytes]:
    spaces = "xmlns='http://www.sitemaps.org/schemas/sitemap/0.9'"
    urls = f"<?xml version='1.0'?><urlset {spaces}><url><loc>http://example.org/1</loc>"
    urls += "<lastmod>2023-11-14</lastmod></url><url><loc>\n/2 </loc></url></urlset>"
    index = f"<sitemapindex {spaces}><sitemap><loc>/s.xml.gz</loc></sitemap></sitemapindex>"
    lines = "http://example.org/1\nhttp://example.org/2\n"
    return [lines.encode(), urls.encode(), index.encode(), gzip.compress(urls.encode(), mtime=0)]


def robots() -> list[bytes]:
    one = b"User-agent: *\nDisallow: /private/*.html$\nAllow: /\nCrawl-delay: 1.5\n"
    other = b"\xef\xbb\xbfuser-agent: morris-mlx/1.0\nRequest-rate: 1/10s\nVisit-time: 0600-0845\n"
    return [one, other + one + b"Sitemap: http://example.org/s.xml\nHost: x\n"]


def answers() -> list[bytes]:
    body = b"<p>hello</p>"
    plain = b'HTTP/1.1 200 OK\r\nContent-Type: text/html; charset=utf-8\r\nETag: "x"\r\n'
    packed = gzip.compress(body, mtime=0)
    chunked = b"5\r\n<p>he\r\n7;x=y\r\nllo</p>\r\n0\r\nTrailer: x\r\n\r\n"
    return [
        plain + b"Content-Length: %d\r\n\r\n%s" % (len(body), body),
        plain + b"Transfer-Encoding: chunked\r\n\r\n" + chunked,
        plain + b"Content-Encoding: gzip\r\nContent-Length: %d\r\n\r\n" % len(packed) + packed,
        b"HTTP/1.0 302 Found\r\nLocation: /x\r\nSet-Cookie: a=b\r\n\r\n",
        b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 503 Busy\r\nRetry-After: 120\r\n\r\n",
    ]


def index() -> list[bytes]:
    page = {"url": URL, "final_url": URL, "status": 200, "fetched": 1.7e9, "checked": 1.7e9}
    page |= {"headers": {"content-type": "text/html; charset=utf-8", "etag": '"x"'}}
    page |= {"sha256": "ab" * 32, "robots": "allowed", "error": ""}
    moved = page | {"url": "http://example.org/2", "sha256": "", "status": 0, "error": "gone"}
    lines = [json.dumps(page).encode(), json.dumps(moved).encode()]
    return [b"\n".join(lines) + b"\n", lines[0] + b"\n"]


# --- runs ------------------------------------------------------------------------------------
def run_article(data: bytes, _: Path) -> None:
    label, body = labelled(data)
    require_type(extract_article(body, label, "2024-01-01"), Article)


def run_charset(data: bytes, _: Path) -> None:
    label, body = labelled(data)
    require_type(decode_html(body, label), str)


def run_links(data: bytes, _: Path) -> None:
    label, body = labelled(data)
    detect_kind(body)
    headers = {"content-type": f"text/html; charset={label}"}
    found = read_links(Page(URL, URL, 200, 0.0, 0.0, headers, body=body))
    require_type(found.pages, tuple[str, ...])
    require_type((found.canonical, found.next_pages, found.feeds), object)
    for url in (*found.pages, found.canonical, *found.next_pages, *found.feeds):
        assert Links and address.normalize_url(url) == url, url


def run_feed(data: bytes, _: Path) -> None:
    detect_kind(data)
    require_type(read_feed(gunzip_file(data, Limits())), Feed)


def run_sitemap(data: bytes, _: Path) -> None:
    require_type(read_sitemap(gunzip_file(data, Limits())), Sitemap)


def run_robots(data: bytes, _: Path) -> None:
    rules = parse_robots("http://example.org/robots.txt", data)
    assert 0 <= rules.delay_seconds < float("inf")
    for path in ("/", "/private/x.html", "/%e4?q=*", "/" + "a" * 500):
        require_type(rules.verdict(f"http://example.org{path}"), str)


def run_address(data: bytes, _: Path) -> None:
    """Normalize a URL; the result must be normalized already."""
    address.is_public("64:ff9b::" + data.decode("latin-1"))
    word, _, base = data.decode("utf-8", "replace").partition("\n")
    address.address_or_host(word)
    url = address.normalize_url(word, URL if base else "")
    assert address.normalize_url(url) == url, url
    (
        address.trap_reason(url),
        address.url_template(url),
        address.origin_of(url),
        address.is_same_site(url, URL),
    )
    address.matches_patterns(
        url, (base[:200], "/columns/*", "[")
    )  # the user's own: never a long one


def run_retry_after(data: bytes, _: Path) -> None:
    after, _, date = data.decode("latin-1").partition("\n")
    seconds = retry_after_seconds({"retry-after": after, "date": date}, 1.7e9)
    assert seconds is None or 0 <= seconds < 1e13, seconds


@cache
def server() -> tuple[int, list[bytes]]:
    """Return (port, [the answer]) of a server that sends one answer to everybody and hangs up."""
    listening = socket.create_server(("127.0.0.1", 0))
    said = [b""]

    def serve() -> None:
        while True:
            connection, _ = listening.accept()
            with connection, suppress(OSError):
                connection.recv(1 << 16)
                connection.sendall(said[0])
                connection.shutdown(socket.SHUT_WR)
                connection.settimeout(1.0)
                connection.recv(1)

    threading.Thread(target=serve, daemon=True).start()
    return listening.getsockname()[1], said


def run_answer(data: bytes, _: Path) -> None:
    port, said = server()
    said[0] = data
    limits = Limits(seconds=5.0, raw_bytes=500_000, decoded_bytes=1_000_000)
    reply = http_get(
        f"http://127.0.0.1:{port}/x",
        {"User-Agent": "x"},
        limits,
        Deadline(5.0),
        frozenset({f"127.0.0.1:{port}"}),
        lambda _host, _port: ["127.0.0.1"],
    )
    require_type(reply.headers, dict[str, str])
    assert isinstance(reply, ServerResponse) and len(reply.body) <= limits.decoded_bytes


def run_index(data: bytes, folder: Path) -> None:
    """Open a store as it was left, and use everything of its pages."""
    written(folder / "web", INDEX, data)
    with open_store(folder / "web") as store:
        for page in known_pages(store):
            require_type(page, Page)
            _ = (page.validators, page.charset, page.day)
            assert store.read_body(page) is None or not page.sha256
    with suppress(RefusedError):
        count_unwanted(folder / "web", UnwantedPages(frozenset({URL}), frozenset(), (WORDS * 3,)))


def known_pages(store: PageStore) -> Iterator[Page]:
    for url in (URL, "http://example.org/2", *list(store._pages)):
        if (page := store.find(url)) is not None:
            yield page


def run_body(data: bytes, folder: Path) -> None:
    """Read a stored body that has changed: it counts as missing."""
    (line,) = index()[1].splitlines()
    (whole,) = stored()
    page = json.loads(line) | {"sha256": hashlib.sha256(gzip.decompress(whole)).hexdigest()}
    written(folder / "web", INDEX, json.dumps(page).encode() + b"\n")
    written(folder / "web" / "bodies" / page["sha256"][:2], f"{page['sha256']}.gz", data)
    with open_store(folder / "web") as store:
        found = store.find(URL)
        assert found is not None
        read = store.read_body(found)
        assert read is None or read.body == gzip.decompress(whole)
    texts = UnwantedPages(texts=(WORDS * 3,))
    assert count_unwanted(folder / "web", texts) in (0, 1)
    remove_unwanted(folder / "web", texts)


def stored() -> list[bytes]:
    return [gzip.compress(f"<p>{WORDS * 3}</p>".encode(), mtime=0)]


def run_notes(data: bytes, folder: Path) -> None:
    """Read the notes beside the pages: runs that began, hosts that asked to be left alone."""
    written(folder / "web", "runs.json", data)
    written(folder / "web", "hosts.json", data)
    with open_store(folder / "web") as store:
        with suppress(MorrisError):
            require_type(store.closed_hosts(), dict[str, float])
        assert store.begin_run("k", 1.7e9) <= 1.7e9
        store.end_run("k", done=False)
        assert store.begin_run("k", 1.7e9) <= 1.7e9


def notes() -> list[bytes]:
    return [
        b'{"k": {"began": 1699999999.0, "done": false, "ended": true}}',
        b'{"example.org": 1700000600.0}',
    ]


def addresses() -> list[bytes]:
    return [
        b"https://www.Example.org:443/a/../b%7e;jsessionid=1?utm_source=x&q=%2f#f",
        "http://bücher.example/ü?q=é\nx".encode(),
        b"//[::ffff:7f00:1]:80/x\nx",
    ]


TARGETS = (
    Target("article", pages, run_article),
    Target("charset", pages, run_charset, tokens=(b"<meta charset=", b"utf-7", b"iso-2022-jp")),
    Target("links", pages, run_links, tokens=(b"<a href=", b"//[", b"javascript:", b"http:")),
    Target("feed", feeds, run_feed, tokens=(b"<!ENTITY x 'y'>", b"<![CDATA[", b"<georss:point>")),
    Target("sitemap", sitemaps, run_sitemap, tokens=(b"<loc>", b"<!--", b"<!DOCTYPE x [")),
    Target("robots", robots, run_robots, tokens=(b"Disallow: *", b"$", b"Crawl-delay: inf", b"/s")),
    Target("address", addresses, run_address, tokens=(b"..", b"//", b"@", b"%00", b"xn--", b":0")),
    Target(
        "retry-after",
        lambda: [b"120\n", b"Tue, 14 Nov 2023 22:13:20 GMT\nTue, 14 Nov 2023 22:00:00 GMT"],
        run_retry_after,
        tokens=(b"+9999", b"0000"),
    ),
    Target("answer", answers, run_answer, tokens=(b"\r\n ", b"Content-Length: -1", b"chunked")),
    Target("page-index", index, run_index, INDEX),
    Target("page-body", stored, run_body),
    Target("page-notes", notes, run_notes, ".json"),
)
