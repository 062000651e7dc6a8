"""Tests of the archive readers: zips as they are downloaded, damaged, and hostile."""

import zipfile

import pytest
from support.chat_exports import ME, collected, private_chat, turns, whatsapp_text

from morris_mlx.collect import collect_files, find_chats
from morris_mlx.collect.archives import ZipArchive
from morris_mlx.errors import MissingError, MorrisError


def zipped(folder, files, name="export.zip"):
    path = folder / name
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for inner, text in files.items():
            archive.writestr(inner, text)
    return path


def test_a_zip_is_read_in_place_and_its_name_identifies_the_peer(tmp_path):
    text = whatsapp_text(private_chat("Ann", "Hi.", "me: Yes?", start=1_700_000_000 + 86_400 * 5))
    path = zipped(
        tmp_path, {"_chat.txt": text, "1-PHOTO.jpg": b"\xff\xd8"}, "WhatsApp Chat - Ann.zip"
    )
    assert turns(collected(path)) == [[("user", "Hi."), ("assistant", "Yes?")]]
    assert [p.name for p in tmp_path.iterdir()] == [path.name]


def test_member_names_with_paths_write_no_file(tmp_path):
    inner = tmp_path / "in"
    inner.mkdir()
    text = whatsapp_text(private_chat("Ann", "Hi.", "me: Yes?", start=1_700_000_000 + 86_400 * 5))
    path = zipped(inner, {"../../evil_chat.txt": text, "/etc/_chat.txt": "x"})
    assert turns(collected(path, me=(ME,))) == [[("user", "Hi."), ("assistant", "Yes?")]]
    assert sorted(p.name for p in tmp_path.rglob("*")) == ["export.zip", "in"]


def test_a_zip_bomb_and_a_damaged_zip_are_refused(tmp_path):
    bomb = zipped(tmp_path, {"_chat.txt": b"\0" * (60 << 20)}, "bomb.zip")
    with pytest.raises(MissingError, match=r"would expand to 0\.1 GB"):
        collect_files([bomb])
    text = whatsapp_text(private_chat("Ann", *(f"me: number {n}" for n in range(3000))))
    whole = zipped(tmp_path, {"_chat.txt": text}).read_bytes()
    for damaged in (whole[: len(whole) // 2], whole[:200] + b"\0" * 500 + whole[700:]):
        path = tmp_path / "cut.zip"
        path.write_bytes(damaged)
        with pytest.raises(MorrisError, match="damaged or was cut off"):
            if find_chats([path])[0]:
                collected(path, me=(ME,))
            else:
                collect_files([path])
    assert ZipArchive(tmp_path / "export.zip").names == ("_chat.txt",)


class UnmarkedName(zipfile.ZipInfo):
    """An entry of a zip whose name is not marked as UTF-8, as older programs wrote it."""

    raw = b""

    def _encodeFilenameFlags(self):  # noqa: N802 (a method of the standard library)
        return self.raw, self.flag_bits


def test_names_of_older_programs_are_read_and_none_hides_another(tmp_path):
    path = tmp_path / "old.zip"
    names = ("письмо.txt".encode("cp866"), "дом.md".encode(), "café.txt".encode("cp437"))
    with zipfile.ZipFile(path, "w") as archive:
        for number, raw in enumerate((*names, b"folder\\a.txt", b"folder\\a.txt")):
            entry = UnmarkedName(str(number))
            entry.raw = raw
            archive.writestr(entry, "x")
    assert set(ZipArchive(path).names) == {
        "письмо.txt",
        "дом.md",
        "café.txt",
        "folder/a.txt",
        "folder/a (2).txt",
    }
