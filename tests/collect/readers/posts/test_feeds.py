"""Tests of saved feeds: whole texts taken, excerpts told, and Blogger's backups."""

import pytest
from support.text_exports import BOY, PAINT, only_text, read_one, reasons, recognized, texts

from morris_mlx.collect.readers.reader import FileKind
from morris_mlx.collect.text import UnreadableError

RSS = (
    '<?xml version="1.0"?><rss version="2.0" xmlns:content="http://purl.org/rss/1.0/modules/content/"'
    ' xmlns:dc="http://purl.org/dc/elements/1.1/"><channel><title>Low Tide</title>{}</channel></rss>'
)
ATOM = '<?xml version="1.0"?><feed xmlns="http://www.w3.org/2005/Atom" xmlns:app="http://www.w3.org/2007/app" xmlns:blogger="http://schemas.google.com/blogger/2018"><title>Low Tide</title><author><name>Ivo Marsh</name></author>{}</feed>'
KIND = '<category scheme="http://schemas.google.com/g/2005#kind" term="http://schemas.google.com/blogger/2008/kind#{}"/>'


def read(tmp_path, content):
    return read_one(tmp_path / "feed.xml", content, FileKind.FEED)


def rss(tmp_path, inner, title="<title>On paint</title>"):
    date = "<pubDate>Mon, 04 Mar 2024 10:00:00 +0000</pubDate><link>https://example.org/on-paint/</link>"
    return read(tmp_path, RSS.format(f"<item>{title}{date}{inner}</item>"))


def atom(tmp_path, inner):
    return read(tmp_path, ATOM.format(f"<entry><title>On paint</title>{inner}</entry>"))


def test_the_content_of_rss_is_taken_not_its_description(tmp_path):
    piece = only_text(
        rss(
            tmp_path,
            f"<description>Cut [&#8230;]</description><dc:creator>Ivo</dc:creator><content:encoded>"
            f"<![CDATA[<p>{PAINT}</p><p>The post <a>On paint</a> appeared first on <a>Low Tide</a>.</p>]]>"
            "</content:encoded>",
        )
    )
    assert piece.parsed.text == PAINT
    assert (piece.parsed.title, piece.parsed.date) == ("On paint", "2024-03-04")
    assert (piece.parsed.author, piece.name) == ("Ivo", "on-paint")


@pytest.mark.parametrize(
    "inner",
    [
        "<description>A sentence about it.</description>",
        f"<description>{PAINT} …</description>",
        f"<description>&lt;p>{PAINT}&lt;/p>&lt;p>{BOY} [...]&lt;/p></description>",
        f"<content:encoded><![CDATA[<p>{PAINT}</p><p>{BOY} [&hellip;]</p>]]></content:encoded>",
        f"<content:encoded><![CDATA[<p>{PAINT}</p><p><a>Continue reading On paint →</a></p>]]></content:encoded>",
        f"<content:encoded><![CDATA[<p>{PAINT}</p><p><a>Читать далее »</a></p>]]></content:encoded>",
    ],
)
def test_an_excerpt_is_left_out_and_told(tmp_path, inner):
    pieces = rss(tmp_path, inner)
    assert (texts(pieces), reasons(pieces)) == ([], {"only an excerpt; collect the page itself": 1})


def test_a_description_with_the_whole_text_is_taken(tmp_path):
    pieces = rss(tmp_path, f"<description>&lt;p>{PAINT}&lt;/p>&lt;p>{BOY}&lt;/p></description>")
    assert texts(pieces) == [f"{PAINT}\n\n{BOY}"]


def test_a_text_that_ends_with_three_dots_is_whole(tmp_path):
    pieces = rss(tmp_path, "<content:encoded>And so we read on and waited …</content:encoded>")
    assert texts(pieces) == ["And so we read on and waited …"]


def test_a_short_post_without_a_title_is_whole(tmp_path):
    piece = only_text(rss(tmp_path, "<description>Wet paint again.</description>", title=""))
    assert (piece.parsed.text, piece.kind) == ("Wet paint again.", "post")


@pytest.mark.parametrize(
    "content",
    [
        f'<content type="html">&lt;p>{PAINT}&lt;/p>&lt;blockquote>Theirs&lt;/blockquote></content>',
        f'<content type="xhtml"><div xmlns="http://www.w3.org/1999/xhtml"><p>{PAINT}</p></div></content>',
        f'<content type="text">{PAINT}</content>',
        f"<content>{PAINT}</content>",
    ],
)
def test_each_type_of_atom_content_is_read(tmp_path, content):
    piece = only_text(atom(tmp_path, f"<published>2024-03-04T10:00:00Z</published>{content}"))
    assert (piece.parsed.text, piece.parsed.date) == (PAINT, "2024-03-04")
    assert piece.parsed.author == "Ivo Marsh"


def test_of_a_blogger_backup_only_published_posts_are_taken(tmp_path):
    body = f'<content type="html">{PAINT}</content>'
    entries = [
        KIND.format("post") + body,
        KIND.format("comment") + body,
        KIND.format("settings") + body,
        KIND.format("page") + body,
        KIND.format("post") + body + "<app:control><app:draft>yes</app:draft></app:control>",
    ]
    content = ATOM.format("".join(f"<entry><title>T</title>{entry}</entry>" for entry in entries))
    pieces = read(tmp_path, content)
    assert texts(pieces) == [PAINT]
    assert reasons(pieces) == {
        "a comment": 1,
        "a setting of the site, not a text": 1,
        "a page of the site, not a post": 1,
        "a draft that was not published": 1,
    }


def test_of_a_blogger_takeout_only_live_posts_are_taken(tmp_path):
    def entry(kind, status):
        return (
            f"<entry><blogger:type>{kind}</blogger:type><blogger:status>{status}</blogger:status>"
            f'<title>T</title><content type="html">{PAINT}</content></entry>'
        )

    content = ATOM.format(
        entry("POST", "LIVE")
        + entry("POST", "DRAFT")
        + entry("POST", "SOFT_TRASHED")
        + entry("COMMENT", "LIVE")
    )
    pieces = read(tmp_path, content)
    assert texts(pieces) == [PAINT]
    assert reasons(pieces) == {
        "a draft that was not published": 1,
        "in the trash": 1,
        "a comment": 1,
    }


def test_an_unknown_reference_does_not_stop_a_feed(tmp_path):
    pieces = rss(tmp_path, "<content:encoded>Rain&nbsp;and wind &rsquo;s</content:encoded>")
    assert texts(pieces) == ["Rain\xa0and wind ’s"]


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        ('<!DOCTYPE rss [<!ENTITY a "b">]>' + RSS.format(""), "entities"),
        (RSS.format("")[:-6], "cut off"),
        ("<rss><item>", "cut off"),
    ],
)
def test_a_damaged_or_dangerous_feed_is_refused(tmp_path, content, reason):
    with pytest.raises(UnreadableError, match=reason):
        read(tmp_path, content)


@pytest.mark.parametrize(
    "content", ["<html><feed></html>", "<urlset></urlset>", "rss", "<opml></opml>"]
)
def test_other_xml_is_no_feed(tmp_path, content):
    assert recognized(tmp_path / "a.xml", content) is None


def test_a_feed_in_utf_16_is_read(tmp_path):
    content = RSS.replace("?>", ' encoding="utf-16"?>', 1).format(
        "<item><description>Ёлка is wet.</description></item>"
    )
    assert texts(read(tmp_path, content.encode("utf-16"))) == ["Ёлка is wet."]
