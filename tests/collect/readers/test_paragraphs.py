"""Tests of title, author and text of documents from word processors."""

import pytest

from morris_mlx.collect.readers.paragraphs import (
    Paragraph,
    Role,
    build_text,
    join_paragraphs,
    usable_author,
    usable_title,
)


@pytest.mark.parametrize(
    "title",
    [
        "Microsoft Word - Document1",
        "Untitled",
        "Dokument 1",
        "essay.docx",
        "Без имени 1",
        "x" * 300,
    ],
)
def test_a_title_that_a_program_made_up_is_none(title):
    assert usable_title(title) == ""


def test_a_real_title_and_author_stay():
    assert usable_title(" On\npaint ") == "On paint" and usable_title("Document of a day") != ""
    assert usable_author("Ivo Marsh") == "Ivo Marsh" and usable_author("Windows User") == ""


def test_a_title_in_the_text_wins_and_is_taken_out():
    text = Paragraph("It rained.")
    title, heading = Paragraph("On paint", Role.TITLE), Paragraph("The gate", Role.HEADING)
    assert build_text([Paragraph(""), title, text], "Other") == ("On paint", "It rained.")
    assert build_text([heading, text], "On paint") == ("On paint", "The gate\n\nIt rained.")
    assert build_text([Paragraph("on paint"), text], "On Paint") == ("on paint", "It rained.")
    assert build_text([heading, text]) == ("The gate", "It rained.")
    assert build_text([text], "") == ("", "It rained.") and build_text([]) == ("", "")


def test_dialogue_and_single_lines_stay_paragraphs():
    lines = ["“Yes?”", "“No.”", "“Why?”", "“So.”"]
    assert join_paragraphs(lines) == "\n\n".join(lines)
    assert join_paragraphs(["a", "", "b", "", "c"]) == "a\n\nb\n\nc"
    assert join_paragraphs(["a", "b", "c", "", "x" * 90]) == f"a\nb\nc\n\n{'x' * 90}"
