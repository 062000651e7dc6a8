"""Tests of title, author and text of documents from word processors."""

import pytest

from morris_mlx.collect.readers.documents.paragraphs import (
    Paragraph,
    Role,
    build_text,
    join_paragraphs,
    usable_author,
    usable_date,
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


def joined(*lines):
    return join_paragraphs([Paragraph(line) for line in lines])


def test_dialogue_and_single_lines_stay_paragraphs():
    lines = ["“Yes?”", "“No.”", "“Why?”", "“So.”"]
    assert joined(*lines) == "\n\n".join(lines)
    assert joined("a", "", "b", "", "c") == "a\n\nb\n\nc"
    assert joined("a", "b", "c", "", "x" * 90) == f"a\nb\nc\n\n{'x' * 90}"


def test_a_heading_is_no_line_of_a_stanza():
    heading, line = Paragraph("The gate", Role.HEADING), Paragraph("wet")
    assert join_paragraphs([heading, line, line, line]) == "The gate\n\nwet\n\nwet\n\nwet"
    found = join_paragraphs([heading, line, line, line, Paragraph(""), heading, line])
    assert found == "The gate\n\nwet\nwet\nwet\n\nThe gate\n\nwet"


def test_dates_that_programs_make_up_are_none():
    assert usable_date("1970-01-01T00:00:00Z", "", "2024-03-04T10:00:00Z") == "2024-03-04"
    assert usable_date("1980-01-01", "never") == ""
