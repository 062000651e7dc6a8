"""Crawls of listings, feeds and sitemaps: complete, each page once, with the same result."""

import gzip
import itertools
import json

import pytest
from support.columns_site import ALL, columns, served_columns, titles
from support.hostile_site import (
    FakeClock,
    article,
    collect_from,
    redirect,
    served,
)

from morris_mlx.collect import WebRequest, preview_web
from morris_mlx.collect.web.fetch import Outside
from morris_mlx.errors import MissingError, MorrisError


@pytest.fixture
def site():
    with served_columns() as site:
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


def test_images_and_documents_are_not_requested(site, tmp_path):
    files = "".join(f"<a href='/columns/a{s}'>f</a>" for s in (".pdf", ".JPG", ".zip?x=1"))
    site.page("/author", f"<html><body>{columns([1])}{files}</body></html>")
    collect_from(site, tmp_path, "/author", **ALL)
    assert site.paths == ["/robots.txt", "/author", "/columns/1"]


def test_an_article_becomes_one_document_with_its_metadata(site, tmp_path):
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


def test_an_rss_feed_gives_its_entries_on_the_same_site(site, tmp_path):
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


FORMS = {
    "rss": '<rss version="2.0"><channel><title>T</title><link>{0}/</link>{1}</channel></rss>',
    "atom": '<feed xmlns="http://www.w3.org/2005/Atom"><link href="{0}/"/>{1}</feed>',
    "json": '{{"version": "https://jsonfeed.org/version/1", "home_page_url": "{0}/", "items": [{1}]}}',
}
ITEMS = {
    "rss": "<item><link>{}</link></item>",
    "atom": '<entry><link href="{}"/></entry>',
    "json": '{{"url": "{}"}}',
}


@pytest.mark.parametrize("form", FORMS)
def test_entries_on_the_home_site_of_a_feed_are_followed(site, tmp_path, form):
    # As with a feed that a service serves, of a site with an address of its own.
    links = [f"{site.url}/columns/1", "https://elsewhere.example/x"]
    between = "," if form == "json" else ""
    items = between.join(ITEMS[form].format(link) for link in links)
    with served() as service:
        service.page("/feed", FORMS[form].format(site.url, items))
        # The second address makes the other test server one of the user's own.
        found = collect_from(service, tmp_path, "/feed", f"{site.url}/columns/2")
        assert titles(found) == ["Column 1", "Column 2"]
        assert [s.reason for s in found.skipped] == [f"on another site than {service.url}/feed"]


def test_a_feed_with_entries_on_other_sites_only_is_reported(site, tmp_path):
    items = ITEMS["rss"].format(f"{site.url}/columns/1")
    with served() as service:
        service.page("/feed", FORMS["rss"].format("https://third.example", items))
        with pytest.raises(MissingError, match="The entries are on a different site than the feed"):
            collect_from(service, tmp_path, "/feed")
    assert site.paths == []


def test_a_feed_cannot_lead_to_a_server_of_the_local_network(site, tmp_path):
    items = ITEMS["rss"].format(f"{site.url}/columns/1")
    with served() as service:
        service.page("/feed", FORMS["rss"].format(site.url, items))
        with pytest.raises(MorrisError, match="is at a private address"):
            collect_from(service, tmp_path, "/feed")
    assert site.paths == []


def test_an_atom_feed_in_parts_and_with_any_media_type(site, tmp_path):
    site.page("/atom", ATOM.format(1))
    site.page("/atom2", ATOM.format(2), "Content-Type: text/plain")
    assert titles(collect_from(site, tmp_path, "/atom")) == ["Column 1", "Column 2"]


@pytest.mark.parametrize("media_type", ["application/feed+json", "application/json", "text/plain"])
def test_a_json_feed_in_parts(site, tmp_path, media_type):
    first = {
        "version": "https://jsonfeed.org/version/1.1",
        "title": "Columns",
        "authors": [{"name": "Feed Author"}],
        "next_url": f"{site.url}/feed2.json",
        "items": [
            {"id": "1", "url": "/columns/1", "date_published": "2020-05-06T10:00:00+02:00"},
            {"id": "other", "url": "https://other.example/x"},
            "damaged",
        ],
    }
    second = {"items": [{"url": f"{site.url}/columns/2", "author": {"name": "B"}}], "version": 1}
    second["version"] = "https://jsonfeed.org/version/1"
    site.page("/columns/1", article(1, author="").replace("2021-05-06", ""))
    site.page("/feed.json", json.dumps(first), f"Content-Type: {media_type}")
    site.page("/feed2.json", "\ufeff" + json.dumps(second), f"Content-Type: {media_type}")
    found = collect_from(site, tmp_path, "/feed.json")
    assert titles(found) == ["Column 1", "Column 2"] and found.sources[0].kind == "feed"
    first_column = next(d for d in found.documents if d.title == "Column 1")
    assert (first_column.author, first_column.date) == ("Feed Author", "2020-05-06")
    assert [s.reason for s in found.skipped] == [f"on another site than {site.url}/feed.json"]


@pytest.mark.parametrize("body", ['{"a": 1}', '{"version": "https://jsonfeed.org/version/1", "x'])
def test_other_json_and_a_damaged_json_feed_are_left_out(site, tmp_path, body):
    site.page("/data.json", body, "Content-Type: application/json")
    with pytest.raises(MissingError, match=r"a JSON file, not a page|a damaged feed"):
        collect_from(site, tmp_path, "/data.json")


SHELL = "<html><head><title>App</title></head><body><div id=root></div><script>go()</script></body>"


@pytest.mark.parametrize("form", ["rss", "json"])
def test_the_text_of_a_feed_is_used_where_the_page_is_empty_without_scripts(site, tmp_path, form):
    words = "The ferry was late again, and the pier was full of people who said so at length. "
    markup = f"<p>{words * 3}</p><blockquote>Not mine.</blockquote><p>{words}</p>"
    site.page("/app/1", SHELL)
    site.page("/app/2", SHELL)
    if form == "rss":
        feed = (
            '<rss version="2.0" xmlns:content="http://purl.org/rss/1.0/modules/content/"><channel>'
            f"<item><link>{site.url}/app/1</link><title>Late &amp;amp; again</title><author>A</author>"
            f"<content:encoded><![CDATA[{markup}]]></content:encoded></item>"
            f"<item><link>{site.url}/app/2</link><description>Only a summary.</description></item>"
            "</channel></rss>"
        )
    else:
        items = [
            {"url": "/app/1", "title": "Late &amp; again", "content_html": markup},
            {"url": "/app/2", "summary": "Only a summary."},
        ]
        feed = json.dumps({"version": "https://jsonfeed.org/version/1.1", "items": items})
    site.page("/feed", feed)
    found = collect_from(site, tmp_path, "/feed")
    (document,) = found.documents
    assert document.title == "Late & again" and document.source == f"{site.url}/app/1"
    assert document.text.count("ferry") == 4 and "Not mine" not in document.text
    assert [s.source for s in found.skipped] == [f"{site.url}/app/2"]


@pytest.mark.parametrize("ends", ["\n", "\r\n"])
def test_a_sitemap_in_plain_text(site, tmp_path, ends):
    lines = [f"{site.url}/columns/{n}" for n in (1, 2)]
    site.page("/sitemap.txt", "\ufeff" + ends.join(lines) + ends, "Content-Type: text/plain")
    found = collect_from(site, tmp_path, "/sitemap.txt")
    assert titles(found) == ["Column 1", "Column 2"] and found.sources[0].kind == "sitemap"


def test_a_long_sitemap_in_plain_text_and_a_text_that_is_none(site, tmp_path):
    site.routes["/long/*"] = lambda s, hit, sock: article(hit.path.rpartition("/")[2])
    lines = [f"{site.url}/long/{n}" for n in range(300)]
    site.page("/sitemap.txt", "\n".join(lines), "Content-Type: text/plain")
    found = collect_from(site, tmp_path, "/sitemap.txt", max_pages=4)
    assert len(found.documents) == 3
    assert found.sources[0].kind == "sitemap"
    site.page("/note.txt", f"{lines[0]}\nis where I wrote it.", "Content-Type: text/plain")
    with pytest.raises(MissingError):
        collect_from(site, tmp_path, "/note.txt")


def test_a_sitemap_index_with_a_compressed_sitemap(site, tmp_path):
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
def test_many_short_listed_pages_in_a_row_are_not_a_trap(site, tmp_path, given):
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


def test_endlessly_nested_sitemaps_are_refused(site, tmp_path):
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


def test_a_page_at_several_addresses_is_one_document(site, tmp_path):
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


def test_a_canonical_address_in_the_root_folder_is_used(site, tmp_path):
    canonical = f'<link rel="canonical" href="{site.url}/a-post">'
    site.page("/a-post", article(1, head=canonical))
    site.page("/a-post/print", article(1, head=canonical, more="<p>Printed for you.</p>"))
    found = collect_from(site, tmp_path, "/a-post", "/a-post/print")
    assert [d.source for d in found.documents] == [f"{site.url}/a-post"]


def test_pages_that_share_one_canonical_address_are_all_kept(site, tmp_path):
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


def test_a_list_of_links_is_not_an_article(site, tmp_path):
    site.page(
        "/author",
        f"<html><head><link rel='alternate' type='application/rss+xml' href='/rss'></head><body>{columns(range(1, 60))}</body></html>",
    )
    with pytest.raises(MissingError, match=r"a list of links.*--follow") as error:
        collect_from(site, tmp_path, "/author")
    assert f"{site.url}/rss" in str(error.value)


def test_a_run_without_articles_ends_with_exit_code_3(site, tmp_path):
    with pytest.raises(MissingError, match="404 Not Found") as error:
        collect_from(site, tmp_path, "/absent")
    assert error.value.exit_code == 3


def test_a_dry_run_reports_verdict_pages_and_time_and_fetches_no_article(site, tmp_path):
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


def test_a_dry_run_of_a_listing_suggests_follow(site, tmp_path):
    site.page("/author", f"<html><body>{columns(range(1, 60))}</body></html>")
    request = WebRequest((f"{site.url}/author",), contact="me@example.org", allow_private=True)
    (outlook,) = preview_web(request, tmp_path, outside=Outside(clock=FakeClock().clock))
    assert outlook.pages == () and outlook.stored == 0
    assert "--follow" in outlook.refused[f"{site.url}/author"]
