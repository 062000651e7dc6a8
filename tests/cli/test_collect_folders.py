"""`morris collect FOLDER`: the account of all files, and what one bad file changes."""

import json
import zipfile

from support.chat_exports import private_chat, telegram_export
from support.workspace import done, morris

from morris_mlx.project.left_out import read_left_out

ESSAYS = {"one.md": "The harbour was empty that day.", "two.txt": "I counted the boats twice."}


def write(folder, files):
    folder.mkdir(exist_ok=True)
    for name, content in files.items():
        (folder / name).write_bytes(content if isinstance(content, bytes) else content.encode())
    return folder


def test_what_is_not_read_is_counted_by_kind_with_the_way_out(project, tmp_path):
    pictures = {f"{n}.jpg": b"\xff\xd8\xff" for n in range(30)}
    folder = write(tmp_path / "texts", ESSAYS | pictures | {"a.pages": b"x", "b.doc": b"x"})
    result = morris("collect", folder)
    assert result.returncode == 0, result.stderr
    assert "34 files: 2 with texts, 32 left out" in result.stdout
    assert "32 left out: pictures 30, " in result.stderr
    assert "Pages document (.pages): In Pages: File → Export To → Word." in result.stderr
    found = json.loads(done("collect", folder, "--json"))
    assert found["files"] == {"total": 34, "texts": 2, "chats": 0, "left_out": 32}
    assert len(found["skipped"]) == 32
    assert {row["kind"] for row in found["skipped"]} >= {"pictures", "Pages document (.pages)"}
    kept = {one.reason: one.count for one in read_left_out(project)[str(folder)]}
    assert kept["pictures"] == 30 and sum(kept.values()) == 32


def test_a_damaged_export_does_not_stop_the_texts_and_keeps_what_it_gave_before(project, tmp_path):
    folder = write(tmp_path / "all", ESSAYS)
    export = telegram_export(folder, [private_chat("Ann", "Hi.", "me: Yes?")])
    done("collect", folder, "--ground", "own")
    before = project.conversations.read_bytes()
    export.write_bytes(export.read_bytes()[:-60])
    (folder / "three.md").write_text("A third essay came in the spring.")
    result = morris("collect", folder)
    assert result.returncode == 1 and "cut off" in result.stderr
    assert f"nothing was collected from {export};" in result.stderr
    assert "4 files: 3 with texts, 1 left out" in result.stdout
    assert project.conversations.read_bytes() == before
    assert "third essay" in project.documents.read_text()


def test_a_named_file_that_gives_nothing_ends_with_exit_code_1(project, tmp_path):
    folder = write(tmp_path / "all", ESSAYS | {"broken.json": b'{"chats": {"list": ['})
    result = morris("collect", folder / "one.md", folder / "broken.json", "--ground", "own")
    assert result.returncode == 1 and "nothing was collected from" in result.stderr
    assert "broken.json" in result.stderr and "harbour" in project.documents.read_text()


def test_names_that_are_not_utf_8_are_shown_and_written(project, tmp_path):
    folder = write(tmp_path / "all", ESSAYS)
    with open(bytes(folder) + b"/caf\xe9.md", "w") as file:  # noqa: PTH123
        file.write("The café was shut, and nobody minded.")
    with open(bytes(folder) + b"/caf\xe9.pdf", "w") as file:  # noqa: PTH123
        file.write("")
    with open(bytes(folder) + b"/\xff\xfe.md", "w") as file:  # noqa: PTH123
        file.write(" ")
    result = morris("collect", folder)
    assert result.returncode == 0 and "Traceback" not in result.stderr
    assert "/\ufffd.md: empty" in result.stderr
    sources = [json.loads(line)["source"] for line in project.documents.read_text().splitlines()]
    assert f"{folder}/caf\\xe9.md" in sources


def test_documents_out_of_a_zip_are_replaced_and_forgotten_with_it(project, tmp_path):
    path = tmp_path / "notes.zip"
    for text in ("First draft of it.", "Second draft of it."):
        with zipfile.ZipFile(path, "w") as archive:
            archive.writestr("notes/one.md", text)
            archive.writestr("notes/two.md", "Another note, which stays.")
        done("collect", path)
    assert "First" not in project.documents.read_text()
    assert json.loads(project.provenance.read_text())[str(path)]["documents"] == 2
    done("forget", f"{path}/notes/one.md", "--yes")
    assert "Second" not in project.documents.read_text()
    done("forget", path, "--yes")
    assert project.documents.read_text() == "" and str(path) not in project.provenance.read_text()


def test_texts_of_another_author_are_left_out_and_several_authors_are_told(project, tmp_path):
    texts = {"one.md": "Ivo Marsh", "two.md": "Greta Holm", "three.md": "", "four.md": "IVO MARSH"}
    files = {
        name: f"---\nauthor: {author}\n---\n\nThe harbour was empty, says {name}.\n"
        for name, author in texts.items()
    }
    folder = write(tmp_path / "texts", files)
    first = morris("collect", folder)
    assert "the texts name several authors: " in first.stderr and "Greta Holm 1" in first.stderr
    result = morris("collect", folder, "--author", "Ivo Marsh")
    assert "3 texts" in result.stdout
    assert "two.md: by Greta Holm" in result.stderr
    assert "two.md" not in project.documents.read_text()


def test_a_zip_with_chats_and_texts_is_noted_with_both(project, tmp_path):
    path = tmp_path / "all.zip"
    with zipfile.ZipFile(path, "w") as archive:
        export = telegram_export(tmp_path, [private_chat("Ann", "Hi.", "me: Yes?")])
        archive.write(export, "result.json")
        note = "---\nlicense: CC BY\n---\nA note of the spring, which was late."
        archive.writestr("notes/one.md", note)
    done("collect", path, "--ground", "own")
    note = json.loads(project.provenance.read_text())[str(path)]
    assert (note["documents"], note["conversations"]) == (1, 1)
    assert note["licences"] == ["CC BY"]
