"""Weights of a repository into the Hugging Face cache, going on where an earlier try stopped.

huggingface-hub throws away a file that did not arrive whole before the process ended. So the big
files are fetched here, each into `blobs/SHA256.incomplete` of the cache's own layout, and take
their place when their hash is right; huggingface-hub then finds them there, links them and
fetches the few small ones.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path

from morris_mlx.errors import MissingError, MorrisError
from morris_mlx.files import file_digest
from morris_mlx.models.config import CONFIG
from morris_mlx.models.find import MODEL_PATTERNS, network_error

PICKLE_SUFFIXES = (".bin", ".pth", ".pt", ".ckpt")

TRIES = 5  # in a row without a new byte
FIRST_WAIT_SECONDS = 1.0  # doubled after each
CHUNK_BYTES = 1 << 20

Arrived = Callable[[int], None]  # so many bytes more


@dataclass(frozen=True, slots=True)
class RemoteFile:
    """A file of a repository; `sha256` is "" for the small ones that git itself holds."""

    name: str
    size_bytes: int
    sha256: str


@dataclass(frozen=True, slots=True)
class Listing:
    """The files of a repository that a model needs, at one commit."""

    repository: str
    revision: str
    files: tuple[RemoteFile, ...]
    pickle_only: bool

    @property
    def weights_bytes(self) -> int:
        return sum(f.size_bytes for f in self.files if f.name.endswith(".safetensors"))

    @property
    def missing_bytes(self) -> int:
        """What is still to come, counting what an earlier try left."""
        return sum(f.size_bytes - _here(self.repository, f) for f in self.files)


def list_files(repository: str) -> Listing:
    """Ask the hub (or the mirror that HF_ENDPOINT names) what there is."""
    from huggingface_hub import HfApi

    with _told_as_missing(repository):
        info = HfApi().model_info(repository, files_metadata=True)
    names = [s.rfilename for s in info.siblings or ()]
    files = tuple(
        RemoteFile(s.rfilename, s.size or 0, s.lfs.sha256 if s.lfs else "")
        for s in info.siblings or ()
        if any(fnmatchcase(s.rfilename, pattern) for pattern in MODEL_PATTERNS)
    )
    safe = any(f.name.endswith(".safetensors") for f in files)
    pickle_only = not safe and any(n.endswith(PICKLE_SUFFIXES) for n in names)
    if not info.sha or not (safe or pickle_only):
        raise MissingError(f"{repository} holds no weights (model*.safetensors).")
    return Listing(repository, info.sha, files, pickle_only)


def fetch_config(listing: Listing) -> Path:
    """The folder that holds the repository's config.json alone, or more."""
    return _snapshot(listing, [CONFIG])


def fetch_all(listing: Listing, arrived: Arrived) -> Path:
    """The folder with every file of the listing; `arrived` hears of bytes as they come."""
    for file in listing.files:
        if file.sha256 and not _blob(listing.repository, file).exists():
            _fetch_blob(listing, file, arrived)
    return _snapshot(listing, MODEL_PATTERNS)


def _snapshot(listing: Listing, patterns: list[str]) -> Path:
    from huggingface_hub import snapshot_download
    from huggingface_hub.utils import disable_progress_bars

    disable_progress_bars()
    with _told_as_missing(listing.repository):
        folder = Path(snapshot_download(listing.repository, allow_patterns=patterns))
    if folder.name != listing.revision:
        raise MorrisError(f"{listing.repository} was changed just now. Start again.")
    return folder


def cache_folder() -> Path:
    """The Hugging Face cache, which HF_HOME and HF_HUB_CACHE move."""
    from huggingface_hub import constants

    return Path(constants.HF_HUB_CACHE)


def _blob(repository: str, file: RemoteFile) -> Path:
    """Where the cache keeps a big file: by its hash."""
    folder = f"models--{repository.replace('/', '--')}"
    return cache_folder() / folder / "blobs" / file.sha256


def _part(blob: Path) -> Path:
    return blob.with_name(blob.name + ".incomplete")


def _here(repository: str, file: RemoteFile) -> int:
    if not file.sha256:
        return 0
    blob = _blob(repository, file)
    if blob.exists():
        return file.size_bytes
    return min(_size(_part(blob)), file.size_bytes)


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except FileNotFoundError:
        return 0


def _fetch_blob(listing: Listing, file: RemoteFile, arrived: Arrived) -> None:
    blob = _blob(listing.repository, file)
    part = _part(blob)
    try:
        blob.parent.mkdir(parents=True, exist_ok=True)
        if _size(part) > file.size_bytes:
            part.unlink()
        _fetch_part(listing, file, part, arrived)
        if file_digest(part) != file.sha256:
            part.unlink()
            raise MorrisError(
                f"{file.name} of {listing.repository} arrived damaged (its SHA-256 is wrong) and "
                "was thrown away. Start again."
            )
        part.replace(blob)
    except OSError as error:
        raise MorrisError(f"Cannot write {part}: {error.strerror or error}.") from error


def _fetch_part(listing: Listing, file: RemoteFile, part: Path, arrived: Arrived) -> None:
    """Append to `part` until it is whole; a cut connection is taken up again."""
    vain = 0
    while (before := _size(part)) < file.size_bytes:
        cut: BaseException | None = None
        try:
            _append(listing, file, part, before, arrived)
        except network_error() as error:
            if not _is_passing(error):
                raise _missing(listing.repository, error) from error
            cut = error
        if _size(part) > before:
            vain = 0
            continue
        vain += 1
        if vain == TRIES:
            raise MissingError(
                f"The connection was lost at {file.name} of {listing.repository}. "
                "Start again: it goes on where it stopped."
            ) from cut
        time.sleep(FIRST_WAIT_SECONDS * 2 ** (vain - 1))


def _append(listing: Listing, file: RemoteFile, part: Path, before: int, arrived: Arrived) -> None:
    from huggingface_hub import constants, hf_hub_url
    from huggingface_hub.utils import build_hf_headers, get_session, hf_raise_for_status

    url = hf_hub_url(listing.repository, file.name, revision=listing.revision)
    headers = build_hf_headers() | {"Accept-Encoding": "identity"}
    if before:
        headers["Range"] = f"bytes={before}-"
    timeout = constants.HF_HUB_DOWNLOAD_TIMEOUT
    with get_session().stream("GET", url, headers=headers, timeout=timeout) as response:
        hf_raise_for_status(response)
        goes_on = response.status_code == 206
        if before and not goes_on:
            arrived(-before)  # the server sends all of it again
        with part.open("ab" if goes_on else "wb") as out:
            for chunk in response.iter_bytes(CHUNK_BYTES):
                out.write(chunk)
                arrived(len(chunk))


def _is_passing(error: BaseException) -> bool:
    """Whether it may be better in a moment: no answer at all, or a server's own trouble."""
    response = getattr(error, "response", None)
    return response is None or response.status_code in (408, 429) or response.status_code >= 500


@contextmanager
def _told_as_missing(repository: str) -> Iterator[None]:
    """Errors of huggingface-hub, told as what is missing and what to do."""
    from huggingface_hub.errors import HFValidationError

    try:
        yield
    except (network_error(), HFValidationError, OSError) as error:
        raise _missing(repository, error) from error


def _missing(repository: str, error: BaseException) -> MissingError:
    from huggingface_hub import constants
    from huggingface_hub.errors import GatedRepoError, RepositoryNotFoundError

    if constants.HF_HUB_OFFLINE:
        return MissingError(
            f"{repository} is not whole on this machine, and HF_HUB_OFFLINE forbids to fetch it. "
            "Unset HF_HUB_OFFLINE and start again."
        )
    if isinstance(error, GatedRepoError):
        return MissingError(
            f"{repository} is shown only to whom its owner let in. Ask there, log in with "
            "`hf auth login`, and start again."
        )
    if isinstance(error, RepositoryNotFoundError):
        return MissingError(
            f"There is no repository {repository} on {constants.ENDPOINT}, or it is private. "
            "Check the name."
        )
    return MissingError(
        f"{repository} could not be fetched from {constants.ENDPOINT} ({type(error).__name__}). "
        "Check the connection and start again: what has arrived is kept."
    )
