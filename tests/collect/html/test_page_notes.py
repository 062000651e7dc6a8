"""Tests of the removal of notes and reviewers' comments from pages."""

import lxml.html
import pytest

from morris_mlx.collect.html.page_notes import remove_notes

TEXT = "<p>One paragraph of the text{mark}, and its end.</p><p>Another one.</p>"
GOOGLE = (
    '<sup><a href="#cmnt1" id="cmnt_ref1">[a]</a></sup>',
    '<div><p><a href="#cmnt_ref1" id="cmnt1">[a]</a>Greta: I would cut this.</p>'
    "<p>It says the same twice.</p></div>",
)
CASES = {
    "Google Docs, a comment": GOOGLE,
    "Google Docs, a footnote": (
        '<sup><a href="#ftnt1" id="ftnt_ref1">[1]</a></sup>',
        '<hr><div><p><a href="#ftnt_ref1" id="ftnt1">[1]</a> The council disagrees.</p></div>',
    ),
    "Word, a footnote": (
        '<a href="#_ftn1" name="_ftnref1"><span class=MsoFootnoteReference>[1]</span></a>',
        '<div><hr><div id=ftn1><p class=MsoFootnoteText><a href="#_ftnref1" name="_ftn1">[1]</a> '
        "The council disagrees.</p></div></div>",
    ),
    "Word, a comment": (
        '<span class=MsoCommentReference><a href="#_msocom_1" name="_msoanchor_1">[GH1]</a></span>',
        "<div style='mso-element:comment-list'><div style='mso-element:comment'><div "
        'id="_com_1" class=msocomtxt><p class=MsoCommentText><a name="_msocom_1"></a>Greta: I '
        "would cut this.</p></div></div></div>",
    ),
    "LibreOffice": (
        '<a class="sdfootnoteanc" name="sdfootnote1anc" href="#sdfootnote1sym"><sup>1</sup></a>',
        '<div id="sdfootnote1"><p class="sdfootnote"><a class="sdfootnotesym" '
        'name="sdfootnote1sym" href="#sdfootnote1anc">1</a> The council disagrees.</p></div>',
    ),
    "Pandoc and Hugo": (
        '<sup id="fnref:1"><a href="#fn:1" class="footnote-ref">1</a></sup>',
        '<section class="footnotes"><hr><ol><li id="fn:1"><p>The council disagrees.&#160;<a '
        'href="#fnref:1" class="footnote-backref">↩︎</a></p></li></ol></section>',
    ),
    "WordPress, with a heading": (
        '<sup data-fn="a"><a href="#a" id="a-link">1</a></sup>',
        '<h2>Notes</h2><ol class="wp-block-footnotes"><li id="a">The council disagrees. <a '
        'href="#a-link">↩︎</a></li></ol>',
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_notes_and_their_marks_are_removed(name):
    mark, note = CASES[name]
    tree = lxml.html.document_fromstring(f"<body>{TEXT.format(mark=mark)}{note}</body>")
    remove_notes(tree)
    words = " ".join(tree.text_content().split())
    assert words == "One paragraph of the text, and its end.Another one."


def test_links_within_the_text_stay():
    html = (
        '<body><p id="top">A <a href="#part">part</a>, see <a href="#two">2</a>.</p>'
        '<h2 id="two">Two</h2><p id="part">The part. <a href="#top">Back</a> to the top.</p></body>'
    )
    tree = lxml.html.document_fromstring(html)
    before = tree.text_content()
    remove_notes(tree)
    assert tree.text_content() == before
