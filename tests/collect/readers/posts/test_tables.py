"""Tests of tables of posts: CSV, JSON lines and JSON, with columns by name."""

import json

import pytest
from support.text_exports import BOY, PAINT, only_text, read_one, reasons, recognized, texts

from morris_mlx.collect.readers.reader import FileKind
from morris_mlx.collect.text import UnreadableError


def table(tmp_path, content, name="posts.csv"):
    return read_one(tmp_path / name, content, FileKind.POST_TABLE)


def lines(tmp_path, *rows):
    content = "\n".join(json.dumps(row) for row in rows)
    return read_one(tmp_path / "posts.jsonl", content, FileKind.POST_LINES)


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_a_table_is_read_with_any_delimiter_and_line_breaks_in_cells(tmp_path, delimiter):
    rows = [
        ["Title", "Date", "Text"],
        ['"On, paint; 1"', "2024-03-04", f'"{PAINT}\n\n{BOY} ""Yes"""'],
    ]
    piece = only_text(table(tmp_path, "\r\n".join(delimiter.join(row) for row in rows)))
    assert piece.parsed.text == f'{PAINT}\n\n{BOY} "Yes"'
    assert (piece.parsed.title, piece.parsed.date) == ("On, paint; 1", "2024-03-04")
    assert (piece.kind, piece.name) == ("article", "On, paint; 1")


@pytest.mark.parametrize(
    ("head", "cells"),
    [
        ("Post Title,Published At,Body HTML", "On,2024-03-04T10:00:00Z,<p>Mine.</p><p>Too.</p>"),
        ("headline,pubDate,markdown", 'On,"Mon, 04 Mar 2024 10:00:00 +0000","*Mine.*\n\nToo."'),
        ("name,date,content", 'On,2024-03-04,"**Mine.**\n\nToo."'),
        ("Titel,Datum,Inhalt", 'On,04.03.2024,"Mine.\n\nToo."'),
        ("Заголовок,Дата,Текст", 'On,4 марта 2024,"Mine.\n\nToo."'),
        ("name,created,content", "On,1709546400,<p>Mine.</p><p>Too.</p>"),
        ("name,slug,published on,Post Body", "On,on,04.03.2024,Mine.<br><br>Too."),
        ("title,date,html,plaintext", "On,2024-03-04,<p>Mine.</p><p>Too.</p>,Mine. Too."),
        (
            "title,date,content",
            'On,2024-03-04,"<!-- wp:paragraph --><p>Mine.</p><!-- /wp:paragraph -->\n<p>Too.</p>"',
        ),
    ],
)
def test_columns_are_known_by_their_names(tmp_path, head, cells):
    piece = only_text(table(tmp_path, f"{head}\n{cells}\n"))
    assert (piece.parsed.title, piece.parsed.date) == ("On", "2024-03-04")
    assert piece.parsed.text == "Mine.\n\nToo."


@pytest.mark.parametrize(
    ("head", "cell", "reason"),
    [
        ("status", "draft", "a draft that was not published"),
        ("Status", "Idea", "not published: its status is “Idea”"),
        ("is_published", "false", "a draft that was not published"),
        ("Draft", "TRUE", "a draft that was not published"),
        ("Archived", "true", "in the trash"),
    ],
)
def test_rows_that_are_no_published_posts_are_left_out(tmp_path, head, cell, reason):
    pieces = table(tmp_path, f"title,text,{head}\nA,{PAINT},{cell}\nB,{BOY},\n")
    assert (texts(pieces), reasons(pieces)) == ([BOY], {reason: 1})


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (
            "day,fish\nMonday,3\n",
            r"a table that has no column or key for the text \(it has: day, fish\)",
        ),
        ("sender,text,date\nGreta,Hi,2024-03-04\n", "looks like messages of several people"),
        ("prompt,completion\na,b\n", "training rows"),
        ("1;2;3\n4;5;6\n", "has no column or key for the text"),
        ('title,text\nA,"never closed\n', "damaged at line 2"),
        ('"text', "damaged at line 1"),
        ("", "empty"),
        ("{}{}{}\n", "not a table"),
    ],
)
def test_other_tables_are_refused_with_the_reason(tmp_path, content, reason):
    with pytest.raises(UnreadableError, match=reason):
        table(tmp_path, content)


@pytest.mark.parametrize(
    "content",
    ['title,tags,text\nA,"" ,"Mine, too."\n', 'title, tags, text\nA, "x, y", "Mine, too."\n'],
)
def test_spaces_around_quotation_marks_do_no_harm(tmp_path, content):
    assert texts(table(tmp_path, content)) == ["Mine, too."]


def test_a_row_with_too_few_cells_is_counted(tmp_path):
    pieces = table(tmp_path, f"title,date,text\nA,2024-03-04,{PAINT}\nlost end of a line\n\n,,\n")
    assert (texts(pieces), reasons(pieces)) == ([PAINT], {"a row with too few cells": 1})


def test_long_cells_marks_of_excel_and_other_quotation_marks_are_read(tmp_path):
    long = "word " * 40_000
    assert texts(table(tmp_path, f"\ufeffsep=;\ntitle;text\nA;{long}\n")) == [long.strip()]
    assert texts(table(tmp_path, 'title,text\nA,"He said \\"yes\\"."\n')) == ['He said "yes".']
    assert texts(table(tmp_path, f"text\n{PAINT}\n")) == [PAINT]


def test_a_post_of_linkedin_loses_the_quotation_marks_of_its_line_breaks(tmp_path):
    head = "Date,ShareLink,ShareCommentary,Visibility\n"
    row = '2024-03-04 10:00:00,https://x.org,"One.""\n""\n""He said ""no"".""",MEMBER\n'
    piece = only_text(table(tmp_path, head + row))
    assert piece.parsed.text == 'One.\n\nHe said "no".'
    assert (piece.parsed.date, piece.kind) == ("2024-03-04", "post")


def test_json_lines_are_read_and_damaged_lines_counted(tmp_path):
    content = json.dumps({"title": "On", "date": "2024-03-04", "text": PAINT}).encode()
    content += b'\n\n{"title": "B", "te\n[1]\n' + json.dumps({"text": BOY}).encode()
    pieces = read_one(tmp_path / "posts.jsonl", content, FileKind.POST_LINES)
    assert texts(pieces) == [PAINT, BOY]
    assert [p.kind for p in pieces if hasattr(p, "kind")] == ["article", "post"]
    assert reasons(pieces) == {"a line that is not a JSON object": 2}


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        ({"messages": []}, "training rows"),
        ({"instruction": "a", "prompt": "b"}, "training rows"),
        ({"sender": "Greta", "text": "Hi"}, "looks like messages"),
        ({"a": 1}, "JSON that has no column or key for the text"),
    ],
)
def test_json_lines_of_other_things_are_refused(tmp_path, row, reason):
    with pytest.raises(UnreadableError, match=reason):
        lines(tmp_path, row)


def test_values_of_odd_types_leave_out_a_post_or_a_field(tmp_path):
    pieces = lines(
        tmp_path,
        {"title": ["A"], "date": {"a": 1}, "text": PAINT, "author": [{"name": "Ivo"}, "Greta", 3]},
        {"title": "B", "text": 3, "summary": "An excerpt."},
        {"title": "C", "text": None},
    )
    piece = only_text(pieces)
    assert (piece.parsed.title, piece.parsed.date, piece.parsed.author) == ("", "", "Ivo; Greta")
    assert reasons(pieces) == {
        "only an excerpt; collect the page itself": 1,
        "no text in it, only pictures, links or embedded parts": 1,
    }


@pytest.mark.parametrize(
    "content",
    [
        [{"title": "On", "date": "2024-03-04", "html": "<p>Mine.</p>"}],
        {"posts": [{"title": "On", "published_at": "2024-03-04", "body": "Mine."}]},
        {
            "version": "https://jsonfeed.org/version/1.1",
            "title": "Low Tide",
            "items": [
                {
                    "id": "1",
                    "title": "On",
                    "content_html": "<p>Mine.</p>",
                    "date_published": "2024-03-04T10:00:00Z",
                }
            ],
        },
    ],
)
def test_a_json_list_of_posts_and_a_json_feed_are_read(tmp_path, content):
    piece = only_text(read_one(tmp_path / "posts.json", content, FileKind.POST_LIST))
    assert (piece.parsed.title, piece.parsed.date, piece.parsed.text) == (
        "On",
        "2024-03-04",
        "Mine.",
    )


@pytest.mark.parametrize(
    "content",
    [
        {
            "name": "Greta",
            "type": "personal_chat",
            "id": 1,
            "messages": [{"text": "Hi", "date": ""}],
        },
        [{"title": "Gate", "create_time": 1.0, "mapping": {}}],
        [{"sender": "Greta", "text": "Hi", "date": "2024-03-04"}],
        {"a": 1},
        [],
        [[[]]],
        "x",
    ],
)
def test_other_json_is_not_taken_for_posts(tmp_path, content):
    assert recognized(tmp_path / "a.json", json.dumps(content)) is None


def test_a_json_list_that_was_cut_off_gives_the_posts_before(tmp_path):
    content = json.dumps([{"title": "A", "text": PAINT}, {"title": "B", "text": BOY}])[:-20]
    with pytest.raises(UnreadableError, match=r"cut off.*after post 1"):
        read_one(tmp_path / "posts.json", content, FileKind.POST_LIST)
