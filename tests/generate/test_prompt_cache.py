"""The policy of prompt caches: what is reused, what is kept, and for how long."""

import pytest

from morris_mlx.generate.backend import ActiveAdapter
from morris_mlx.generate.prompt_cache import MOST_KEPT, PrefixCache

BASE = ActiveAdapter()
HALF = ActiveAdapter(None, 0.5)
GIGABYTE = 10.0  # of engine memory: a tenth of it is for caches


class Lists:
    """Caches that are lists of ids, of 1 MB an id."""

    fixed = ()

    def new(self):
        return []

    def can_trim(self, cache):
        return cache not in self.fixed

    def trim(self, cache, count):
        del cache[len(cache) - count :]

    def bytes(self, cache):
        return len(cache) * 10**6


@pytest.fixture
def caches():
    return PrefixCache(Lists(), GIGABYTE)


def keep(caches, ids, active=BASE):
    caches.keep(active, tuple(ids), list(ids))


def test_the_next_turn_takes_the_cache_out_and_the_turn_after_it_too(caches):
    keep(caches, range(10))
    cache, cached = caches.take(BASE, range(15))
    assert cache == list(range(10)) and cached == 10
    assert caches.take(BASE, range(15)) == ([], 0), "it belongs to the caller"
    keep(caches, range(14))
    assert caches.take(BASE, range(20)) == (list(range(14)), 14)


def test_a_cache_is_cut_down_to_the_shared_beginning(caches):
    keep(caches, range(10))
    assert caches.take(BASE, [*range(7), 99, 98]) == (list(range(7)), 7)


@pytest.mark.parametrize(("recomputed", "cached"), [(1, 9), (4, 6), (9, 1)])
def test_the_last_ids_are_always_computed_again(caches, recomputed, cached):
    keep(caches, range(10))
    assert caches.take(BASE, range(10), recomputed) == (list(range(cached)), cached)


def test_a_prompt_of_which_nothing_would_be_left_leaves_the_cache_whole(caches):
    keep(caches, range(10))
    assert caches.take(BASE, range(10), 20) == ([], 0)
    assert caches.take(BASE, range(10)) == (list(range(9)), 9)


def test_less_than_half_of_a_cache_is_another_conversation(caches):
    keep(caches, range(10))
    assert caches.take(BASE, [*range(4), 99, 98]) == ([], 0)
    assert caches.take(BASE, [*range(5), 99, 98]) == (list(range(5)), 5)


def test_the_longest_match_is_taken_and_of_equal_ones_the_latest(caches):
    keep(caches, range(6))
    keep(caches, range(8))
    keep(caches, [*range(7), 50])
    assert caches.take(BASE, range(20)) == (list(range(8)), 8)
    assert caches.take(BASE, range(20)) == (list(range(7)), 7)
    assert caches.take(BASE, range(20)) == (list(range(6)), 6)


def test_a_cache_belongs_to_its_adapter_and_strength(caches):
    keep(caches, range(10), HALF)
    assert caches.take(BASE, range(12)) == ([], 0)
    assert caches.take(HALF, range(12))[1] == 10


def test_only_a_few_are_kept_and_the_oldest_goes_first(caches):
    for number in range(MOST_KEPT + 1):
        keep(caches, range(number * 100, number * 100 + 10))
    assert caches.take(BASE, range(12))[1] == 0
    assert caches.take(BASE, range(100, 112))[1] == 10


def test_memory_is_limited_but_for_the_latest_one(caches):
    keep(caches, range(600))
    keep(caches, range(1000, 1300))
    assert caches.bytes() == 900 * 10**6
    keep(caches, range(2000, 2200))
    assert caches.bytes() == 500 * 10**6, "a tenth of the memory is 1000 MB"
    keep(caches, range(5000, 8000))
    assert caches.bytes() == 3000 * 10**6
    caches.clear()
    assert caches.bytes() == 0


def test_a_cache_that_cannot_be_trimmed_or_is_empty_is_not_kept():
    operations = Lists()
    operations.fixed = ([1, 2, 3],)
    caches = PrefixCache(operations, GIGABYTE)
    keep(caches, [1, 2, 3])
    keep(caches, [])
    assert caches.bytes() == 0
