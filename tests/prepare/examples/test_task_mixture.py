"""The task mixture: rows for every text, in the shares of the tasks."""

from collections import Counter
from fractions import Fraction

from hypothesis import given, settings
from hypothesis import strategies as st
from support.plain_drafts import drafting, prepare_documents

from morris_mlx.prepare.examples.task_mixture import (
    MAX_ROWS_PER_TASK,
    MIXTURE,
    TaskMixture,
    select_drafts,
    share_among,
)
from morris_mlx.records.corpus import REWRITE_TASK


@settings(max_examples=100, deadline=None, derandomize=True)
@given(
    st.lists(st.sets(st.sampled_from(["headline", "topic", "opening"]), min_size=1), min_size=30),
    st.dictionaries(
        st.sampled_from(["headline", "topic", "opening"]), st.integers(1, 9), min_size=3
    ),
)
def test_every_text_gets_rows_and_at_most_the_limit_of_a_task(possible, mixture):
    allocator = TaskMixture(mixture)
    for ways in possible:
        rows = allocator.allocate(sorted(ways))
        assert sum(rows.values()) >= 1 and set(rows) <= ways
        assert max(rows.values()) <= MAX_ROWS_PER_TASK


def test_the_shares_of_tasks_hold_over_all_texts():
    allocator, total = TaskMixture({"headline": 3, "topic": 2, "opening": 1}, rows=3), Counter()
    for _ in range(120):
        total.update(allocator.allocate(["headline", "topic", "opening"]))
    assert total == {"headline": 180, "topic": 120, "opening": 60}
    allocator, total = TaskMixture(), Counter()
    for number in range(121):  # every other text has no headline
        total.update(allocator.allocate(["headline", "topic", "opening"][number % 2 :]))
    assert total == {"headline": 121, "topic": 121, "opening": 121}
    assert TaskMixture().allocate(["headline"], Fraction(2)) == {"headline": 2}


def test_drafts_get_their_share_of_the_rows(sample_columns, tokenizer):
    made = prepare_documents(
        sample_columns[:20], tokenizer, enhance=True, draft_many=drafting(), drafting_window=2048
    )
    tasks = Counter(e.task for e in made.examples["train"])
    others = sum(MIXTURE.values()) - MIXTURE[REWRITE_TASK]
    plain_rows = tasks.total() - tasks[REWRITE_TASK]
    assert tasks[REWRITE_TASK] == plain_rows * MIXTURE[REWRITE_TASK] // others
    assert {e.task for s in ("valid", "test") for e in made.examples[s]}.isdisjoint({REWRITE_TASK})
    assert select_drafts([], 10) == []


def test_a_task_that_no_text_allows_leaves_its_share_to_the_others():
    allocator, total = TaskMixture(share_among({"headline", "opening"})), Counter()
    for _ in range(20):
        total.update(allocator.allocate(["headline", "opening"]))
    assert total == {"headline": 30, "opening": 30}
