"""Tests of exports of texts on their whole way: from a file, zip or folder into documents."""

from support.text_exports import BOY, PAINT, write_files, write_zip

from morris_mlx.collect import read_texts, take_inventory

NOTION_ID = "1a2b3c4d5e6f1a2b3c4d5e6f1a2b3c4d"
TWEETS = 'window.YTD.tweets.part0 = [{"tweet": {"id_str": "1", "full_text": "Wet paint."}}]'


def collected(*paths):
    """Return documents by their sources, and the reasons by source."""
    reading = read_texts(take_inventory(paths))
    documents = {document.source: document for document in reading.documents()}
    return documents, {skipped.source: skipped.reason for skipped in reading.skipped}


def test_a_post_of_a_network_is_a_document_of_its_kind(tmp_path):
    (tmp_path / "tweets.js").write_text(TWEETS)
    documents, _ = collected(tmp_path / "tweets.js")
    assert documents[f"{tmp_path}/tweets.js/1"].kind == "post"


def test_exports_in_a_folder_leave_the_texts_beside_them_alone(tmp_path):
    files = {
        "x/data/tweets.js": TWEETS,
        "notes/.obsidian/templates.json": {"folder": "Templates"},
        "notes/Templates/letter.md": "Dear {{name}}",
        "notes/2024-03-04.md": BOY,
        f"notion/On paint {NOTION_ID}.md": f"# On paint\n\nCreated: March 4, 2024\n\n{PAINT}",
        "essay.txt": "Mine.",
    }
    write_files(tmp_path, files)
    documents, left_out = collected(tmp_path)
    assert {source.removeprefix(f"{tmp_path}/") for source in documents} == {
        "x/data/tweets.js/1",
        "notes/2024-03-04.md",
        f"notion/On paint {NOTION_ID}.md",
        "essay.txt",
    }
    assert left_out[f"{tmp_path}/notes/Templates/letter.md"] == "a template for notes"


def test_an_export_in_a_zip_in_a_zip_is_recognized(tmp_path):
    inner = {f"On paint {NOTION_ID}.md": f"# On paint\n\nCreated: March 4, 2024\n\n{PAINT}"}
    write_zip(tmp_path / "Part-1.zip", inner)
    outer = {"Part-1.zip": (tmp_path / "Part-1.zip").read_bytes()}
    write_zip(tmp_path / "export.zip", outer)
    documents, _ = collected(tmp_path / "export.zip")
    (document,) = documents.values()
    assert (document.text, document.date) == (PAINT, "2024-03-04")
    assert document.source == f"{tmp_path}/export.zip/Part-1.zip/On paint {NOTION_ID}.md"


def test_a_backup_of_bear_is_opened(tmp_path):
    files = {"On paint.textbundle/text.md": PAINT, "On paint.textbundle/info.json": {}}
    write_zip(tmp_path / "notes.bear2bk", files)
    documents, _ = collected(tmp_path / "notes.bear2bk")
    assert [document.title for document in documents.values()] == ["On paint"]
