"""Tests of Obsidian vaults: templates, boards and drawings are no texts, daily notes are."""

from support.text_exports import claimed_names, read_export, reasons, write_files, write_zip

from morris_mlx.collect.readers.export_reader import ExportKind

BOARD = "---\n\nkanban-plugin: basic\n\n---\n\n## To do\n"


def test_what_is_no_text_in_a_vault_is_left_out_and_notes_are_not_claimed(tmp_path):
    files = {
        ".obsidian/app.json": {},
        ".obsidian/community-plugins.json": ["obsidian-kanban"],
        ".obsidian/templates.json": {"folder": "Extras/Templates/"},
        ".obsidian/daily-notes.json": {"folder": "Daily", "template": "Extras/Day"},
        ".obsidian/plugins/templater-obsidian/data.json": {"templates_folder": "Scripts"},
        "Extras/Templates/letter.md": "Dear {{name}}",
        "Extras/Day.md": "# {{date}}",
        "Scripts/a.md": "<% tp.date.now() %>",
        ".trash/old.md": "Old.",
        "map.canvas": "{}",
        "drawing.excalidraw.md": "x",
        "board.md": BOARD,
        "Daily/2024-03-04.md": "It rained.",
        "Extras/Daybreak.md": "Mine.",
        "essay.md": "Mine.",
        "boat.png": b"\x89PNG",
    }
    archive = write_files(tmp_path, files)
    kept = {"Daily/2024-03-04.md", "Extras/Daybreak.md", "essay.md", "boat.png"}
    assert claimed_names(archive) == {ExportKind.OBSIDIAN: set(files) - kept}
    assert reasons(read_export(ExportKind.OBSIDIAN, archive)) == {
        "a template for notes": 3,
        "in the trash": 1,
        "a drawing or a board, not a text": 3,
    }


def test_a_vault_in_a_zip_is_known_by_its_folder_of_settings(tmp_path):
    files = {"vault/.obsidian/templates.json": "{", "vault/a.canvas": "{}", "b.canvas": "{}"}
    archive = write_zip(tmp_path / "a.zip", files)
    assert claimed_names(archive) == {ExportKind.OBSIDIAN: set(files) - {"b.canvas"}}
    assert reasons(read_export(ExportKind.OBSIDIAN, archive)) == {
        "a drawing or a board, not a text": 1
    }


def test_a_template_folder_that_is_the_whole_vault_takes_nothing(tmp_path):
    files = {".obsidian/templates.json": {"folder": "/"}, "essay.md": "Mine."}
    archive = write_zip(tmp_path / "a.zip", files)
    assert claimed_names(archive) == {ExportKind.OBSIDIAN: {".obsidian/templates.json"}}
