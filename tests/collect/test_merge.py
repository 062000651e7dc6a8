"""Tests of merging new conversations with earlier ones."""

from morris_mlx.collect import merge_conversations
from morris_mlx.records.corpus import Conversation, Message


def conversation(key, source, date="2020"):
    return Conversation(key, (Message("assistant", key),), source, date)


def test_a_source_replaces_only_its_own_conversations(tmp_path):
    a, b = str(tmp_path / "a" / "x"), str(tmp_path / "b")
    old = [conversation("1", a), conversation("2", a), conversation("3", b)]
    new = [conversation("3", a), conversation("4", a)]
    everything, known = merge_conversations(old, new, [tmp_path / "a"])
    assert [c.id for c in everything] == ["4", "3"] and known == 1
    assert everything[1].source == b


def test_conversations_of_an_export_that_could_not_be_read_now_stay(tmp_path):
    a, b = str(tmp_path / "a"), str(tmp_path / "b")
    old = [conversation("1", a), conversation("2", b)]
    everything, _ = merge_conversations(old, [], [tmp_path], stay=[a])
    assert [c.id for c in everything] == ["1"]
