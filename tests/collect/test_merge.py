"""Tests of merging new documents and conversations with earlier ones."""

from morris_mlx.collect import collect_files, merge_conversations, merge_documents
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


def test_a_source_replaces_only_its_own_documents(tmp_path):
    for place, text in (("x", "One."), ("y", "Two.")):
        (tmp_path / place).mkdir()
        (tmp_path / place / "a.txt").write_text(text)
    old = collect_files([tmp_path]).documents
    (tmp_path / "x" / "a.txt").write_text("New.")
    everything, new = merge_documents(old, collect_files([tmp_path / "x"]), [tmp_path / "x"])
    assert [d.text for d in everything] == ["New.", "Two."]
    assert [d.text for d in new.documents] == ["New."] and not new.skipped


def test_a_text_collected_from_elsewhere_before_is_listed_as_skipped(tmp_path):
    for place in ("x", "y"):
        (tmp_path / place).mkdir()
        (tmp_path / place / "a.txt").write_text("One.")
    old = collect_files([tmp_path / "x"]).documents
    everything, new = merge_documents(old, collect_files([tmp_path / "y"]), [tmp_path / "y"])
    assert everything == list(old) and not new.documents
    assert "collected before" in new.skipped[0].reason
