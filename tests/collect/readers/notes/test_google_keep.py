"""Tests of Google Keep: each note once, without lists and the trash."""

from support.text_exports import (
    PAINT,
    claimed_names,
    only_text,
    read_export,
    read_one,
    reasons,
    write_files,
)

from morris_mlx.collect.readers.export_reader import ExportKind
from morris_mlx.collect.readers.reader import FileKind


def note(**values):
    return {
        "userEditedTimestampUsec": 1709546400000000,
        "isTrashed": False,
        "title": "On paint",
        "textContent": PAINT,
    } | values


def test_notes_are_taken_once_and_lists_and_the_trash_left_out(tmp_path):
    files = {
        "Takeout/Keep/a.json": note(),
        "Takeout/Keep/a.html": f"<p>{PAINT}</p>",
        "Takeout/Keep/b.json": note(isTrashed=True),
        "Takeout/Keep/c.json": note(textContent=None, listContent=[{"text": "fish"}]),
        "Takeout/Keep/d.json": '{"userEditedTimestampUsec"',
        "Takeout/Keep/b.html": "",
        "Takeout/Keep/c.html": "",
        "Takeout/Keep/d.html": "",
        "Takeout/Keep/picture.jpg": b"\xff\xd8",
        "Takeout/Drive/essay.md": "Mine.",
    }
    archive = write_files(tmp_path, files)
    others = {"Takeout/Keep/picture.jpg", "Takeout/Drive/essay.md"}
    assert claimed_names(archive) == {ExportKind.KEEP: set(files) - others}
    pieces = read_export(ExportKind.KEEP, archive)
    piece = only_text(pieces)
    assert (piece.parsed.text, piece.parsed.title) == (PAINT, "On paint")
    assert (piece.parsed.date, piece.kind) == ("2024-03-04", "post")
    assert reasons(pieces) == {
        "in the trash": 1,
        "a table, not a text": 1,
        "not valid JSON; export or download it again": 1,
        "the same note as HTML": 4,
    }


def test_a_note_by_itself_is_known(tmp_path):
    (piece,) = read_one(tmp_path / "note.json", note(), FileKind.KEEP_NOTE)
    assert piece.parsed.text == PAINT
    pieces = read_one(tmp_path / "note.json", note(isTrashed=True), FileKind.KEEP_NOTE)
    assert reasons(pieces) == {"in the trash": 1}


def test_another_folder_called_keep_is_left_alone(tmp_path):
    assert (
        claimed_names(write_files(tmp_path, {"Keep/a.json": {"a": 1}, "Keep/a.html": "Mine."}))
        == {}
    )
