"""Names that make up much of a corpus, and languages whose names are known by form only."""

from collections import Counter

from morris_mlx.prepare.redact.frequent_names import (
    find_frequent_names,
    most_frequent,
    unknown_names,
)
from morris_mlx.prepare.redact.redactor import redact_corpus
from morris_mlx.prepare.redact.word_usage import WordUsage
from morris_mlx.records.corpus import Conversation, Document, Message
from morris_mlx.text.pii import Person

GERMAN = (
    "Der Regen kam von der See her, und der Hafen lag da, als hätte ihn jemand vergessen. Ich "
    "stand unter dem Dach und sah zu, wie die Möwen auf den Koch der Kantine warteten."
)


def test_a_name_above_one_in_a_thousand_words_is_shown():
    assert most_frequent({"quorn": 11, "vex": 9}, 10_000) == [("quorn", 11)]
    assert most_frequent({"quorn": 2}, 100) == []  # twice in a few texts is no suspicion
    assert most_frequent({"quorn": 5}, 0) == []


def test_all_names_above_two_in_a_hundred_words_show_the_most_frequent():
    counts = {f"name{number}": 1 for number in range(30)}
    assert most_frequent(counts, 1_000) == list(counts.items())[:10]


def test_an_ordinary_word_is_shown_and_a_name_is_masked():
    counts = Counter({"der": 50, "quorn": 40, "peter": 30})
    found = find_frequent_names(counts, WordUsage(frozenset(("de",)), words=1_000))
    assert [(name.shown, name.count) for name in found] == [("der", 50), ("q***", 40), ("p***", 30)]
    assert found[0].share == 0.05


def test_a_language_without_name_lists_is_named():
    document = Document("1", GERMAN)
    said = list(unknown_names([document], []))
    assert len(said) == 1 and said[0].startswith("names in German")
    english = "It is not what they said, and I have been with them all of the time since then."
    assert not list(unknown_names([], [Conversation("c", (Message("user", english),))]))


def test_the_report_counts_words_and_names():
    documents = [Document("1", GERMAN), Document("2", "Quorn kam. Ich sah Quorn. Wo ist Quorn?")]
    report = redact_corpus(documents, (), [Person(("Tilda Quorn",))]).report
    assert report.words == 42 and [n.shown for n in report.frequent_names] == ["q***"]
    assert any("German" in sentence for sentence in report.cannot_find)
