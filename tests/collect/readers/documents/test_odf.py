"""Tests of the reader of OpenDocument texts, in a zip and in one XML file."""

import pytest
from odf.opendocument import OpenDocumentText
from odf.text import H, P
from support.document_files import (
    OFFICE_NAMES,
    PROSE,
    odt_files,
    parsed,
    pieces,
    text_of,
    write_zip,
)

from morris_mlx.collect.readers.documents.paragraphs import BOXES
from morris_mlx.collect.readers.reader import LeftOut
from morris_mlx.collect.text import UnreadableError

META = (
    "<dc:title>On paint</dc:title><meta:initial-creator>Ivo Marsh</meta:initial-creator>"
    "<dc:creator>An Editor</dc:creator><meta:creation-date>2024-03-04T10:00:00</meta:creation-date>"
)


def test_a_document_of_another_program_is_read(tmp_path):
    document = OpenDocumentText()
    document.text.addElement(H(outlinelevel=1, text="On paint"))
    document.text.addElement(P(text="It rained."))
    document.save(str(tmp_path / "a.odt"))
    assert (parsed(tmp_path / "a.odt").title, text_of(tmp_path / "a.odt")) == (
        "On paint",
        "It rained.",
    )


def test_properties_give_title_first_author_and_date(tmp_path):
    path = write_zip(tmp_path / "a.odt", odt_files("<text:p>It rained.</text:p>", META))
    found = parsed(path)
    assert (found.title, found.author, found.date) == ("On paint", "Ivo Marsh", "2024-03-04")


BODY = """
<text:tracked-changes><text:changed-region><text:deletion><text:p>Deleted.</text:p></text:deletion>
</text:changed-region></text:tracked-changes>
<text:p text:style-name="Title">On paint</text:p>
<text:p>It rained<text:note><text:note-citation>1</text:note-citation><text:note-body><text:p>A note.
</text:p></text:note-body></text:note><office:annotation><text:p>A comment.</text:p></office:annotation>
for<text:s text:c="3"/>days<text:tab/>and<text:line-break/>nights
<text:span>or</text:span> so<text:change-start/>, we say<text:change-end/>.</text:p>
<draw:frame><draw:text-box><text:p>In a box.</text:p></draw:text-box></draw:frame>
<text:list><text:list-item><text:p>Tea</text:p><text:list><text:list-item><text:p>Buns</text:p>
</text:list-item></text:list></text:list-item></text:list>
<text:table-of-content><text:index-body><text:p>Contents 7</text:p></text:index-body></text:table-of-content>
<text:p text:style-name="P1">Somebody else said this.</text:p>
<text:p text:style-name="P2">In secret.</text:p>
<text:p><text:span text:style-name="T1">Nothing </text:span>Everything stopped.</text:p>
<text:section text:display="none"><text:p>In a hidden section.</text:p></text:section>
<text:section><text:h text:outline-level="1">Later</text:h></text:section>
"""
STYLES = """
<style:style style:name="P1" style:parent-style-name="Quotations"/>
<style:style style:name="P2"><style:text-properties text:display="none"/></style:style>
<style:style style:name="T1"><style:text-properties style:text-line-through-style="solid"/></style:style>
"""
TEXT = "It rainedfor days and\nnights or so, we say.\n\nTea\n\nBuns\n\nEverything stopped.\n\nLater"


def test_text_boxes_are_counted_but_not_captions_of_pictures(tmp_path):
    caption = "<text:p>A caption <draw:frame><draw:image/></draw:frame></text:p>"
    body = f"{BODY}<draw:frame><draw:text-box>{caption}</draw:text-box></draw:frame>"
    *_, left_out = pieces(write_zip(tmp_path / "a.odt", odt_files(body, styles=STYLES)))
    assert left_out == LeftOut(BOXES, "text boxes (3 words)")


def test_the_text_is_kept_and_nothing_beside_it(tmp_path):
    body = BODY.replace("</office:annotation>\n", "</office:annotation> ")
    path = write_zip(tmp_path / "a.odt", odt_files(body, styles=STYLES))
    assert parsed(path).title == "On paint"
    assert text_of(path) == TEXT.replace("rainedfor", "rained for")


def test_a_document_in_one_file_is_read_by_its_content(tmp_path):
    content = (
        f'<?xml version="1.0"?><office:document {OFFICE_NAMES} office:mimetype='
        f'"application/vnd.oasis.opendocument.text"><office:meta>{META}</office:meta>'
        f"<office:automatic-styles>{STYLES}</office:automatic-styles><office:body><office:text>"
        f"{BODY}</office:text></office:body></office:document>"
    )
    for name in ("a.fodt", "a.xml"):
        (tmp_path / name).write_text(content, encoding="utf-8")
        assert parsed(tmp_path / name).author == "Ivo Marsh"
        assert "Everything stopped." in text_of(tmp_path / name)


def test_a_layout_in_a_table_is_read_and_data_are_not(tmp_path):
    cell = "<table:table-cell><text:p>{}</text:p></table:table-cell>".format
    rows = f"<table:table-row>{cell('Monday')}{cell(PROSE)}</table:table-row>"
    body = f"<table:table><table:table-rows>{rows}</table:table-rows></table:table>"
    assert text_of(write_zip(tmp_path / "a.odt", odt_files(body))) == PROSE


def test_a_locked_and_a_damaged_document_are_refused_with_the_reason(tmp_path):
    files = odt_files("<text:p>x</text:p>")
    write_zip(tmp_path / "a.odt", files | {"META-INF/manifest.xml": "<m><encryption-data/></m>"})
    with pytest.raises(UnreadableError, match="it has a password"):
        parsed(tmp_path / "a.odt")
    (tmp_path / "b.odt").write_bytes((tmp_path / "a.odt").read_bytes()[:200])
    with pytest.raises(UnreadableError, match="damaged or cut off"):
        parsed(tmp_path / "b.odt")
    (tmp_path / "c.fodt").write_text("x invented")
    with pytest.raises(UnreadableError, match="its XML cannot be read"):
        parsed(tmp_path / "c.fodt")
