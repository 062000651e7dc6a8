"""Tests of the walk through HTML: ends of paragraphs, tables, stanzas, headings."""

import re

import lxml.html
import pytest

from morris_mlx.collect.html.block_walker import BlockWalker


def walk(html, **choices):
    dropped = choices.pop("dropped", ())
    walker = BlockWalker(lambda element, _before: element.tag in dropped, **choices)
    walker.read(lxml.html.document_fromstring(f"<div>{html}</div>"))
    return [(b.text, b.level) if b.level else b.text for b in walker.blocks]


@pytest.mark.parametrize(
    ("html", "blocks"),
    [
        ("One<p>two</p>three", ["One", "two", "three"]),
        ("One<br>two<br><br>three", ["One\ntwo", "three"]),
        ("One<hr>two", ["One", "", "two"]),
        ("She said <q>no</q>.", ["She said “no”."]),
        ("<p>One</p><p>&nbsp;</p><p>two</p><p> </p>", ["One", "", "two"]),
        ("<h2><div>One</div></h2><p>two</p>", [("One", 2), "two"]),
        (f"<h2><div>{'so ' * 80}</div></h2>", [("so " * 80).strip()]),
        ("<p>" + "<b>" * 1500 + "deep" + "</b>" * 1500, ["deep"]),
    ],
)
def test_paragraphs_end_where_blocks_begin_and_end(html, blocks):
    parsed = lxml.html.HTMLParser(huge_tree=True)
    walker = BlockWalker(lambda _element, _before: False)
    walker.read(lxml.html.document_fromstring(f"<div>{html}</div>", parser=parsed))
    assert [(b.text, b.level) if b.level else b.text for b in walker.blocks] == blocks


def test_cells_are_kept_by_choice_and_inner_tables_first():
    inner = "<table><tr><td>in 1</td><td>in 2</td></tr></table>"
    html = f"<table><tr><td>out {inner}</td></tr><tr><td>last</td></tr></table>"
    assert walk(html) == ["out", "in 1", "in 2", "last"]
    assert walk(html, keeps_cell=lambda _blocks, columns: columns == 1) == ["out", "last"]
    kept = walk(html, keeps_cell=lambda blocks, _columns: "in 1" not in [b.text for b in blocks])
    assert kept == ["out", "in 2", "last"]


def test_the_paragraphs_of_a_stanza_are_lines():
    verse = re.compile("stanza|poem")
    stanza = '<div class="stanza"><p>One</p><p>two</p></div>'
    html = f'<div class="poem">{stanza}{stanza}</div><p>three</p>'
    assert walk(html, verse=verse) == ["One\ntwo", "One\ntwo", "three"]
    assert walk(html) == ["One", "two", "One", "two", "three"]


def test_paragraphs_of_links_are_left_out_by_choice():
    html = '<p><a href="x">Home</a> | <a href="y">About</a></p><p>Read <a href="z">it</a>.</p>'
    assert walk(html, drops_links=True) == ["Read it."]
    assert walk(html) == ["Home | About", "Read it."]


def test_the_name_below_a_dropped_quotation_is_left_out():
    html = "<p>One</p><blockquote>Not mine</blockquote><p>— Greta</p><p>— two.</p>"
    assert walk(html, dropped=("blockquote",)) == ["One", "— two."]
