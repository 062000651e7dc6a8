"""Downloads of models into the Hugging Face cache; every file goes on where it stopped.

huggingface-hub throws away a file that did not arrive whole before the process ended. Here each
file arrives in `blobs/HASH.incomplete`, whatever ends the process, and takes its place when its
hash is right.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

from morris_mlx.device import quiet_environment
from morris_mlx.errors import MissingError, MorrisError, RefusedError
from morris_mlx.files import cannot_write
from morris_mlx.models.config import CONFIG
from morris_mlx.models.gguf_files import SUFFIX
from morris_mlx.models.hub_cache import (
    GIT_SHA1,
    RepositoryCache,
    content_digest,
    is_digest,
    is_safe_name,
)
from morris_mlx.models.old_weights import ARRAYS, OLD_NAMES
from morris_mlx.models.working_repository import repository_hint

TOKENIZER_PATTERNS = ["tokenizer*", "special_tokens_map.json", CONFIG, "chat_template.j*"]
MODEL_PATTERNS = [*TOKENIZER_PATTERNS, "generation_config.json", "model*.safetensors*"]
OLD_PATTERNS = [OLD_NAMES]  # of mlx-lm's first conversions
PICKLE_SUFFIXES = (".bin", ".pth", ".pt", ".ckpt")

TRIES = 5  # in a row without a new byte
FIRST_WAIT_SECONDS = 1.0  # doubled after each
CHUNK_BYTES = 1 << 20
TERMINAL_SECONDS, LOG_SECONDS = 0.2, 10.0  # between two updates of the progress bar

Report = Callable[[int, int], None]  # bytes that arrived, and bytes in all
OnBytes = Callable[[int], None]  # so many bytes more; negative where some are sent again


@dataclass(frozen=True, slots=True)
class RemoteFile:
    """A file of a repository. `digest` is its SHA-256, or Git's SHA-1 of a small file."""

    name: str
    size_bytes: int
    digest: str


@dataclass(frozen=True, slots=True)
class Listing:
    """The files of a repository that are needed, at one commit."""

    repository: str
    revision: str
    files: tuple[RemoteFile, ...]
    pickle_only: bool

    @property
    def cache(self) -> RepositoryCache:
        """The place of the files on this machine."""
        return RepositoryCache(self.repository, self.revision)

    @property
    def weights_bytes(self) -> int:
        """The size of the weights."""
        return sum(f.size_bytes for f in self.files if f.name.endswith(".safetensors"))

    @property
    def missing_bytes(self) -> int:
        """The size of what is not on this machine yet; parts of files are."""
        return sum(file.size_bytes - self._arrived(file) for file in self.files)

    def _arrived(self, file: RemoteFile) -> int:
        if self.cache.has(file.name, file.digest):
            return file.size_bytes
        return min(self.cache.part_size(file.digest), file.size_bytes)


def list_files(repository: str, tokenizer_only: bool = False) -> Listing:
    """Ask the hub, or the mirror that HF_ENDPOINT names, for a model's files.

    Raises MissingError when the repository cannot be reached, is not open to the user, or holds no
    weights that are wanted.
    """
    quiet_environment()
    from huggingface_hub import HfApi

    with _plain_errors(repository):
        info = HfApi().model_info(repository, files_metadata=True)
    siblings = info.siblings or ()
    names = [sibling.rfilename for sibling in siblings]
    usual = any(_matches(n, MODEL_PATTERNS) and n.endswith(".safetensors") for n in names)
    old = any(_matches(n, OLD_PATTERNS) for n in names)
    safe = usual or old
    patterns = TOKENIZER_PATTERNS if tokenizer_only else [*MODEL_PATTERNS, *OLD_PATTERNS]
    pickle_only = not safe and any(n.endswith(PICKLE_SUFFIXES) for n in names)
    if not info.sha or not (safe or pickle_only or tokenizer_only):
        raise _without_weights(repository, names)
    if not GIT_SHA1.fullmatch(info.sha):
        raise MorrisError(
            f"The hub's answer for {repository} is not valid: its commit is {info.sha[:80]!r}. "
            "Run the command again later."
        )
    files = tuple(
        _remote_file(repository, info.sha, sibling)
        for sibling in siblings
        if _matches(sibling.rfilename, patterns) and is_safe_name(sibling.rfilename)
    )
    return Listing(repository, info.sha, files, pickle_only)


def _without_weights(repository: str, names: list[str]) -> MissingError:
    """Return the error for a repository without safetensors, with its GGUF files if it has any."""
    ggufs = [name for name in names if name.lower().endswith(SUFFIX)]
    if any(_matches(name, [ARRAYS]) for name in names):
        return MissingError(
            f"{repository} has its weights as weights.npz, in a format from before mlx-lm. "
            f"{repository_hint(repository)}"
        )
    if not ggufs:
        return MissingError(
            f"{repository} holds no weights (model*.safetensors). Use a repository that has them."
        )
    more = f" and {len(ggufs) - 1} more" if len(ggufs) > 1 else ""
    return MissingError(
        f"{repository} holds its weights only as GGUF files ({ggufs[0]}{more}). Download one with "
        f"`hf download {repository} {ggufs[0]}` and give the path of the file, or use the "
        "repository that has the original weights."
    )


def _matches(name: str, patterns: list[str]) -> bool:
    return any(fnmatchcase(name, pattern) for pattern in patterns)


def _remote_file(repository: str, revision: str, sibling: Any) -> RemoteFile:
    """Return a file with its size and digest; a mirror that lists neither is asked for both."""
    name, size = sibling.rfilename, sibling.size
    digest = sibling.lfs.sha256 if sibling.lfs else sibling.blob_id
    if size is None or not digest:
        from huggingface_hub import get_hf_file_metadata, hf_hub_url

        with _plain_errors(repository):
            found = get_hf_file_metadata(hf_hub_url(repository, name, revision=revision))
        size, digest = found.size, found.etag
    if size is None or not is_digest(digest):
        raise MorrisError(
            f"The hub gives no size and no checksum for {name} of {repository}, so it cannot be "
            "verified. Use another repository."
        )
    return RemoteFile(name, size, digest)


def refuse_pickle(name: str) -> RefusedError:
    """Return the error for weights that can run a program when they are loaded."""
    return RefusedError(
        f"{name} has its weights only as pickle files (.bin): loading one can run any program "
        "that is hidden in it. Morris reads only safetensors. Use a repository that has "
        "model.safetensors, or ask its owner to add it."
    )


def fetch_small_files(listing: Listing) -> Path:
    """Download config.json and the tokenizer's files; return their folder."""
    for file in listing.files:
        if _matches(file.name, TOKENIZER_PATTERNS):
            _fetch_file(listing, file, lambda _: None)
    return listing.cache.snapshot


def fetch_files(listing: Listing, report: Report | None = None) -> Path:
    """Download every file of a listing that is not on this machine; return their folder.

    What an earlier try left is not downloaded again. Without `report` a progress bar with the time
    left is shown on stderr.

    Raises:
        MissingError: The connection was lost, or the repository is not open to the user.
        MorrisError: A file arrived damaged, or cannot be written.
    """
    total = listing.missing_bytes
    if report is None:
        with _progress_bar(listing.repository, total) as show:
            return fetch_files(listing, show)
    done = 0

    def on_bytes(count: int) -> None:
        nonlocal done
        done += count
        report(done, total)

    on_bytes(0)
    for file in listing.files:
        _fetch_file(listing, file, on_bytes)
    try:
        listing.cache.publish()
    except OSError as error:
        raise cannot_write(listing.cache.folder, error) from error
    return listing.cache.snapshot


@contextmanager
def _progress_bar(repository: str, total: int) -> Iterator[Report]:
    from huggingface_hub.utils import tqdm

    interval = TERMINAL_SECONDS if sys.stderr.isatty() else LOG_SECONDS
    with tqdm(
        desc=repository,
        total=total,
        unit="B",
        unit_scale=True,
        mininterval=interval,
        disable=total == 0,
    ) as bar:

        def show(done: int, _: int) -> None:
            bar.update(done - bar.n)

        yield show


def _fetch_file(listing: Listing, file: RemoteFile, on_bytes: OnBytes) -> None:
    """Download one file into the cache, unless it is there."""
    cache = listing.cache
    part = cache.part(file.digest)
    try:
        if cache.has(file.name, file.digest):
            cache.link(file.name, file.digest)
            return
        part.parent.mkdir(parents=True, exist_ok=True)
        before = min(cache.part_size(file.digest), file.size_bytes)
        with cache.locked(file.digest):
            if cache.has(file.name, file.digest):  # another process was quicker
                cache.link(file.name, file.digest)
                on_bytes(file.size_bytes - before)
                return
            _prepare_part(cache, file, before, on_bytes)
            _fetch_part(listing, file, part, on_bytes)
            if content_digest(part, file.digest) != file.digest:
                part.unlink()
                raise MorrisError(
                    f"{file.name} of {listing.repository} arrived damaged (its checksum is "
                    "wrong) and was deleted. Run the command again."
                )
            cache.put(file.name, file.digest)
    except OSError as error:
        raise cannot_write(part, error) from error


def _prepare_part(
    cache: RepositoryCache, file: RemoteFile, counted: int, on_bytes: OnBytes
) -> None:
    """Make the part exist, and count what another process added to it since it was `counted`."""
    part = cache.part(file.digest)
    if cache.part_size(file.digest) > file.size_bytes:
        part.unlink()
    part.touch()
    if grown := cache.part_size(file.digest) - counted:
        on_bytes(grown)


def _fetch_part(listing: Listing, file: RemoteFile, part: Path, on_bytes: OnBytes) -> None:
    """Append to `part` until it is complete; connect again when the connection is cut."""
    size = listing.cache.part_size
    vain = 0
    while (before := size(file.digest)) < file.size_bytes:
        cut: BaseException | None = None
        try:
            _append(listing, file, part, before, on_bytes)
        except network_error() as error:
            if not _is_passing(error):
                raise _unreachable(listing.repository, error) from error
            cut = error
        if size(file.digest) > before:
            vain = 0
            continue
        vain += 1
        if vain == TRIES:
            raise MissingError(
                f"The connection was lost while {file.name} of {listing.repository} was "
                "downloaded. Run the command again: the download resumes."
            ) from cut
        time.sleep(FIRST_WAIT_SECONDS * 2 ** (vain - 1))


def _append(listing: Listing, file: RemoteFile, part: Path, before: int, on_bytes: OnBytes) -> None:
    """Ask for the rest of a file and write it as it arrives."""
    from huggingface_hub import constants, hf_hub_url
    from huggingface_hub.utils import build_hf_headers, get_session, hf_raise_for_status

    url = hf_hub_url(listing.repository, file.name, revision=listing.revision)
    headers = build_hf_headers() | {"Accept-Encoding": "identity"}
    if before:
        headers["Range"] = f"bytes={before}-"
    timeout = constants.HF_HUB_DOWNLOAD_TIMEOUT
    with get_session().stream("GET", url, headers=headers, timeout=timeout) as response:
        hf_raise_for_status(response)
        _require_commit(listing, (*response.history, response))
        resumed = response.status_code == 206
        if before and not resumed:
            on_bytes(-before)  # the server sends the whole file
        with part.open("ab" if resumed else "wb") as out:
            for chunk in response.iter_bytes(CHUNK_BYTES):
                out.write(chunk)
                on_bytes(len(chunk))


def _require_commit(listing: Listing, responses: tuple[Any, ...]) -> None:
    """Raise MorrisError if a server sends the file of another commit than was asked for."""
    for response in responses:
        if response.headers.get("X-Repo-Commit", listing.revision) != listing.revision:
            raise MorrisError(
                f"{listing.repository} was changed during the download. Run the command again."
            )


def network_error() -> type[Exception]:
    """Return the base class of what huggingface-hub's HTTP client raises."""
    from huggingface_hub.errors import HfHubHTTPError

    base: type[Exception] = HfHubHTTPError.__mro__[1]
    return base


def _is_passing(error: BaseException) -> bool:
    """Return True if another try may succeed: no answer at all, or a server's own trouble."""
    response = getattr(error, "response", None)
    return response is None or response.status_code in (408, 429) or response.status_code >= 500


@contextmanager
def _plain_errors(repository: str) -> Iterator[None]:
    """Turn errors of huggingface-hub into a MissingError that says what to do."""
    from huggingface_hub.errors import HFValidationError

    try:
        yield
    except (network_error(), HFValidationError, OSError) as error:
        raise _unreachable(repository, error) from error


def _unreachable(repository: str, error: BaseException) -> MissingError:
    from huggingface_hub import constants
    from huggingface_hub.errors import (
        GatedRepoError,
        HFValidationError,
        RepositoryNotFoundError,
    )

    if isinstance(error, HFValidationError):
        return MissingError(
            f"{repository} is neither an existing folder nor the name of a repository. Check "
            "the spelling."
        )
    if constants.HF_HUB_OFFLINE:
        return MissingError(
            f"HF_HUB_OFFLINE forbids the download of {repository}, which is not complete on "
            "this machine. Unset HF_HUB_OFFLINE and run the command again."
        )
    if isinstance(error, GatedRepoError):
        return MissingError(
            f"Access to {repository} is restricted by its owner. Ask for access on its page, "
            "log in with `hf auth login`, and run the command again."
        )
    if isinstance(error, RepositoryNotFoundError):
        return MissingError(
            f"There is no repository {repository} on {constants.ENDPOINT}, or it is private. "
            "Check the name."
        )
    return MissingError(
        f"{repository} could not be downloaded from {constants.ENDPOINT} "
        f"({type(error).__name__}). Check the connection and run the command again: what has "
        "arrived is kept."
    )
