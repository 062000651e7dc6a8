"""Tests of the reasons for skipping messages."""

from morris_mlx.collect.chats.skip_reasons import SkipReason, counts_by_text, describe


def test_every_reason_has_its_own_text():
    texts = [describe(reason) for reason in SkipReason]
    assert all(texts) and len(set(texts)) == len(texts)


def test_counts_are_shown_under_texts_in_alphabetical_order():
    counts = {SkipReason.TAPBACK: 1, SkipReason.ONLY_LINK: 2}
    assert list(counts_by_text(counts).items()) == [("only a link", 2), ("tapback", 1)]
