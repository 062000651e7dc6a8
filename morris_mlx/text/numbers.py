"""Numbers in sentences."""

from __future__ import annotations


def counted(number: int, thing: str) -> str:
    """Return a number with its noun: "1 text", "2,000 texts"."""
    return f"{number:,} {thing}{'' if number == 1 else 's'}"


def percent(share: float) -> str:
    """Return a share in percent: "0 %", "0.4 %", "12 %"."""
    shown = 100 * share
    return f"{shown:.1f} %" if 0 < shown < 9.95 else f"{shown:.0f} %"
