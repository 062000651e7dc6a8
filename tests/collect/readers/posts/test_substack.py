"""Tests of Substack exports: titles and states out of posts.csv, texts out of the fragments."""

import pytest
from support.text_exports import (
    BOY,
    PAINT,
    claimed_names,
    only_text,
    read_export,
    reasons,
    texts,
    write_files,
    write_zip,
)

from morris_mlx.collect.readers.export_reader import ExportKind

HEAD = "post_id,post_date,is_published,email_sent_at,inbox_sent_at,type,audience,title,subtitle,podcast_url\n"


def row(
    post_id, published="true", kind="newsletter", title="On paint", date="2024-03-04T10:00:00.000Z"
):
    return f'{post_id},{date},{published},,,{kind},everyone,"{title}",Sub,\n'


def export(*rows, **pages):
    files = {f"posts/{name.replace('_', '.')}.html": page for name, page in pages.items()}
    return {
        "posts.csv": HEAD + "".join(rows),
        "email_list.low.csv": "email\na@example.org\n",
    } | files


def test_a_published_post_has_title_and_date_of_the_table(tmp_path):
    files = export(row("1.on", title="On paint"), **{"1_on": f"<p>{PAINT}</p><p>{BOY}</p>"})
    piece = only_text(read_export(ExportKind.SUBSTACK, write_zip(tmp_path / "a.zip", files)))
    assert piece.parsed.text == f"{PAINT}\n\n{BOY}"
    assert (piece.parsed.title, piece.parsed.date) == ("On paint", "2024-03-04")
    assert piece.name == "posts/1.on.html"


@pytest.mark.parametrize(
    ("cells", "reason"),
    [
        ({"published": "false"}, "a draft that was not published"),
        ({"kind": "podcast"}, "a podcast episode, whose text is in the recording"),
        ({"kind": "thread"}, "a discussion thread"),
        ({"kind": "page"}, "a page of the site, not a post"),
    ],
)
def test_drafts_podcasts_and_threads_are_left_out(tmp_path, cells, reason):
    files = export(row("1.a"), row("2.b", **cells), **{"1_a": PAINT, "2_b": BOY})
    pieces = read_export(ExportKind.SUBSTACK, write_zip(tmp_path / "a.zip", files))
    assert texts(pieces) == [PAINT]
    assert reasons(pieces) == {reason: 1, "account data, not a text": 1}


def test_a_page_is_found_by_a_number_without_its_slug(tmp_path):
    files = export(row("1"), **{"1_on": PAINT, "11_on": BOY})
    pieces = read_export(ExportKind.SUBSTACK, write_zip(tmp_path / "a.zip", files))
    assert texts(pieces) == [PAINT]


def test_posts_without_a_row_or_without_a_page_are_named(tmp_path):
    files = export(row("1.a"), row("2.b"), **{"1_a": PAINT, "3_c": BOY})
    pieces = read_export(ExportKind.SUBSTACK, write_zip(tmp_path / "a.zip", files))
    assert texts(pieces) == [PAINT]
    assert reasons(pieces) == {
        "its text is not in the export": 1,
        "not in the export's list of posts, so perhaps a draft": 1,
        "account data, not a text": 1,
    }


def test_an_unpacked_export_leaves_the_files_beside_it_alone(tmp_path):
    files = {
        f"substack/{name}": text for name, text in export(row("1.a"), **{"1_a": PAINT}).items()
    }
    archive = write_files(tmp_path, files | {"essay.md": BOY, "substack/notes.txt": BOY})
    assert claimed_names(archive) == {
        ExportKind.SUBSTACK: {
            "substack/posts.csv",
            "substack/posts/1.a.html",
            "substack/email_list.low.csv",
        }
    }
    assert texts(read_export(ExportKind.SUBSTACK, archive)) == [PAINT]


def test_widgets_and_footnote_marks_are_no_prose(tmp_path):
    page = (
        '<p>Mine<a class="footnote-anchor" href="#footnote-1">1</a>.</p>'
        '<div class="subscription-widget-wrap"><p>Subscribe now!</p></div>'
        '<p class="button-wrapper"><a href="https://x.org"><span>Share</span></a></p>'
        '<div class="captioned-image-container"><figure><figcaption>A boat</figcaption></figure></div>'
        '<div class="pullquote"><p>Mine.</p></div><div class="paywall-jump"></div>'
        '<div class="dynamic-content-block" data-dynamic-audiences="non_sub"><p>Preview</p></div>'
        '<div class="footnote"><a href="#footnote-anchor-1" class="footnote-number">1</a>'
        '<div class="footnote-content"><p>The note.</p></div></div>'
    )
    files = export(row("1.a"), **{"1_a": page})
    pieces = read_export(ExportKind.SUBSTACK, write_zip(tmp_path / "a.zip", files))
    assert texts(pieces) == ["Mine.\n\nThe note."]


def test_another_table_called_posts_is_not_claimed(tmp_path):
    archive = write_zip(
        tmp_path / "a.zip", {"posts.csv": "title,text\nA,B\n", "posts/a.html": PAINT}
    )
    assert claimed_names(archive) == {}


def test_a_damaged_table_gives_the_rows_before_the_damage(tmp_path):
    files = export(
        row("1.a"), '2.b,,true,,,newsletter,,"never closed\n', **{"1_a": PAINT, "2_b": BOY}
    )
    pieces = read_export(ExportKind.SUBSTACK, write_zip(tmp_path / "a.zip", files))
    assert texts(pieces) == [PAINT]
    assert any("damaged at line 3" in reason for reason in reasons(pieces))
