"""Every number of the generate room, once, with its reason."""

from __future__ import annotations
