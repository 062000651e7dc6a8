"""Tests of title, author and text of documents from word processors."""

import pytest

from morris_mlx.collect.archives import SingleFile
from morris_mlx.collect.readers.documents.paragraphs import (
    Paragraph,
    Properties,
    build_parsed,
    usable_author,
    usable_date,
    usable_title,
)
from morris_mlx.collect.readers.reader import Member


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


def built(*paragraphs, title=""):
    found = build_parsed(paragraphs, Properties(title))
    return found.title, found.text


def test_a_title_in_the_text_wins_and_is_taken_out():
    text = Paragraph("It rained for days.")
    title, heading = Paragraph("On paint", is_title=True), Paragraph("The gate", level=1)
    assert built(Paragraph(""), title, text, title="Other") == ("On paint", text.text)
    assert built(heading, text, title="On paint") == ("On paint", f"The gate\n\n{text.text}")
    assert built(Paragraph("on paint"), text, title="On Paint") == ("on paint", text.text)
    assert built(heading, text) == ("The gate", text.text)
    assert built(text) == ("", text.text) and built() == ("", "")


def test_a_line_that_reads_like_a_title_is_one_if_a_text_follows():
    text = Paragraph("It rained for days, and then it stopped.")
    assert built(Paragraph("On paint"), text) == ("On paint", text.text)
    assert built(Paragraph("Dear Greta,"), text)[0] == ""
    assert built(Paragraph("On paint"), Paragraph("Wet."))[0] == ""


def test_a_date_and_a_byline_above_the_text_are_facts_and_no_text():
    lines = ["On paint", "By Ivo Marsh", "4 March 2024", "It rained for days, and then it stopped."]
    about = Properties(author="An Editor", date="2025-01-01")
    for texts in (lines, [*lines[:3], "", lines[3]]):
        found = build_parsed([Paragraph(text) for text in texts], about)
        assert (found.title, found.author, found.date) == ("On paint", "Ivo Marsh", "2024-03-04")
        assert found.text == lines[-1]


def test_the_name_of_a_file_states_title_and_date_before_its_properties(tmp_path):
    path = tmp_path / "2024-03-04 The wet gate.docx"
    member = Member(SingleFile(path), path.name)
    found = build_parsed([Paragraph("It rained.")], Properties(date="2025-01-01"), member)
    assert (found.title, found.date) == ("The wet gate", "2024-03-04")


def joined(*lines):
    return build_parsed([Paragraph(line) for line in lines]).text


def test_dialogue_and_single_lines_stay_paragraphs():
    lines = ["“Yes?”", "“No.”", "“Why?”", "“So.”"]
    assert joined(*lines) == "\n\n".join(lines)
    assert joined("a.", "", "b.", "", "c.") == "a.\n\nb.\n\nc."
    assert joined("a,", "b,", "c.", "", "x" * 90) == f"a,\nb,\nc.\n\n{'x' * 90}"


def test_a_heading_is_no_line_of_a_stanza_and_a_place_to_split():
    heading, line = Paragraph("The gate", level=2), Paragraph("wet,")
    title = Paragraph("All", is_title=True)
    found = build_parsed([title, heading, line, line, line])
    assert found.text == "The gate\n\nwet,\n\nwet,\n\nwet,"
    found = build_parsed([title, heading, line, line, line, Paragraph(""), heading, line])
    assert found.text == "The gate\n\nwet,\nwet,\nwet,\n\nThe gate\n\nwet,"
    assert [block.level for block in found.blocks] == [2, 0, 2, 0]


def test_dates_that_programs_make_up_are_none():
    assert usable_date("1970-01-01T00:00:00Z", "", "2024-03-04T10:00:00Z") == "2024-03-04"
    assert usable_date("1980-01-01", "never") == ""
