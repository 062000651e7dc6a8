"""Tests of HTML files: pages, and texts below a front matter."""

from morris_mlx.collect import collect_files


def only(folder):
    (document,) = collect_files([folder]).documents
    return document


def test_a_text_with_front_matter_is_read_as_a_text(tmp_path):
    (tmp_path / "2012-03-04-on-paint.html").write_text(
        "---\nlayout: post\ntitle: On paint\n---\n<p>The harbour was shut.</p>\n"
        "{% include share.html %}\n<blockquote>Others say this.</blockquote>\n<p>It was open.</p>\n"
    )
    document = only(tmp_path)
    assert (document.title, document.date) == ("On paint", "2012-03-04")
    assert document.text == "The harbour was shut.\n\nIt was open."


def test_a_text_of_quotations_alone_is_left_out(tmp_path):
    (tmp_path / "a.html").write_text("---\ntitle: A\n---\n<blockquote>Others.</blockquote>")
    (tmp_path / "b.txt").write_text("Mine.")
    assert [s.reason for s in collect_files([tmp_path]).skipped] == [
        "all of it is formatted as a quotation"
    ]
