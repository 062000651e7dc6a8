"""Which texts and conversations are learned from, and which are held out: whole ones, the latest.

A model writes after what it learned from, and so do the texts that it is measured on.
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from fractions import Fraction

from morris_mlx.records.corpus import Split

VALID_SHARE = 0.1
TEST_SHARE = 0.1
MIN_SOURCES = 5  # texts, or conversations: fewer cannot fill three splits
MOST_TOGETHER = 0.5  # of all texts: a larger related group is a mould, and has to be parted


@dataclass(frozen=True, slots=True)
class _Unit:
    """Ids that no split may part; `moment` is the earliest of theirs, "" when none is dated."""

    ids: tuple[str, ...]
    moment: str


def split_sources(
    dates: Mapping[str, str],
    seed: int,
    together: Sequence[Sequence[str]] = (),
    learned: Collection[str] = (),
) -> dict[Split, list[str]]:
    """Ids to train, valid and test, at least one in each; `dates` are ISO 8601, or empty.

    The latest tenth goes to test and the tenth before it to valid; of undated ones as many, by a
    hash of seed and id: one more or less moves hardly any other. Groups `together` are not parted,
    and go where their earliest member would; whatever touches `learned` is learned from, as long as
    enough is left to hold out.
    """
    units = _units(dates, together)
    free = [unit for unit in units if not set(unit.ids) & set(learned)]
    if len(free) < 3:
        free = units
    dated = sorted((u for u in free if u.moment), key=lambda u: (u.moment, u.ids), reverse=True)
    undated = sorted((u for u in free if not u.moment), key=lambda u: _draw(seed, u.ids[0]))
    share = Fraction(sum(len(u.ids) for u in units if not u.moment), max(1, len(dates)))
    held: dict[Split, list[str]] = {}
    shares: tuple[tuple[Split, float], ...] = (("test", TEST_SHARE), ("valid", VALID_SHARE))
    for split, size in shares:
        room = max(1, math.floor(size * len(dates)))
        without_date = round(room * share)
        taken = [*_that_fit(undated, without_date), *_that_fit(dated, room - without_date)]
        if not taken:  # groups alone: the smallest of them is all that this split gets
            taken = [min([*dated, *undated], key=lambda unit: len(unit.ids))]
        dated = [unit for unit in dated if unit not in taken]
        undated = [unit for unit in undated if unit not in taken]
        held[split] = [i for unit in taken for i in unit.ids]
    gone = {*held["valid"], *held["test"]}
    held["train"] = [i for i in dates if i not in gone]
    in_time = sorted(dates, key=lambda i: (not dates[i], _moment(dates[i]), i))
    places = {i: place for place, i in enumerate(in_time)}
    return {s: sorted(held[s], key=places.__getitem__) for s in ("train", "valid", "test")}


def _units(dates: Mapping[str, str], together: Sequence[Sequence[str]]) -> list[_Unit]:
    """The ids in groups, alone or with related ones; but a mould of all texts has to be parted."""
    groups = [tuple(sorted(set(group) & set(dates))) for group in together]
    groups = [group for group in groups if 1 < len(group) <= MOST_TOGETHER * len(dates)]
    grouped = {i for group in groups for i in group}
    alone = [(i,) for i in sorted(dates) if i not in grouped]
    return [
        _Unit(ids, min((_moment(dates[i]) for i in ids if dates[i]), default=""))
        for ids in (*groups, *alone)
    ]


def _that_fit(units: Sequence[_Unit], room: int) -> list[_Unit]:
    taken: list[_Unit] = []
    for unit in units:
        if len(unit.ids) <= room:
            taken.append(unit)
            room -= len(unit.ids)
    return taken


def _draw(seed: int, source_id: str) -> str:
    return hashlib.sha256(f"{seed}/{source_id}".encode()).hexdigest()


def _moment(date: str) -> str:
    """A date as a text that sorts by time: moments of two time zones in one."""
    try:
        moment = datetime.fromisoformat(date)
        if moment.tzinfo:
            moment = moment.astimezone(UTC).replace(tzinfo=None)
    except (ValueError, OverflowError):  # no date; or in UTC beyond the years that there are
        return date
    return moment.isoformat()
