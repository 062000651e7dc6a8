"""Tests of TextBundles: the note with the name of its folder, without Bear's tags and trash."""

from support.text_exports import claimed_names, only_text, read_export, reasons, texts, write_zip

from morris_mlx.collect.readers.export_reader import ExportKind

BEAR = "net.shinyfrog.bear"


def test_the_title_is_the_heading_or_the_name_of_the_folder(tmp_path):
    files = {
        "x/On paint.textbundle/text.md": "Mine.",
        "x/On paint.textbundle/info.json": {"version": 2},
        "x/On paint.textbundle/assets/boat.png": b"\x89PNG",
        "b.textbundle/text.markdown": "# On boys\n\nToo.",
        "b.textbundle/info.json": "{",
    }
    archive = write_zip(tmp_path / "a.zip", files)
    assert claimed_names(archive) == {ExportKind.TEXT_BUNDLES: set(files)}
    pieces = read_export(ExportKind.TEXT_BUNDLES, archive)
    assert texts(pieces) == ["Too.", "Mine."]
    assert [p.parsed.title for p in pieces if hasattr(p, "parsed")] == ["On boys", "On paint"]
    assert reasons(pieces) == {"a picture or another file, not a text": 1}


def test_tags_of_bear_are_no_text_and_its_trash_is_left_out(tmp_path):
    info = {"creatorIdentifier": BEAR, BEAR: {"creationDate": "2024-03-04T10:00:00Z", "trashed": 0}}
    files = {
        "a.textbundle/text.md": "# On paint\n#writing/essays #boats\n\nMine, room #3.\n\n#two words#\n",
        "a.textbundle/info.json": info,
        "b.textbundle/text.md": "Old.",
        "b.textbundle/info.json": {BEAR: {"trashed": 1}},
    }
    pieces = read_export(ExportKind.TEXT_BUNDLES, write_zip(tmp_path / "a.zip", files))
    piece = only_text(pieces)
    assert piece.parsed.text.startswith("Mine, room #3.")
    assert (piece.parsed.title, piece.parsed.date) == ("On paint", "2024-03-04")
    assert reasons(pieces) == {"in the trash": 1}


def test_a_folder_without_its_description_is_left_alone(tmp_path):
    assert claimed_names(write_zip(tmp_path / "a.zip", {"a.textbundle/text.md": "Mine."})) == {}
