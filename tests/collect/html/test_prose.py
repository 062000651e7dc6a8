"""Tests of the reader of HTML that is a text and not a page."""

import pytest

from morris_mlx.collect.html.prose import read_prose


def paragraphs(html):
    return [block.text for block in read_prose(html) if block.text]


@pytest.mark.parametrize(
    ("html", "expected"),
    [
        ("<p>One <b>half</b>.</p><p>Two</p>tail", ["One half.", "Two", "tail"]),
        ("One<br>two<br><br>Three", ["One\ntwo", "Three"]),
        ("<ul><li>a</li><li>b<ul><li>c</li></ul></li></ul>", ["a", "b", "c"]),
        ("<dl><dt>term</dt><dd>meaning</dd></dl>", ["term", "meaning"]),
        ("<p>He said <q>no</q>.</p>", ["He said “no”."]),
        ("<details><summary>More</summary><p>Inside.</p></details>", ["More", "Inside."]),
        ("<pre>A line,\n  and another</pre>", ["A line,\n  and another"]),
        ("<div><p>Unclosed<p>and another<div>more", ["Unclosed", "and another", "more"]),
        ("<aside>💡 A note.</aside>", ["A note."]),
        ("<figure class='block callout'><span>ℹ️</span> Mine.</figure>", ["Mine."]),
        ("<ruby>漢<rt>kan</rt></ruby>字", ["漢字"]),
        ("a\x00b \x1f c", ["ab c"]),
        ("Tea &amp; caf&eacute; &mdash; &lt;b&gt;", ["Tea & café — <b>"]),
    ],
)
def test_the_text_is_kept_by_paragraph(html, expected):
    assert paragraphs(f"<p>Start.</p>{html}<p>End.</p>") == ["Start.", *expected, "End."]


@pytest.mark.parametrize(
    "html",
    [
        "<blockquote><p>Others say this.</p></blockquote>",
        "<blockquote>Others say this.</blockquote><p>— Somebody, Somewhere</p>",
        "<table><tr><td>x</td></tr></table>",
        "<figure><img src=a><figcaption>A boat</figcaption></figure>",
        "<pre><code>x = 1</code></pre>",
        "<pre class='brush: php'>x = 1</pre>",
        "<script>var a = 'text';</script><style>p {}</style>",
        "<p style='display: none'>hidden</p><div hidden>hidden</div>",
        "<form><input><button>Send</button></form>",
        "<p><a href='/1'>Previous</a> | <a href='/2'>Next</a></p>",
        "<p><del>crossed out</del></p>",
        "<iframe src=x></iframe><svg><text>x</text></svg>",
        "<!-- a comment --><?php echo 1 ?>",
    ],
)
def test_what_is_not_the_writers_text_is_left_out(html):
    assert paragraphs(f"<p>Start.</p>{html}<p>End.</p>") == ["Start.", "End."]


@pytest.mark.parametrize(
    ("html", "expected"),
    [
        ("word<sup><a href='#fn1'>1</a></sup> more", "word more"),
        ("word<a href='#n'>[a]</a> more", "word more"),
        ("word<sup>12</sup> more", "word more"),
        ("“word.”<a href='https://h.org/n'>1</a> more", "“word.” more"),
        ("E = mc<sup>2</sup> and x<sup>2</sup>", "E = mc2 and x2"),
        ("the 1<sup>st</sup> of <a href='#part'>the second part</a>", "the 1st of the second part"),
        ("see <a href='https://h.org'>1</a> there", "see 1 there"),
    ],
)
def test_marks_of_notes_are_removed_and_other_numbers_stay(html, expected):
    assert paragraphs(f"<p>{html}</p>") == [expected]


def test_headings_have_levels_and_rules_are_separators():
    blocks = read_prose("<h2>One</h2><p>a</p><hr><p>b</p>")
    assert [(b.text, b.level, b.is_separator) for b in blocks] == [
        ("One", 2, False),
        ("a", 0, False),
        ("", 0, True),
        ("b", 0, False),
    ]


def test_a_deep_tree_is_read():
    assert paragraphs("<div>" * 3000 + "deep" + "</div>" * 3000 + "<p>after</p>")[-1] == "after"
