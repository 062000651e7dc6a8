"""The split: the latest sources are held out, and undated ones by a hash of their IDs."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from morris_mlx.prepare.split import MAX_RELATED_SHARE, MIN_SOURCES, split_sources
from morris_mlx.records.corpus import SPLITS


def dated(count, prefix=""):
    return {f"{prefix}{n:03}": f"2020-{1 + n // 28:02}-{1 + n % 28:02}" for n in range(count)}


def undated(count, prefix="u"):
    return {f"{prefix}{n:03}": "" for n in range(count)}


def test_the_latest_tenth_is_test_and_the_tenth_before_it_is_valid():
    dates = dated(30)
    splits = split_sources(dict(reversed(dates.items())), 7)
    assert splits["test"] == ["027", "028", "029"] and splits["valid"] == ["024", "025", "026"]
    assert splits["train"] == [f"{n:03}" for n in range(24)]
    assert split_sources(dates, 8) == splits


def test_dates_in_different_time_zones_are_compared_by_time():
    dates = {f"{n}": f"2020-01-01T{n:02}:00:00+00:00" for n in range(10)}
    dates["late"] = "2020-01-01T08:30:00-05:00"  # half past one in the afternoon, at Greenwich
    assert split_sources(dates, 7)["test"] == ["late"]


def test_a_new_undated_source_moves_hardly_any_other():
    before, after = split_sources(undated(100), 7), split_sources(undated(101), 7)
    assert sum(len(set(before[s]) - set(after[s])) for s in SPLITS) <= 2
    assert [len(before[s]) for s in SPLITS] == [80, 10, 10]
    assert before["test"] != [f"u{n:03}" for n in range(90, 100)]
    assert split_sources(undated(100), 8)["test"] != before["test"]


def test_dated_and_undated_sources_are_held_out_in_the_same_share():
    splits = split_sources(dated(60) | undated(40), 7)
    assert [i for i in splits["test"] if i[0] != "u"] == [f"{n:03}" for n in range(54, 60)]
    assert [i for i in splits["valid"] if i[0] != "u"] == [f"{n:03}" for n in range(48, 54)]
    assert [len([i for i in splits[s] if i[0] == "u"]) for s in SPLITS] == [32, 4, 4]


def test_related_sources_go_with_the_earliest_and_splits_keep_their_size():
    splits = split_sources(dated(30), 7, [("001", "028"), ("024", "029")])
    assert "028" in splits["train"]
    assert splits["test"] == ["025", "026", "027"] and splits["valid"][-2:] == ["024", "029"]
    assert len(splits["valid"]) == 3


def test_train_only_sources_are_in_train_if_enough_others_are_left():
    splits = split_sources(dated(30), 7, train_only={"029", "028", "unknown"})
    assert {"029", "028"} <= set(splits["train"]) and splits["test"] == ["025", "026", "027"]
    assert all(split_sources(dated(30), 7, train_only=dated(30)).values())


def test_texts_that_are_all_related_are_still_split():
    ids = list(dated(10))
    pairs = list(zip(ids[::2], ids[1::2], strict=True))
    assert {s: len(m) for s, m in split_sources(dated(10), 1, pairs).items()} == {
        "train": 6, "valid": 2, "test": 2,
    }  # fmt: skip
    assert all(split_sources(dated(10), 1, [ids]).values())


def test_of_two_related_groups_the_later_one_is_held_out():
    """Six texts, two essays in three drafts each: one essay is learned, the other measures it."""
    dates = dated(6)
    ids = list(dates)
    splits = split_sources(dates, 7, [ids[:3], ids[3:]])
    assert splits == {"train": ids[:3], "valid": ["003"], "test": ["004", "005"]}
    undated_ids = list(undated(8))
    splits = split_sources(undated(8), 7, [undated_ids[:4], undated_ids[4:]])
    assert {s: len(m) for s, m in splits.items()} == {"train": 4, "valid": 2, "test": 2}
    assert set(splits["train"]) in (set(undated_ids[:4]), set(undated_ids[4:]))
    kept = split_sources(dates, 7, [ids[:3], ids[3:]], train_only={"005"})
    assert kept["train"] == ids[3:]


@pytest.mark.parametrize("count", range(MIN_SOURCES, 31))
def test_every_split_has_a_source_however_few_are_free(count):
    dates = dated(count)
    ids = list(dates)
    for groups in ([ids[: count // 2], ids[count // 2 : 2 * (count // 2)]], [ids[:2]], []):
        for free in range(5):
            splits = split_sources(dates, 7, groups, train_only=ids[free:])
            assert all(splits.values()) and sum(map(len, splits.values())) == count
            held_out = {*splits["valid"], *splits["test"]}
            for group in groups if len(groups) == 1 else ():
                assert len(held_out & set(group)) in (0, len(group))


@settings(max_examples=300, deadline=None, derandomize=True)
@given(st.data())
@pytest.mark.parametrize("seed", [7])
def test_every_source_is_in_one_split_and_groups_stay_together(seed, data):
    count = data.draw(st.integers(MIN_SOURCES, 60))
    without = data.draw(st.integers(0, count))
    dates = dated(count - without) | undated(without)
    order = data.draw(st.permutations(sorted(dates)))
    sizes = data.draw(st.lists(st.integers(2, 4), max_size=count // 4))
    groups, start = [], 0
    for size in sizes:
        groups.append(tuple(order[start : start + size]))
        start += size
    groups = [g for g in groups if 1 < len(g) <= MAX_RELATED_SHARE * count]
    splits = split_sources({i: dates[i] for i in order}, seed, groups)
    assert splits == split_sources(dates, seed, groups)
    side = {i: split for split in SPLITS for i in splits[split]}
    assert set(side) == set(dates) and sum(map(len, splits.values())) == count
    assert all(splits.values())
    halves = len(groups) == 2 and sum(map(len, groups)) == count
    for group in groups:
        assert halves or len({side[i] for i in group}) == 1
        assert {side[i] for i in group} in ({"train"}, {"valid"}, {"test"}, {"valid", "test"})
    assert len(splits["test"]) <= max(4, count // 10) and len(splits["train"]) >= 1
