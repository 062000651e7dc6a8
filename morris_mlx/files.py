"""Private files: written completely or not at all, and read with errors that name the place."""

from __future__ import annotations

import errno
import fcntl
import hashlib
import json
import os
import re
import shutil
import tempfile
from collections.abc import Container, Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from itertools import chain
from pathlib import Path
from typing import Any

from morris_mlx.errors import MissingError, MorrisError

PRIVATE_FOLDER, PRIVATE_FILE = 0o700, 0o600
_ODD_BYTES = re.compile(r"(?:\\x[89a-f][0-9a-f])+")
UNFINISHED = ".new-"  # prefix of files and folders that are still being written


def cannot_write(path: str | Path, error: OSError) -> MorrisError:
    """Return the error for a file or folder that cannot be written, with the next step."""
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        step = "Free some space on its disk and try again."
    elif error.errno in (errno.EACCES, errno.EPERM, errno.EROFS):
        step = f"Allow yourself to write in {Path(path).parent} and try again."
    else:
        step = "Correct this and try again."
    return MorrisError(f"Cannot write {path}: {error.strerror or error}. {step}")


def path_text(path: str | Path) -> str:
    r"""Return a path as text that UTF-8 can encode: other bytes in file names become \xNN."""
    text = str(path)
    if text.isascii():
        return text
    return os.fsencode(text).decode("utf-8", "backslashreplace")


def enclosing_paths(path: str, places: Container[str]) -> Iterator[str]:
    """Yield those of `places` that are an absolute path itself or a folder above it."""
    above = path if path.startswith("/") else ""  # a web address has no folders
    while above:
        if above in places:
            yield above
        above = above.rpartition("/")[0]
    if path.startswith("/") and "/" in places:
        yield "/"


def shown_path(text: str) -> str:
    """Return a text of `path_text` for the terminal: bytes that are not UTF-8 become �."""
    return _ODD_BYTES.sub("\ufffd", text) if "\\x" in text else text


def resolve_path(name: str) -> Path | None:
    """Return what the user typed as an absolute path, or None if it cannot be a path."""
    if not name:
        return None
    with suppress(OSError, ValueError, RuntimeError):
        path = Path(name).expanduser().resolve()
        path.exists()  # raises for a name that is too long
        return path
    return None


def morris_cache_folder() -> Path:
    """Return `$MORRIS_CACHE`, else the user's cache folder. It need not exist.

    Raises MorrisError for a user without a home folder.
    """
    import platformdirs

    cache = os.environ.get("MORRIS_CACHE") or platformdirs.user_cache_path("morris-mlx")
    return expanded_path(cache, "MORRIS_CACHE")


def expanded_path(name: str | Path, variable: str) -> Path:
    """Return a path as an absolute one, with "~" replaced by the home folder.

    Raises MorrisError, which names the environment variable to set, if that is impossible.
    """
    try:
        return Path(name).expanduser().resolve()
    except (RuntimeError, OSError) as error:  # no home, a loop of links, a current folder removed
        raise MorrisError(
            f"The folder {name} cannot be found ({error}). Set {variable} to a folder."
        ) from error


def make_folder(folder: Path) -> Path:
    """Make a private folder (mode 0700) and flush it to disk, so that files in it survive a crash.

    Raises MorrisError when it cannot be made.
    """
    try:
        new = not folder.exists()
        folder.mkdir(mode=PRIVATE_FOLDER, parents=True, exist_ok=True)
        if new:
            flush(folder.parent)
    except OSError as error:
        raise MorrisError(
            f"Cannot make the folder {folder}: {error.strerror}. Correct this and try again."
        ) from error
    return folder


@contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """Yield a temporary path that replaces `path` if the block succeeds: an atomic write.

    with replacing(path) as temporary:
        temporary.write_text("…")

    Raises MorrisError when the file cannot be written.
    """
    temporary = None
    try:
        handle, name = tempfile.mkstemp(dir=path.parent, prefix=UNFINISHED, suffix=path.suffix)
        os.close(handle)  # mkstemp makes it 0600
        temporary = Path(name)
        yield temporary
        temporary.chmod(PRIVATE_FILE)
        flush(temporary)
        temporary.replace(path)
        flush(path.parent)
    except OSError as error:
        raise cannot_write(path, error) from error
    finally:
        if temporary is not None:
            with suppress(OSError):  # the first error is the one to report
                temporary.unlink(missing_ok=True)


@contextmanager
def replacing_folder(folder: Path) -> Iterator[Path]:
    """Yield a temporary folder that replaces `folder` if the block succeeds.

    Raises MorrisError when the folder cannot be written.
    """
    try:
        temporary = Path(tempfile.mkdtemp(dir=folder.parent, prefix=UNFINISHED))
        yield temporary
        for path in sorted(temporary.iterdir()):
            path.chmod(PRIVATE_FILE)
            flush(path)
        flush(temporary)
        if folder.exists():
            folder.replace(tempfile.mkdtemp(dir=folder.parent, prefix=UNFINISHED))
        temporary.replace(folder)
        flush(folder.parent)
    except OSError as error:
        raise cannot_write(folder, error) from error
    finally:
        remove_unfinished(folder.parent)


def remove_unfinished(parent: Path) -> None:
    """Remove unfinished files and folders in `parent`. The caller must hold a lock on it."""
    for leftover in parent.glob(f"{UNFINISHED}*"):
        if leftover.is_dir():
            shutil.rmtree(leftover, ignore_errors=True)
        else:
            with suppress(OSError):
                leftover.unlink()


def remove_folder(folder: Path) -> None:
    """Remove a folder atomically: a part of it would look like damage. Raises OSError."""
    if not folder.exists():
        return
    folder.replace(tempfile.mkdtemp(dir=folder.parent, prefix=UNFINISHED))
    flush(folder.parent)
    remove_unfinished(folder.parent)


@contextmanager
def locked(path: Path, busy: str) -> Iterator[None]:
    """Hold the file `path` as a lock, which also ends with the process.

    Raises MorrisError with the message `busy` if another process holds it.
    """
    try:
        path.touch(mode=PRIVATE_FILE)
    except OSError as error:
        raise cannot_write(path, error) from error
    with path.open("a") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise MorrisError(busy) from None
        yield


def is_locked(path: Path) -> bool:
    """Return True while another process holds the file `path` as a lock."""
    try:
        descriptor = os.open(path, os.O_RDONLY)
    except OSError:
        return False
    try:
        # Shared: two readers at the same moment do not take each other for the holder.
        fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    finally:
        os.close(descriptor)
    return False


def flush(path: Path) -> None:
    """Write a file or folder from all caches to disk. On macOS fsync leaves it in the drive's."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        if full := getattr(fcntl, "F_FULLFSYNC", None):
            with suppress(OSError):  # not supported by network drives
                fcntl.fcntl(descriptor, full)
                return
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def write_text(path: Path, text: str) -> None:
    """Write a private UTF-8 file atomically. Raises MorrisError when it cannot be written."""
    with replacing(path) as temporary:
        temporary.write_text(text, encoding="utf-8", newline="\n")


def write_lines(path: Path, lines: Iterable[str]) -> None:
    """Write lines, with their newlines, as `write_text` does; they are not held together."""
    with (
        replacing(path) as temporary,
        temporary.open("w", encoding="utf-8", newline="\n") as file,
    ):
        file.writelines(lines)


def write_json(path: Path, value: Mapping[str, Any]) -> None:
    """Write a JSON object as a private file, atomically."""
    encoder = json.JSONEncoder(ensure_ascii=False, indent=2)
    write_lines(path, chain(encoder.iterencode(value), "\n"))


def json_text(value: Mapping[str, Any]) -> str:
    """Return an object as indented JSON with a final newline."""
    return json.dumps(value, ensure_ascii=False, indent=2) + "\n"


def json_line(row: Mapping[str, Any]) -> str:
    """Return an object as one line of JSON with its newline."""
    return json.dumps(row, ensure_ascii=False) + "\n"


def append_jsonl(path: Path, row: Mapping[str, Any]) -> None:
    """Append a line to a private log. Raises MorrisError when it cannot be written."""
    try:
        path.touch(mode=PRIVATE_FILE)
        with path.open("a", encoding="utf-8") as file:
            file.write(json_line(row))
    except OSError as error:
        raise cannot_write(path, error) from error


def cut_log(path: Path, size: int | None = None) -> int:
    """Shorten a log to `size` bytes and to complete lines; return the number of missing bytes."""
    content = path.read_bytes() if path.exists() else b""
    kept = content[:size]
    kept = kept[: kept.rfind(b"\n") + 1]
    if kept != content:
        with replacing(path) as temporary:
            temporary.write_bytes(kept)
    return max(0, (size or 0) - len(kept))


def read_json(path: Path) -> dict[str, Any]:
    """Return the JSON object in a file.

    Raises MissingError when there is no file and MorrisError when it holds no JSON object.
    """
    try:
        value = json_value(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise MissingError(f"There is no file {path}. Check the path.") from None
    except (OSError, ValueError, RecursionError) as error:
        raise MorrisError(f"{path} cannot be read ({error}). Create it again.") from error
    if not isinstance(value, dict):
        raise MorrisError(f"{path} does not hold a JSON object. Create it again.")
    return value


def read_jsonl(path: Path) -> Iterator[tuple[int, dict[str, Any]]]:
    """Yield (line number, object) for every line that is not blank.

    Raises MorrisError, with the file and the line, for a line that is not a JSON object.
    """
    with path.open("rb") as file:
        for number, line in enumerate(file, 1):
            if not line.strip():
                continue
            try:
                row = json_value(line.decode("utf-8-sig" if number == 1 else "utf-8"))
            except UnicodeDecodeError as error:
                raise MorrisError(
                    f"{path}, line {number}: not UTF-8 ({error.reason}). Save the file as UTF-8."
                ) from error
            except (ValueError, RecursionError) as error:
                raise MorrisError(
                    f"{path}, line {number}: not valid JSON ({error}). Correct the line, or "
                    "create the file again."
                ) from error
            if not isinstance(row, dict):
                raise MorrisError(
                    f"{path}, line {number}: not a JSON object. Correct the line, or create the "
                    "file again."
                )
            yield number, row


def json_value(text: str) -> Any:
    """Parse JSON. Raises ValueError (also for a lone surrogate) or RecursionError."""
    value = json.loads(text)
    if "\\u" in text:  # Python accepts an escaped lone surrogate, UTF-8 cannot encode it
        json.dumps(value, ensure_ascii=False).encode("utf-8")
    return value


def digest(text: str) -> str:
    """Return the SHA-256 of a text in UTF-8, in hex."""
    return hashlib.sha256(text.encode("utf-8")).hexdigest()


def file_digest(path: Path) -> str:
    """Return the SHA-256 of a file, in hex. Raises OSError."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
