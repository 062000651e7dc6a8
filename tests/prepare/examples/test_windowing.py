"""Long texts: every part is learned at most twice, and the first request asks for the beginning."""

import random
from collections import Counter

import pytest

from morris_mlx.prepare import prepare_collected
from morris_mlx.prepare.examples import windowing
from morris_mlx.prepare.examples.from_documents import DocumentExampleBuilder
from morris_mlx.prepare.examples.request_wordings import LANGUAGES
from morris_mlx.prepare.examples.task_mixture import MAX_ROWS_PER_TASK
from morris_mlx.prepare.examples.windowing import CONTEXT_WORDS, RowSplitter
from morris_mlx.records.corpus import Document
from morris_mlx.text.word_runs import shares_words

PARTS = ["ta", "bo", "re", "li", "mu", "sen"]
DRAW = random.Random(3)
WORDS = ["".join(DRAW.choices(PARTS, k=DRAW.randint(2, 4))) for _ in range(3000)]


def sentence() -> str:
    return f"The {' '.join(DRAW.choices(WORDS, k=DRAW.randint(6, 14)))} was gone."


def text(paragraphs: int, sentences: int = 5) -> str:
    return "\n\n".join(" ".join(sentence() for _ in range(sentences)) for _ in range(paragraphs))


LONG = Document("f" * 16, text(40), title="A long one")
SHORT = [Document(f"{n:016x}", text(2), title=f"Title {n}") for n in range(9)]


def learned(made, source):
    return [e for e in made.examples["train"] if e.source_id == source]


@pytest.fixture(scope="module")
def made(tokenizer):
    dated = [Document(d.id, d.text, d.title, date="2021") for d in SHORT]
    first = Document(LONG.id, LONG.text, LONG.title, date="2020")  # the earliest is in train
    return prepare_collected([first, *dated], (), tokenizer, 400, "Speak.", 7)


def test_no_later_sentence_of_a_long_text_is_learned_more_than_twice(made):
    rows = learned(made, LONG.id)
    answers = [e.messages[-1].content for e in rows]
    assert max(Counter(answers).values()) <= MAX_ROWS_PER_TASK
    later = LONG.text.split("\n\n")[10:]
    for paragraph in later:
        for part in paragraph.split(". "):
            assert 1 <= sum(part in answer for answer in answers) <= MAX_ROWS_PER_TASK


def test_a_passage_that_is_learned_twice_has_other_contexts(made):
    requests = [e.messages[1].content for e in learned(made, LONG.id) if e.task == "continuation"]
    lengths = {len(r.split()) // 20 for r in requests}
    assert len(set(requests)) == len(requests) > 20 and len(lengths) > 1


def test_the_first_part_of_a_long_text_is_asked_for_as_the_beginning(made):
    rows = {e.task: e.messages[1].content for e in learned(made, LONG.id)}
    english = LANGUAGES["en"]
    beginnings = {w.format(title=LONG.title) for w in english.headline_beginning}
    assert rows["headline"] in beginnings
    garden = Document("e" * 16, "We sat in the garden. The garden was old, and we were not.")
    builder = DocumentExampleBuilder([garden], "Speak.", 7)
    asked = [e.messages[1].content for e in builder.build(garden, beginning=True)]
    assert asked[0] in {w.format(topic="the garden") for w in english.topic_beginning}
    opening = LONG.text.split("\n\n")[0]
    assert rows["opening"] in {w.format(opening=opening) for w in english.continuation}
    whole = {e.messages[1].content for e in made.examples["train"] if e.task == "headline"}
    assert whole - {rows["headline"]} and not (whole - {rows["headline"]}) & beginnings


def test_the_rows_of_a_text_do_not_give_away_what_follows(made):
    for row in learned(made, LONG.id):
        assert not shares_words(row.messages[1].content, row.messages[-1].content)


def test_a_refrain_in_the_context_is_left_out_if_it_comes_again(tokenizer):
    refrain = "We shall meet again in the old house by the river, all of us."
    paragraphs = text(30).split("\n\n")
    for place in (8, 9, 22):
        paragraphs[place] += f" {refrain}"
    document = Document("a", "\n\n".join(paragraphs), title="T")
    builder = DocumentExampleBuilder([document], "s", 0)
    splitter = RowSplitter(builder, tokenizer, 200)
    headline = next(builder.build(document))
    rows = list(splitter.split(headline, lambda: headline, CONTEXT_WORDS[0]))
    last = max(n for n, row in enumerate(rows) if refrain in row.messages[-1].content)
    assert last > 5
    assert not any(refrain in row.messages[1].content for row in rows[: last + 1])


def test_a_context_never_leaves_a_text_out(tokenizer):
    """Sixty long words have more tokens than a small window."""
    words = ["".join(DRAW.choices(PARTS, k=5)) for _ in range(400)]
    long = ". ".join(" ".join(words[at : at + 4]) for at in range(0, 400, 4)) + "."
    document = Document("a", long, title="T")
    builder = DocumentExampleBuilder([document], "s", 0)
    headline = next(builder.build(document))
    rows = list(RowSplitter(builder, tokenizer, 180).split(headline, lambda: headline, 120))
    assert " ".join(row.messages[-1].content for row in rows).split() == long.split()


def test_a_paragraph_far_longer_than_the_window_is_split_into_sentences(tokenizer):
    document = Document("a", text(1, sentences=400), title="T")
    builder = DocumentExampleBuilder([document], "s", 0)
    headline = next(builder.build(document))
    rows = list(RowSplitter(builder, tokenizer, 300).split(headline, lambda: headline, 25))
    assert " ".join(row.messages[-1].content for row in rows).split() == document.text.split()
    assert all(len(tokenizer.render(row.messages).ids) <= 300 for row in rows)


def test_the_work_is_linear_in_the_length_of_a_text(tokenizer, monkeypatch):
    """Count the characters that are searched for words: they took time by the square before."""
    searched = []
    plain_words = windowing.plain_words
    monkeypatch.setattr(
        windowing, "plain_words", lambda t: searched.append(len(t)) or plain_words(t)
    )

    def cost(document):
        builder = DocumentExampleBuilder([document], "s", 0)
        headline = next(builder.build(document))
        searched.clear()
        list(RowSplitter(builder, tokenizer, 300).split(headline, lambda: headline, 60))
        return sum(searched) / len(document.text)

    costs = [cost(Document("a", text(paragraphs), title="T")) for paragraphs in (40, 80, 160)]
    assert max(costs) < 1.3 * min(costs) and max(costs) < 5
