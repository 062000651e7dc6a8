"""Tests of the file reader: files read, files left out, and the reasons."""

from pathlib import Path

import pytest
from fpdf import FPDF
from support.document_files import paragraph, write_docx
from support.workspace import morris

from morris_mlx.collect import collect_files, read_texts, take_inventory
from morris_mlx.collect.chats.export_format import ReadAs
from morris_mlx.collect.text import damage_reason
from morris_mlx.collect.unread_kinds import OLD_WORD
from morris_mlx.errors import MissingError
from morris_mlx.formats.marked_text import MACHINE_MADE, GeneratorIdentity, write_marked_text
from morris_mlx.records.generation import GenerationResult

HTML = """<!doctype html><html><head><title>On Rain | The Daily</title>
<meta name="author" content="A. Writer"><meta property="article:published_time" content="2021-05-06">
</head><body><nav>Home Sport Weather</nav><article><h1>On Rain</h1>
<p>It rained for the whole of the week, and nobody was in the least surprised by “that”.</p>
<p>The second paragraph is here to be a paragraph, with enough words in it to be one too.</p>
</article><footer>Copyright, cookies and other things that nobody reads</footer></body></html>"""


def reasons(collected):
    return {Path(s.source).name: s.reason for s in collected.skipped}


def test_typography_is_kept_exactly(tmp_path):
    text = "‘So’ – he said — “no…” it’s ½ ﬁne, Zoë & 5 €"
    for name in ("a.txt", "b.md"):
        (tmp_path / name).write_text(text + name, encoding="utf-8")
    texts = {d.text for d in collect_files([tmp_path]).documents}
    assert texts == {text + "a.txt", text + "b.md"}


def test_html_gives_the_article_without_navigation(tmp_path):
    (tmp_path / "a.html").write_text(HTML, encoding="utf-8")
    (document,) = collect_files([tmp_path]).documents
    assert "“that”" in document.text and "second paragraph" in document.text
    assert "cookies" not in document.text and "Sport" not in document.text
    assert document.title == "On Rain" and document.date == "2021-05-06"
    assert document.text.count("\n\n") == 1


def test_unreadable_files_are_listed_with_the_reason(tmp_path):
    (tmp_path / "good.txt").write_text("Good text.")
    (tmp_path / "unknown.txt").write_bytes(b"fine\n\xdf\xf7\xaf\x9d\x81\xff")
    (tmp_path / "empty.md").write_text("  \n")
    (tmp_path / "binary.txt").write_bytes(b"PK\x03\x04\x00\x00")
    (tmp_path / "again.txt").write_text("good  TEXT.")
    (tmp_path / "noarticle.html").write_text("<html><body></body></html>")
    found = collect_files([tmp_path])
    assert [Path(d.source).name for d in found.documents] == ["again.txt"]
    assert reasons(found) == {
        "binary.txt": "a binary file",
        "empty.md": "empty",
        "good.txt": f"the same text as {tmp_path / 'again.txt'}",
        "noarticle.html": "no article text in this page",
        "unknown.txt": "its character encoding is not known (line 2); save it as UTF-8",
    }


def test_damaged_json_is_reported_as_damaged(tmp_path):
    files = {
        "cut.json": '{"a": 1, "b": [1, 2',
        "list.json": '[\n{"a": 1},\n{"b": 2',
        "word.json": "hello",
        "more.json": '{"a": 1}}',
        "empty.json": " ",
        "other.json": '{"a": 1}',
        "lines.json": '{"a": 1}\n{"b": 2}\n',
        "comments.json": '{\n// a setting\n"a": 1,\n}',
    }
    for name, content in files.items():
        (tmp_path / name).write_text(content)
    (tmp_path / "utf-16.json").write_bytes('{"a": "ä"}'.encode("utf-16"))
    (tmp_path / "a.txt").write_text("Good text.")
    found = collect_files([tmp_path])
    cut = "damaged JSON (cut off: its end is missing); export or download it again"
    bad = "damaged JSON (not valid at line 1); export or download it again"
    assert {name: reason for name, reason in reasons(found).items() if "none of" not in reason} == {
        "cut.json": cut,
        "list.json": cut,
        "word.json": bad,
        "more.json": bad,
        "empty.json": "empty",
    }
    assert len(found.skipped) == len(files) + 1


def test_a_failure_in_a_reader_has_a_reason_without_python_names():
    for error in (TypeError("x"), RecursionError(), OSError(5, "Input/output error")):
        reason = damage_reason(error)
        assert type(error).__name__ not in reason and reason.startswith(("damaged: ", "cannot be"))


def test_utf_16_and_byte_order_marks_are_read(tmp_path):
    (tmp_path / "a.txt").write_bytes("Grüße".encode("utf-16"))
    (tmp_path / "b.txt").write_bytes(b"\xef\xbb\xbfplain")
    assert {d.text for d in collect_files([tmp_path]).documents} == {"Grüße", "plain"}


def test_a_file_of_another_type_is_listed_with_the_reason(tmp_path):
    (tmp_path / "a.txt").write_text("Text.")
    (tmp_path / "b.doc").write_text("x")
    found = collect_files([tmp_path / "a.txt", tmp_path / "b.doc"])
    assert reasons(found) == {"b.doc": f"old Word document (.doc). {OLD_WORD.way_out}"}
    assert found.skipped[0].kind == "old Word document (.doc)"


def test_hidden_files_in_folders_are_not_collected(tmp_path):
    (tmp_path / ".git").mkdir()
    (tmp_path / ".git" / "note.txt").write_text("secret")
    (tmp_path / "a.txt").write_text("Text.")
    assert [d.text for d in collect_files([tmp_path]).documents] == ["Text."]


def test_a_folder_without_texts_is_an_error_with_exit_code_3(tmp_path):
    with pytest.raises(MissingError, match="No text found") as error:
        collect_files([tmp_path])
    assert error.value.exit_code == 3
    with pytest.raises(MissingError, match="does not exist"):
        collect_files([tmp_path / "absent"])


MACHINE_MADE_TEXT = "---\n# kept\nmachine_made: true\nnote: by a model\n---\n\nNobody wrote this.\n"


def test_machine_made_texts_are_skipped_and_counted(tmp_path):
    (tmp_path / "saved.md").write_text(MACHINE_MADE_TEXT)
    (tmp_path / "renamed.txt").write_text(
        "\n" + MACHINE_MADE_TEXT.replace("\n", "\r\n") + "And an edit."
    )
    (tmp_path / "wide.txt").write_text(MACHINE_MADE_TEXT, encoding="utf-16")
    (tmp_path / "page.html").write_text(MACHINE_MADE_TEXT + HTML)
    (tmp_path / "harmed.txt").write_text(MACHINE_MADE_TEXT.replace("note: by", "note: 'by"))
    (tmp_path / "own.md").write_text(MACHINE_MADE_TEXT.replace("true", "false"))
    (tmp_path / "about.md").write_text("I wrote this.\n\n---\nmachine_made: true\n---\n")
    found = collect_files([tmp_path])
    assert {Path(d.source).name for d in found.documents} == {"own.md", "about.md"}
    assert set(reasons(found).values()) == {MACHINE_MADE} and len(found.skipped) == 5
    result = morris("collect", tmp_path, home=tmp_path / "home")
    assert f"5 left out: {MACHINE_MADE}" in result.stderr and result.returncode == 0


def test_texts_saved_by_morris_are_not_collected(tmp_path):
    result = GenerationResult("A clone's words.", "stop", 1, 3, 0.1, 0.2, 7)
    write_marked_text(tmp_path / "a.txt", result, GeneratorIdentity("practice", None, None, 0.0))
    with pytest.raises(MissingError, match=MACHINE_MADE):
        collect_files([tmp_path])


@pytest.mark.parametrize("kind", ["docx", "pdf", "rtf"])
def test_a_chat_in_a_document_is_left_out_unless_the_user_says_it_is_a_text(kind, tmp_path):
    lines = [f"[12.03.24, 21:{n:02}] {'Ann' if n % 2 else 'Ivo'}: That was {n}." for n in range(12)]
    path = tmp_path / f"chat.{kind}"
    if kind == "docx":
        write_docx(path, *map(paragraph, lines))
    elif kind == "rtf":
        path.write_text("{\\rtf1 " + "\\par ".join(lines) + "}")
    else:
        pdf = FPDF()
        pdf.add_page()
        pdf.set_font("Times")
        for row, line in enumerate(lines):
            pdf.text(15, 20 + 6 * row, line)
        pdf.output(str(path))
    with pytest.raises(MissingError, match="looks like a chat"):
        collect_files([path])
    reading = read_texts(take_inventory([path], ReadAs.TEXT))
    assert "That was 3." in next(iter(reading.documents())).text
