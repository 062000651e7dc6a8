"""Tests of mails that are files of their own: .eml, .emlx, and a Maildir."""

import zipfile

import pytest
from support.chat_exports import START, mail_text, turns

from morris_mlx.collect import find_chats
from morris_mlx.collect.archives import FolderArchive, SingleFile, ZipArchive
from morris_mlx.collect.chats.detect_format import ChatExport, ExportFormat
from morris_mlx.collect.chats.formats.mail_files import find_mail_files, is_mail
from morris_mlx.collect.chats.messages import no_answer, no_progress
from morris_mlx.collect.chats.options import ChatOptions
from morris_mlx.collect.chats.read_exports import read_exports

IVO, ANN = "Ivo <ivo@example.org>", "Ann <ann@example.org>"
MARKS = b'<?xml version="1.0"?><plist version="1.0"><dict/></plist>'


def mail(sender, recipient, text, seconds=START, **headers):
    """Return a mail without the “From” line of an mbox file."""
    return mail_text(sender, recipient, text, seconds, **headers).partition("\n")[2].encode()


FIRST = mail(ANN, IVO, "Is the boat in?", Message_ID="<1@x>", Subject="The boat")
SECOND = mail(IVO, ANN, "It was in at nine.", START + 60, Message_ID="<2@x>", In_Reply_To="<1@x>")


def emlx(raw):
    return str(len(raw)).encode() + b"       \n" + raw + MARKS


def read(archive):
    mails = find_mail_files(archive)
    export = ChatExport(ExportFormat.MAIL, mails)
    options = ChatOptions(me=("ivo@example.org",))
    return read_exports([export], options, no_answer, lambda _label: no_progress)


THREAD = [[("user", "Is the boat in?"), ("assistant", "It was in at nine.")]]


def test_the_mails_of_a_folder_are_threads(tmp_path):
    (tmp_path / "2024").mkdir()
    (tmp_path / "2024" / "first.eml").write_bytes(FIRST)
    (tmp_path / "5678.emlx").write_bytes(emlx(SECOND))
    (tmp_path / "notes.txt").write_bytes(b"Not a mail.")
    (tmp_path / "empty.eml").write_bytes(b"")
    (tmp_path / "other.eml").write_bytes(b"From: me\n\nA letter that begins with a colon.")
    mails = find_mail_files(FolderArchive(tmp_path))
    assert mails.names == ("2024/first.eml", "5678.emlx")
    found = read(FolderArchive(tmp_path))
    assert turns(found) == THREAD
    assert {c.source for c in found.conversations} == {str(mails.path)}
    assert mails.path.parent == tmp_path


def test_mails_in_a_zip_a_maildir_and_one_file_are_read(tmp_path):
    with zipfile.ZipFile(tmp_path / "mails.zip", "w") as archive:
        archive.writestr("a/1.eml", FIRST)
        archive.writestr("a/2.EML", b"\xef\xbb\xbf\r\n" + SECOND)
    assert turns(read(ZipArchive(tmp_path / "mails.zip"))) == THREAD
    (tmp_path / "box" / "cur").mkdir(parents=True)
    (tmp_path / "box" / "cur" / "1700000000.M1P2.host:2,S").write_bytes(FIRST)
    (tmp_path / "box" / "cur" / "1700000001.M1P2.host:2,S").write_bytes(SECOND)
    assert turns(read(FolderArchive(tmp_path / "box"))) == THREAD
    (tmp_path / "1.eml").write_bytes(SECOND)
    assert turns(read(SingleFile(tmp_path / "1.eml"))) == [[("assistant", "It was in at nine.")]]


@pytest.mark.parametrize(
    ("head", "expected"),
    [
        (FIRST, True),
        (emlx(FIRST), True),
        (b"Received: by x\n\twith y\nFrom: a@x.org\nDate: now\n\nHi.", True),
        (b"From a@x.org Tue May 10\n" + FIRST, True),
        (b"From: Ann\nodd\nDate: now\nSubject: x\n\nHi.", True),
        (b"From: Ann\nTo me\nI say\nthis\nthat:\nDate: now\nSubject: x\n\nHi.", False),
        (b"From me to you\nDate: now\n", False),
        (b"Subject: a story\nDate: now\n\nOnce.", False),
        (b"", False),
    ],
)
def test_a_mail_is_recognized_by_its_header(head, expected):
    assert is_mail(head) is expected


def test_mails_beside_texts_are_found_with_the_other_exports(tmp_path):
    for number, content in enumerate((FIRST, SECOND), 1):
        (tmp_path / f"{number}.eml").write_bytes(content)
    (tmp_path / "essay.txt").write_text("The gate was shut.")
    exports, files = find_chats([tmp_path])
    assert [e.format for e in exports] == [ExportFormat.MAIL]
    assert {f.name for f in files} == {"1.eml", "2.eml"}
    exports, _ = find_chats([tmp_path / "1.eml"])
    assert [str(e.path) for e in exports] == [str(tmp_path / "1.eml")]


def test_a_folder_without_mails_has_none(tmp_path):
    (tmp_path / "a.eml").write_text("x invented")
    assert find_mail_files(FolderArchive(tmp_path)) is None
