"""Tests of plain text: paragraphs, verse, titles and headers."""

import textwrap

import pytest

from morris_mlx.collect import collect_files
from morris_mlx.collect.readers.plain_text import is_markdown, parse_plain_text
from morris_mlx.collect.text import UnreadableError

ONE = (
    "They have put a bench at the top of the hill, and a plate on the bench that says for whom it "
    "is, and a fence around the bench so that nobody shall sit on it."
)
TWO = (
    '"It is for looking at," he said, and he went on painting, with the air of somebody who has '
    "been asked that before and will be asked it again."
)
VERSE = "The boats lie down like cattle,\nthe mud has let them go,\nand somebody is whistling."


def wrapped(*paragraphs, width=68, between="\n\n", indent=""):
    return between.join(textwrap.fill(p, width, initial_indent=indent) for p in paragraphs)


@pytest.mark.parametrize(
    "text",
    [
        wrapped(ONE, TWO),
        wrapped(ONE, TWO, between="\n"),
        wrapped(ONE, TWO, between="\n", indent="    "),
        wrapped(ONE, TWO).replace("\n", "\r\n") + "\x1a",
        wrapped(ONE, TWO).replace("\n", "\r"),
        f"{ONE}\n{TWO}",
        f"{ONE}\n\n{TWO}",
        f"{ONE}\u2029{TWO}",
        f"{ONE}\f{TWO}",
        f"> somebody wrote\n> this\n\n{ONE}\n\n{TWO}",
    ],
)
def test_paragraphs_are_found_however_they_are_typed(text):
    assert parse_plain_text(text).text == f"{ONE}\n\n{TWO}"


def test_verse_stays_in_lines_also_in_a_wrapped_text():
    assert parse_plain_text(VERSE).text == VERSE
    assert parse_plain_text(f"{VERSE}\n\n{VERSE}").text == f"{VERSE}\n\n{VERSE}"
    text = f"{wrapped(ONE)}\n\n{VERSE}\n\n{wrapped(TWO)}"
    assert parse_plain_text(text).text == f"{ONE}\n\n{VERSE}\n\n{TWO}"


@pytest.mark.parametrize(
    ("head", "title", "author", "date"),
    [
        ("THE BENCH\n\n", "THE BENCH", "", ""),
        ("   The bench\n\n", "The bench", "", ""),
        ("What is a bench?\n\n", "What is a bench?", "", ""),
        ("The bench\n=========\n\n", "The bench", "", ""),
        ("The bench\nby Ivo Marsh\n\n", "The bench", "Ivo Marsh", ""),
        ("The bench\n4 March 2020\n\n", "The bench", "", "2020-03-04"),
        ("The bench\n\n4 March 2020\n\n", "The bench", "", "2020-03-04"),
        ("Title: The bench\nDate: 2020-03-04\nAuthor: Ivo\n\n", "The bench", "Ivo", "2020-03-04"),
        ("---\ntitle: The bench\n---\n", "The bench", "", ""),
        ("", "", "", ""),
    ],
)
def test_title_author_and_date_stand_above_the_text(head, title, author, date):
    parsed = parse_plain_text(f"{head}{wrapped(ONE, TWO)}")
    assert (parsed.title, parsed.author, parsed.date) == (title, author, date)
    assert parsed.text == f"{ONE}\n\n{TWO}"


@pytest.mark.parametrize("first", ["Dear Anna,", "It rained.", "— Да", "Hi Bob!", "rain", "> no"])
def test_a_first_line_that_is_a_sentence_or_salutation_is_no_title(first):
    assert parse_plain_text(f"{first}\n\n{ONE}\n\n{TWO}").title == ""


def test_lines_that_end_sentences_are_paragraphs_below_a_title():
    parsed = parse_plain_text(
        "On herring\nIt is no fish.\nFirst there is the smell.\nThen bones.\n"
    )
    assert parsed.title == "On herring"
    assert parsed.text == "It is no fish.\n\nFirst there is the smell.\n\nThen bones."


def test_the_name_of_the_file_is_the_title_if_the_text_has_none(tmp_path):
    for name in ("on-herring.txt", "untitled.txt", "2021-05-06 The gate.txt", "IMG_0012.txt"):
        (tmp_path / name).write_text(f"It rained, in {name}, as it does.\n")
    found = {d.text.split(", ")[1]: (d.title, d.date) for d in collect_files([tmp_path]).documents}
    assert found == {
        "in on-herring.txt": ("On herring", ""),
        "in untitled.txt": ("", ""),
        "in 2021-05-06 The gate.txt": ("The gate", "2021-05-06"),
        "in IMG_0012.txt": ("", ""),
    }


def test_markdown_in_a_text_file_is_read_as_markdown():
    text = f"# On rain\n\n**Very** much [rain](https://h.org).\n\n{ONE}"
    assert parse_plain_text(text).text == f"Very much rain.\n\n{ONE}"
    assert not is_markdown(f"# a comment\n# another\n{ONE}", False)
    assert not is_markdown("I give it 5 * 3 stars, and [sic] > that.", False)


def test_separators_are_kept_as_they_are_typed():
    parsed = parse_plain_text(f"{ONE}\n\n* * *\n\n{TWO}")
    assert parsed.text == f"{ONE}\n\n* * *\n\n{TWO}"
    assert [b.is_separator for b in parsed.blocks] == [False, True, False]


def test_a_text_of_quoted_lines_alone_is_left_out():
    with pytest.raises(UnreadableError, match="quotation"):
        parse_plain_text("> one\n> two\n")


def test_the_quotation_of_a_mail_is_left_out_and_other_lines_with_the_mark_stay():
    intro = "On Mon, 4 Mar 2024 at 10:00, Ann Lee <ann@a.example> wrote:"
    for quotation in (f"{intro}\n> Hers.\n>\n> Hers, too.", f"{intro}\n\n> Hers.\n> Hers, too."):
        assert parse_plain_text(f"{ONE}\n\n{quotation}\n\n{TWO}").text == f"{ONE}\n\n{TWO}"
    stays = f"{ONE}\n\nThe limits are:\n> 5 for me\nand so on.\n\n{TWO}"
    assert parse_plain_text(stays).text == stays


def test_the_license_around_a_book_of_project_gutenberg_is_no_text():
    book = (
        "The Project Gutenberg eBook of X\n\n*** START OF THE PROJECT GUTENBERG EBOOK X ***\n\n"
        f"{wrapped(ONE, TWO)}\n\n*** END OF THE PROJECT GUTENBERG EBOOK X ***\n\nLicense.\n"
    )
    assert parse_plain_text(book).text == f"{ONE}\n\n{TWO}"


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (
            '[{"a": 1}, {"b": "It rained."}]',
            "JSON, not a text; rename it so that its name ends in .json",
        ),
        (
            '\ufeff{"a": "It rained."}\n',
            "JSON, not a text; rename it so that its name ends in .json",
        ),
        ("[It rained.]", None),
        ("{It rained}\n\nand [so on]", None),
        ("[]", None),
    ],
)
def test_json_with_the_name_of_a_text_is_not_a_text(tmp_path, content, reason):
    (tmp_path / "a.txt").write_text(content, encoding="utf-8")
    (tmp_path / "b.txt").write_text("It was wet.")
    found = collect_files([tmp_path])
    assert [s.reason for s in found.skipped] == ([reason] if reason else [])
    assert len(found.documents) == (1 if reason else 2)


def test_a_page_with_the_name_of_a_text_is_read_as_a_page(tmp_path):
    paragraphs = "".join(
        f"<p>It rained on day {n}, and nobody was surprised.</p>" for n in range(5)
    )
    page = (
        f"<!DOCTYPE html><html><head><title>On rain</title></head><body>{paragraphs}</body></html>"
    )
    (tmp_path / "a.txt").write_text(page)
    (document,) = collect_files([tmp_path]).documents
    assert document.text.startswith("It rained on day 0,") and "<p>" not in document.text
