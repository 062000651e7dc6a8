"""Files: written atomically, with errors that name the place."""

import errno
import os

import pytest

from morris_mlx import files
from morris_mlx.errors import MorrisError


def test_a_failed_write_keeps_the_old_file_and_leaves_nothing_else(tmp_path):
    path = tmp_path / "a.txt"
    files.write_text(path, "old")
    with pytest.raises(RuntimeError), files.replacing(path) as temporary:
        temporary.write_text("half")
        raise RuntimeError
    assert path.read_text() == "old"
    assert [p.name for p in tmp_path.iterdir()] == ["a.txt"]


def test_a_new_folder_is_flushed_to_disk_once(tmp_path, monkeypatch):
    flushed = []
    monkeypatch.setattr(files, "flush", flushed.append)
    for _ in range(2):
        files.make_folder(tmp_path / "a")
    assert flushed == [tmp_path]


def test_a_folder_that_cannot_be_written_to_is_an_error_not_a_crash(tmp_path, monkeypatch):
    def refuse(*_, **__):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr("tempfile.mkstemp", refuse)
    with pytest.raises(MorrisError, match=r"Cannot write .*a\.txt: Permission denied"):
        files.write_text(tmp_path / "a.txt", "x")


def test_a_folder_that_cannot_be_made_is_an_error(tmp_path):
    with pytest.raises(MorrisError, match="Cannot make the folder"):
        files.make_folder(tmp_path / ("x" * 300))


@pytest.mark.parametrize("place", ["~no-such-user/cache", "loop/cache"])
def test_a_folder_that_cannot_be_found_is_an_error_that_names_the_variable(
    tmp_path, monkeypatch, place
):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "loop").symlink_to("loop")
    monkeypatch.setenv("MORRIS_CACHE", place)
    with pytest.raises(MorrisError, match=rf"{place} cannot be found .*Set MORRIS_CACHE"):
        files.morris_cache_folder()


def test_a_path_in_any_bytes_becomes_text_that_is_shown_with_a_mark():
    odd = os.fsdecode(b"/texts/caf\xe9 \xff\xfe.txt")
    assert files.path_text(odd) == "/texts/caf\\xe9 \\xff\\xfe.txt"
    assert files.shown_path(files.path_text(odd)) == "/texts/caf\ufffd \ufffd.txt"
    assert files.path_text("/texts/café.txt") == "/texts/café.txt"


def test_the_places_that_enclose_a_path_are_itself_and_the_folders_above_it():
    places = {"/a", "/a/b.zip", "/a/b", "/"}
    assert list(files.enclosing_paths("/a/b.zip/c.md", places)) == ["/a/b.zip", "/a", "/"]
    assert list(files.enclosing_paths("/a", places)) == ["/a", "/"]
    assert not list(files.enclosing_paths("https://example.org/a", places))


@pytest.mark.parametrize(
    ("code", "step"),
    [
        (errno.ENOSPC, "Free some space on its disk"),
        (errno.EROFS, "Allow yourself to write in /there"),
        (errno.EISDIR, "Correct this"),
    ],
)
def test_an_error_of_writing_says_what_to_do(code, step):
    error = files.cannot_write("/there/a.txt", OSError(code, os.strerror(code)))
    assert str(error) == f"Cannot write /there/a.txt: {os.strerror(code)}. {step} and try again."
