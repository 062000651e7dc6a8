"""The adapters that both engines keep in memory."""

from pathlib import Path

from morris_mlx.generate.recent_adapters import MOST_LOADED, RecentAdapters
from morris_mlx.records.generation import Adapter


def adapter(name, digest="1"):
    return Adapter(name, Path("/adapters") / name, digest, "c", None)


def names(recent):
    return [known.name for known, _ in recent.items()]


def test_the_least_recently_used_one_goes_first():
    recent = RecentAdapters()
    for n in range(MOST_LOADED):
        recent.use(adapter(str(n)), n)
    recent.use(adapter("0"), 0)
    recent.use(adapter("new"), 9)
    assert names(recent) == [*(str(n) for n in range(2, MOST_LOADED)), "0", "new"]
    assert recent.get(adapter("1")) is None and recent.get(adapter("new")) == 9


def test_another_version_replaces_the_earlier_one():
    recent = RecentAdapters()
    recent.use(adapter("a"), 1)
    recent.use(adapter("a", "2"), 2)
    assert recent.get(adapter("a")) is None and recent.get(adapter("a", "2")) == 2
    assert names(recent) == ["a"]
