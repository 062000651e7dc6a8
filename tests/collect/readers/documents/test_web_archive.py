"""Tests of the reader of Safari's web archives."""

import plistlib

import pytest
from support.document_files import PROSE, parsed

from morris_mlx.collect.text import UnreadableError

PAGE = f"<html><head><title>On paint</title></head><body><article><h1>On paint</h1><p>{PROSE} Café.</p></article></body></html>"


@pytest.mark.parametrize("format_", [plistlib.FMT_BINARY, plistlib.FMT_XML])
def test_the_article_of_the_page_is_read(format_, tmp_path):
    resource = {
        "WebResourceData": PAGE.encode("latin-1"),
        "WebResourceMIMEType": "text/html",
        "WebResourceTextEncodingName": "iso-8859-1",
        "WebResourceURL": "https://a.example/2024/03/04/paint",
    }
    with (tmp_path / "a.webarchive").open("wb") as file:
        plistlib.dump({"WebMainResource": resource}, file, fmt=format_)
    found = parsed(tmp_path / "a.webarchive")
    assert (found.title, found.text) == ("On paint", f"{PROSE} Café.")


@pytest.mark.parametrize(
    "content", [b"bplist00\xd1", b"<plist><dict/></plist>", b"x", b"bplist00" + b"\xff" * 60]
)
def test_a_damaged_archive_is_refused(content, tmp_path):
    (tmp_path / "a.webarchive").write_bytes(content)
    with pytest.raises(UnreadableError, match="a damaged web archive"):
        parsed(tmp_path / "a.webarchive")
