"""Tests of HTML fragments: paragraphs, verse, quotations of others, and what is no prose."""

import time

import pytest

from morris_mlx.collect.html.fragment import fragment_text, is_markup, plain_title
from morris_mlx.collect.text import UnreadableError


@pytest.mark.parametrize(
    ("markup", "text"),
    [
        ("<p>One <em>two</em>\nthree.</p><p>Four.</p>", "One two three.\n\nFour."),
        ("<h2>Head</h2><ul><li>a</li><li>b</li></ul>tail", "Head\n\na\n\nb\n\ntail"),
        ("<p>Rose<br>is<br/>a</p>", "Rose\nis\na"),
        ("One<br><br>two", "One\n\ntwo"),
        ("<p>Said <q>no</q>.</p>", "Said “no”."),
        ("<p>Mine.</p><blockquote><p>Theirs.</p></blockquote><p>Mine.</p>", "Mine.\n\nMine."),
        ("<p>A.</p><figure><img><figcaption>A boat</figcaption></figure> B.", "A.\n\nB."),
        ("<p>A.</p><script>x()</script>B", "A.\n\nB"),
        ("<table><tr><td><p>One.</p><p>Two.</p></td></tr></table>", "One.\n\nTwo."),
        ("<table><tr><td>1</td><td>2</td></tr></table>B", "B"),
        (f"<table><tr><td>1</td><td>{'a ' * 40}</td></tr></table>", "1\n\n" + ("a " * 40).strip()),
        ("<p>Note<sup><a href='#f1'>1</a></sup>.</p>", "Note."),
        ("<p>Hi <img class='emoji' alt='🙂'><img alt='a boat'>.</p>", "Hi 🙂."),
        ("<pre>Roses\n  red</pre><pre><code>x = 1</code></pre>", "Roses\nred"),
        ("<pre class='wp-block-verse'>Roses <em>are</em>\nred</pre>", "Roses are\nred"),
        ("<p>A.</p><p>https://example.org/a</p>", "A."),
        ("A <!-- note --> b <span hidden>c</span><i style='display: none'>d</i>e", "A b e"),
        ("<p>Fish &amp; chips &lt;3</p></div><p>Last</p>", "Fish & chips <3\n\nLast"),
        ("<p>Photo: Greta Holm</p><p>A.</p>", "A."),
    ],
)
def test_blocks_become_paragraphs_and_what_is_no_prose_is_left_out(markup, text):
    assert fragment_text(markup) == text


@pytest.mark.parametrize(
    ("markup", "text"),
    [
        ("One\ntwo\n\nthree", "One\ntwo\n\nthree"),
        ("One <em>a\n\nb</em> c", "One a\n\nb c"),
        ("One<br />\ntwo", "One\ntwo"),
        ("One\r\n\r\n\r\n<h2>Two</h2>\r\nThree", "One\n\nTwo\n\nThree"),
        ("<blockquote>not\n\nmine</blockquote>\nMine", "Mine"),
    ],
)
def test_line_breaks_count_where_tags_are_added_later(markup, text):
    assert fragment_text(markup, line_breaks=True) == text


def test_a_fragment_of_quotations_alone_is_refused():
    with pytest.raises(UnreadableError, match="all of it is formatted as a quotation"):
        fragment_text("<blockquote>Theirs.</blockquote>")


@pytest.mark.parametrize(
    "markup", ["", "   ", "<p></p>", "\x00\x0b", "\ud800", "<", "<div>" * 5000]
)
def test_odd_fragments_have_no_text_or_little(markup):
    assert len(fragment_text(markup)) <= 1


def test_text_in_deep_markup_is_not_lost():
    assert fragment_text("<div>" * 1000 + "deep") == "deep"


def test_many_breaks_and_spaces_take_linear_time():
    start = time.process_time()
    fragment_text("<p>" + "a<br><br>" * 20_000)
    fragment_text("<pre>" + "<i> </i>" * 20_000)
    fragment_text("a" + " " * 200_000 + "b", line_breaks=True)
    fragment_text("<blockquote>" * 50_000)
    assert time.process_time() - start < 15


def test_a_title_has_no_tags_and_references():
    assert plain_title("On <em>rain</em> &amp;\n wind &#8217;s") == "On rain & wind ’s"
    assert plain_title("1 < 2 > 0") == "1 < 2 > 0"


def test_a_stray_sign_is_no_markup():
    assert is_markup("a <b>c</b>") and is_markup("<p class='x'>")
    assert not is_markup("if a < b and c > d") and not is_markup("<greta@example.org>")
