"""Errors of single pages, and the kinds of reasons for leaving a page out."""

from __future__ import annotations

from enum import StrEnum

from morris_mlx.errors import MorrisError


class SkipKind(StrEnum):
    """A kind of reason for leaving a page out: a run without any article ends accordingly."""

    FAILED = "failed"  # it could not be fetched, or is no article
    DISALLOWED = "disallowed"  # robots.txt forbids it
    ELSEWHERE = "elsewhere"  # listed in a feed or sitemap, but on another site
    PRIVATE = "private"  # it is at an address of this machine or its network


class PageError(MorrisError):
    """A page that is left out. The text is the reason; `temporary`: a later attempt may succeed."""

    def __init__(
        self, reason: str, temporary: bool = False, skip_kind: SkipKind = SkipKind.FAILED
    ) -> None:
        super().__init__(reason)
        self.temporary, self.skip_kind = temporary, skip_kind
