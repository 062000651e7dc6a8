"""Files → documents: what is read, what is left out by name and reason, what is kept as written."""

from pathlib import Path

import pytest
from support.workspace import morris

from morris_mlx.collect import collect_files, merge_documents
from morris_mlx.collect.files import text_id
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


def test_markdown_gives_title_date_and_author_from_its_front_matter(tmp_path):
    (tmp_path / "a.md").write_text(
        "---\ntitle: 'A: B'\ndate: 2021-03-14\nauthor: Me\n---\n\nOne *two*\nthree.\n\nFour [five](http://x).\n"
    )
    (document,) = collect_files([tmp_path]).documents
    assert (document.title, document.date, document.author) == ("A: B", "2021-03-14", "Me")
    assert document.text == "One two three.\n\nFour five."


def test_a_first_heading_is_the_title_where_there_is_no_front_matter(tmp_path):
    (tmp_path / "a.md").write_text("# On Rain\n\nIt rained.\n\n## Later\n\nIt stopped.\n")
    (document,) = collect_files([tmp_path]).documents
    assert document.title == "On Rain"
    assert document.text == "It rained.\n\nLater\n\nIt stopped."


def test_prose_between_two_rules_is_not_front_matter(tmp_path):
    (tmp_path / "a.md").write_text("---\n\nFirst section.\n\n---\n\nSecond section.\n")
    assert collect_files([tmp_path]).documents[0].text == "First section.\n\nSecond section."


def test_a_date_that_does_not_exist_is_a_reason_not_a_crash(tmp_path):
    (tmp_path / "a.md").write_text("---\ndate: 2021-02-30\n---\nText.\n")
    (tmp_path / "b.md").write_text("Good.\n")
    assert reasons(collect_files([tmp_path])) == {"a.md": "its front matter is not valid YAML"}


def test_typography_is_kept_to_the_letter(tmp_path):
    text = "‘So’ – he said — “no…” it’s ½ ﬁne, Zoë & 5 €"
    for name in ("a.txt", "b.md"):
        (tmp_path / name).write_text(text + name, encoding="utf-8")
    texts = {d.text for d in collect_files([tmp_path]).documents}
    assert texts == {text + "a.txt", text + "b.md"}


def test_images_markup_and_lists_of_links_are_no_writing(tmp_path):
    text = (
        "## [A heading](https://a.example) is mine\n\n![A cat](https://a.example/cat.png)\n\n"
        '<div class="share"><a href="https://b.example">Share</a></div>\n\n'
        "I wrote [about this](https://a.example/1) before, <b>often</b>.\n\n"
        "- [Previous](https://a.example/1)\n- [Next](https://a.example/2) →\n- Tea\n\n"
        "[Home](https://a.example) | [About](https://a.example/me)\n"
    )
    (tmp_path / "a.md").write_text(f"Once.\n\n{text}")
    (document,) = collect_files([tmp_path]).documents
    assert document.text == (
        "Once.\n\nA heading is mine\n\nI wrote about this before, often.\n\nTea"
    )


def test_html_gives_the_article_without_what_is_round_it(tmp_path):
    (tmp_path / "a.html").write_text(HTML, encoding="utf-8")
    (document,) = collect_files([tmp_path]).documents
    assert "“that”" in document.text and "second paragraph" in document.text
    assert "cookies" not in document.text and "Sport" not in document.text
    assert document.title == "On Rain" and document.date == "2021-05-06"
    assert document.text.count("\n\n") == 1


def test_what_cannot_be_read_is_named_with_its_reason(tmp_path):
    (tmp_path / "good.txt").write_text("Good text.")
    (tmp_path / "latin.txt").write_bytes(b"fine\ncaf\xe9")
    (tmp_path / "empty.md").write_text("  \n")
    (tmp_path / "binary.txt").write_bytes(b"PK\x03\x04\x00\x00")
    (tmp_path / "again.txt").write_text("good  TEXT.")
    (tmp_path / "front.md").write_text("---\ntitle: [unclosed\n---\ntext")
    (tmp_path / "deep.md").write_text(f"---\ntitle: {'[' * 900}\n---\ntext")
    (tmp_path / "noarticle.html").write_text("<html><body></body></html>")
    found = collect_files([tmp_path])
    assert [Path(d.source).name for d in found.documents] == ["again.txt"]
    assert reasons(found) == {
        "binary.txt": "a binary file",
        "deep.md": "its front matter is not valid YAML",
        "empty.md": "empty",
        "front.md": "its front matter is not valid YAML",
        "good.txt": f"the same text as {tmp_path / 'again.txt'}",
        "latin.txt": "not UTF-8 (line 2); save it as UTF-8",
        "noarticle.html": "no article text in this page",
    }


def test_utf_16_and_byte_order_marks_are_understood(tmp_path):
    (tmp_path / "a.txt").write_bytes("Grüße".encode("utf-16"))
    (tmp_path / "b.txt").write_bytes(b"\xef\xbb\xbfplain")
    assert {d.text for d in collect_files([tmp_path]).documents} == {"Grüße", "plain"}


def test_a_file_of_another_kind_given_by_name_is_left_out_with_its_reason(tmp_path):
    (tmp_path / "a.txt").write_text("Text.")
    (tmp_path / "b.docx").write_text("x")
    found = collect_files([tmp_path / "a.txt", tmp_path / "b.docx"])
    assert reasons(found) == {"b.docx": ".docx is not .txt, .md or .html"}


def test_hidden_files_are_not_collected_from_folders(tmp_path):
    (tmp_path / ".git").mkdir()
    (tmp_path / ".git" / "note.txt").write_text("secret")
    (tmp_path / "a.txt").write_text("Text.")
    assert [d.text for d in collect_files([tmp_path]).documents] == ["Text."]


def test_nothing_found_is_an_error_with_exit_code_3(tmp_path):
    with pytest.raises(MissingError, match="No text found") as error:
        collect_files([tmp_path])
    assert error.value.exit_code == 3
    with pytest.raises(MissingError, match="does not exist"):
        collect_files([tmp_path / "absent"])


def test_invisible_characters_go_and_white_space_is_put_in_order(tmp_path):
    (tmp_path / "a.txt").write_text(
        "A\u200bb  c «\u00a0d\u00a0» \r\n\r\n\r\n\r\n\ufe00e", encoding="utf-8"
    )
    assert collect_files([tmp_path]).documents[0].text == "Ab c «\u00a0d\u00a0»\n\ne"


def test_the_identity_ignores_white_space_and_case_only():
    assert text_id("A  b\nc") == text_id("a b C")
    assert text_id("a b c") != text_id("a b d")


def test_merging_replaces_only_what_came_from_the_same_place(tmp_path):
    for place, text in (("x", "One."), ("y", "Two.")):
        (tmp_path / place).mkdir()
        (tmp_path / place / "a.txt").write_text(text)
    old = collect_files([tmp_path]).documents
    (tmp_path / "x" / "a.txt").write_text("New.")
    everything, new = merge_documents(old, collect_files([tmp_path / "x"]), [tmp_path / "x"])
    assert [d.text for d in everything] == ["New.", "Two."]
    assert [d.text for d in new.documents] == ["New."] and not new.skipped


def test_a_text_that_was_collected_from_elsewhere_is_named_not_lost_from_sight(tmp_path):
    for place in ("x", "y"):
        (tmp_path / place).mkdir()
        (tmp_path / place / "a.txt").write_text("One.")
    old = collect_files([tmp_path / "x"]).documents
    everything, new = merge_documents(old, collect_files([tmp_path / "y"]), [tmp_path / "y"])
    assert everything == list(old) and not new.documents
    assert "collected before" in new.skipped[0].reason


MADE = "---\n# kept\nmachine_made: true\nnote: by a model\n---\n\nNobody wrote this.\n"


def test_what_a_machine_wrote_is_left_out_and_counted(tmp_path):
    (tmp_path / "saved.md").write_text(MADE)
    (tmp_path / "renamed.txt").write_text("\n" + MADE.replace("\n", "\r\n") + "And an edit.")
    (tmp_path / "wide.txt").write_text(MADE, encoding="utf-16")
    (tmp_path / "page.html").write_text(MADE + HTML)
    (tmp_path / "harmed.txt").write_text(MADE.replace("note: by", "note: 'by"))
    (tmp_path / "own.md").write_text(MADE.replace("true", "false"))
    (tmp_path / "about.md").write_text("I wrote this.\n\n---\nmachine_made: true\n---\n")
    found = collect_files([tmp_path])
    assert {Path(d.source).name for d in found.documents} == {"own.md", "about.md"}
    assert set(reasons(found).values()) == {MACHINE_MADE} and len(found.skipped) == 5
    result = morris("collect", tmp_path, home=tmp_path / "home")
    assert f"5 left out: {MACHINE_MADE}" in result.stderr and result.returncode == 0


def test_what_morris_saves_is_what_it_does_not_collect(tmp_path):
    said = GenerationResult("A clone's words.", "stop", 1, 3, 0.1, 0.2, 7)
    write_marked_text(tmp_path / "a.txt", said, GeneratorIdentity("practice", None, None, 0.0))
    with pytest.raises(MissingError, match=MACHINE_MADE):
        collect_files([tmp_path])
