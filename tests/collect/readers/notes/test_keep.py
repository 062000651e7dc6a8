"""Tests of Google Keep: each note once, without lists and the trash."""

from support.text_exports import PAINT, claimed_names, only_text, read_export, reasons, write_files

from morris_mlx.collect.readers.export_reader import ExportKind


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
        "Takeout/Keep/picture.jpg": b"\xff\xd8",
        "Takeout/Drive/essay.md": "Mine.",
    }
    archive = write_files(tmp_path, files)
    assert claimed_names(archive) == {ExportKind.KEEP: set(files) - {"Takeout/Drive/essay.md"}}
    pieces = read_export(ExportKind.KEEP, archive)
    piece = only_text(pieces)
    assert (piece.parsed.text, piece.parsed.title) == (PAINT, "On paint")
    assert (piece.parsed.date, piece.kind) == ("2024-03-04", "post")
    assert reasons(pieces) == {
        "in the trash": 1,
        "a table, not a text": 1,
        "not valid JSON; export or download it again": 1,
        "a picture or another file, not a text": 1,
    }


def test_another_folder_called_keep_is_left_alone(tmp_path):
    assert (
        claimed_names(write_files(tmp_path, {"Keep/a.json": {"a": 1}, "Keep/b.md": "Mine."})) == {}
    )
