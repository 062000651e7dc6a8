"""Tests of the reader of Word documents: what is text, and what Word puts beside it."""

import docx
import pytest
from support.document_files import (
    PROSE,
    docx_files,
    paragraph,
    parsed,
    pieces,
    run,
    text_of,
    write_docx,
    write_zip,
)

from morris_mlx.collect.readers.documents.paragraphs import BOXES
from morris_mlx.collect.readers.reader import LeftOut
from morris_mlx.collect.text import UnreadableError

CORE = (
    "<dc:title>On paint</dc:title><dc:creator>Ivo Marsh</dc:creator>"
    "<dcterms:created>2024-03-04T10:00:00Z</dcterms:created>"
)


def style(id_, name, base="", more=""):
    based = f'<w:basedOn w:val="{base}"/>' if base else ""
    return f'<w:style w:type="paragraph" w:styleId="{id_}"><w:name w:val="{name}"/>{based}{more}</w:style>'


def test_a_document_of_another_program_is_read(tmp_path):
    document = docx.Document()
    document.core_properties.author = "Ivo Marsh"
    document.add_heading("On paint", 0)
    document.add_paragraph("It rained.")
    document.add_heading("Later", 1)
    document.add_paragraph("Tea", style="List Bullet")
    document.add_paragraph("Buns", style="List Number")
    document.add_paragraph("Someone else said this.", style="Intense Quote")
    document.add_paragraph("It \tstopped.").add_run(" At\nlast.").bold = True
    table = document.add_table(2, 2)
    table.cell(0, 0).text = "Monday"
    document.sections[0].header.paragraphs[0].text = "A running head"
    document.save(tmp_path / "a.docx")
    found = parsed(tmp_path / "a.docx")
    assert (found.title, found.author, found.date) == ("On paint", "Ivo Marsh", "")
    assert text_of(tmp_path / "a.docx") == (
        "It rained.\n\nLater\n\nTea\n\nBuns\n\nIt stopped. At\nlast."
    )


def test_properties_give_title_author_and_date(tmp_path):
    path = write_docx(tmp_path / "a.docx", paragraph("It rained."), core=CORE)
    found = parsed(path)
    assert (found.title, found.author, found.date) == ("On paint", "Ivo Marsh", "2024-03-04")
    assert found.text == "It rained."


def test_properties_that_a_program_made_up_are_ignored(tmp_path):
    core = CORE.replace("On paint", "Microsoft Word - Document1.docx")
    core = core.replace("Ivo Marsh", "Microsoft Office User")
    path = write_docx(
        tmp_path / "a.docx",
        paragraph("The gate", style="Heading1"),
        paragraph("It rained."),
        core=core,
    )
    found = parsed(path)
    assert (found.title, found.author, found.text) == ("The gate", "", "It rained.")


def test_changes_are_accepted(tmp_path):
    text = text_of(
        write_docx(
            tmp_path / "a.docx",
            paragraph(
                "We ",
                "<w:del><w:r><w:delText>walked</w:delText></w:r></w:del>",
                f"<w:ins>{run('ran')}</w:ins>",
                f"<w:moveFrom>{run(' slowly')}</w:moveFrom>",
                f"<w:moveTo>{run(' home')}</w:moveTo>",
                ".",
            ),
            paragraph("One ", properties="<w:rPr><w:del/></w:rPr>"),
            paragraph("paragraph."),
            paragraph(
                "<w:del><w:r><w:delText>Gone.</w:delText></w:r></w:del>",
                properties="<w:rPr><w:del/></w:rPr>",
            ),
            paragraph("The end.", properties="<w:rPr><w:del/></w:rPr>"),
        )
    )
    assert text == "We ran home.\n\nOne paragraph.\n\nThe end."


def test_notes_comments_boxes_and_hidden_text_are_left_out(tmp_path):
    box = f"<w:txbxContent>{paragraph('In a box.')}</w:txbxContent>"
    text = text_of(
        write_docx(
            tmp_path / "a.docx",
            paragraph(
                '<w:commentRangeStart w:id="1"/>',
                "It rained",
                '<w:r><w:footnoteReference w:id="2"/></w:r>',
                '<w:r><w:footnoteReference w:customMarkFollows="1" w:id="3"/><w:t>*</w:t></w:r>',
                '<w:commentRangeEnd w:id="1"/><w:r><w:commentReference w:id="1"/></w:r>',
                run(" in secret", "<w:vanish/>"),
                run(" not at all", "<w:strike/>"),
                run(" for days.", '<w:vanish w:val="0"/>'),
                f"<w:r><w:drawing>{box}</w:drawing></w:r>",
                f"<w:r><mc:AlternateContent><mc:Choice>{box}</mc:Choice><mc:Fallback><w:pict>{box}"
                "</w:pict></mc:Fallback></mc:AlternateContent></w:r>",
            ),
        )
    )
    assert text == "It rained for days."


BOX = f"<w:txbxContent>{paragraph('Rain in a box.')}{paragraph('A second line.')}</w:txbxContent>"
BOXED = (
    f"<w:r><mc:AlternateContent><mc:Choice><w:drawing>{BOX}</w:drawing></mc:Choice><mc:Fallback>"
    f"<w:pict>{BOX}</w:pict></mc:Fallback></mc:AlternateContent></w:r>"
)


def test_text_boxes_are_counted_once(tmp_path):
    _, left_out = pieces(write_docx(tmp_path / "a.docx", paragraph("It rained.", BOXED)))
    assert left_out == LeftOut(BOXES, "text boxes (7 words)")


def test_a_document_of_text_boxes_alone_is_refused_with_that_reason(tmp_path):
    with pytest.raises(UnreadableError, match="all of its text is in text boxes"):
        pieces(write_docx(tmp_path / "a.docx", paragraph(BOXED)))


def test_an_emoji_with_a_fallback_is_kept_once(tmp_path):
    emoji = (
        '<w:r><mc:AlternateContent><mc:Choice Requires="w16se"><w:sym w:font="Segoe UI Emoji" '
        'w:char="1F60A"/></mc:Choice><mc:Fallback><w:t>😊</w:t></mc:Fallback></mc:AlternateContent></w:r>'
    )
    assert text_of(write_docx(tmp_path / "a.docx", paragraph("Fine ", emoji))) == "Fine 😊"


def test_special_characters_become_text(tmp_path):
    special = (
        '<w:r><w:t>a</w:t><w:tab/><w:t>b</w:t><w:br/><w:t>c</w:t><w:noBreakHyphen/><w:t>d</w:t><w:softHyphen/><w:t>e</w:t><w:sym w:font="Wingdings" w:char="F04A"/><w:sym w:font="Arial" w:char="00E9"/>'
        '<w:br w:type="page"/><w:t>f</w:t></w:r>'
    )
    assert text_of(write_docx(tmp_path / "a.docx", paragraph(special))) == "a b\nc-deé\n\nf"


def field(instruction, result):
    mark = '<w:r><w:fldChar w:fldCharType="{}"/></w:r>'
    return (
        mark.format("begin")
        + f"<w:r><w:instrText>{instruction}</w:instrText></w:r>"
        + mark.format("separate")
        + result
        + mark.format("end")
    )


def test_links_are_kept_and_page_numbers_and_contents_are_not(tmp_path):
    link = field(' HYPERLINK "https://a.example" ', run("the gate"))
    contents = field(r" TOC \o ", run("The gate") + field(" PAGEREF _1 ", run("7")))
    path = write_docx(
        tmp_path / "a.docx",
        paragraph(contents),
        paragraph("The gate 7", style="TOC1"),
        "<w:sdt><w:sdtPr><w:docPartObj><w:docPartGallery w:val='Table of Contents'/></w:docPartObj>"
        f"</w:sdtPr><w:sdtContent>{paragraph('Contents')}</w:sdtContent></w:sdt>",
        paragraph("We looked at ", link, field(" PAGE ", run("12")), "."),
        paragraph(f'<w:fldSimple w:instr=" NUMPAGES ">{run("12")}</w:fldSimple>', "It was shut."),
        paragraph(f"<w:hyperlink>{run('A link.')}</w:hyperlink>"),
    )
    assert text_of(path) == "We looked at the gate.\n\nIt was shut.\n\nA link."


def test_a_field_without_an_end_does_not_take_the_text_with_it(tmp_path):
    begin = (
        '<w:r><w:fldChar w:fldCharType="begin"/></w:r><w:r><w:instrText> TOC </w:instrText></w:r>'
    )
    assert text_of(write_docx(tmp_path / "a.docx", paragraph(begin), paragraph(PROSE))) == PROSE


def test_placeholders_of_content_controls_are_left_out(tmp_path):
    control = "<w:sdt><w:sdtPr>{}</w:sdtPr><w:sdtContent>{}</w:sdtContent></w:sdt>"
    path = write_docx(
        tmp_path / "a.docx",
        control.format("", paragraph("In a control.")),
        control.format("<w:showingPlcHdr/>", paragraph("Click here to enter text.")),
        paragraph("So ", control.format("", run("it")), " is."),
    )
    assert text_of(path) == "In a control.\n\nSo it is."


def test_the_parts_of_paragraphs_come_from_styles_in_any_language(tmp_path):
    styles = (
        style("Titel", "Title")
        + style("berschrift1", "heading 1")
        + style("Kapitel", "Kapitel", base="berschrift1")
        + style("Mein", "Mein", more='<w:pPr><w:outlineLvl w:val="0"/></w:pPr>')
        + style("Zitat", "Quote")
        + style("Beschriftung", "caption")
    )
    path = write_docx(
        tmp_path / "a.docx",
        paragraph("", style="Mein"),
        paragraph("Der Hafen", style="Titel"),
        paragraph("Erstes Kapitel", style="Kapitel"),
        paragraph("Es regnete."),
        paragraph("Ein Satz von anderen.", style="Zitat"),
        paragraph("Abbildung 1", style="Beschriftung"),
        styles=styles,
    )
    assert parsed(path).title == "Der Hafen"
    assert text_of(path) == "Erstes Kapitel\n\nEs regnete."


def test_a_heading_made_by_hand_is_the_title(tmp_path):
    path = write_docx(
        tmp_path / "a.docx",
        paragraph(run("On paint", "<w:b/>"), properties='<w:jc w:val="center"/>'),
        paragraph("It rained."),
    )
    assert (parsed(path).title, text_of(path)) == ("On paint", "It rained.")


def test_a_layout_in_a_table_is_read_and_data_are_not(tmp_path):
    cell = "<w:tc>{}</w:tc>".format
    table = (
        f"<w:tbl><w:tr>{cell(paragraph('Monday'))}{cell(paragraph(PROSE))}</w:tr></w:tbl>"
        f"<w:tbl><w:tr>{cell(paragraph('All in one cell.'))}</w:tr></w:tbl>"
    )
    path = write_docx(tmp_path / "a.docx", table)
    assert text_of(path) == f"{PROSE}\n\nAll in one cell."


def test_a_drop_cap_belongs_to_its_paragraph(tmp_path):
    frame = '<w:framePr w:dropCap="drop" w:lines="3"/>'
    path = write_docx(tmp_path / "a.docx", paragraph("I", properties=frame), paragraph("t rained."))
    assert text_of(path) == "It rained."


def test_short_lines_between_empty_paragraphs_are_a_stanza(tmp_path):
    lines = ["The gate was wet,", "the boy was loud,", "the rain came down.", "", "And so", "we"]
    lines += ["went home.", "", PROSE]
    path = write_docx(tmp_path / "a.docx", *map(paragraph, lines))
    assert text_of(path) == (
        "The gate was wet,\nthe boy was loud,\nthe rain came down.\n\nAnd so\nwe\nwent home.\n\n"
        + PROSE
    )


def test_the_main_part_may_have_another_name(tmp_path):
    files = docx_files(paragraph("It rained."))
    files["word/document2.xml"] = files.pop("word/document.xml")
    relation = "http://purl.oclc.org/ooxml/officeDocument/relationships/officeDocument"
    files["_rels/.rels"] = (
        f'<Relationships><Relationship Type="{relation}" Target="/word/document2.xml"/></Relationships>'
    )
    assert text_of(write_zip(tmp_path / "a.docx", files)) == "It rained."


def test_a_document_is_recognized_under_any_name(tmp_path):
    write_docx(tmp_path / "a.zip", paragraph("It rained."))
    assert text_of(tmp_path / "a.zip") == "It rained."
    for suffix in (".docm", ".dotx"):
        (tmp_path / f"a{suffix}").write_bytes((tmp_path / "a.zip").read_bytes())
        assert text_of(tmp_path / f"a{suffix}") == "It rained."


ENTITIES = (
    '<!DOCTYPE d [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;"><!ENTITY f SYSTEM "file:///etc/passwd">]>'
    f'<w:document xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"><w:body>'
    f"{paragraph('So &b;&f;it is.')}</w:body></w:document>"
)


def test_entities_are_not_expanded(tmp_path):
    files = docx_files() | {"word/document.xml": ENTITIES}
    assert text_of(write_zip(tmp_path / "a.docx", files)) == "So"


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"x invented\n", "not a Word document, although its name says so"),
        (b"", "empty"),
        (b"PK\x03\x04" + b"\x00" * 90, "damaged or cut off"),
        (
            b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\x00" * 600,
            "it has a password, or is an old Word document",
        ),
    ],
)
def test_a_file_that_is_no_word_document_is_refused_with_the_reason(content, reason, tmp_path):
    (tmp_path / "a.docx").write_bytes(content)
    with pytest.raises(UnreadableError, match=reason):
        parsed(tmp_path / "a.docx")


def test_damaged_and_too_large_parts_are_refused_with_the_reason(tmp_path, monkeypatch):
    write_zip(tmp_path / "cut.docx", docx_files() | {"word/document.xml": "<w:document><w:b"})
    with pytest.raises(UnreadableError, match="its XML cannot be read"):
        parsed(tmp_path / "cut.docx")
    deep = docx_files("<w:ins>" * 240 + "x" + "</w:ins>" * 240)
    write_zip(tmp_path / "deep.docx", deep)
    assert text_of(tmp_path / "deep.docx") == ""
    monkeypatch.setattr("morris_mlx.collect.readers.documents.zip_parts.MAX_PART_BYTES", 1000)
    write_docx(tmp_path / "large.docx", paragraph("x" * 2000))
    with pytest.raises(UnreadableError, match="MB of text"):
        parsed(tmp_path / "large.docx")
