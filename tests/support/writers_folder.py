"""A folder like that of a writer: texts, documents, exports, pictures, and broken files.

Everything is invented and made from a seed. Each file says how many files it counts for in the
account of `morris collect`: a zip that is opened counts for the files in it.
"""

from __future__ import annotations

import io
import json
import random
import sqlite3
import zipfile
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from support.chat_exports import (
    ME,
    START,
    AppleMessages,
    discord_message,
    mail_text,
    private_chat,
    slack_user,
    telegram_export,
    whatsapp_text,
    write_discord,
    write_mbox,
)

WORDS = [
    "harbour",
    "boat",
    "rain",
    "letter",
    "kitchen",
    "window",
    "morning",
    "street",
    "garden",
    "table",
    "bread",
    "winter",
    "train",
    "nobody",
    "quietly",
    "always",
    "under",
    "between",
    "without",
    "against",
    "yellow",
    "narrow",
    "patient",
    "counted",
    "walked",
]


def prose(rng: random.Random, words: int = 60) -> str:
    """Return a text of invented sentences, different from every other."""
    sentences = []
    while words > 0:
        count = rng.randint(6, 14)
        sentence = " ".join(rng.choice(WORDS) for _ in range(count))
        sentences.append(sentence.capitalize() + ".")
        words -= count
    return f"{' '.join(sentences)} Number {rng.randrange(10**9)}.\n"


def packed(files: dict[str, bytes | str]) -> bytes:
    """Return a zip of files."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return buffer.getvalue()


@dataclass(frozen=True)
class Kind:
    """A kind of file: its suffix or whole name, its content, and the files it counts for."""

    suffix: str
    content: Callable[[random.Random], bytes]
    counts_for: int = 1


def raw(content: bytes) -> Callable[[random.Random], bytes]:
    """Return a maker of files with this beginning and some random bytes."""
    return lambda rng: content + rng.randbytes(40)


def text(shape: str = "{}", encoding: str = "utf-8") -> Callable[[random.Random], bytes]:
    """Return a maker of texts in a shape, such as a page of HTML."""
    return lambda rng: shape.format(prose(rng)).encode(encoding, "replace")


def _docx(rng: random.Random) -> bytes:
    space = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
    body = f"<w:p><w:r><w:t>{prose(rng)}</w:t></w:r></w:p>"
    return packed(
        {
            "[Content_Types].xml": "<Types/>",
            "word/document.xml": f"<w:document xmlns:w='{space}'><w:body>{body}</w:body></w:document>",
        }
    )


def _zip_of_texts(rng: random.Random) -> bytes:
    return packed({"notes/one.md": prose(rng), "two.txt": prose(rng), "pic.jpg": b"\xff\xd8\xff"})


def _zip_in_a_zip(rng: random.Random) -> bytes:
    return packed({"Part-1.zip": _zip_of_texts(rng), "index.html": b"<p>x</p>"})


def _tweets(rng: random.Random) -> bytes:
    rows = [{"id_str": "1", "full_text": prose(rng, 20)}, {"id_str": "2", "full_text": "RT @a: b"}]
    return json.dumps([{"tweet": row} for row in rows]).encode()


def _outbox(rng: random.Random) -> str:
    post = {"type": "Note", "id": "https://m.example/1", "content": f"<p>{prose(rng, 20)}</p>"}
    items = [
        {"type": "Create", "object": post},
        {"type": "Announce", "object": "https://o.example/2"},
    ]
    return json.dumps({"type": "OrderedCollection", "orderedItems": items})


def _note(rng: random.Random) -> list[tuple[str, str]]:
    return [("text.md", prose(rng)), ("info.json", "{}")]


def _locked_zip(rng: random.Random) -> bytes:
    content = bytearray(packed({"a.txt": prose(rng)}))
    content[6] |= 1
    content[content.index(b"PK\x01\x02") + 8] |= 1
    return bytes(content)


SPACES = 'xmlns:content="http://purl.org/rss/1.0/modules/content/" '
SPACES += 'xmlns:wp="http://wordpress.org/export/1.2/"'
POST = '<post id="1" type="regular"><regular-body>{}</regular-body></post>'
ITEM = "<item><title>A</title><content:encoded>{}</content:encoded></item>"


KINDS = (
    Kind(".md", text("# Title\n\n{}")),
    Kind(".markdown", text("---\ntitle: A\ndate: 2020-01-02\n---\n{}")),
    Kind(".txt", text()),
    Kind("-old.txt", text("Письмо. {}", "cp1251")),
    Kind("-wide.txt", text("{}", "utf-16")),
    Kind("-broken.md", text("---\ntitle: [a\n---\n{}")),
    Kind(".html", text("<html><body><article><p>{}</p></article></body></html>")),
    Kind("-empty.txt", lambda rng: b" \n"),
    Kind("-binary.txt", raw(b"\x00\x01")),
    Kind(".docx", _docx),
    Kind("-broken.docx", raw(b"PK\x03\x04")),
    Kind(".doc", raw(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1")),
    Kind(".rtf", text("{{\\rtf1 {}}}")),
    Kind(".odt", lambda rng: packed({"content.xml": "<x/>", "META-INF/manifest.xml": "<x/>"})),
    Kind(".epub", lambda rng: packed({"META-INF/container.xml": "<x/>"})),
    Kind(".pdf", raw(b"%PDF-1.4\n")),
    Kind(".pages", lambda rng: packed({"Index/Document.iwa": b"x"})),
    Kind(".tex", text("\\documentclass{{article}} {}")),
    Kind(".org", text("* Title\n{}")),
    Kind(".mdx", text("{}")),
    Kind(".rst", text("Title\n=====\n\n{}")),
    Kind(".csv", lambda rng: b"title,date\nA,2020-01-02\n"),
    Kind(".jsonl", lambda rng: b'{"a": 1}\n'),
    Kind(".json", lambda rng: b'{"posts": [], "version": 2}'),
    Kind("-broken.json", lambda rng: b'{"chats": {"list": [{"id": 1'),
    Kind(".xml", lambda rng: b"<?xml version='1.0'?><data/>"),
    Kind("-blog.xml", text(f"<rss {SPACES}><channel>{ITEM}</channel></rss>")),
    Kind("-feed.xml", text(f"<rss {SPACES.split()[0]}><channel>{ITEM}</channel></rss>")),
    Kind("-cut-feed.xml", text(f"<rss {SPACES.split()[0]}><channel>{ITEM}<item>")),
    Kind("-posts.csv", text('title,date,text\nA,2020-01-02,"{}"\nB,,\n')),
    Kind("-posts.jsonl", lambda rng: json.dumps({"title": "A", "text": prose(rng)}).encode()),
    Kind("-tweets.js", lambda rng: b"window.YTD.tweets.part0 = " + _tweets(rng)),
    Kind("-outbox.json", lambda rng: _outbox(rng).encode()),
    Kind("-tumblr.xml", text('<tumblr version="1.0"><posts>' + POST + "</posts></tumblr>")),
    Kind("-chats.json", lambda rng: b'[{"mapping": {"a": {"author": {"role": "user"}}}}]'),
    Kind("-data.txt", lambda rng: b'{"a": [1, 2]}'),
    Kind("-page.txt", text("<html><body><article><p>{}</p></article></body></html>")),
    Kind(".bear2bk", lambda rng: packed({f"a.textbundle/{n}": t for n, t in _note(rng)}), 2),
    Kind(".eml", text("From: a@example.org\nSubject: x\n\n{}")),
    Kind(".xlsx", lambda rng: packed({"[Content_Types].xml": "<x/>", "xl/workbook.xml": "<x/>"})),
    Kind(".key", raw(b"PK\x03\x04")),
    Kind(".gdoc", lambda rng: b'{"doc_id": "x"}'),
    Kind(".webloc", raw(b"bplist00")),
    Kind(".ics", text("BEGIN:VCALENDAR\n{}")),
    Kind(".py", text("print('{}')")),
    Kind(".css", text("p {{}} /* {} */")),
    Kind(".ttf", raw(b"\x00\x01\x00\x00\x00")),
    Kind(".mp3", raw(b"ID3")),
    Kind(".mov", raw(b"\x00\x00\x00\x14ftypqt  ")),
    Kind(".jpg", raw(b"\xff\xd8\xff\xe0")),
    Kind(".png", raw(b"\x89PNG\r\n\x1a\n")),
    Kind(".heic", raw(b"\x00\x00\x00\x18ftypheic")),
    Kind(".zip", _zip_of_texts, 3),
    Kind("-nested.zip", _zip_in_a_zip, 4),
    Kind("-locked.zip", _locked_zip),
    Kind("-cut.zip", raw(b"PK\x03\x04")),
    Kind("-none.zip", lambda rng: packed({})),
    Kind(".rar", raw(b"Rar!\x1a\x07")),
    Kind(".draft", text()),
    Kind(".odd", raw(b"\x00\x02\x03")),
    Kind("", text()),
    Kind("caf\udce9.txt", text()),
    Kind("/.DS_Store", raw(b"\x00\x00\x00\x01Bud1")),
    Kind("/~$lock.docx", raw(b"")),
    Kind("/.git/config", text("[core]\n{}")),
)


# --- exports ----------------------------------------------------------------------------------
def _slack(folder: Path, rng: random.Random) -> int:
    (folder / "general").mkdir(parents=True)
    row = {"type": "message", "user": "U1", "text": prose(rng, 8), "ts": f"{START}.0"}
    for name, value in {
        "users.json": [slack_user("U1", ME)],
        "channels.json": [{"id": "C1", "name": "general", "members": ["U1"]}],
        "general/2023-11-14.json": [row],
        "integration_logs.json": [],
    }.items():
        (folder / name).write_text(json.dumps(value))
    return 4


def _telegram(folder: Path, rng: random.Random) -> int:
    folder.mkdir(parents=True)
    telegram_export(folder, [private_chat("Ann", prose(rng, 8), f"me: {prose(rng, 8)}")])
    (folder / "messages.html").write_text("<p>Ann: words of somebody else</p>")
    (folder / "photos").mkdir()
    (folder / "photos" / "photo_1.jpg").write_bytes(b"\xff\xd8\xff")
    return 3


def _whatsapp(folder: Path, rng: random.Random) -> int:
    folder.mkdir(parents=True)
    chat = private_chat("Bo", prose(rng, 8), f"me: {prose(rng, 8)}", start=START + 9 * 86_400)
    (folder / "WhatsApp Chat with Bo.txt").write_text(whatsapp_text(chat))
    (folder / "IMG-20240115-WA0001.jpg").write_bytes(b"\xff\xd8\xff")
    files = {"_chat.txt": whatsapp_text(chat), "00000001-PHOTO.jpg": b"\xff\xd8\xff"}
    (folder / "WhatsApp Chat - Bo.zip").write_bytes(packed(files))
    return 4


def _discord(folder: Path, rng: random.Random) -> int:
    folder.mkdir(parents=True)
    rows = [
        discord_message(1, "ann", prose(rng, 8)),
        discord_message(2, ME, prose(rng, 8), START + 1),
    ]
    write_discord(folder, "ann", rows)
    return 1


def _mail(folder: Path, rng: random.Random) -> int:
    folder.mkdir(parents=True)
    write_mbox(folder, mail_text("ivo@example.org", "ann@example.org", prose(rng, 20)))
    return 1


def _package(folder: Path, rng: random.Random) -> int:
    channel = folder / "messages" / "c5"
    channel.mkdir(parents=True)
    (folder / "account").mkdir()
    (folder / "account" / "user.json").write_text('{"id": "1"}')
    (channel / "channel.json").write_text('{"id": "5", "type": "DM", "name": "x"}')
    row = {"ID": 1, "Timestamp": "2024-01-15 10:00:00", "Contents": prose(rng, 8)}
    (channel / "messages.json").write_text(json.dumps([row]))
    return 3


def _apple(folder: Path, rng: random.Random) -> int:
    folder.mkdir(parents=True)
    apple = AppleMessages(folder)
    apple.chat(1, "+4900")
    apple.say(1, True, START, prose(rng, 8))
    apple.close()
    with closing(sqlite3.connect(folder / "notes.db")) as database:
        database.execute("CREATE TABLE notes (x)")
        database.commit()
    return 2


def _x(folder: Path, rng: random.Random) -> int:
    (folder / "data").mkdir(parents=True)
    (folder / "data" / "tweets.js").write_bytes(b"window.YTD.tweets.part0 = " + _tweets(rng))
    (folder / "data" / "account.js").write_text("window.YTD.account.part0 = []")
    (folder / "Your archive.html").write_text("<html></html>")
    return 3


def _mastodon(folder: Path, rng: random.Random) -> int:
    (folder / "media_attachments").mkdir(parents=True)
    (folder / "outbox.json").write_text(_outbox(rng))
    (folder / "actor.json").write_text('{"type": "Person"}')
    (folder / "media_attachments" / "a.png").write_bytes(b"\x89PNG")
    return 3


def _slack_without_users(folder: Path, rng: random.Random) -> int:
    rows = [{"type": "message", "user": "U1", "text": prose(rng, 5), "ts": "1600000000.000100"}]
    for day in ("2020-09-13", "2020-09-14"):
        (folder / "general").mkdir(parents=True, exist_ok=True)
        (folder / "general" / f"{day}.json").write_text(json.dumps(rows))
    return 2


def _notion(folder: Path, rng: random.Random) -> int:
    folder.mkdir(parents=True)
    number = "1a2b3c4d5e6f1a2b3c4d5e6f1a2b3c4d"
    (folder / f"A page {number}.md").write_text(f"# A page\n\nCreated: 2020-01-02\n\n{prose(rng)}")
    (folder / f"A table {number}.csv").write_text("Name\nx\n")
    return 2


def _vault(folder: Path, rng: random.Random) -> int:
    (folder / ".obsidian").mkdir(parents=True)
    (folder / ".obsidian" / "templates.json").write_text('{"folder": "Templates"}')
    (folder / "Templates").mkdir()
    (folder / "Templates" / "letter.md").write_text("Dear {{name}}")
    (folder / "note.md").write_text(prose(rng))
    return 3


EXPORTS = (
    *(_slack, _telegram, _whatsapp, _discord, _mail, _package, _apple),
    *(_x, _mastodon, _notion, _vault, _slack_without_users),
)


def write_file(folder: Path, number: int, kind: Kind, rng: random.Random) -> int:
    """Write one file of a kind, and return the files that it counts for."""
    name = f"file {number}{kind.suffix}"
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(kind.content(rng))
    return kind.counts_for


def write_export(folder: Path, number: int, which: int, rng: random.Random) -> int:
    """Write one export into a folder of its own, and return the number of its files."""
    return EXPORTS[which](folder / f"export {number}", rng)


def write_writers_folder(folder: Path, pictures: int, seed: int = 7) -> int:
    """Write every kind of file and export, and many pictures; return the number of files."""
    rng = random.Random(seed)
    count = 0
    for number, kind in enumerate((*KINDS, *KINDS)):
        count += write_file(folder / ("Texts", "Old", "Desk/2019")[number % 3], number, kind, rng)
    for number in range(len(EXPORTS)):
        count += write_export(folder / "Exports", number, number, rng)
    picture = next(kind for kind in KINDS if kind.suffix == ".jpg")
    for number in range(pictures):
        count += write_file(folder / "Pictures" / str(number % 12), number, picture, rng)
    return count
