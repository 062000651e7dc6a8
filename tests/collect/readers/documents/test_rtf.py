"""Tests of the reader of rich text: code pages, groups that are no text, deleted text."""

import pytest
from support.document_files import PROSE, parsed, pieces, text_of

from morris_mlx.collect.readers.documents.paragraphs import BOXES
from morris_mlx.collect.readers.documents.rtf import parse_rtf
from morris_mlx.collect.readers.reader import LeftOut
from morris_mlx.collect.text import UnreadableError, normalize_text


def text(body, head=r"\ansi\ansicpg1252\deff0"):
    return normalize_text(
        parse_rtf(b"{\\rtf1" + head.encode() + body.encode("latin-1") + b"}").text
    )


def test_text_boxes_are_counted(tmp_path):
    box = rb"{\shp{\*\shpinst{\sp{\sn x}{\sv 3}}{\shptxt In a box.\par{\*\bkmkstart a}Again.\par}}"
    box += rb"{\shprslt{\*\do In a box.}}}"
    for name, text in (("a.rtf", b"It rained.\\par"), ("b.rtf", b"")):
        (tmp_path / name).write_bytes(rb"{\rtf1\ansi " + text + box + b"}")
    found, left_out = pieces(tmp_path / "a.rtf")
    assert (found.parsed.text, left_out) == ("It rained.", LeftOut(BOXES, "text boxes (4 words)"))
    with pytest.raises(UnreadableError, match="all of its text is in text boxes"):
        pieces(tmp_path / "b.rtf")


def test_paragraphs_and_special_characters(tmp_path):
    body = (
        r" One\line two\par Three\tab four \{five\}\~six\_seven\-eight\emdash nine \'93ten\'94\par"
    )
    assert text(body) == "One\ntwo\n\nThree four {five}\u00a0six-seveneight—nine “ten”"
    assert text("One\\\nTwo\\\r\nThree") == "One\n\nTwo\n\nThree"


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (r"{\fonttbl{\f1\fcharset204 Arial;}}\f1 \'cf\'f0\'e8\'e2\'e5\'f2", "Привет"),
        (r"{\fonttbl{\f1\fcharset128 Mincho;}}{\f1 \'83\'65\'83\'58}", "テス"),
        (r"\uc1\u1055?\u1088?\u1080\'e2\u-10179?\u-8704?!", "При😀!"),
        (r"\uc0\u233 t\u233", "été"),
        (r"\uc2\u12486\'83\'65x", "テx"),
    ],
)
def test_letters_of_any_alphabet(body, expected):
    assert text(body) == expected


def test_a_mac_code_page():
    assert text(r" caf\'8e", head=r"\mac") == "café"


def test_groups_that_are_no_text_are_left_out():
    body = (
        r"{\fonttbl{\f0 Times;}}{\colortbl;\red0;}{\*\generator Word;}{\header Head}{\footer 7}"
        r"It rained{\super 1}{\footnote{\super 1} A note.}{\*\atnid IM}{\*\annotation A comment.}"
        r"{\pict\wmetafile8 0102030405}{\v in secret}{\deleted walked }{\strike no }"
        r"{\field{\*\fldinst HYPERLINK x}{\fldrslt  for days}}{\shp{\*\shpinst{\shptxt Box}}}."
    )
    assert text(body) == "It rained1 for days."
    assert text(r" One {\deleted\par}paragraph.\par Two.") == "One paragraph.\n\nTwo."
    assert text("{\\bin5 }{\\}}x") == "x"


def test_a_picture_in_a_document_of_textedit_leaves_no_sign():
    body = "One.\\\n{{\\NeXTGraphic p.png \\width640\n}\xac}\\\nTwo."
    assert text(body, head=r"\mac\cocoartf1") == "One.\n\nTwo."


def test_information_and_styles():
    body = (
        r"{\stylesheet{\ql Normal;}{\s1 heading 1;}{\s2 Quote;}{\s3 Title;}{\*\cs9 Link;}}"
        r"{\info{\title Some name}{\author Ivo \'96 Marsh}{\company X}{\creatim\yr2024\mo3\dy4\hr1}}"
        r"\pard\s3 On paint\par\pard\s1 The gate\par\pard\s2 Others said.\par\pard\plain It rained.\par"
    )
    found = parse_rtf(rb"{\rtf1\ansi" + body.encode() + b"}")
    assert (found.title, found.author, found.date) == ("On paint", "Ivo – Marsh", "2024-03-04")
    assert normalize_text(found.text) == "The gate\n\nIt rained."


def test_a_layout_in_a_table_is_read_and_data_are_not():
    row = r"\trowd\cellx1\cellx2\intbl Monday\cell " + PROSE + r"\cell\row"
    assert text(rf"Before.\par{row}\pard After.\par") == f"Before.\n\n{PROSE}\n\nAfter."


def test_rich_text_is_recognized_under_any_name(tmp_path):
    (tmp_path / "a.doc").write_bytes(rb"{\rtf1\ansi It rained.\par}")
    assert text_of(tmp_path / "a.doc") == "It rained."
    (tmp_path / "a.rtf").write_text("x invented")
    with pytest.raises(UnreadableError, match="not rich text, although its name says so"):
        parsed(tmp_path / "a.rtf")


def test_html_under_the_name_of_a_word_document_is_read(tmp_path):
    page = f"<!DOCTYPE html><html><body><article><h1>x</h1><p>{PROSE}</p></article></body></html>"
    (tmp_path / "a.doc").write_text(page)
    assert text_of(tmp_path / "a.doc") == PROSE


def test_a_file_that_is_cut_off_gives_its_beginning_and_depth_is_limited():
    assert normalize_text(parse_rtf(rb"{\rtf1 It rained. {\b And").text) == "It rained. And"
    with pytest.raises(UnreadableError, match="nested too deeply"):
        parse_rtf(b"{\\rtf1" + b"{" * 5000)
