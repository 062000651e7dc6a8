"""Tests of the reader of EPUB books: chapters, and the pages that are no text."""

import zipfile

import pytest
from support.document_files import epub_files, pieces, write_zip

from morris_mlx.collect import collect_files
from morris_mlx.collect.readers.reader import LeftOut, TextPiece
from morris_mlx.collect.text import UnreadableError

METADATA = (
    '<dc:title>The Gate</dc:title><dc:creator id="a">Ivo Marsh</dc:creator>'
    '<dc:creator id="t">A Translator</dc:creator><meta refines="#t" property="role">trl</meta>'
    "<dc:date>2024-03-04</dc:date><dc:rights>CC BY</dc:rights>"
)


def chapters(path):
    found = [p for p in pieces(path) if isinstance(p, TextPiece)]
    return [(p.name, p.parsed.title, p.parsed.text) for p in found]


def test_chapters_are_texts_and_the_other_pages_are_left_out(tmp_path):
    pages = {
        "cover.xhtml": "<body><p>Cover</p></body>",
        "p1.xhtml": '<body epub:type="titlepage"><h1>The Gate</h1><p>by Ivo</p></body>',
        "p2.xhtml": '<body><section epub:type="copyright-page"><p>All rights.</p></section></body>',
        "nav.xhtml": '<body><nav><a href="c1.xhtml">One</a><a href="c2.xhtml">Two</a></nav></body>',
        "c1.xhtml": "<body><h2>Chapter 1</h2><h3>Paint</h3><p>It <i>rained</i>.</p></body>",
        "c1b.xhtml": "<body><p>It went on.</p></body>",
        "c2.xhtml": "<body><p>It stopped.</p></body>",
        "notes.xhtml": "<body><p>1. A note.</p></body>",
    }
    files = epub_files(pages, METADATA, {"nav.xhtml": "nav"})
    path = write_zip(tmp_path / "a.epub", files)
    assert chapters(path) == [
        ("OEBPS/c1.xhtml", "Chapter 1: Paint", "It rained.\n\nIt went on."),
        ("OEBPS/c2.xhtml", "Two", "It stopped."),
    ]
    left_out = [p.name for p in pieces(path) if isinstance(p, LeftOut)]
    assert left_out == [f"OEBPS/{n}.xhtml" for n in ("cover", "p1", "p2", "nav", "notes")]
    parsed = pieces(path)[0].parsed
    assert (parsed.author, parsed.date, parsed.license) == ("Ivo Marsh", "2024-03-04", "CC BY")


def test_notes_pictures_and_quotations_in_a_chapter_are_left_out(tmp_path):
    body = (
        '<body><h1>One</h1><p>It rained<a epub:type="noteref" href="#n1">1</a><sup><a href="x#n2">2'
        "</a></sup> for days.<br/>And nights&nbsp;too.</p><blockquote><p>Others said.</p></blockquote>"
        '<figure><img/><figcaption>A gate</figcaption></figure><aside epub:type="footnote">A note.'
        "</aside><ul><li>Tea</li><li>Buns</li></ul><table><tr><td>1</td><td>2</td></tr></table>"
        "<ruby>字<rt>ji</rt></ruby></body>"
    )
    path = write_zip(tmp_path / "a.epub", epub_files({"c.xhtml": body}))
    assert chapters(path) == [
        ("OEBPS/c.xhtml", "One", "It rained for days.\nAnd nights\u00a0too.\n\nTea\n\nBuns\n\n字")
    ]


def test_a_book_that_is_all_in_quotations_is_kept(tmp_path):
    body = "<body><blockquote><p>It rained.</p></blockquote><blockquote>It stopped.</blockquote></body>"
    path = write_zip(tmp_path / "a.epub", epub_files({"c.xhtml": body}))
    assert chapters(path) == [("OEBPS/c.xhtml", "", "It rained.\n\nIt stopped.")]


def test_titles_come_from_the_contents_of_an_older_book(tmp_path):
    files = epub_files({"c1.html": "<body><p>It rained.</p></body>"})
    package = str(files["OEBPS/book.opf"])
    item = '<item id="ncx" href="toc.ncx" media-type="application/x-dtbncx+xml"/></manifest>'
    files["OEBPS/book.opf"] = package.replace("</manifest>", item)
    files["OEBPS/toc.ncx"] = (
        "<ncx><navMap><navPoint><navLabel><text>Paint</text></navLabel>"
        '<content src="c1.html"/></navPoint></navMap></ncx>'
    )
    assert chapters(write_zip(tmp_path / "a.epub", files))[0][1] == "Paint"


def test_stanzas_keep_their_lines(tmp_path):
    stanza = '<div class="stanza"><p class="verse">The gate</p><p class="verse">was wet</p></div>'
    body = f'<body><h1>One</h1><div class="poem">{stanza}{stanza}</div><p>It rained.</p></body>'
    path = write_zip(tmp_path / "a.epub", epub_files({"c.xhtml": body}))
    assert chapters(path)[0][2] == "The gate\nwas wet\n\nThe gate\nwas wet\n\nIt rained."


def test_a_guide_that_calls_the_only_page_the_contents_is_ignored(tmp_path):
    files = epub_files({"c.xhtml": "<body><p>It rained.</p></body>"})
    guide = '<guide><reference type="toc" href="c.xhtml"/></guide></package>'
    files["OEBPS/book.opf"] = str(files["OEBPS/book.opf"]).replace("</package>", guide)
    assert chapters(write_zip(tmp_path / "a.epub", files))[0][2] == "It rained."


def test_a_book_without_a_package_is_read_by_its_pages(tmp_path):
    files = {
        "mimetype": "application/epub+zip",
        "OEBPS/ch1.xhtml": "<html><body><h1>One</h1><p>It rained.</p>",
    }
    assert chapters(write_zip(tmp_path / "a.epub", files)) == [
        ("OEBPS/ch1.xhtml", "One", "It rained.")
    ]


def test_documents_in_a_zip_are_read_and_take_no_zip_for_one_of_them(tmp_path):
    book = write_zip(tmp_path / "a.epub", epub_files({"c.xhtml": "<body><p>It rained.</p></body>"}))
    with zipfile.ZipFile(tmp_path / "all.zip", "w") as archive:  # the parts are not compressed
        archive.write(book, "books/a.epub")
        archive.writestr("notes.enex", ENEX)
        archive.writestr("a.rtf", r"{\rtf1 It snowed.}")
    book.unlink()
    texts = {
        d.source.removeprefix(f"{tmp_path}/"): d.text for d in collect_files([tmp_path]).documents
    }
    assert texts == {
        "all.zip/books/a.epub/OEBPS/c.xhtml": "It rained.",
        "all.zip/notes.enex/note 1": "It froze.",
        "all.zip/a.rtf": "It snowed.",
    }


ENEX = "<en-export><note><content><![CDATA[<en-note>It froze.</en-note>]]></content></note></en-export>"


def test_a_protected_and_an_empty_book_are_refused_with_the_reason(tmp_path):
    files = epub_files({"c.xhtml": "<body><p>It rained.</p></body>"})
    method = '<e><EncryptionMethod Algorithm="{}"/></e>'
    fonts = {"META-INF/encryption.xml": method.format("http://www.idpf.org/2008/embedding")}
    assert chapters(write_zip(tmp_path / "a.epub", files | fonts))
    locked = {
        "META-INF/encryption.xml": method.format("http://www.w3.org/2001/04/xmlenc#aes128-cbc")
    }
    with pytest.raises(UnreadableError, match="protected against copying"):
        pieces(write_zip(tmp_path / "b.epub", files | locked))
    with pytest.raises(UnreadableError, match="no text in this book"):
        pieces(write_zip(tmp_path / "c.epub", epub_files({"cover.xhtml": "<body>x</body>"})))
