"""Tests of Tumblr's export: the posts as XML, and the pages of older exports."""

import pytest
from support.text_exports import BOY, PAINT, only_text, read_one, reasons, recognized, texts

from morris_mlx.collect import collect_files
from morris_mlx.collect.readers.posts.pieces import Reason
from morris_mlx.collect.readers.reader import FileKind
from morris_mlx.collect.text import UnreadableError

REBLOG = (
    '<p><a class="tumblr_blog" href="x">greta</a>:</p><blockquote><p>Her words.</p></blockquote>'
)


def post(number, fields, **attributes):
    values = {"type": "regular", "date": "March 4th, 2024 10:10am"} | attributes
    shown = " ".join(f'{key.replace("_", "-")}="{value}"' for key, value in values.items())
    inner = "".join(f"<{name}><![CDATA[{text}]]></{name}>" for name, text in fields.items())
    return f'<post id="{number}" {shown}>{inner}</post>'


def body(text):
    return {"regular-body": f"<p>{text}</p>"}


def read(tmp_path, *posts):
    xml = f'<?xml version="1.0"?>\n<tumblr version="1.0"><posts>{"".join(posts)}</posts></tumblr>'
    return read_one(tmp_path / "posts.xml", xml, FileKind.TUMBLR_XML)


def test_a_post_has_title_date_and_text(tmp_path):
    fields = {"tag": "rain", "regular-title": "On paint", **body(f"{PAINT}</p><p>{BOY}")}
    piece = only_text(read(tmp_path, post(1, fields, slug="on-paint")))
    assert (piece.parsed.text, piece.parsed.title) == (f"{PAINT}\n\n{BOY}", "On paint")
    assert (piece.parsed.date, piece.name, piece.kind) == ("2024-03-04", "on-paint", "article")


def test_captions_and_answers_are_the_writers_words(tmp_path):
    pieces = read(
        tmp_path,
        post(1, {"photo-url": "x", "photo-caption": f"<p>{PAINT}</p>"}, type="photo"),
        post(2, {"question": "Who are you?", "answer": f"<p>{BOY}</p>"}, type="answer"),
    )
    assert texts(pieces) == [PAINT, BOY]


def test_reblogs_quotations_drafts_and_posts_of_others_are_left_out(tmp_path):
    pieces = read(
        tmp_path,
        post(1, {"regular-body": f"{REBLOG}<p>{PAINT}</p>"}),
        post(2, {"regular-body": REBLOG}),
        post(3, body("Hers, without a mark."), reblogged_from_name="greta"),
        post(4, {"quote-text": "A saying."}, type="quote"),
        post(5, {"conversation-text": "A: x"}, type="conversation"),
        post(6, body("x"), state="draft"),
        post(7, body("x"), private="true"),
        post(8, body("x"), is_submission="true"),
        post(9, {"photo-url": "x"}, type="photo"),
    )
    assert texts(pieces) == [PAINT]
    assert reasons(pieces) == {
        Reason.REBLOG: 2,
        Reason.OTHERS: 3,
        Reason.DRAFT: 1,
        Reason.PRIVATE: 1,
        Reason.NO_TEXT: 1,
    }


def page(inner):
    footer = '<div id="footer">\n<span id="timestamp"> March 4th, 2024 10:10am </span>\n'
    footer += '<span class="tag">rain</span></div>'
    return f'<!DOCTYPE HTML>\n<html><head><meta charset="utf-8"></head><body>{inner}{footer}</body></html>'


PAGES = {
    f"<h1>On paint</h1><p>{PAINT}</p><p>{BOY}</p>": ("On paint", f"{PAINT}\n\n{BOY}"),
    f'<img src="a.jpg"/><div class="caption"><p>{PAINT}</p></div>': ("", PAINT),
    f"{REBLOG}<p>{PAINT}</p>": ("", PAINT),
}


@pytest.mark.parametrize("inner", PAGES)
def test_the_page_of_a_post_gives_its_title_date_and_text(tmp_path, inner):
    piece = only_text(read_one(tmp_path / "1.html", page(inner), FileKind.TUMBLR_PAGE))
    assert (piece.parsed.title, piece.parsed.text) == PAGES[inner]
    assert piece.parsed.date == "2024-03-04"


@pytest.mark.parametrize(
    ("inner", "reason"),
    [
        (
            'A saying. <div class="caption">&mdash; (via <a class="tumblr_blog">x</a>)</div>',
            Reason.OTHERS,
        ),
        ('<p>Reblogged from <a href="x">greta</a></p>' + REBLOG, Reason.REBLOG),
        ('<img src="a.jpg"/>', Reason.NO_TEXT),
    ],
)
def test_pages_without_words_of_the_writer_are_refused(tmp_path, inner, reason):
    with pytest.raises(UnreadableError, match=reason):
        read_one(tmp_path / "1.html", page(inner), FileKind.TUMBLR_PAGE)


def test_submissions_of_others_are_left_out_and_other_pages_are_not_posts(tmp_path):
    folder = tmp_path / "posts" / "html" / "submissions"
    folder.mkdir(parents=True)
    (folder / "1.html").write_text(page(f"<p>{BOY}</p>"))
    (folder.parent / "2.html").write_text(page(f"<p>{PAINT}</p>"))
    found = collect_files([tmp_path])
    assert [d.text for d in found.documents] == [PAINT]
    assert [s.reason for s in found.skipped] == [Reason.OTHERS]
    assert recognized(tmp_path / "a.html", "<div id='footer'>By me</div>") is FileKind.HTML
