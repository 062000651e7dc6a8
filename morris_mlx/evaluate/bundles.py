"""Bundles of texts: groups that are long enough for one piece of the judges, in a fixed order."""

from __future__ import annotations

from collections.abc import Sequence

from morris_mlx.evaluate.judges.documents import Documents
from morris_mlx.evaluate.judges.inventory import Inventory
from morris_mlx.text.words import PROSE_WORD


def bundle_texts(texts: Sequence[str], words: int) -> dict[str, list[str]]:
    """Return groups of neighboring texts, each with at least `words` words but the last.

    A long text is a group of its own. Short ones, such as chat replies, are joined: alone, none
    of them would make a piece.
    """
    groups: list[list[str]] = [[]]
    count = 0
    for text in texts:
        if count >= words:
            groups.append([])
            count = 0
        groups[-1].append(text)
        count += len(PROSE_WORD.findall(text))
    return {str(number): group for number, group in enumerate(groups) if group}


def measure_bundles(
    texts: Sequence[str], inventory: Inventory, words: int, prefix: str = ""
) -> Documents:
    """Return the measured pieces of texts. Pieces of one bundle are in one group."""
    bundles = bundle_texts(texts, words)
    named = {f"{prefix}{name}": group for name, group in bundles.items()}
    return Documents.measured(named, inventory, words)
