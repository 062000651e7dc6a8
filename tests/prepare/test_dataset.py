"""Datasets of documents: counts that add up, whole texts, and rows that fit."""

import pytest
from support.sample_documents import document, documents

from morris_mlx.defaults import MIN_WORDS
from morris_mlx.errors import MorrisError
from morris_mlx.prepare import prepare_collected
from morris_mlx.records.corpus import SPLITS, Document


def prepared(tokenizer, docs, window=1024, seed=7):
    return prepare_collected(docs, (), tokenizer, window, "Speak.", seed)


def all_examples(made):
    return [e for split in SPLITS for e in made.examples[split]]


def test_the_counts_by_reason_add_up_to_the_input(tokenizer):
    docs = documents(20)
    docs += [docs[0], Document(id="short", text="too short")]
    made = prepared(tokenizer, docs).documents
    assert made["exact duplicate"] == 1
    assert made[f"shorter than {MIN_WORDS} words"] == 1
    assert made.pop("input") == 22 == sum(made.values())


def test_every_document_is_in_one_split(tokenizer):
    made = prepared(tokenizer, documents(20))
    ids = {s: {e.source_id for e in made.examples[s]} for s in SPLITS}
    assert not ids["train"] & ids["valid"] and not ids["train"] & ids["test"]
    assert not ids["valid"] & ids["test"]
    assert len(set.union(*ids.values())) == 20
    assert (len(ids["valid"]), len(ids["test"])) == (2, 2)


def test_rows_depend_on_the_seed_but_not_on_the_order_of_the_input(tokenizer):
    docs = documents(12)
    assert prepared(tokenizer, docs) == prepared(tokenizer, docs[::-1])
    assert prepared(tokenizer, docs) != prepared(tokenizer, docs, seed=8)


def test_each_document_has_three_requests_with_varied_wordings(tokenizer):
    made = prepared(tokenizer, documents(20))
    examples = all_examples(made)
    assert {e.task for e in examples} == {"headline", "topic", "opening"}
    assert len(made.examples["train"]) == 3 * 16
    for split in ("valid", "test"):  # each held-out text once
        sources = [e.source_id for e in made.examples[split]]
        assert len(sources) == len(set(sources)) == 2
    assert all(e.messages[0].content == "Speak." for e in examples)
    wordings = {e.messages[1].content.replace(e.source_id, "")[:12] for e in examples}
    assert len(wordings) > 10


def test_no_request_contains_its_answer(tokenizer):
    for example in all_examples(prepared(tokenizer, documents(20))):
        assert example.messages[-1].content not in example.messages[1].content


@pytest.mark.parametrize("window", [150, 200, 400])
def test_long_texts_become_rows_that_fit_and_have_every_word(tokenizer, window):
    docs = documents(6, paragraphs=6, words=20)
    made = prepared(tokenizer, docs, window=window)
    assert made.longest_tokens <= window
    for split, examples in made.examples.items():
        rendered = [tokenizer.render(example.messages) for example in examples]
        measured = [(len(row.ids), sum(row.mask[1:])) for row in rendered]
        assert [(n.tokens, n.supervised) for n in made.lengths[split]] == measured
    for doc in docs:
        rows = [e for e in all_examples(made) if e.source_id == doc.id]
        if not any(e in made.examples["train"] for e in rows):
            continue
        # The rows of the first request come first: their answers in order are the text.
        answers, joined = iter(rows), ""
        while len("".join(joined.split())) < len("".join(doc.text.split())):
            joined += next(answers).messages[-1].content + "\n\n"
        assert joined.split() == doc.text.split()
        for row in rows:
            rendered = tokenizer.render(row.messages)
            assert len(rendered.ids) <= window
            assert rendered.ids[-1] == tokenizer.end_id and rendered.mask[-1]


def test_long_texts_are_split_at_paragraphs_that_fit(tokenizer):
    doc = document(1, paragraphs=6, words=10)
    made = prepared(
        tokenizer, [*documents(6, words=40)[2:], doc, document(9, words=40)], window=250
    )
    paragraphs = set(doc.text.split("\n\n"))
    for example in (e for e in all_examples(made) if e.source_id == doc.id):
        assert set(example.messages[-1].content.split("\n\n")) <= paragraphs


def test_a_text_with_a_sentence_longer_than_the_window_is_left_out(tokenizer):
    endless = Document(id="f" * 16, text=" ".join(f"word{i}" for i in range(300)), title="T")
    made = prepared(tokenizer, [*documents(8), endless], window=300)
    assert made.documents["a sentence longer than the window"] == 1
    assert not any(e.source_id == endless.id for e in all_examples(made))


def test_too_few_documents_are_refused_with_counts_and_reasons(tokenizer):
    with pytest.raises(MorrisError, match=r"Only 3 of 4 documents .* 5 are needed \(1 exact dup"):
        prepared(tokenizer, [*documents(3), document(0)])


def test_short_texts_are_kept_if_the_minimum_is_lower(tokenizer):
    things = ["boat", "cattle", "harbour", "lantern", "herring", "kettle", "bridge"]
    poems = [
        Document(
            id=f"p{n}",
            title=f"Low tide {n}",
            text="\n".join(f"The {thing} of {n} is line {i}," for i in range(n)),
        )
        for n, thing in enumerate(things, 1)
    ]
    with pytest.raises(MorrisError, match=r"7 shorter than 80 words.*--min-words 10"):
        prepared(tokenizer, poems)
    made = prepare_collected(poems, (), tokenizer, 1024, "Speak.", 7, min_words=10)
    assert made.documents["shorter than 10 words"] == 1
    assert sum(made.documents[split] for split in SPLITS) == 6


def test_a_single_text_is_told_from_a_file_of_several(tokenizer):
    with pytest.raises(MorrisError, match="collect it again with `--split headings`"):
        prepared(tokenizer, documents(1))


def test_two_essays_in_three_drafts_each_make_a_dataset(tokenizer):
    """Every split has an essay of its own, and no draft of a learned essay is held out."""
    drafts = []
    for name in ("lamp", "river"):
        words = [f"{name}{n * 7 % 61}x{n}" for n in range(150)]
        for number in range(3):
            changed = [
                w if i % 50 != 8 * number else f"new{number}{w}" for i, w in enumerate(words)
            ]
            drafts.append(
                Document(f"{name}{number}", " ".join(changed) + ".", title=f"{name} {number}")
            )
    made = prepared(tokenizer, drafts)
    essays = {s: {e.source_id[:-1] for e in made.examples[s]} for s in SPLITS}
    assert all(essays.values()) and not essays["train"] & (essays["valid"] | essays["test"])
    assert made.overlap == {"valid": 0.0, "test": 0.0}
