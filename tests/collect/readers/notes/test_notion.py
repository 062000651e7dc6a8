"""Tests of Notion exports: ids off the names, properties off the texts."""

import pytest
from support.text_exports import (
    BOY,
    PAINT,
    claimed_names,
    only_text,
    read_export,
    reasons,
    texts,
    write_files,
    write_zip,
)

from morris_mlx.collect.readers.export_reader import ExportKind
from morris_mlx.collect.readers.notes.notion import split_properties

ID = "1a2b3c4d5e6f1a2b3c4d5e6f1a2b3c4d"


def test_a_page_loses_its_properties_and_keeps_their_date_and_author(tmp_path):
    text = f"# On paint\n\nAuthor: Ivo Marsh\nCreated: March 4, 2024 10:00 AM\nTags: boys\n\n{PAINT}\n\n{BOY}\n"
    files = {f"Export-abc/On paint {ID}.md": text, f"Export-abc/Table {ID}.csv": "Name\nx\n"}
    pieces = read_export(ExportKind.NOTION, write_zip(tmp_path / "a.zip", files))
    piece = only_text(pieces)
    assert (piece.parsed.text, piece.parsed.title) == (f"{PAINT}\n\n{BOY}", "On paint")
    assert (piece.parsed.date, piece.parsed.author) == ("2024-03-04", "Ivo Marsh")
    assert reasons(pieces) == {"a table, not a text": 1}


def test_the_columns_of_a_database_are_the_properties_of_its_pages(tmp_path):
    files = {
        f"Essays {ID}.csv": "Name,Mood,Weather\nOn paint,good,wet\n",
        f"Essays {ID}/On paint {ID}.md": f"# On paint\n\nMood: good\nWeather: wet\n\n{PAINT}\n",
        f"Other {ID}/On boys {ID}.md": f"# On boys\n\nMood: good\n\n{BOY}\n",
    }
    pieces = read_export(ExportKind.NOTION, write_zip(tmp_path / "a.zip", files))
    assert texts(pieces) == [PAINT, f"Mood: good\n\n{BOY}"]


def test_a_page_without_a_heading_has_its_title_from_the_name(tmp_path):
    archive = write_zip(tmp_path / "a.zip", {f"On paint {ID}.md": PAINT})
    assert only_text(read_export(ExportKind.NOTION, archive)).parsed.title == "On paint"


@pytest.mark.parametrize(
    "text",
    [
        "One thing: it rained.\n\nMore.",
        "It said:\n\nMore.",
        "Created a boat.\n\nMore.",
        "Date: now\nand then\n\nMore.",
        "",
    ],
)
def test_a_first_paragraph_with_a_colon_stays(text):
    assert split_properties(text, ()) == ({}, text)


def test_a_page_of_html_is_read_with_its_callout(tmp_path):
    page = (
        '<html><body><article class="page sans"><header><h1 class="page-title">On paint</h1>'
        '<table class="properties"><tbody><tr><th>Created</th><td><time>@March 4, 2024 10:00 AM</time></td></tr>'
        '</tbody></table></header><div class="page-body"><p>Mine.</p><figure class="callout">'
        '<div><span class="icon">💡</span></div><div><p>Too.</p></div></figure>'
        "<blockquote>Theirs.</blockquote></div></article></body></html>"
    )
    archive = write_zip(tmp_path / "a.zip", {f"On paint {ID}.html": page})
    piece = only_text(read_export(ExportKind.NOTION, archive))
    assert (piece.parsed.text, piece.parsed.title) == ("Mine.\n\nToo.", "On paint")
    assert piece.parsed.date == "2024-03-04"


def test_files_without_an_id_are_left_alone(tmp_path):
    page = f"Private/On paint {ID}.md"
    archive = write_files(tmp_path, {page: PAINT, "Private/cafe 12ab.md": BOY, "essay.md": BOY})
    assert claimed_names(archive) == {ExportKind.NOTION: {page}}


def test_a_damaged_page_does_not_stop_the_others(tmp_path):
    files = {f"A {ID}.md": b"\x00\x01", f"B {ID}.md": BOY}
    pieces = read_export(ExportKind.NOTION, write_zip(tmp_path / "a.zip", files))
    assert texts(pieces) == [BOY]
    assert reasons(pieces) == {"a binary file": 1}
