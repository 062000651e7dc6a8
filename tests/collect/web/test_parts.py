"""URLs, charsets, quotations, bylines, feeds and stored pages, each by itself."""

import json
import random
from contextlib import suppress

import pytest
from support.hostile_site import article, collect_from, served

from morris_mlx.collect.html.article import extract_article
from morris_mlx.collect.html.byline import names_author
from morris_mlx.collect.html.charset import decode_html
from morris_mlx.collect.text import UnreadableError
from morris_mlx.collect.web.address import (
    AddressError,
    is_public,
    is_same_site,
    matches_patterns,
    normalize_url,
    url_template,
)
from morris_mlx.collect.web.content_type import detect_kind
from morris_mlx.collect.web.feeds import read_feed
from morris_mlx.collect.web.links import read_links
from morris_mlx.collect.web.page_error import PageError
from morris_mlx.collect.web.page_store import Page, open_store
from morris_mlx.collect.web.politeness import retry_after_seconds
from morris_mlx.collect.web.robots import parse_robots
from morris_mlx.collect.web.sitemaps import read_sitemap
from morris_mlx.errors import MorrisError


@pytest.mark.parametrize(
    ("url", "spelled"),
    [
        ("HTTP://Example.COM:80/a/../b/./c?utm_source=x&b=1#f", "http://example.com/b/c?b=1"),
        ("https://ex.com:443", "https://ex.com/"),
        ("http://ex.com/%7euser/%e4?q=a b&c=%2f", "http://ex.com/~user/%E4?q=a%20b&c=%2F"),
        ("http://bücher.de/ü", "http://xn--bcher-kva.de/%C3%BC"),
        ("http://ex.com/../../x", "http://ex.com/x"),
        ("http://ex.com/a/..", "http://ex.com/"),
        ("http://[::1]:8000/x", "http://[::1]:8000/x"),
        ("http://ex.com/a;jsessionid=12?x", "http://ex.com/a?x"),
        ("http://ex.com/100%", "http://ex.com/100%25"),
        (" http://ex.com/a\n", "http://ex.com/a"),
    ],
)
def test_a_url_has_one_spelling(url, spelled):
    assert normalize_url(url) == spelled == normalize_url(spelled)


@pytest.mark.parametrize(
    "url",
    [
        *(
            "file:///x",
            "ftp://h/",
            "javascript:x",
            "data:text/html,x",
            "http://u:p@h/",
            "http:///x",
        ),
        *("http://h:99999/", "http://[x/", f"http://h/{'a' * 2000}", f"http://{'a' * 70}.com/"),
    ],
)
def test_invalid_and_forbidden_urls_are_refused(url):
    with pytest.raises(AddressError):
        normalize_url(url)


@pytest.mark.parametrize(
    ("ip", "public"),
    [("8.8.8.8", True), ("2606:4700::1111", True), ("64:ff9b::808:808", True)]
    + [
        (ip, False)
        for ip in (
            *("127.0.0.1", "10.1.1.1", "172.16.0.1", "192.168.1.1", "169.254.169.254", "0.0.0.0"),
            *("100.64.0.1", "224.0.0.1", "255.255.255.255", "::1", "::", "fe80::1%eth0", "fc00::1"),
            *("::127.0.0.1", "::ffff:0:127.0.0.1", "fec0::1", "5f00::1", "4000::1"),
            *("::ffff:127.0.0.1", "64:ff9b::7f00:1", "2002:7f00:1::", "64:ff9b:1::808:808", "x"),
        )
    ],
)
def test_private_addresses_are_recognized_in_every_form(ip, public):
    assert is_public(ip) is public


def test_sites_patterns_and_templates():
    assert is_same_site("https://www.ex.com/a", "http://ex.com/b")
    assert not is_same_site("http://ex.com:8000/", "http://ex.com/")
    assert not is_same_site("http://blog.ex.com/", "http://ex.com/")
    assert matches_patterns("http://h/columns/x?p=1", ("/columns/*",)) and matches_patterns(
        "http://h/a/1", ("1",)
    )
    assert not matches_patterns("http://h/other", ("/columns/*",))
    assert url_template("http://h/2020/01/x?page=3") == url_template("http://h/1999/12/x?page=77")


RU = "<p>" + "Вчера была хорошая погода, и мы пошли гулять в парк, где ели булки. " * 3 + "</p>"
FR = "<p>" + "Voilà un été très agréable où l’élève a déjà préféré le café. " * 3 + "</p>"


@pytest.mark.parametrize("text", [RU, FR], ids=["ru", "fr"])
@pytest.mark.parametrize("said", ["", "utf-8", "iso-8859-1", "no-such-thing", "utf-16", "base64"])
@pytest.mark.parametrize("meta", ["", "right", "wrong"])
def test_missing_and_wrong_charsets_are_detected(text, said, meta):
    for encoding in ("cp1251", "koi8-r") if text is RU else ("cp1252",):
        label = {"": "", "right": f'<meta charset="{encoding}">', "wrong": '<meta charset="utf-8">'}
        page = f"<html><head>{label[meta]}</head><body>{text}</body></html>"
        assert decode_html(page.encode(encoding), said) == page
    for encoding in ("utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be"):
        assert decode_html(page.encode(encoding), said) == page


def test_one_invalid_byte_does_not_change_the_charset():
    raw = RU.encode() + b"\xff" + FR.encode()
    assert decode_html(raw) == RU + "\ufffd" + FR


def test_charsets_are_handled_in_a_whole_collection(tmp_path):
    text = article("ё", more=f"<p>{RU}</p>").replace("<!doctype html>", "")
    with served() as site:
        site.page("/cp1251", text.encode("cp1251"), "Content-Type: text/html")
        site.page(
            "/utf16",
            text.replace("Column", "Wide").encode("utf-16"),
            "Content-Type: text/html; charset=utf-8",
        )
        site.page(
            "/latin",
            text.replace("Column", "Said").encode("cp1251"),
            "Content-Type: text/html; charset=iso-8859-1",
        )
        found = collect_from(site, tmp_path, "/cp1251", "/utf16", "/latin")
    assert {d.title for d in found.documents[:1]} <= {"Column ё", "Wide ё", "Said ё"}
    assert all("хорошая погода" in d.text for d in found.documents)


def test_block_quotations_are_dropped_and_short_quotations_marked():
    own = "This is a paragraph by the writer, which has as many words as it takes to be one. " * 2
    html = article(
        1,
        more=f"<p>{own}</p><blockquote><p>Somebody else said this, at length and long ago.</p></blockquote>"
        f"<p>He called it <q>a scandal</q> and she “<q>a farce</q>”. {own}</p>"
        "<pre>A line of verse\n  and another one</pre><pre><code>x = 1</code></pre>",
    )
    text = extract_article(html.encode()).text
    assert "Somebody else" not in text and "x = 1" not in text
    assert "called it “a scandal” and she “a farce”." in text
    assert "A line of verse\nand another one" in text


def test_a_page_of_quotations_only_is_refused_with_that_reason():
    html = f"<html><body><article><blockquote><p>{'Quoted words by somebody. ' * 30}</p></blockquote></article></body></html>"
    with pytest.raises(UnreadableError, match="formatted as a quotation"):
        extract_article(html.encode())


def test_bylines_are_compared_without_periods_and_case():
    assert names_author("A. Writer", "by a writer") and names_author(
        "A Writer", "B. Other; A. Writer"
    )
    assert not names_author("A. Writer", "A. Writerly") and not names_author("Anna", "Anna Writer")


@pytest.mark.parametrize(
    ("wanted", "byline"),
    [
        ("Алена Королева", "Алёна Королёва"),
        ("José Núñez", "Jose\u0301 Nun\u0303ez"),
        ("Jose Nunez", "José Núñez"),
        ("Анна Петрова", "Автор: Анна Петрова"),
        ("Анна Петрова", "Текст: Анна Петрова, фото: Борис Иванов"),
        ("Anna Petrova", "Written by Anna Petrova with Boris Ivanov"),
        ("Boris Ivanov", "Anna Petrova with Boris Ivanov"),
        ("Петрова Анна", "Анна Петрова"),
        ("Anna Petrova", "Petrova, Anna"),
        ("José Ortega y Gasset", "José Ortega y Gasset"),
    ],
)
def test_spellings_of_one_name_match(wanted, byline):
    assert names_author(wanted, byline)


def test_a_photographer_is_not_the_writer():
    assert not names_author("Борис Иванов", "Текст: Анна Петрова, фото: Борис Иванов")
    assert not names_author("Boris Ivanov", "Anna Petrova; photo by Boris Ivanov")
    assert names_author("Boris Ivanov", "Boris Ivanov; photo by Anna Petrova")


def test_a_feed_entry_has_all_its_authors_and_no_e_mail_address():
    rss = (
        '<rss version="2.0" xmlns:dc="http://purl.org/dc/elements/1.1/"><channel><title>T</title>'
        "<managingEditor>ed@example.org (Ed Itor)</managingEditor>"
        "<item><link>http://h/1</link><author>me@example.org (Anna P)</author></item>"
        "<item><link>http://h/2</link><dc:creator>Anna P</dc:creator>"
        "<dc:creator>Boris I</dc:creator></item>"
        "<item><link>http://h/3</link><author>me@example.org</author></item>"
        "<item><link>http://h/4</link></item></channel></rss>"
    )
    authors = [e.author for e in read_feed(rss.encode()).entries]
    assert authors == ["Anna P", "Anna P; Boris I", "", "Ed Itor"]
    atom = (
        '<feed xmlns="http://www.w3.org/2005/Atom"><entry><link href="/1"/><author><name>A</name>'
        "<email>a@example.org</email></author><author><name>B</name></author></entry></feed>"
    )
    assert [e.author for e in read_feed(atom.encode()).entries] == ["A; B"]


FEED = b"""<?xml version="1.0" encoding="utf-8"?><rss version="2.0"><channel><title>T</title><item>
<title>1</title><link>http://h/1?utm_source=rss</link><pubDate>Wed, 06 May 2020 10:00:00 GMT</pubDate>
<description>&lt;p&gt;x&lt;/p&gt;</description><guid isPermaLink="true">x</guid></item></channel></rss>"""
SITEMAP = b"<urlset><url><loc> http://h/a</loc><lastmod>2020-01-01</lastmod></url></urlset>"
ROBOTS = b"User-agent: *\nDisallow: /a*b$\nCrawl-delay: 2.5\nRequest-rate: 1/10s\nAllow: /%7e\n"
PAGE = article(
    1, more="<blockquote>q</blockquote><q>x</q><time datetime='2020-01-01'>x</time>"
).encode()
SPLINTERS = (
    *(b"<", b">", b"&", b"\0", b"\xff", b"&#x110000;", b"&#99999999999999999999;", b"<![CDATA["),
    *(
        b"]]>",
        b"<!--",
        b"<!DOCTYPE x [",
        b"99999999999999999999",
        b"-1",
        b"%",
        b"[",
        b"xml:base='http://['",
    ),
    *(
        b"\xed\xa0\x80",
        b"encoding='x'",
        b"<base href='http://[x'>",
        b"0000-00-00",
        b":",
        "²".encode(),
    ),
    b"9" * 500,
)


@pytest.mark.parametrize(
    ("whole", "read", "count"),
    [
        (FEED, lambda raw: (detect_kind(raw), read_feed(raw)), 700),
        (SITEMAP, read_sitemap, 2000),
        (PAGE, lambda raw: read_links(Page("http://h/", "http://h/", 200, 0, 0, body=raw)), 400),
        (PAGE, lambda raw: extract_article(raw, "x", "2021-01-01"), 300),
        (ROBOTS, lambda raw: parse_robots("u", raw).verdict("http://h/a?b"), 2000),
        (
            b"http://Ex.com:80/a/../%7e?utm_source=x#f",
            lambda raw: normalize_url(raw.decode("latin-1")),
            2000,
        ),
        (
            b"Wed, 21 Oct 2015 07:28:00 GMT",
            lambda raw: retry_after_seconds({"retry-after": raw.decode("latin-1")}, 0),
            2000,
        ),
    ],
    ids=["feed", "sitemap", "links", "article", "robots", "address", "retry-after"],
)
def test_damaged_input_is_read_or_refused_with_a_reason(whole, read, count):
    chance = random.Random(3)
    for _ in range(count):
        raw = bytearray(whole)
        for _ in range(chance.randint(1, 6)):
            at = chance.randrange(len(raw) + 1)
            to = at + chance.choice((0, 0, 0, 1, 20))
            raw[at:to] = chance.choice((*SPLINTERS, bytes(raw[at : at + 30])))
        with suppress(MorrisError):
            read(bytes(raw))


def test_body_kinds_are_detected_by_root_and_bodies_are_not_opened_as_files(tmp_path):
    assert detect_kind(b'\xef\xbb\xbf<?xml version="1.0"?><!-- x --><rss version="2.0">') == "feed"
    assert detect_kind("<?xml version='1.0'?><urlset/>".encode("utf-16")) == "sitemap"
    assert detect_kind(b"<!DOCTYPE html><html>") == "html" == detect_kind(b"")
    secret = tmp_path / "feed.xml"
    secret.write_text("<rss><channel><item><link>http://h/secret</link></item></channel></rss>")
    with pytest.raises(PageError, match="without entries"):
        read_feed(str(secret).encode())


def test_a_utf_16_feed_is_detected_by_its_byte_order_mark():
    feed = "<?xml version='1.0'?><feed xmlns='http://www.w3.org/2005/Atom'><entry>"
    feed += "<link href='/a'/></entry></feed>"
    for encoding in ("utf-8", "utf-16", "utf-8-sig"):
        assert [entry.url for entry in read_feed(feed.encode(encoding)).entries] == ["/a"], encoding


PAGE = {"url": "http://h/1", "final_url": "http://h/1", "status": 200, "fetched": 1.0}
PAGE |= {"checked": 1.0}


@pytest.mark.parametrize(
    "change",
    [
        *({"robots": 1e400}, {"fetched": 1e400}, {"checked": float("nan")}, {"status": "200"}),
        *({"headers": []}, {"url": "http://[/"}, {"body": "x"}, {"sha256": None}),
        *({"sha256": "\0"}, {"sha256": "../x"}, {"error_kind": "x"}),
    ],
)
def test_an_index_line_with_an_invalid_value_is_named(tmp_path, change):
    index = tmp_path / "web" / "index.jsonl"
    index.parent.mkdir()
    index.write_text(json.dumps(PAGE) + "\n" + json.dumps(PAGE | change) + "\n")
    with (
        pytest.raises(MorrisError, match=r"index.jsonl, line 2: not a stored page"),
        open_store(index.parent),
    ):
        pass
    index.write_text(json.dumps(PAGE) + "\n")
    with open_store(index.parent) as store:
        assert store.find("http://h/1")


@pytest.mark.parametrize("run", ['""', "[]", '{"began": NaN}', '{"began": 1e400}', '{"began": 5}'])
def test_an_invalid_note_of_a_run_is_ignored(tmp_path, run):
    with open_store(tmp_path / "web") as store:
        (tmp_path / "web" / "runs.json").write_text(f'{{"k": {run}}}')
        assert store.begin_run("k", 100.0) == 100.0
        store.end_run("k", done=True)
