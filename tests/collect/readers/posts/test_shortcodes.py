"""Tests of WordPress's markup in posts: blocks and shortcodes."""

import time

import pytest

from morris_mlx.collect.readers.posts.shortcodes import free_parts, remove_shortcodes


@pytest.mark.parametrize(
    ("markup", "text"),
    [
        ('[caption id="a" width="3"]<img> A boat[/caption]Text', "Text"),
        ('[gallery ids="1,2"]Text [gallery]', "Text "),
        ('[vc_row][vc_column width="1/2"]Text[/vc_column][/vc_row]', "Text"),
        ("[dropcap]T[/dropcap]he boat", "The boat"),
        ("[code]x = 1[/code]Text", "Text"),
        ("[embed]https://example.org[/embed]Text", "Text"),
        ("[et_pb_section]Text", "Text"),
        ("Shown: [[gallery]]", "Shown: [gallery]"),
        ("[su_note note_color=&quot;#fff&quot;]Text[/su_note]", "Text"),
    ],
)
def test_shortcodes_are_removed(markup, text):
    assert remove_shortcodes(markup) == text


@pytest.mark.parametrize(
    "prose",
    ["He said so [sic].", "[…] and [...]", "As in [1].", "[he laughed] Yes.", "[Boat]", "a[i] = b"],
)
def test_brackets_of_prose_stay(prose):
    assert remove_shortcodes(prose) == prose


def test_blocks_are_told_from_classic_parts():
    markup = (
        '<!-- wp:paragraph {"a":{"b":1}} --><p>Block.</p><!-- /wp:paragraph -->'
        "\n\nClassic.\n\nToo.\n\n<!-- wp:separator /-->"
        "<!-- wp:freeform -->Old.<!-- /wp:freeform -->"
    )
    assert free_parts(markup) == [
        (False, "<p>Block.</p>"),
        (True, "\n\nClassic.\n\nToo.\n\n\nOld."),
    ]


def test_a_post_without_blocks_is_one_classic_part():
    assert free_parts("One.\n\n<!--more-->Two.") == [(True, "One.\n\n<!--more-->Two.")]


@pytest.mark.parametrize(
    "piece", ["[code]", "[a b=", "[/code][code]", "<!-- wp:a {", '[a b="', "[["]
)
def test_repeated_markup_takes_linear_time(piece):
    start = time.process_time()
    remove_shortcodes(piece * 20_000)
    free_parts(piece * 20_000)
    assert time.process_time() - start < 10
