"""Tests of files of many texts: split at headings, dates or separators."""

import pytest
from support.workspace import morris

from morris_mlx.collect import collect_files
from morris_mlx.collect.readers.markdown import parse_markdown
from morris_mlx.collect.readers.plain_text import parse_plain_text
from morris_mlx.collect.readers.reader import LeftOut, TextPiece
from morris_mlx.collect.readers.split_text import count_parts, split_pieces, split_text
from morris_mlx.collect.text import ParsedText
from morris_mlx.records.corpus import SplitAt

WORDS = "In this week the tide met the boat, and nothing came of it but talk of the lamp. " * 6


def column(number):
    return f"{WORDS}That was column {number}."


def split(parsed, at=SplitAt.headings):
    return [
        (p.name, p.parsed.title, p.parsed.date, p.parsed.text)
        for p in split_text(TextPiece(parsed), at)
    ]


MARKDOWN = "# My columns\n\n" + "".join(
    f"## {title}\n\n{column(n)}\n\n### A part\n\nEnd of {n}.\n\n"
    for n, title in enumerate(("On rain", "On/paint", "4 March 2020"), 1)
)
TEXT = "\n\n".join(f"Column {n}\n\n{column(n)}" for n in range(1, 13))


def test_markdown_is_split_at_the_highest_level_with_several_headings():
    found = split(parse_markdown(MARKDOWN))
    assert [(name, title, date) for name, title, date, _ in found] == [
        ("1 On rain", "On rain", ""),
        ("2 On paint", "On/paint", ""),
        ("3 2020-03-04", "", "2020-03-04"),
    ]
    assert found[0][3] == f"{column(1)}\n\nA part\n\nEnd of 1."


def test_plain_text_is_split_at_lines_that_read_like_headings():
    found = split(parse_plain_text(TEXT))
    assert [name for name, *_ in found][:2] == ["01 Column 1", "02 Column 2"]
    assert [text for *_, text in found] == [column(n) for n in range(1, 13)]


@pytest.mark.parametrize("label", ["", "Date: ", "\tDate:\t"])
def test_a_diary_is_split_at_its_dates(label):
    days = ("3 March 2020", "4 March 2020", "2020-03-05")
    diary = "\n\n".join(f"{label}{day}\n\n{column(n)}" for n, day in enumerate(days))
    found = split(ParsedText(diary))
    assert [date for _, _, date, _ in found] == ["2020-03-03", "2020-03-04", "2020-03-05"]
    assert [text for *_, text in found] == [column(n) for n in range(3)]


@pytest.mark.parametrize("mark", ["* * *", "---", "~~~~~", "⁂"])
def test_a_text_is_split_at_separators(mark):
    poems = [
        "Low tide\n\nThe boats\nlie down",
        "the mud\n\nhas let\nthem go",
        "and somebody\nwhistles",
    ]
    found = split(parse_plain_text(f"\n\n{mark}\n\n".join(poems)), SplitAt.separators)
    assert [(title, text) for _, title, _, text in found] == [
        ("Low tide", "The boats\nlie down"),
        ("", "the mud\n\nhas let\nthem go"),
        ("", "and somebody\nwhistles"),
    ]


def test_rules_of_markdown_are_separators():
    found = split(parse_markdown("a a a\n\n---\n\nb b b\n\n***\n\nc c c"), SplitAt.separators)
    assert [text for *_, text in found] == ["a a a", "b b b", "c c c"]


def test_a_text_without_such_places_stays_one():
    piece = TextPiece(parse_markdown("# One\n\nText."), "name")
    assert split_text(piece, SplitAt.headings) == split_text(piece, SplitAt.separators) == [piece]
    left_out = LeftOut("a draft")
    assert list(split_pieces([piece, left_out], SplitAt.headings)) == [piece, left_out]
    assert list(split_pieces([piece, left_out], None)) == [piece, left_out]


def test_only_a_text_of_many_long_parts_is_said_to_be_several():
    assert count_parts(TEXT) == 12
    assert count_parts("\n\n".join(f"Part {n}\n\n{column(n)}" for n in range(3))) == 0
    assert count_parts("\n\n".join(f"Part {n}\n\nFew words." for n in range(30))) == 0
    assert count_parts(column(1)) == count_parts("") == 0


def test_parts_are_documents_of_their_file_and_replace_it(tmp_path):
    (tmp_path / "all.txt").write_text(TEXT)
    home = tmp_path / "home"
    whole = morris("collect", tmp_path / "all.txt", home=home)
    assert "all.txt seems to contain 12 texts" in whole.stderr and "1 text," in whole.stdout
    parts = morris("collect", tmp_path / "all.txt", "--split", "headings", home=home)
    assert "12 texts," in parts.stdout and "seems to contain" not in parts.stderr
    documents = (home / "data" / "documents.jsonl").read_text().splitlines()
    assert len(documents) == 12
    sources = {d.source for d in collect_files([tmp_path / "all.txt"], SplitAt.headings).documents}
    assert str(tmp_path / "all.txt/07 Column 7") in sources
