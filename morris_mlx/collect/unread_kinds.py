"""Kinds of files that are not read, with advice on how to get their text.

A kind is found by the suffix first, then by the first bytes. Pictures, sound and the like are never
opened. A kind that gets a reader is read although it is listed here.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import PurePosixPath

MAX_SUFFIX = 12  # characters; a longer one is a part of the name


@dataclass(frozen=True, slots=True)
class UnreadKind:
    """A kind of file without a reader.

    Attributes:
        name: the kind for the user, singular with `by_suffix`, else plural.
        suffixes: with their dots, in lower case.
        way_out: a sentence that says how to get the text out; "" where there is nothing to do.
        by_suffix: True to count each suffix separately.
        is_opened: False for files that hold no text and are never opened.
        may_be_chat: True for files that may also be a chat export.
    """

    name: str
    suffixes: frozenset[str] = frozenset()
    way_out: str = ""
    by_suffix: bool = False
    is_opened: bool = True
    may_be_chat: bool = False

    def label(self, suffix: str = "") -> str:
        """Return the name under which files of this kind are counted."""
        return f"{self.name} ({suffix})" if self.by_suffix and suffix else self.name


def _never_opened(name: str, suffixes: str) -> UnreadKind:
    return UnreadKind(name, _split(suffixes), is_opened=False)


def _document(name: str, suffixes: str, way_out: str, may_be_chat: bool = False) -> UnreadKind:
    return UnreadKind(name, _split(suffixes), way_out, by_suffix=True, may_be_chat=may_be_chat)


def _split(suffixes: str) -> frozenset[str]:
    return frozenset(f".{word}" for word in suffixes.split())


PICTURES = _never_opened(
    "pictures",
    "jpg jpeg jpe jfif png apng gif webp svg heic heif avif tif tiff bmp ico icns psd psb ai eps "
    "raw cr2 cr3 nef arw dng orf rw2 raf xcf kra jxl jp2 tga pcx ppm pgm emf wmf thm aae xmp",
)
SOUND = _never_opened(
    "sound files",
    "mp3 m4a m4b m4p aac wav wave aif aiff aifc flac ogg oga opus wma amr caf mid midi ape ac3 3ga",
)
VIDEOS = _never_opened(
    "videos", "mp4 m4v mov qt avi mkv webm wmv flv mpg mpeg 3gp 3g2 mts m2ts vob ogv tgs"
)
FONTS = _never_opened("fonts", "ttf otf ttc woff woff2 eot dfont pfb pfm afm")
PROGRAMS = _never_opened(
    "programs and disk images",
    "exe dll msi dmg pkg deb rpm apk ipa jar class so dylib o a lib pyc pyo wasm iso img vhd vmdk "
    "sys bin app crx xpi",
)
DRAWINGS = _never_opened(
    "designs and drawings",
    "sketch fig xd indd idml afdesign afphoto afpub dwg dxf stl obj blend 3ds fbx gltf glb step "
    "drawio vsd vsdx graffle band logicx als prproj aep fcpbundle lrcat",
)
CODE = UnreadKind(
    "files of program code",
    _split(
        "py pyi js mjs cjs ts tsx jsx c h cc cpp cxx hpp cs java kt kts swift go rs rb php pl pm "
        "sh bash zsh fish ps1 bat cmd lua r jl m mm scala clj hs ml fs vb pas asm sql css scss "
        "sass less vue svelte ipynb gradle cmake mk diff patch map"
    ),
)
SETTINGS = UnreadKind(
    "settings files",
    _split("yaml yml toml ini cfg conf config plist lock properties env reg nfo cue m3u pls"),
)
HIDDEN = UnreadKind("hidden files", is_opened=False)
SYSTEM = UnreadKind(
    "temporary and system files",
    _split("tmp temp bak swp swo part partial crdownload download icloud cache ds_store"),
    is_opened=False,
)
LINKS = UnreadKind("links to other files and folders", is_opened=False)
SPECIAL = UnreadKind("devices, pipes and sockets", is_opened=False)
COMPRESSED = UnreadKind(
    "compressed archive",
    _split("tar gz tgz bz2 tbz xz txz 7z rar zst lz lzma z sit sitx cab arj lzh"),
    "Unpack it and collect the folder.",
    by_suffix=True,
)
DATABASE = UnreadKind(
    "database",
    _split("db db3 sqlite sqlite3 mdb accdb realm"),
    "Export its texts from the program that wrote it, as text, Markdown or HTML.",
    by_suffix=True,
    may_be_chat=True,
)
JSON = _document(
    "JSON",
    "json",
    "It is none of the exports that Morris reads (docs/collecting.md lists them). Give rows for "
    "training to `morris prepare --rows`.",
    may_be_chat=True,
)
OLD_OFFICE = "Open it in LibreOffice or the program that wrote it, and save it as .docx or .txt."
WORD = _document("Word document", "docx docm dotx", "In Word: File → Save As → Plain Text, UTF-8.")
OLD_WORD = _document(
    "old Word document", "doc dot wps", "In Word or LibreOffice: File → Save As → .docx."
)
OPEN_TEXT = _document(
    "OpenDocument text", "odt ott fodt sxw", "In LibreOffice: File → Save As → .docx or .txt."
)
RICH_TEXT = _document(
    "rich text", "rtf rtfd", "In TextEdit or Word: save it as plain text, UTF-8, or as .docx."
)
PDF = _document(
    "PDF", "pdf", "Collect the document that it was made from, or save its text as .txt."
)
EPUB = _document("e-book", "epub", "Convert it with Calibre to .docx or .txt.")
SHEETS = _document(
    "spreadsheet", "xls xlsx xlsm ods numbers", "Copy the texts in it into a .txt or .md file."
)
SLIDES = _document(
    "presentation", "ppt pptx pps ppsx odp key", "Copy the texts in it into a .txt or .md file."
)
MAIL = _document(
    "mail", "eml emlx msg pst olm", "Export the mailbox as mbox from your mail program."
)
_OTHERS = (
    _document("Pages document", "pages", "In Pages: File → Export To → Word."),
    EPUB,
    _document("e-book", "mobi azw azw3 kfx fb2 lit djvu", EPUB.way_out),
    _document("document of an old word processor", "wpd abw lwp hwp sdw zabw mcw cwk", OLD_OFFICE),
    _document("LaTeX", "tex ltx latex bib", "Convert it: pandoc paper.tex -o paper.md."),
    _document(
        "marked-up text",
        "rst adoc asciidoc textile wiki mediawiki creole pod man",
        "Convert it with pandoc to .md, or collect a copy that ends in .txt.",
    ),
    _document("screenplay", "fdx celtx", "Export it as plain text."),
    _document("Fountain screenplay", "fountain", "Collect a copy that ends in .txt."),
    _document("Scrivener project file", "scrivx", "In Scrivener: File → Compile → .docx or .md."),
    _document(
        "Ulysses or Bear bundle",
        "textpack ulysses bear2bk",
        "Export it as Markdown.",
        may_be_chat=True,  # a zip of TextBundles
    ),
    _document(
        "link to Google Docs",
        "gdoc gsheet gslides",
        "It holds no text: in Google Docs, File → Download → Word or Markdown.",
    ),
    _document(
        "link",
        "webloc url lnk desktop",
        "It holds an address and no text: give the address to `morris collect`.",
    ),
    _document(
        "saved web page",
        "mht mhtml",
        "Open it in a browser and save it as a web page (.html).",
    ),
    _document("OneNote file", "one onetoc2 onepkg", "In OneNote: export the pages as .docx."),
    _document("calendar or address book", "ics vcf ldif abbu", ""),
    _document("subtitles", "srt vtt sub ass ssa lrc", ""),
    _document(
        "encrypted file",
        "gpg pgp crypt12 crypt14 crypt15 backup kdbx pem p12 pfx crt cer",
        "Decrypt it first. For WhatsApp: open the chat → Export chat.",
    ),
    _document(
        "rows in JSON",
        "jsonl ndjson",
        "Give rows for training to `morris prepare --rows`. Save other texts as files.",
        may_be_chat=True,
    ),
    _document(
        "table",
        "csv tsv tab",
        "Give rows for training to `morris prepare --rows`. Save other texts as files.",
        may_be_chat=True,
    ),
    _document(
        "XML",
        "xml atom rss opml xsl xslt dtd rdf",
        "It is none of the exports that Morris reads. Export the texts as HTML or Markdown.",
    ),
    _document("torrent", "torrent", ""),
    _document("scientific data", "npy npz mat h5 hdf5 parquet pkl rds sav dta", ""),
)
KINDS = (
    *(PICTURES, SOUND, VIDEOS, FONTS, PROGRAMS, DRAWINGS, CODE, SETTINGS, SYSTEM, COMPRESSED),
    *(DATABASE, JSON, WORD, OLD_WORD, OPEN_TEXT, RICH_TEXT, PDF, SHEETS, SLIDES, MAIL, *_OTHERS),
)
# JSON of other programs, recognized if all patterns are found in the first bytes.
_JSON_KINDS = (
    (
        (
            rb'"(?:mapping|chat_messages)"\s*:',
            rb'"(?:role|sender)"\s*:\s*"(?:user|human|assistant)"',
        ),
        UnreadKind(
            "conversations with a chat model",
            way_out="Its answers are not yours. Save your own texts from it as separate files.",
        ),
    ),
    (
        (rb'"channel_id"\s*:', rb'"messages"\s*:', rb'"ts"\s*:\s*"\d{9,10}\.\d{6}"'),
        UnreadKind(
            "channels of Slack in another program's layout",
            way_out="Save them in the layout of Slack's own export, and give the zip.",
        ),
    ),
)
_BY_SUFFIX = {suffix: kind for kind in KINDS for suffix in kind.suffixes}
UNKNOWN = UnreadKind(
    "unknown kind",
    way_out="If it is plain text, give it by its name, or collect a copy that ends in .txt.",
    by_suffix=True,
)
UNKNOWN_BINARY = UnreadKind("binary file of an unknown kind", by_suffix=True)
_SYSTEM_NAMES = {"thumbs.db", "desktop.ini", "icon\r", "ehthumbs.db"}
_OLD_OFFICE_MAGIC = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
# First bytes of common kinds, for files without a suffix or with an unknown one.
_MAGIC: tuple[tuple[bytes, UnreadKind], ...] = (
    (b"\xff\xd8\xff", PICTURES),
    (b"\x89PNG\r\n\x1a\n", PICTURES),
    (b"GIF87a", PICTURES),
    (b"GIF89a", PICTURES),
    (b"II*\x00", PICTURES),
    (b"MM\x00*", PICTURES),
    (b"8BPS", PICTURES),
    (b"%!PS", PICTURES),
    (b"ID3", SOUND),
    (b"OggS", SOUND),
    (b"fLaC", SOUND),
    (b"#!AMR", SOUND),
    (b"MThd", SOUND),
    (b"RIFF", VIDEOS),
    (b"\x1aE\xdf\xa3", VIDEOS),
    (b"wOFF", FONTS),
    (b"wOF2", FONTS),
    (b"OTTO", FONTS),
    (b"\x00\x01\x00\x00\x00", FONTS),
    (b"\x7fELF", PROGRAMS),
    (b"MZ", PROGRAMS),
    (b"\xcf\xfa\xed\xfe", PROGRAMS),
    (b"\xca\xfe\xba\xbe", PROGRAMS),
    (b"%PDF", PDF),
    (b"{\\rtf", RICH_TEXT),
    (_OLD_OFFICE_MAGIC, OLD_WORD),
    (b"Rar!\x1a\x07", COMPRESSED),
    (b"7z\xbc\xaf\x27\x1c", COMPRESSED),
    (b"\x1f\x8b", COMPRESSED),
    (b"BZh", COMPRESSED),
    (b"\xfd7zXZ\x00", COMPRESSED),
    (b"\x28\xb5\x2f\xfd", COMPRESSED),
    (b"SQLite format 3\x00", DATABASE),
    (b"bplist00", SETTINGS),
    (b"#!", CODE),
)


def suffix_of(name: str) -> str:
    """Return the suffix of a file's name in lower case, with its dot, or ""."""
    suffix = PurePosixPath(name).suffix.lower()
    return suffix if len(suffix) <= MAX_SUFFIX and " " not in suffix else ""


def kind_by_name(name: str) -> UnreadKind | None:
    """Return the kind that the name of a file tells, or None."""
    last = name.rpartition("/")[2]
    if last.lower() in _SYSTEM_NAMES or last.startswith("~$") or last.endswith("~"):
        return SYSTEM
    return _BY_SUFFIX.get(suffix_of(last))


def kind_by_content(head: bytes) -> UnreadKind | None:
    """Return the kind that the first bytes of a file tell, or None."""
    if head[4:8] == b"ftyp":
        return PICTURES if head[8:11] in (b"hei", b"mif", b"avi") else VIDEOS
    if head[:4] == b"RIFF":
        return {b"WEBP": PICTURES, b"WAVE": SOUND}.get(head[8:12], VIDEOS)
    return next((kind for magic, kind in _MAGIC if head.startswith(magic)), None)


def kind_of_json(head: bytes) -> UnreadKind:
    """Return the kind of a JSON file that cannot be read, by its first bytes."""
    found = (
        kind
        for patterns, kind in _JSON_KINDS
        if all(re.search(pattern, head) for pattern in patterns)
    )
    return next(found, JSON)


def kind_of_package(names: Collection[str]) -> UnreadKind | None:
    """Return the kind of a document that is stored as a zip, by the files in it, or None."""
    if "[Content_Types].xml" in names:
        folders = {name.partition("/")[0] for name in names}
        return SHEETS if "xl" in folders else SLIDES if "ppt" in folders else WORD
    if "META-INF/container.xml" in names:
        return EPUB
    if "META-INF/manifest.xml" in names and "content.xml" in names:
        return OPEN_TEXT
    if "META-INF/MANIFEST.MF" in names or "AndroidManifest.xml" in names:
        return PROGRAMS
    if any(name.startswith("Index/") and name.endswith(".iwa") for name in names):
        return _BY_SUFFIX[".pages"]
    return None
