"""Requests for documents: varied wordings, topics and openings."""

import re

from support.plain_drafts import RUSSIAN
from support.sample_documents import document

from morris_mlx.prepare.examples.from_documents import (
    TASK_TOPIC,
    DocumentExampleBuilder,
    split_opening,
)
from morris_mlx.prepare.examples.request_wordings import LANGUAGES
from morris_mlx.records.corpus import Document
from morris_mlx.text.word_runs import shares_words


def test_requests_vary_and_are_in_the_language_of_the_text(sample_columns, tokenizer):
    builder = DocumentExampleBuilder(sample_columns, "s", 7)
    firsts = {e.messages[1].content[:9] for d in sample_columns for e in builder.build(d)}
    assert len(firsts) > 40
    russian = [Document(str(n), RUSSIAN.format(n=n), title=f"Почта {n}") for n in range(12)]
    builder = DocumentExampleBuilder(russian, "s", 7)
    for example in (e for d in russian for e in builder.build(d)):
        latin = re.findall("[a-z]{3,}", example.messages[1].content)
        assert not latin and re.search("[а-я]{3,}", example.messages[1].content)


def test_each_variant_of_a_request_has_another_wording(sample_columns):
    builder = DocumentExampleBuilder(sample_columns, "s", 7)
    for column in sample_columns[:10]:
        first, again = list(builder.build(column)), list(builder.build(column, 1))
        assert [e.task for e in first] == [e.task for e in again]
        for one, other in zip(first, again, strict=True):
            assert one.messages[1] != other.messages[1] and one.messages[2] == other.messages[2]


def test_an_opening_that_is_repeated_in_the_text_gives_no_request():
    refrain = "We shall meet again in the old house by the river, all of us."
    text = f"{refrain}\n\n" + "Other words fill the middle of it. " * 9 + f"\n\n{refrain}"
    builder = DocumentExampleBuilder([Document("a", text)], "s", 0)
    assert "opening" not in {e.task for e in builder.build(Document("a", text))}
    assert shares_words(refrain, text) and not shares_words("a few words", text)


def test_an_opening_and_the_rest_make_up_the_text():
    text = document(1).text
    opening, rest = split_opening(text)
    assert f"{opening}\n\n{rest}" == text
    assert split_opening("One sentence. And another.") == ("One sentence.", "And another.")
    assert split_opening("Only one") == ("", "Only one")


def test_a_request_names_the_topics_of_the_text_in_either_order():
    text = "The mast is on the bridge. A mast is tall. On the bridge is a sign. The bridge does not like the mast."
    docs = [
        Document(id="a", text=text),
        Document(id="b", text="The cake was in the kitchen. We had the cake over the water."),
        Document(id="c", text="Nothing to see near here, over and over the water again today."),
    ]
    builder = DocumentExampleBuilder(docs, "s", 0)
    asked = [
        e.messages[1].content
        for variant in (0, 1)
        for e in builder.build(docs[0], variant)
        if e.task == TASK_TOPIC
    ]
    assert "the bridge and the mast" in asked[0] and "the mast and the bridge" in asked[1]


def test_a_text_of_one_sentence_without_topics_is_requested_as_a_text():
    post = Document(id="a", text="Nothing to see here, over and over again")
    (example,) = DocumentExampleBuilder([post], "s", 0).build(post)
    assert example.messages[1].content == LANGUAGES["en"].own_text
    assert example.messages[2].content == post.text
