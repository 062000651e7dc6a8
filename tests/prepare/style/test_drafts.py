"""Plain drafts: the choice of passages, and counts of rejected drafts."""

import itertools
from fractions import Fraction

from hypothesis import given, settings
from hypothesis import strategies as st
from support.plain_drafts import drafting, prepare_documents, write_plainly

from morris_mlx.prepare.reasons import LEARNED_FROM
from morris_mlx.prepare.style.draft_checks import DraftFault
from morris_mlx.prepare.style.drafts import (
    DRAFTS_PER_TEXT,
    MAX_PASSAGE_WORDS,
    MIN_PASSAGE_WORDS,
    choose_passages,
    split_passages,
)
from morris_mlx.records.corpus import REWRITE_TASK

paragraphs = st.lists(st.integers(1, 260).map(lambda n: " ".join(f"w{i}" for i in range(n))))


@settings(max_examples=100, deadline=None, derandomize=True)
@given(paragraphs.map("\n\n".join))
def test_passages_are_paragraphs_of_the_text_within_the_length_limits(text):
    found = list(split_passages(text))
    assert all(
        MIN_PASSAGE_WORDS <= len(p.split()) <= MAX_PASSAGE_WORDS and p in text for p in found
    )
    chosen = choose_passages(text)
    assert len(chosen) <= DRAFTS_PER_TEXT and set(chosen) <= set(found)
    assert set(chosen) <= set(choose_passages(text, Fraction(2)))


def test_rejected_drafts_are_counted_by_reason(sample_columns, tokenizer):
    answers = itertools.cycle(
        [lambda _: "", lambda _: "Cut off", lambda _: "Short.", write_plainly]
    )

    def answer(passage):
        return next(answers)(passage)

    made = prepare_documents(
        sample_columns[:20],
        tokenizer,
        enhance=True,
        draft_many=drafting(answer),
        drafting_window=420,
    )
    counts = dict(made.extras["drafts"])
    assert counts.pop("passages") == sum(counts.values()) > 0
    assert counts[DraftFault.EMPTY] and counts[DraftFault.UNFINISHED] and counts[DraftFault.LENGTH]
    assert counts[LEARNED_FROM] == made.rows[f"train, {REWRITE_TASK}"] > 0
    assert counts["the passage and a draft of it do not fit into the model's window"]
    originals = {d.id: d.text for d in sample_columns}
    for example in (e for e in made.examples["train"] if e.task == REWRITE_TASK):
        assert example.messages[-1].content in originals[example.source_id]
        assert "Some plain statement" in example.messages[1].content
