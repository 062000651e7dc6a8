"""Claims of exports in archives: the files below a folder, by their relative names."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from pathlib import PurePosixPath

from morris_mlx.collect.archives import Archive
from morris_mlx.collect.readers.export_reader import Claim
from morris_mlx.collect.readers.posts.pieces import Reason
from morris_mlx.collect.readers.reader import LeftOut, Member
from morris_mlx.collect.text import UnreadableError


def roots_of(archive: Archive, pattern: str) -> Iterator[tuple[str, str]]:
    """Yield (root, name) for each file whose name below a root matches. The root has its slash.

    The root is the shortest one: patterns may begin with folders that can be missing.
    """
    form = re.compile(rf"(?P<root>(?:.*?/)??)(?:{pattern})", re.DOTALL)
    for name in archive.names:
        if match := form.fullmatch(name):
            yield match["root"], name


def claim_below(archive: Archive, root: str, belongs: Callable[[str], bool]) -> Claim:
    """Return the claim of the files below a root whose relative name belongs to the export."""
    names = (n for n in archive.names if n.startswith(root) and belongs(n[len(root) :]))
    return Claim(root, frozenset(names))


def claimed(archive: Archive, claim: Claim) -> Iterable[Member]:
    """Return the claimed files in the order of their names."""
    return (Member(archive, name) for name in sorted(claim.names))


def rest_of(claim: Claim, read: Iterable[str]) -> Iterator[LeftOut]:
    """Yield a reason for each claimed file that is not read."""
    for name in sorted(claim.names.difference(read)):
        suffix = PurePosixPath(name).suffix.lower()
        is_data = suffix in (".json", ".js", ".csv", ".html", ".txt", ".xml")
        yield LeftOut(Reason.PRIVATE_DATA if is_data else Reason.MEDIA, name)


def head_of(archive: Archive, name: str) -> bytes:
    """Return the first bytes of a file; b"" for one that cannot be read."""
    try:
        return Member(archive, name).read_head()
    except UnreadableError:
        return b""
