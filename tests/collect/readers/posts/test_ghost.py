"""Tests of Ghost exports: published posts, in each form in which the editors kept them."""

import json

import pytest
from support.text_exports import PAINT, only_text, read_one, reasons, texts

from morris_mlx.collect.readers.posts.ghost_bodies import lexical_text, mobiledoc_text
from morris_mlx.collect.readers.reader import FileKind
from morris_mlx.collect.text import UnreadableError


def export(*posts, **tables):
    data = {"posts": list(posts), **tables}
    return {"db": [{"meta": {"exported_on": 1709546400000, "version": "5.80.0"}, "data": data}]}


def post(slug="on-paint", **values):
    values = {"html": f"<p>{PAINT}</p>", "status": "published", "type": "post"} | values
    return {
        "id": slug,
        "slug": slug,
        "title": "On paint",
        "published_at": "2024-03-04T10:00:00.000Z",
        **values,
    }


def read(tmp_path, *posts, **tables):
    return read_one(tmp_path / "ghost.json", export(*posts, **tables), FileKind.GHOST)


def test_a_post_has_title_date_and_the_names_of_its_authors(tmp_path):
    people = [{"id": "1", "name": "Ivo Marsh"}, {"id": "2", "name": "Greta Holm"}]
    links = [{"post_id": "on-paint", "author_id": "2"}, {"post_id": "on-paint", "author_id": "1"}]
    piece = only_text(read(tmp_path, post(), posts_authors=links, users=people))
    assert (piece.parsed.text, piece.parsed.title) == (PAINT, "On paint")
    assert (piece.parsed.date, piece.parsed.author) == ("2024-03-04", "Greta Holm; Ivo Marsh")
    assert piece.name == "on-paint"


@pytest.mark.parametrize("keys", ["meta last", "no meta", "in db"])
def test_files_made_to_be_imported_are_read_whatever_the_order_of_their_keys(tmp_path, keys):
    card = json.dumps({"cards": [["markdown", {"markdown": PAINT}]], "sections": [[10, 0]]})
    values = {"title": "On paint", "slug": "a", "status": "published", "author_id": "1"}
    row = values | {"mobiledoc": card, "published_at": 1709546400000}
    made = {"data": {"users": [{"name": "Ivo Marsh", "id": "1"}], "posts": [row]}}
    if keys == "meta last":
        made["meta"] = {"exported_on": 1709546400000, "version": "2.0"}
    whole = {"db": [made]} if keys == "in db" else made
    piece = only_text(read_one(tmp_path / "import.json", whole, FileKind.GHOST))
    assert (piece.parsed.text, piece.parsed.author) == (PAINT, "Ivo Marsh")
    assert piece.parsed.date == "2024-03-04"


def test_drafts_scheduled_posts_and_pages_are_left_out(tmp_path):
    pieces = read(
        tmp_path,
        post("a", status="draft"),
        post("b", status="scheduled"),
        post("c", type="page"),
        post("d", type=None, page=1),
        post("e", status="sent", visibility="paid"),
    )
    assert texts(pieces) == [PAINT]
    assert reasons(pieces) == {
        "a draft that was not published": 1,
        "scheduled, not published yet": 1,
        "a page of the site, not a post": 2,
    }


def test_values_of_odd_types_do_not_raise_errors(tmp_path):
    pieces = read(tmp_path, post("a", status={}), post("b", title={}, html=3))
    assert (texts(pieces), len(pieces)) == ([], 2)
    assert lexical_text('{"root": {"type": {}, "children": [{"type": []}, 3]}}') == ""


def test_an_older_export_without_an_outer_list_is_read(tmp_path):
    content = export(post(author_id=1), users=[{"id": 1, "name": "Ivo"}])["db"][0]
    piece = only_text(read_one(tmp_path / "ghost.json", content, FileKind.GHOST))
    assert (piece.parsed.text, piece.parsed.author) == (PAINT, "Ivo")


def test_lexical_is_read_where_there_is_no_html(tmp_path):
    def text(words):
        return {"type": "extended-text", "text": words}

    blocks = [
        {
            "type": "paragraph",
            "children": [
                text("One "),
                {"type": "link", "children": [text("two")]},
                {"type": "linebreak"},
                text("three."),
            ],
        },
        {"type": "extended-quote", "children": [text("Theirs.")]},
        {"type": "list", "children": [{"type": "listitem", "children": [text("a")]}]},
        {"type": "image", "caption": "A boat"},
        {"type": "html", "html": "<p>Four.</p>"},
        {"type": "markdown", "markdown": "*Five.*"},
    ]
    lexical = json.dumps({"root": {"type": "root", "children": blocks}})
    pieces = read(tmp_path, post(html=None, lexical=lexical))
    assert texts(pieces) == ["One two\nthree.\n\na\n\nFour.\n\nFive."]


def test_mobiledoc_is_read_where_there_is_no_html(tmp_path):
    document = {
        "version": "0.3.1",
        "cards": [["markdown", {"markdown": "*Three.*"}], ["image", {"caption": "A boat"}]],
        "sections": [
            [1, "p", [[0, [], 0, "One "], [0, [0], 1, "two."]]],
            [1, "blockquote", [[0, [], 0, "Theirs."]]],
            [3, "ul", [[[0, [], 0, "a"]]]],
            [10, 0],
            [10, 1],
        ],
    }
    pieces = read(tmp_path, post(html="", mobiledoc=json.dumps(document)))
    assert texts(pieces) == ["One two.\n\na\n\nThree."]


@pytest.mark.parametrize(
    "source", ["[1]", "{}", '{"root": 1}', '{"sections": [[1], [1, "p"], 3, [10, -1]]}']
)
def test_odd_bodies_have_no_text(source):
    assert lexical_text(source) == mobiledoc_text(source) == ""


@pytest.mark.parametrize("source", ["{", "[" * 100_000, ""])
def test_damaged_bodies_say_so(source):
    with pytest.raises(UnreadableError, match="damaged"):
        lexical_text(source)


def test_a_file_that_was_cut_off_says_so(tmp_path):
    content = json.dumps(export(post("a"), post("b")))[:-30]
    with pytest.raises(UnreadableError, match="cut off"):
        read_one(tmp_path / "ghost.json", content, FileKind.GHOST)
