"""Tests of the reader of Evernote exports."""

import pytest
from support.document_files import pieces

from morris_mlx.collect.readers.reader import LeftOut
from morris_mlx.collect.text import UnreadableError

NOTE = (
    "<note><title>{title}</title><created>20240304T100000Z</created><note-attributes>"
    "<author>Ivo Marsh</author><source>{source}</source></note-attributes><content><![CDATA["
    '<?xml version="1.0"?><!DOCTYPE en-note SYSTEM "enml2.dtd"><en-note>{body}</en-note>]]></content>'
    "<resource><data>{data}</data></resource></note>"
)


def export(*notes):
    return f'<?xml version="1.0"?><en-export>{"".join(notes)}</en-export>'


def test_notes_are_texts_and_clipped_pages_are_left_out(tmp_path):
    body = (
        '<div>It <b>rained</b>.</div><div><br/></div><div><en-todo checked="true"/>Tea</div>'
        '<en-media hash="x"/><ul><li><div>Buns</div></li></ul><en-crypt>abc</en-crypt>'
    )
    own = NOTE.format(title="On &amp; paint", source="desktop.mac", body=body, data="QUJD" * 9)
    clip = NOTE.format(title="A page", source="web.clip", body="<div>Others.</div>", data="")
    empty = NOTE.format(title="Empty", source="", body="", data="")
    broken = "<note><title>x</note>"
    (tmp_path / "a.enex").write_text(export(own, clip, broken, empty), encoding="utf-8")
    found, *left_out = pieces(tmp_path / "a.enex")
    assert found.name == "note 1" and found.parsed.text == "It rained.\n\nTea\n\nBuns"
    about = found.parsed
    assert (about.title, about.author, about.date) == ("On & paint", "Ivo Marsh", "2024-03-04")
    assert left_out[:2] == [
        LeftOut("a page clipped from the web", "note 2"),
        LeftOut("damaged: its XML cannot be read", "note 3"),
    ]


def test_an_attached_file_of_any_size_does_not_count(tmp_path):
    note = NOTE.format(title="x", source="", body="<div>It rained.</div>", data="A" * 11_000_000)
    (tmp_path / "a.enex").write_text(export(note), encoding="utf-8")
    assert pieces(tmp_path / "a.enex")[0].parsed.text == "It rained."


@pytest.mark.parametrize(
    ("content", "reason"),
    [("x invented", "not an Evernote export"), ("<en-export></en-export>", "no note in it")],
)
def test_other_files_are_refused_with_the_reason(content, reason, tmp_path):
    (tmp_path / "a.enex").write_text(content)
    with pytest.raises(UnreadableError, match=reason):
        pieces(tmp_path / "a.enex")


def test_an_export_that_is_cut_off_gives_its_whole_notes(tmp_path):
    note = NOTE.format(title="x", source="", body="<div>It rained.</div>", data="")
    (tmp_path / "a.enex").write_text(export(note, note[:200]), encoding="utf-8")
    found, left_out = pieces(tmp_path / "a.enex")
    assert found.parsed.text == "It rained." and isinstance(left_out, LeftOut)
