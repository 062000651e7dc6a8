"""The Hugging Face cache: one repository's files in the layout that other programs share.

A file's content is in `blobs/HASH`. A snapshot, `snapshots/COMMIT`, is a folder of links to blobs,
and `refs/main` names the latest commit that is complete. The hash is SHA-256 for big files (Git
LFS) and Git's SHA-1 for the rest.
"""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from morris_mlx.files import file_digest, flush

SHA256, GIT_SHA1 = re.compile(r"[0-9a-f]{64}"), re.compile(r"[0-9a-f]{40}")
BRANCH = "main"
NAME_PREFIX, SNAPSHOTS = "models--", "snapshots"
BLOCK_BYTES = 1 << 20


def cache_folder() -> Path:
    """Return the Hugging Face cache, which HF_HOME and HF_HUB_CACHE move."""
    from huggingface_hub import constants

    return Path(constants.HF_HUB_CACHE)


def model_label(folder: Path) -> str:
    """Return the repository whose snapshot a folder is, else the folder: a name for messages."""
    name, snapshots, _ = ("", "", *folder.parts)[-3:]
    owner, _, model = name.removeprefix(NAME_PREFIX).partition("--")
    if snapshots == SNAPSHOTS and name.startswith(NAME_PREFIX) and owner and model:
        return f"{owner}/{model}"
    return str(folder)


def is_safe_name(name: str) -> bool:
    """Return True if a file's name in a repository stays within the repository's folder."""
    parts = PurePosixPath(name).parts
    return bool(parts) and not name.startswith("/") and ".." not in parts and "\\" not in name


def is_digest(text: object) -> bool:
    """Return True for a SHA-256 or a Git SHA-1 in hexadecimal digits."""
    return isinstance(text, str) and bool(SHA256.fullmatch(text) or GIT_SHA1.fullmatch(text))


def content_digest(path: Path, like: str) -> str:
    """Return the digest of a file, of the same kind as `like`: SHA-256 or Git's SHA-1."""
    if SHA256.fullmatch(like):
        return file_digest(path)
    total = hashlib.sha1(b"blob %d\0" % path.stat().st_size, usedforsecurity=False)
    with path.open("rb") as file:
        while block := file.read(BLOCK_BYTES):
            total.update(block)
    return total.hexdigest()


@dataclass(frozen=True, slots=True)
class RepositoryCache:
    """The part of the cache that belongs to one repository, at one commit."""

    repository: str
    revision: str

    @property
    def _name(self) -> str:
        return f"{NAME_PREFIX}{self.repository.replace('/', '--')}"

    @property
    def folder(self) -> Path:
        """The folder of the repository, with all commits."""
        return cache_folder() / self._name

    @property
    def snapshot(self) -> Path:
        """The folder with the files of this commit."""
        return self.folder / SNAPSHOTS / self.revision

    def blob(self, digest: str) -> Path:
        """Return the path of a file's content."""
        return self.folder / "blobs" / digest

    def part(self, digest: str) -> Path:
        """Return the path of what has arrived of a file so far."""
        return self.folder / "blobs" / f"{digest}.incomplete"

    def has(self, name: str, digest: str) -> bool:
        """Return True if a file is complete in the cache."""
        return self.blob(digest).exists() or (self.snapshot / name).exists()

    def part_size(self, digest: str) -> int:
        """Return how many bytes of an incomplete file are in the cache."""
        try:
            return self.part(digest).stat().st_size
        except FileNotFoundError:
            return 0

    @contextmanager
    def locked(self, digest: str) -> Iterator[None]:
        """Wait for the lock of one file, which every program that uses the cache honors."""
        from huggingface_hub.utils import WeakFileLock

        path = cache_folder() / ".locks" / self._name / f"{digest}.lock"
        path.parent.mkdir(parents=True, exist_ok=True)
        with WeakFileLock(path):
            yield

    def put(self, name: str, digest: str) -> None:
        """Move a complete part to its place, and link it into the snapshot."""
        part, blob = self.part(digest), self.blob(digest)
        if not blob.exists() and part.exists():
            flush(part)
            part.replace(blob)
        self.link(name, digest)

    def link(self, name: str, digest: str) -> None:
        """Link a blob into the snapshot; where links are not supported, move it there."""
        link, blob = self.snapshot / name, self.blob(digest)
        if link.exists():
            return
        link.parent.mkdir(parents=True, exist_ok=True)
        with suppress(FileNotFoundError):
            link.unlink()  # a link to a blob that was deleted
        try:
            link.symlink_to(os.path.relpath(blob, link.parent))
        except FileExistsError:  # another process was quicker
            return
        except OSError:  # such as a drive in the format exFAT
            blob.replace(link)

    def publish(self) -> None:
        """Make this commit the one that `refs/main` names."""
        ref = self.folder / "refs" / BRANCH
        ref.parent.mkdir(parents=True, exist_ok=True)
        new = ref.with_name(f"{ref.name}.{os.getpid()}.tmp")
        new.write_text(self.revision, encoding="ascii")
        new.replace(ref)
