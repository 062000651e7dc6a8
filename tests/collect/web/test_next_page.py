"""Tests of the next page of a listing: found without rel="next", or named where it is not visited."""

import pytest
from support.columns_site import ALL, columns, titles
from support.hostile_site import article, collect_from, served

from morris_mlx.collect.web.links import read_links
from morris_mlx.collect.web.page_store import Page


def links_of(html, url="https://example.org/author"):
    body = f"<html><body>{html}</body></html>".encode()
    return read_links(Page(url, url, 200, 0.0, 0.0, body=body))


@pytest.mark.parametrize(
    ("link", "current"),
    [
        ("<a class='next page-numbers' href='/author/page/2/'>Next »</a>", ""),
        ("<a class='blog-pager-older-link' href='/search?max=7'>Ältere Posts</a>", ""),
        ("<a class='pagination__next' href='/author/2'><svg/></a>", ""),
        (
            "<div class='nav-previous'><a href='/author/page/2'><span>←</span> Older posts</a></div>",
            "",
        ),
        ("<a href='/author?page=2'>Следующая страница →</a>", ""),
        ("<a href='/author?page=2' aria-label='Go to next page'>›</a>", ""),
        ("<a href='/author?page=2'>2</a><a href='/author?page=3'>3</a>", ""),
        ("<a href='/author/page/2/'>2</a>", "/"),
        ("<a href='/author/page/1/'>1</a><a href='/author/page/3/'>3</a>", "/page/2/"),
    ],
)
def test_a_next_page_is_found_by_class_text_label_or_number(link, current):
    found = links_of(link, f"https://example.org/author{current}")
    assert len(found.next_pages) == 1 and not found.not_followed


@pytest.mark.parametrize(
    "link",
    [
        "<a class='next-post' href='/columns/8'>On Rain</a>",
        "<a href='/columns/8'>Next: On Rain</a>",
        "<a class='next' href='#slide-2'>Next</a>",
        "<a href='/columns/2'>2</a>",
        "<a href='/shop/page/2/'>2</a>",
    ],
)
def test_a_next_article_or_slide_is_no_next_page(link):
    assert not links_of(link).next_pages


def test_a_listing_without_rel_is_followed_to_its_end(tmp_path):
    with served() as site:
        for n in range(1, 7):
            site.page(f"/columns/{n}", article(n))
        more = "<a class='next page-numbers' href='/author/page/2/'>Next</a>"
        site.page("/author", f"<html><body>{columns(range(1, 4))}{more}</body></html>")
        site.page("/author/page/2/", f"<html><body>{columns(range(4, 7))}</body></html>")
        found = collect_from(site, tmp_path, "/author", **ALL)
    assert titles(found) == [f"Column {n}" for n in range(1, 7)]


@pytest.mark.parametrize(
    ("more", "reason"),
    [
        ("<button>Load more</button>", "a script loads it"),
        (
            "<meta name='robots' content='nofollow'><a class='next' href='/author?page=2'>on</a>",
            "asks robots not to follow",
        ),
    ],
)
def test_a_further_page_that_is_not_visited_is_named(tmp_path, more, reason):
    with served() as site:
        site.page("/columns/1", article(1))
        site.page("/author", f"<html><body>{columns([1])}{more}</body></html>")
        site.page("/map", f"<urlset><url><loc>{site.url}/columns/1</loc></url></urlset>")
        found = collect_from(site, tmp_path, "/author", "/map", **ALL)
    reasons = [s.reason for s in found.skipped if s.source.endswith("/author")]
    assert len(reasons) == 1 and "a further page was not followed" in reasons[0]
    assert reason in reasons[0]
