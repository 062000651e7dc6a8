"""Tests of the decoding of text files, and of what is said about damage."""

from pathlib import Path

import pytest

from morris_mlx.collect import collect_files
from morris_mlx.collect.readers.characters import decode_text
from morris_mlx.collect.text import UnreadableError


def test_a_file_with_a_damaged_byte_is_kept_and_the_damage_is_said(tmp_path):
    (tmp_path / "a.txt").write_bytes("It’s a café.\n".encode() + b"Cof\xfffee.\n")
    found = collect_files([tmp_path])
    assert "café" in found.documents[0].text and "\ufffd" not in found.documents[0].text
    (skipped,) = found.skipped
    assert Path(skipped.source).parts[-2:] == ("a.txt", "line 2")
    assert skipped.reason == "damaged bytes, which are not UTF-8; the rest of the text is kept"


def test_a_text_in_another_encoding_is_kept_whole(tmp_path):
    (tmp_path / "a.md").write_bytes("# О дожде\n\nДождь шёл всю неделю.\n".encode("cp1251"))
    found = collect_files([tmp_path])
    assert [(d.title, d.text) for d in found.documents] == [("О дожде", "Дождь шёл всю неделю.")]
    assert not found.skipped


def test_a_binary_file_is_refused():
    with pytest.raises(UnreadableError, match="a binary file"):
        decode_text(b"PK\x03\x04\x00\x00")
