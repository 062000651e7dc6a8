"""Tests of WordPress exports: published posts alone, as their readers saw them."""

import pytest
from support.text_exports import BOY, PAINT, only_text, read_one, reasons, texts

from morris_mlx.collect.archives import SingleFile
from morris_mlx.collect.readers.posts.wordpress import post_text, read_wordpress
from morris_mlx.collect.readers.reader import FileKind, Member, TextPiece
from morris_mlx.collect.text import UnreadableError

HEAD = """<?xml version="1.0" encoding="UTF-8" ?>
<!-- This is a WordPress eXtended RSS file -->
<rss version="2.0" xmlns:excerpt="http://wordpress.org/export/1.2/excerpt/"
 xmlns:content="http://purl.org/rss/1.0/modules/content/"
 xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:wp="http://wordpress.org/export/1.2/">
<channel><title>Low Tide</title><wp:wxr_version>1.2</wp:wxr_version>
<wp:author><wp:author_login>ivo</wp:author_login>
<wp:author_display_name><![CDATA[Ivo Marsh]]></wp:author_display_name></wp:author>
"""
TAIL = "</channel></rss>"


def item(content=PAINT, title="On paint", **fields):
    fields = {"post_type": "post", "status": "publish", "post_date": "2024-03-04 10:00:00"} | fields
    extra = fields.pop("extra", "")
    creator = fields.pop("creator", "ivo")
    inner = "".join(f"<wp:{k}><![CDATA[{v}]]></wp:{k}>" for k, v in fields.items())
    return (
        f"<item><title>{title}</title><dc:creator><![CDATA[{creator}]]></dc:creator>"
        "<description></description><excerpt:encoded><![CDATA[An excerpt.]]></excerpt:encoded>"
        f"<content:encoded><![CDATA[{content}]]></content:encoded>{inner}{extra}</item>\n"
    )


def read(tmp_path, *items, head=HEAD, tail=TAIL):
    return read_one(tmp_path / "blog.xml", head + "".join(items) + tail, FileKind.WORDPRESS)


def test_a_post_has_its_title_date_and_the_shown_name_of_its_author(tmp_path):
    (piece,) = read(tmp_path, item(f"{PAINT}\n\n{BOY}", post_name="on-paint"))
    assert isinstance(piece, TextPiece)
    assert piece.parsed.text == f"{PAINT}\n\n{BOY}"
    assert (piece.parsed.title, piece.parsed.date) == ("On paint", "2024-03-04")
    assert (piece.parsed.author, piece.name) == ("Ivo Marsh", "on-paint")


def test_each_post_keeps_its_own_author(tmp_path):
    pieces = read(tmp_path, item("One."), item("Two.", creator="greta"))
    assert [p.parsed.author for p in pieces] == ["Ivo Marsh", "greta"]


def test_several_authors_of_a_post_are_named_and_addresses_are_not(tmp_path):
    people = "".join(
        f'<category domain="author" nicename="x"><![CDATA[{name}]]></category>'
        for name in ("Ivo Marsh", "Greta Holm")
    )
    pieces = read(tmp_path, item("One.", extra=people), item("Two.", creator="ivo@example.org"))
    assert [p.parsed.author for p in pieces] == ["Ivo Marsh; Greta Holm", ""]


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        ({"status": "draft"}, "a draft that was not published"),
        ({"status": "pending"}, "a draft that was not published"),
        ({"status": "private"}, "a private post"),
        ({"status": "trash"}, "in the trash"),
        ({"status": "future"}, "scheduled, not published yet"),
        ({"status": "archive"}, "not published: its status is “archive”"),
        ({"post_password": "secret"}, "a post with a password"),
        ({"post_type": "page"}, "a page of the site, not a post"),
        ({"post_type": "attachment"}, "a picture or another file, not a text"),
        ({"post_type": "nav_menu_item"}, "a setting of the site, not a text"),
        ({"post_type": "product"}, "not a post: its type is “product”"),
        (
            {"content": "[gallery]\n<img src='a.jpg'>"},
            "no text in it, only pictures, links or embedded parts",
        ),
    ],
)
def test_what_is_no_published_post_is_left_out_with_its_reason(tmp_path, fields, reason):
    pieces = read(tmp_path, item(**fields), item(BOY))
    assert texts(pieces) == [BOY]
    assert reasons(pieces) == {reason: 1}


def test_comments_are_left_out_and_counted_without_spam(tmp_path):
    comment = (
        "<wp:comment><wp:comment_approved>{}</wp:comment_approved>"
        "<wp:comment_content>Nonsense!</wp:comment_content></wp:comment>"
    )
    pieces = read(tmp_path, item(extra=comment.format(1) + comment.format("spam")))
    assert texts(pieces) == [PAINT]
    assert reasons(pieces) == {"a comment": 1}


def test_references_in_titles_and_texts_are_resolved(tmp_path):
    pieces = read(tmp_path, item("Fish &amp; chips&nbsp;&#8230;", "Rain &#038; wind &rsquo;s"))
    assert only_text(pieces).parsed.title == "Rain & wind ’s"
    assert texts(pieces) == ["Fish & chips\xa0…"]


def test_content_with_the_end_of_a_cdata_section_in_it_is_whole(tmp_path):
    assert texts(read(tmp_path, item("a ]]]]><![CDATA[> b"))) == ["a ]]> b"]


def test_two_posts_of_one_name_have_two_names(tmp_path):
    pieces = read(tmp_path, item("One.", post_name="%d0%b4"), item("Two.", post_name="%d0%b4"))
    assert [piece.name for piece in pieces] == ["д", "д 2"]


def test_a_post_without_a_date_of_its_own_has_that_of_the_feed(tmp_path):
    feed_date = "<pubDate>Mon, 04 Mar 2024 10:00:00 +0000</pubDate>"
    pieces = read(tmp_path, item(post_date="0000-00-00 00:00:00", extra=feed_date))
    assert only_text(pieces).parsed.date == "2024-03-04"


def test_control_characters_and_line_ends_before_the_xml_do_no_harm(tmp_path):
    pieces = read(tmp_path, item("One\x0b two\x08."), head="\n\n" + HEAD)
    assert texts(pieces) == ["One two."]


def test_a_file_that_was_cut_off_gives_the_posts_before_and_says_so(tmp_path):
    path = tmp_path / "blog.xml"
    path.write_text(HEAD + item("One.") + item("Two."))
    pieces = read_wordpress(Member(SingleFile(path), path.name))
    assert [next(pieces).parsed.text, next(pieces).parsed.text] == ["One.", "Two."]
    with pytest.raises(UnreadableError, match="cut off"):
        next(pieces)


def test_entities_of_the_files_own_are_refused(tmp_path):
    bomb = '<!DOCTYPE rss [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;&a;">]>'
    head = HEAD.replace("<rss", f"{bomb}<rss")
    with pytest.raises(UnreadableError, match="entities"):
        read(tmp_path, item("&b;"), head=head)


def test_blocks_have_the_tags_of_their_paragraphs_and_no_quotations():
    markup = (
        "<!-- wp:paragraph -->\n<p>One\ntwo.</p>\n<!-- /wp:paragraph -->\n"
        "<!-- wp:quote --><blockquote><p>Theirs.</p></blockquote><!-- /wp:quote -->"
        "<!-- wp:image --><figure><img/><figcaption>A boat</figcaption></figure><!-- /wp:image -->"
        '<!-- wp:embed {"url":"https://x.org"} --><figure>https://x.org</figure><!-- /wp:embed -->'
        "<!-- wp:list --><ul><!-- wp:list-item --><li>Three</li><!-- /wp:list-item --></ul><!-- /wp:list -->"
    )
    assert post_text(markup) == "One two.\n\nThree"


def test_a_post_that_is_half_classic_has_both_halves():
    markup = "Old.\n\nOlder.\n\n<!-- wp:paragraph --><p>New\none.</p><!-- /wp:paragraph -->"
    assert post_text(markup) == "Old.\n\nOlder.\n\nNew one."


def test_a_classic_post_is_shown_as_wordpress_shows_it():
    markup = 'One <em>two</em>\nthree.\n\n[caption width="3"]<img/> A boat[/caption]\n\n<!--more-->\n\nhttps://x.org/v\n\nFour.'
    assert post_text(markup) == "One two\nthree.\n\nFour."
