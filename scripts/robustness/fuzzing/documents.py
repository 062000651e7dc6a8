"""Documents of word processors, books and journals: each format whole, and the parts of the zipped ones."""

from __future__ import annotations

import io
import json
import plistlib
import zipfile
from collections.abc import Callable, Mapping
from pathlib import Path

from fuzzing.target import Target, require_type, written
from morris_mlx.collect.archives import FolderArchive, SingleFile
from morris_mlx.collect.chats.formats.mail_files import find_mail_files, read_mail_files
from morris_mlx.collect.readers.documents.scrivener import claim_scrivener, read_scrivener
from morris_mlx.collect.readers.reader import LeftOut, Member, TextPiece
from morris_mlx.collect.readers.table import find_reader
from morris_mlx.collect.text import iso_date

WORD = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
ODF = "urn:oasis:names:tc:opendocument:xmlns"
NOTE = "<div>It <b>rained</b>.</div><blockquote>x</blockquote><table><tr><td>1</td></tr></table>"


def document(name: str) -> Callable[[bytes, Path], None]:
    """A document of bytes under a name."""

    def run(data: bytes, folder: Path) -> None:
        path = written(folder, name, data)
        member = Member(SingleFile(path), name)
        reader = find_reader(member)
        for piece in reader.read(member) if reader else ():
            check(piece)

    return run


def check(piece: TextPiece | LeftOut) -> None:
    require_type(piece, TextPiece | LeftOut)
    if isinstance(piece, LeftOut):
        assert piece.reason
    else:
        assert iso_date(piece.parsed.date) == piece.parsed.date


def part(name: str, inner: str, files: Callable[[], Mapping[str, bytes]]) -> Callable:
    """A zipped document in which one part is the input."""

    def run(data: bytes, folder: Path) -> None:
        document(name)(zipped({**files(), inner: data}), folder)

    return run


def zipped(files: Mapping[str, bytes]) -> bytes:
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w") as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return target.getvalue()


# --- Word ------------------------------------------------------------------------------------
def word_parts() -> dict[str, bytes]:
    field = '<w:r><w:fldChar w:fldCharType="{}"/></w:r>'
    body = (
        '<w:p><w:pPr><w:pStyle w:val="Heading1"/><w:jc w:val="center"/></w:pPr><w:r><w:rPr><w:b/></w:rPr>'
        "<w:t>On paint</w:t><w:tab/><w:br/></w:r></w:p>"
        "<w:p><w:pPr><w:rPr><w:del/></w:rPr></w:pPr><w:del><w:r><w:delText>x</w:delText></w:r></w:del>"
        f"<w:ins><w:r><w:t>It</w:t></w:r></w:ins>{field.format('begin')}<w:r><w:instrText> TOC </w:instrText>"
        f"</w:r>{field.format('separate')}<w:r><w:t>7</w:t></w:r>{field.format('end')}"
        '<w:r><w:footnoteReference w:id="1"/><w:sym w:font="Arial" w:char="00E9"/></w:r></w:p>'
        "<w:tbl><w:tr><w:tc><w:p><w:r><w:t>cell</w:t></w:r></w:p></w:tc></w:tr></w:tbl>"
        "<w:sdt><w:sdtPr><w:showingPlcHdr/></w:sdtPr><w:sdtContent><w:p/></w:sdtContent></w:sdt>"
    )
    styles = (
        '<w:style w:styleId="Heading1"><w:name w:val="heading 1"/><w:basedOn w:val="A"/></w:style>'
    )
    styles += '<w:style w:styleId="A"><w:basedOn w:val="A"/><w:pPr><w:outlineLvl w:val="1"/></w:pPr></w:style>'
    core = (
        '<c xmlns:dc="http://purl.org/dc/elements/1.1/"><dc:title>x</dc:title><dc:creator>Ivo</dc:creator>'
        "<created>2024-03-04T10:00:00Z</created></c>"
    )
    relation = '<Relationship Type="x/officeDocument" Target="word/document.xml"/>'
    return {
        "[Content_Types].xml": b"<Types/>",
        "_rels/.rels": f"<Relationships>{relation}</Relationships>".encode(),
        "word/document.xml": f'<w:document xmlns:w="{WORD}"><w:body>{body}</w:body></w:document>'.encode(),
        "word/styles.xml": f'<w:styles xmlns:w="{WORD}">{styles}</w:styles>'.encode(),
        "docProps/core.xml": core.encode(),
    }


# --- OpenDocument ----------------------------------------------------------------------------
def odt_parts() -> dict[str, bytes]:
    names = f'xmlns:o="{ODF}:office:1.0" xmlns:t="{ODF}:text:1.0" xmlns:s="{ODF}:style:1.0"'
    body = (
        '<t:tracked-changes/><t:h t:style-name="P1">On paint</t:h><t:p>It<t:s t:c="3"/>rained<t:note><t:p>x'
        '</t:p></t:note><t:tab/><t:line-break/><t:span t:style-name="T1">x</t:span></t:p>'
        "<t:table><t:table-row><t:table-cell><t:p>cell</t:p></t:table-cell></t:table-row></t:table>"
    )
    styles = (
        '<s:style s:name="P1" s:parent-style-name="Title"/><s:style s:name="T1"><s:text-properties '
        's:text-line-through-style="solid"/></s:style>'
    )
    content = (
        f"<o:document-content {names}><o:automatic-styles>{styles}</o:automatic-styles><o:body>"
        f"<o:text>{body}</o:text></o:body></o:document-content>"
    )
    return {
        "mimetype": b"application/vnd.oasis.opendocument.text",
        "content.xml": content.encode(),
        "META-INF/manifest.xml": b"<manifest/>",
        "meta.xml": f"<o:document-meta {names}><o:meta><title>x</title></o:meta></o:document-meta>".encode(),
    }


def flat_odf() -> bytes:
    raw = odt_parts()["content.xml"].replace(b"o:document-content", b"office:document")
    return raw.replace(b"xmlns:o=", b'mimetype="opendocument.text" xmlns:office="o" xmlns:o=')


# --- books -----------------------------------------------------------------------------------
def epub_parts() -> dict[str, bytes]:
    package = (
        '<package><metadata xmlns:dc="http://purl.org/dc/elements/1.1/"><dc:title>x</dc:title>'
        '<dc:creator id="a">Ivo</dc:creator><dc:date>2024-03-04</dc:date></metadata><manifest>'
        '<item id="1" href="c1.xhtml" media-type="application/xhtml+xml"/><item id="n" href="nav.xhtml" '
        'media-type="application/xhtml+xml" properties="nav"/></manifest><spine><itemref idref="n"/>'
        '<itemref idref="1"/></spine><guide><reference type="cover" href="nav.xhtml#x"/></guide></package>'
    )
    page = (
        f'<?xml version="1.0"?><html><body epub:type="chapter"><h1>One</h1>{NOTE}<p>It rained<sup>'
        '<a href="#n">1</a></sup>.<br/>x</p></body></html>'
    )
    container = '<container><rootfiles><rootfile full-path="b.opf"/></rootfiles></container>'
    return {
        "mimetype": b"application/epub+zip",
        "META-INF/container.xml": container.encode(),
        "b.opf": package.encode(),
        "nav.xhtml": b'<html><body><nav><a href="c1.xhtml#x">One</a></nav></body></html>',
        "c1.xhtml": page.encode(),
    }


# --- one file --------------------------------------------------------------------------------
def rtf_seeds() -> list[bytes]:
    return [
        rb"{\rtf1\ansi\ansicpg1252\deff0{\fonttbl{\f1\fcharset204 Arial;}}{\stylesheet{\s1 heading 1;}}"
        rb"{\info{\title x}{\author Ivo}{\creatim\yr2024\mo3\dy4}}\pard\s1 One\par\f1 \'cf\u1055?\uc2 "
        rb"{\*\x y}{\footnote z}{\v h}\bin2 ab\trowd\cell\row{\deleted d\par}\u-10179?\u-8704?\~\_\line}"
    ]


def pdf_seeds() -> list[bytes]:
    lines = [f"(It rained on the harbour, line {n} of the page.) Tj T*" for n in range(8)]
    stream = "\n".join(["BT /F1 12 Tf 14 TL 50 700 Td", *lines, "ET BT 40 30 Td (7) Tj ET"])
    objects = [
        "<</Type/Catalog/Pages 2 0 R>>",
        "<</Type/Pages/Kids[3 0 R]/Count 1>>",
        "<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]/Contents 4 0 R/Resources<</Font<</F1 5 0 R>>>>>>",
        f"<</Length {len(stream)}>>\nstream\n{stream}\nendstream",
        "<</Type/Font/Subtype/Type1/BaseFont/Times-Roman>>",
        "<</Title(On paint)/CreationDate(D:20240304100000Z)>>",
    ]
    raw = b"%PDF-1.4\n"
    places = []
    for number, content in enumerate(objects, 1):
        places.append(len(raw))
        raw += f"{number} 0 obj\n{content}\nendobj\n".encode()
    table = "".join(f"{place:010} 00000 n \n" for place in places)
    count = len(objects) + 1
    trailer = f"trailer<</Size {count}/Root 1 0 R/Info 6 0 R>>\nstartxref\n{len(raw)}\n%%EOF"
    return [raw + f"xref\n0 {count}\n0000000000 65535 f \n{table}{trailer}".encode()]


def enex_seeds() -> list[bytes]:
    note = (
        "<note><title>On paint</title><created>20240304T100000Z</created><content><![CDATA["
        f"<en-note>{NOTE}</en-note>]]></content><resource><data>QUJD</data></resource></note>"
    )
    return [f"<?xml version='1.0'?><en-export>{note}{note}</en-export>".encode()]


def journal_seeds() -> list[bytes]:
    entry = {"creationDate": "2024-03-04T10:00:00Z", "timeZone": "x", "text": "# One\n\nIt\\."}
    return [json.dumps({"metadata": {"version": "1.0"}, "entries": [entry, entry]}).encode()]


def archive_seeds() -> list[bytes]:
    page = f"<html><body><article><h1>x</h1><p>{'It rained for days. ' * 9}</p></article></body></html>"
    resource = {"WebResourceData": page.encode(), "WebResourceMIMEType": "text/html"}
    kinds = (plistlib.FMT_BINARY, plistlib.FMT_XML)
    return [plistlib.dumps({"WebMainResource": resource}, fmt=kind) for kind in kinds]


def scrivener(data: bytes, folder: Path) -> None:
    """The binder of a project."""
    written(folder, "x.scriv/x.scrivx", data)
    written(folder, "x.scriv/Files/Data/A/content.rtf", rtf_seeds()[0])
    archive = FolderArchive(folder)
    for claim in claim_scrivener(archive):
        for piece in read_scrivener(archive, claim):
            check(piece)


def binder_seeds() -> list[bytes]:
    item = '<BinderItem UUID="{}" Type="{}" Created="2024-03-04"><Title>x</Title>{}</BinderItem>'
    inner = f"<Children>{item.format('A', 'Text', '')}</Children>"
    return [
        f"<ScrivenerProject><Binder>{item.format('D', 'DraftFolder', inner)}</Binder></ScrivenerProject>".encode()
    ]


def mail_file(data: bytes, folder: Path) -> None:
    written(folder, "1.emlx", data)
    if mails := find_mail_files(FolderArchive(folder)):
        assert all(len(raw) <= 1000 + 1 for raw, _ in read_mail_files(mails, 1000))


ORG = b"#+TITLE: x\n#+DATE: <2024-03-04>\n* TODO One :a:\n:P:\n:END:\n- [ ] a[fn:1] *b* [[x][y]]\n#+begin_verse\nz\n#+end_verse\n[fn:1] n\n"
MDX = b"---\ntitle: x\n---\nimport A from 'a'\n\n<A b={[{c: 1}]} d='e'>\n  text {f}\n</A>\n\n```\n<x>\n```\n"
XML = (b"<!DOCTYPE x [<!ENTITY a 'b'>]>", b"&a;", b"<![CDATA[", b"</", b"/>", b"<w:p>", b"<t:p>")

TARGETS = (
    Target("docx", lambda: [zipped(word_parts())], document("a.docx")),
    *(
        Target(
            f"docx-{name.rpartition('/')[2]}",
            lambda name=name: [word_parts()[name]],
            part("a.docx", name, word_parts),
            tokens=XML,
        )
        for name in word_parts()
        if not name.startswith("[")
    ),
    Target("odt", lambda: [zipped(odt_parts())], document("a.odt")),
    Target(
        "odt-content",
        lambda: [odt_parts()["content.xml"]],
        part("a.odt", "content.xml", odt_parts),
        tokens=XML,
    ),
    Target("fodt", lambda: [flat_odf()], document("a.fodt"), tokens=XML),
    Target("epub", lambda: [zipped(epub_parts())], document("a.epub")),
    Target(
        "epub-package",
        lambda: [epub_parts()["b.opf"]],
        part("a.epub", "b.opf", epub_parts),
        tokens=XML,
    ),
    Target(
        "epub-page",
        lambda: [epub_parts()["c1.xhtml"]],
        part("a.epub", "c1.xhtml", epub_parts),
        tokens=(b"<div>", b"<table>", b"<blockquote>", b"<br>", b"<p hidden>"),
    ),
    Target("rtf", rtf_seeds, document("a.rtf"), tokens=(b"{", b"}", b"\\u", b"\\bin9", b"\\'")),
    Target("pdf", pdf_seeds, document("a.pdf"), tokens=(b"<<", b"obj", b"Td", b"TJ", b"cm", b"Do")),
    Target("org", lambda: [ORG], document("a.org"), tokens=(b"* ", b"#+begin_src", b"[[", b"+")),
    Target("mdx", lambda: [MDX], document("a.mdx"), tokens=(b"<A ", b"{", b"export {", b"```")),
    Target("enex", enex_seeds, document("a.enex"), tokens=XML),
    Target("day-one", journal_seeds, document("a.json")),
    Target("web-archive", archive_seeds, document("a.webarchive")),
    Target("scrivener", binder_seeds, scrivener, tokens=XML),
    Target(
        "mail-file",
        lambda: [
            b"60\nFrom: a@x.org\nTo: b@x.org\nDate: now\n\nHi.",
            b"From: a\nSubject: b\nDate: c\n",
        ],
        mail_file,
    ),
)
