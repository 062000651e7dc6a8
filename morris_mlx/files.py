"""Private files: written whole or not at all, read with errors that name the place."""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from morris_mlx.errors import MissingError, MorrisError

PRIVATE_FOLDER, PRIVATE_FILE = 0o700, 0o600
UNFINISHED = ".new-"  # how the name of a file or folder begins that is not whole yet


def path_named(name: str) -> Path | None:
    """What somebody typed, as an absolute path, there or not; None for what can be no path."""
    if not name:
        return None
    with suppress(OSError, ValueError, RuntimeError):
        path = Path(name).expanduser().resolve()
        path.exists()  # raises for a name that is too long
        return path
    return None


def morris_cache_folder() -> Path:
    """Return `$MORRIS_CACHE`, else the user's cache folder. It need not exist."""
    import platformdirs

    cache = os.environ.get("MORRIS_CACHE") or platformdirs.user_cache_path("morris-mlx")
    return Path(cache).expanduser().resolve()


def make_folder(folder: Path) -> Path:
    """Make a private folder (0700), down to the disk: what is in it can be no safer than it."""
    try:
        new = not folder.exists()
        folder.mkdir(mode=PRIVATE_FOLDER, parents=True, exist_ok=True)
        if new:
            flush(folder.parent)
    except OSError as error:
        raise MorrisError(f"Cannot make the folder {folder}: {error.strerror}.") from error
    return folder


@contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """A temporary path beside `path` that takes its place only when the block succeeds."""
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
        raise MorrisError(f"Cannot write {path}: {error.strerror or error}.") from error
    finally:
        if temporary is not None:
            with suppress(OSError):  # the first error is the one to tell
                temporary.unlink(missing_ok=True)


@contextmanager
def replacing_folder(folder: Path) -> Iterator[Path]:
    """A temporary folder beside `folder` that takes its place only when the block succeeds."""
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
        raise MorrisError(f"Cannot write {folder}: {error.strerror or error}.") from error
    finally:
        remove_unfinished(folder.parent)


def remove_unfinished(parent: Path) -> None:
    """Remove what was interrupted before it was whole, or before it was gone. Hold a lock."""
    for leftover in parent.glob(f"{UNFINISHED}*"):
        if leftover.is_dir():
            shutil.rmtree(leftover, ignore_errors=True)
        else:
            with suppress(OSError):
                leftover.unlink()


def remove_folder(folder: Path) -> None:
    """Remove it at one stroke: half of it would look like damage. Raises OSError."""
    if not folder.exists():
        return
    folder.replace(tempfile.mkdtemp(dir=folder.parent, prefix=UNFINISHED))
    flush(folder.parent)
    remove_unfinished(folder.parent)


@contextmanager
def locked(path: Path, busy: str) -> Iterator[None]:
    """Hold `path` as a lock; it ends with the process. Raises MorrisError(busy) if another does."""
    try:
        path.touch(mode=PRIVATE_FILE)
    except OSError as error:
        raise MorrisError(f"Cannot write {path}: {error.strerror}.") from error
    with path.open("a") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise MorrisError(busy) from None
        yield


def flush(path: Path) -> None:
    """Down to the disk itself: on macOS fsync alone leaves it in the drive's cache."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        if full := getattr(fcntl, "F_FULLFSYNC", None):
            with suppress(OSError):  # a network drive has no such thing
                fcntl.fcntl(descriptor, full)
                return
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def write_text(path: Path, text: str) -> None:
    with replacing(path) as temporary:
        temporary.write_text(text, encoding="utf-8", newline="\n")


def write_json(path: Path, value: Mapping[str, Any]) -> None:
    write_text(path, json_text(value))


def json_text(value: Mapping[str, Any]) -> str:
    return json.dumps(value, ensure_ascii=False, indent=2) + "\n"


def json_line(row: Mapping[str, Any]) -> str:
    return json.dumps(row, ensure_ascii=False) + "\n"


def append_jsonl(path: Path, row: Mapping[str, Any]) -> None:
    """One line to a private log that grows."""
    try:
        path.touch(mode=PRIVATE_FILE)
        with path.open("a", encoding="utf-8") as file:
            file.write(json_line(row))
    except OSError as error:
        raise MorrisError(f"Cannot write {path}: {error.strerror}.") from error


def cut(path: Path, size: int | None = None) -> int:
    """Shorten a growing log to `size` bytes, and to whole lines; how many bytes are missing."""
    content = path.read_bytes() if path.exists() else b""
    kept = content[:size]
    kept = kept[: kept.rfind(b"\n") + 1]
    if kept != content:
        with replacing(path) as temporary:
            temporary.write_bytes(kept)
    return max(0, (size or 0) - len(kept))


def read_json(path: Path) -> dict[str, Any]:
    try:
        value = json_value(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise MissingError(f"{path} is not there.") from None
    except (OSError, ValueError, RecursionError) as error:
        raise MorrisError(f"{path} cannot be read ({error}). Make it again.") from error
    if not isinstance(value, dict):
        raise MorrisError(f"{path} does not hold a JSON object. Make it again.")
    return value


def read_jsonl(path: Path) -> Iterator[tuple[int, dict[str, Any]]]:
    """(line number, object) for every line; an error names the file and the line."""
    with path.open("rb") as file:
        for number, line in enumerate(file, 1):
            if not line.strip():
                continue
            try:
                row = json_value(line.decode("utf-8-sig" if number == 1 else "utf-8"))
            except UnicodeDecodeError as error:
                raise MorrisError(f"{path}, line {number}: not UTF-8 ({error.reason}).") from error
            except (ValueError, RecursionError) as error:
                raise MorrisError(f"{path}, line {number}: not valid JSON ({error}).") from error
            if not isinstance(row, dict):
                raise MorrisError(f"{path}, line {number}: not a JSON object.")
            yield number, row


def json_value(text: str) -> Any:
    """Raises ValueError or RecursionError for what is no JSON, or holds what no file can take."""
    value = json.loads(text)
    if "\\u" in text:  # half a character, \ud800, is text to Python, but not to UTF-8
        json.dumps(value, ensure_ascii=False).encode("utf-8")
    return value


def digest(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8")).hexdigest()


def file_digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
