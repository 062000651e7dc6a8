"""Tests of Markdown where its meaning for writers differs from CommonMark's."""

import pytest

from morris_mlx.collect.html.prose import read_prose
from morris_mlx.collect.readers.markdown_html import to_html

VERSE = "The boats lie down like cattle,\nthe mud has let them go,\nand somebody is whistling."
LONG = "This is one paragraph, and it is typed as one line however long it may become. " * 2


def texts(markdown):
    return [block.text for block in read_prose(to_html(markdown)) if block.text]


@pytest.mark.parametrize(
    ("markdown", "expected"),
    [
        ("1986. It was wet.\n\n1991. It was not.", ["1986. It was wet.", "1991. It was not."]),
        ("3. Mai 2020 war schön.", ["3. Mai 2020 war schön."]),
        ("12) Not a list.", ["12) Not a list."]),
        ("2. a\n5. b", ["2. a", "5. b"]),
        ("1. One\n2. Two", ["One", "Two"]),
        ("1. One\n1. Two", ["One", "Two"]),
        ("- Куда? - спросил я.\n- Домой.", ["- Куда? - спросил я.", "- Домой."]),
        ("- Who are you?\n- Where is it?", ["Who are you?", "Where is it?"]),
        ("- [ ] buy paint\n- [x] write", ["buy paint", "write"]),
    ],
)
def test_numbers_and_dashes_of_sentences_stay_those_of_lists_go(markdown, expected):
    assert texts(markdown) == expected


@pytest.mark.parametrize(
    "paragraph",
    [
        "A paragraph that ends like a sentence.",
        "A paragraph\nof two lines",
        "A paragraph of more words than any heading has, and with no full stop at its end",
        "He said: “No.”",
    ],
)
def test_a_paragraph_above_a_line_of_dashes_is_no_heading(paragraph):
    blocks = read_prose(to_html(f"{paragraph}\n---\n\nb"))
    assert [block.level for block in blocks] == [0, 0, 0] and blocks[1].is_separator


def test_a_heading_above_a_line_of_dashes_is_one():
    blocks = read_prose(to_html("On rain\n=======\n\na\n\nWhat is it?\n---\n\nb"))
    assert [(b.text, b.level) for b in blocks] == [
        ("On rain", 1),
        ("a", 0),
        ("What is it?", 2),
        ("b", 0),
    ]


def test_indented_prose_is_text_and_indented_code_is_not():
    assert texts("a\n\n    The old man typed, as he had learned it.\n\n\tAnd a tab.\n\nb") == [
        "a",
        "The old man typed, as he had learned it.",
        "And a tab.",
        "b",
    ]
    assert texts("a\n\n    sudo apt install x\n    cd /tmp\n\nb") == ["a", "b"]
    verse = "    The boats lie down,\n    the mud has let them go,\n    and somebody whistles."
    assert texts(f"a\n\n{verse}") == [
        "a",
        "The boats lie down,\nthe mud has let them go,\nand somebody whistles.",
    ]


@pytest.mark.parametrize(
    ("markdown", "expected"),
    [
        (VERSE, [VERSE]),
        (f"{VERSE}\n\nA couplet here\nand its end.", [VERSE, "A couplet here\nand its end."]),
        ("One line\nand its rest.", ["One line and its rest."]),
        ("a  \nb", ["a\nb"]),
        ("— Куда?\n— Домой.\n— Иди.", ["— Куда?\n— Домой.\n— Иди."]),
        (f"{LONG}\n{LONG}", [LONG.strip()] * 2),
        ("A sentence that is a line.\nAnd the next one, which is longer than a line of verse is.",
         ["A sentence that is a line. And the next one, which is longer than a line of verse is."]),
        ("　段落一。\n　段落二。", ["段落一。", "段落二。"]),
        ("今天下雨了\n我们没有出门", ["今天下雨了我们没有出门"]),
    ],
)  # fmt: skip
def test_line_breaks_are_those_of_the_text(markdown, expected):
    assert texts(markdown) == expected


def test_wrapped_paragraphs_are_joined_with_their_divided_words():
    markdown = (
        "The bridge is one cow wide, which was enough for the cow, and for\n"
        "the man who measured it, and for nobody who came after; he said be-\n"
        "fore that, it had been no bridge at all but a plank and a promise\nmade by the council."
    )
    assert texts(markdown) == [markdown.replace("-\n", "").replace("\n", " ")]


@pytest.mark.parametrize(
    ("markdown", "expected"),
    [
        ("> Others say this.", []),
        ("> Others say this.\n\n— Somebody, *A Book*", []),
        ("> [!note] Remember\n> Bring the map.", ["Remember", "Bring the map."]),
        ("> [!WARNING]\n> Bring the map.", ["Bring the map."]),
        ("> [!quote] Somebody\n> Others say this.", []),
        ("<blockquote>\n\nOthers *say* this.\n\n</blockquote>", []),
        ("<blockquote class='x'>Others say this.", []),
        ("| a | b |\n|---|---|\n| 1 | 2 |", []),
        ("| a |\n|---|\n| 1 |", []),
        ("<table>\n\n<tr><td>x</td><td>y</td></tr>\n\n</table>", []),
        ("![A cat](cat.png)", []),
        ("[Previous](a) | [[Next]]", []),
        ("~~Nothing~~ Everything", ["Everything"]),
        ("<p>One</p>\n<p>Two</p>", ["One", "Two"]),
        ("<div>\n\n*Mine*, too.\n\n</div>", ["Mine, too."]),
        ("<h3 class='x'>Head\n\n<ul class='y'>- **a**, one\n- b", ["Head", "a, one", "b"]),
        ("<iframe src='x' />", []),
        ("He said <pause> and <b>left</b>.", ["He said <pause> and left."]),
        ("Use the <script> tag or the <title> one.", ["Use the tag or the one."]),
        ("<Callout>\n\nMine.\n\n</Callout>", ["Mine."]),
        ("<?xml version='1.0' encoding='utf-8'?>", []),
        ("a < b > c & d; 5 * 3", ["a < b > c & d; 5 * 3"]),
        ("One<br>two", ["One\ntwo"]),
    ],
)
def test_html_and_quotations_within_markdown(markdown, expected):
    found = texts(f"Start.\n\n{markdown}\n\nEnd is here.")
    assert found == ["Start.", *expected, "End is here."]


@pytest.mark.parametrize(
    "mark",
    ["[", "[a](", "*a _b", "<blockquote>", "<script>", "<br><br>", "> [!note]\n\n", "1986. a\n"],
)
def test_marks_that_are_never_closed_do_not_take_the_text(mark):
    text = "Start.\n\n" + mark * (32_000 // len(mark)) + "\n\nEnd is here."
    assert (texts(text)[0], texts(text)[-1]) == ("Start.", "End is here.")
