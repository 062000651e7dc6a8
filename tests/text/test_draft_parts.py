"""Parts of drafts: prose to rewrite, and what is kept."""

import pytest

from morris_mlx.text.draft_parts import MAX_WORDS, split_draft

LONG = " ".join(f"Sentence {n} has exactly seven words here." for n in range(60))


def prose(text):
    return [part.text for part in split_draft(text) if part.is_prose]


def joined(text):
    return "".join(part.before + part.text for part in split_draft(text))


def test_paragraphs_are_prose_and_headings_are_kept():
    text = "# The bakery\n\nIt closed in the autumn.\n\n\nA shop moved in there.\n\nBest, Anna"
    assert prose(text) == ["It closed in the autumn.", "A shop moved in there."]
    assert joined(text) == text


@pytest.mark.parametrize(
    "block",
    [
        "---\ntitle: Rain and more rain here\n---",
        "```\nsome code with many words in it\n\nand more\n```",
        "> a quotation of somebody else's words",
        "| a | table | of | some | columns |\n|---|---|---|---|---|",
        "A heading of many words\n=======================",
        "![a picture of a bun in a window](bun.png)",
        "* * *",
    ],
)
def test_what_is_no_prose_of_the_writer_is_kept(block):
    text = f"{block}\n\nThe rest is an ordinary paragraph."
    assert prose(text) == ["The rest is an ordinary paragraph."]
    assert joined(text) == text


def test_items_of_a_list_keep_their_marks():
    text = "Take along what you need:\n\n- a coat that keeps the rain out\n- [ ] two pairs of dry socks\n3. matches"
    assert prose(text)[1:] == ["a coat that keeps the rain out", "two pairs of dry socks"]
    assert joined(text) == text


def test_wrapped_lines_are_joined_and_verse_is_not():
    wrapped = (
        "This is a line that was wrapped by an editor at a column\nand goes on in the next one."
    )
    assert prose(wrapped) == [wrapped.replace("\n", " ")]
    verse = "The rain it raineth\nevery day\nupon the just"
    assert prose(verse) == [verse]


def test_a_long_paragraph_is_divided_between_sentences():
    pieces = prose(LONG)
    assert len(pieces) == 3 and all(len(piece.split()) <= MAX_WORDS for piece in pieces)
    assert all(piece.endswith(".") for piece in pieces) and joined(LONG) == LONG


def test_an_empty_draft_has_no_parts():
    assert split_draft(" \n\n ") == []
