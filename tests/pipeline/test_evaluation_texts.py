"""The author's texts and those of other people: from chats, general rows or news briefs."""

from morris_mlx.pipeline.evaluation_texts import author_texts, language_of, other_hands
from morris_mlx.records.corpus import CHAT_TASK, MIX_TASK, Example, Message


def row(answer, source, task="headline", asked="q"):
    return Example((Message("user", asked), Message("assistant", answer)), source, task)


def splits(*train):
    return {"train": list(train), "valid": [], "test": []}


def test_a_document_gives_its_longest_answer_and_a_chat_all_replies_once():
    chat = (
        Message("user", "hey"),
        Message("assistant", "yes"),
        Message("user", "so?"),
        Message("assistant", "no"),
    )
    found = author_texts(
        [
            row("short", "a"),
            row("the whole text", "a"),
            Example(chat, "c", CHAT_TASK),
            row("yes", "c", CHAT_TASK),
        ]
    )
    assert found == ["the whole text", "yes\nno"]


def test_the_other_people_of_the_chats_come_first_then_general_rows_then_briefs():
    chats = [row("ok", str(n), CHAT_TASK, f"message {n} " + "word " * 200) for n in range(10)]
    general = [row(f"text {n} " + "word " * 200, "g", MIX_TASK) for n in range(10)]
    briefs = [f"brief {n} " + "word " * 200 for n in range(10)]
    found = other_hands(splits(*chats, *general), briefs, "en")
    assert found.name == "the other people of your chats" and len(found.row) == 5
    assert len(found.reference) == 25 and not set(found.row) & set(found.reference)
    assert other_hands(splits(*general), briefs, "en").name == "the general texts of the dataset"
    assert other_hands(splits(), briefs, "en").name == "unrelated news briefs"


def test_the_authors_own_texts_are_no_other_hands():
    briefs = [f"brief {n} " + "word " * (200 + n) for n in range(20)]
    own = [row(text.upper() + ".", str(n)) for n, text in enumerate(briefs[:5])]
    found = other_hands(splits(*own), briefs, "en")
    assert {*found.row, *found.reference} == set(briefs[5:])


def test_news_briefs_are_no_other_hands_in_another_language():
    found = other_hands(splits(), ["brief " * 3000], "ru")
    assert found.row == found.reference == () and found.name == "another author"


def test_the_language_is_that_of_most_texts():
    assert language_of(["a", "b", "c"], {"a": "en", "b": "ru", "c": "en"}.__getitem__) == "en"
    assert language_of(["a"], lambda _: "") == "" == language_of([], lambda _: "en")
