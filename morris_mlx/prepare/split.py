"""The split into train, valid and test: by whole texts and conversations, the latest held out.

A model is used after the time of the texts that it learned from, so it is measured on later ones.
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from fractions import Fraction

from morris_mlx.records.corpus import SPLITS, Split

VALID_SHARE = 0.1
TEST_SHARE = 0.1
MIN_SOURCES = 5  # texts, or conversations: fewer cannot fill three splits
MAX_RELATED_SHARE = 0.5  # of all texts: a larger group shares a template and has to be split


@dataclass(frozen=True, slots=True)
class _Group:
    """IDs that must be in the same split, and their earliest date, or "" if none is dated."""

    ids: tuple[str, ...]
    date: str


def split_sources(
    dates: Mapping[str, str],
    seed: int,
    related: Sequence[Sequence[str]] = (),
    train_only: Collection[str] = (),
) -> dict[Split, list[str]]:
    """Return the IDs in train, valid and test, at least one in each.

    `dates` has an ISO 8601 date, or "", for each of at least three IDs. The latest tenth becomes
    test, and the tenth before it valid. Undated IDs give the same share, chosen by a hash of seed
    and ID, so that a new ID moves hardly any other. The IDs of a group in `related` stay together,
    where the earliest of them belongs; only if there are two groups and nothing else, the later one
    is divided between valid and test. Groups with an ID in `train_only` become train, unless too
    few others are left.
    """
    groups = _grouped(dates, related)
    if len(groups) == 2:
        return _ordered(_split_two_groups(groups, dates, seed, train_only), dates)
    free = [group for group in groups if not set(group.ids) & set(train_only)]
    reserved = int(len(free) == len(groups))  # of the free groups, for train
    if len(free) < 2 + reserved:
        free, reserved = groups, 1
    dated = sorted((g for g in free if g.date), key=lambda g: (g.date, g.ids), reverse=True)
    undated = sorted((g for g in free if not g.date), key=lambda g: _hash(seed, g.ids[0]))
    undated_share = Fraction(sum(len(g.ids) for g in groups if not g.date), max(1, len(dates)))
    splits: dict[Split, list[str]] = {}
    shares: tuple[tuple[Split, float, int], ...] = (
        ("test", TEST_SHARE, reserved + 1),
        ("valid", VALID_SHARE, reserved),
    )
    for split, share, needed in shares:
        size = max(1, math.floor(share * len(dates)))
        undated_size = round(size * undated_share)
        chosen = [*_fill(undated, undated_size), *_fill(dated, size - undated_size)]
        if not chosen:  # every group is larger than the split: take the smallest
            chosen = [min([*dated, *undated], key=lambda group: len(group.ids))]
        chosen = chosen[: len(dated) + len(undated) - needed]  # the others need groups, too
        dated = [group for group in dated if group not in chosen]
        undated = [group for group in undated if group not in chosen]
        splits[split] = [i for group in chosen for i in group.ids]
    return _ordered(splits, dates)


def _split_two_groups(
    groups: Sequence[_Group], dates: Mapping[str, str], seed: int, train_only: Collection[str]
) -> dict[Split, list[str]]:
    """Return valid and test from one of two groups, the later one if they are dated.

    Each group has half of the IDs. With one of them whole in train, nothing that is held out is
    related to it.
    """
    held_out = max(
        groups,
        key=lambda g: (not set(g.ids) & set(train_only), g.date, _hash(seed, g.ids[0])),
    )
    ids = sorted(held_out.ids, key=lambda i: (_utc(dates[i]), _hash(seed, i)))
    half = len(ids) // 2
    return {"valid": ids[:half], "test": ids[half:]}


def _ordered(
    held_out: Mapping[Split, Sequence[str]], dates: Mapping[str, str]
) -> dict[Split, list[str]]:
    """Return all splits, the IDs of each by date; what is not held out is train."""
    others = {*held_out["valid"], *held_out["test"]}
    splits = {**held_out, "train": [i for i in dates if i not in others]}
    by_date = sorted(dates, key=lambda i: (not dates[i], _utc(dates[i]), i))
    places = {i: place for place, i in enumerate(by_date)}
    return {split: sorted(splits[split], key=places.__getitem__) for split in SPLITS}


def _grouped(dates: Mapping[str, str], related: Sequence[Sequence[str]]) -> list[_Group]:
    """Return all IDs in groups: related ones together, except in groups that are too large."""
    groups = [tuple(sorted(set(group) & set(dates))) for group in related]
    groups = [group for group in groups if 1 < len(group) <= MAX_RELATED_SHARE * len(dates)]
    grouped = {i for group in groups for i in group}
    single = [(i,) for i in sorted(dates) if i not in grouped]
    return [
        _Group(ids, min((_utc(dates[i]) for i in ids if dates[i]), default=""))
        for ids in (*groups, *single)
    ]


def _fill(groups: Sequence[_Group], size: int) -> list[_Group]:
    """Return the first groups that together have at most `size` IDs, skipping those too large."""
    chosen: list[_Group] = []
    for group in groups:
        if len(group.ids) <= size:
            chosen.append(group)
            size -= len(group.ids)
    return chosen


def _hash(seed: int, source_id: str) -> str:
    return hashlib.sha256(f"{seed}/{source_id}".encode()).hexdigest()


def _utc(date: str) -> str:
    """Return a date as text that sorts by time: a date with a time zone is converted to UTC."""
    try:
        moment = datetime.fromisoformat(date)
        if moment.tzinfo:
            moment = moment.astimezone(UTC).replace(tzinfo=None)
    except (ValueError, OverflowError):  # not a date, or out of range in UTC
        return date
    return moment.isoformat()
