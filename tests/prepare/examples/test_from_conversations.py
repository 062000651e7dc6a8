"""Examples from conversations: every turn of the writer is learned once, in rows that fit."""

import json
import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support.chat_families import family_folder
from support.sample_conversations import made

from morris_mlx.errors import MorrisError
from morris_mlx.models.chat_tokenizer import load_tokenizer
from morris_mlx.prepare import Extras, prepare_collected
from morris_mlx.prepare.corpus import CleanCorpus
from morris_mlx.prepare.dataset import build_dataset
from morris_mlx.prepare.examples.from_conversations import (
    CHAT_OPENING,
    CHAT_OPENING_RU,
    IncompleteTurn,
)
from morris_mlx.prepare.reasons import ExclusionReason
from morris_mlx.prepare.split import MIN_SOURCES
from morris_mlx.project.datasets import rows_as_jsonl
from morris_mlx.records.corpus import CHAT_TASK, SPLITS, Message
from morris_mlx.text.pii import RedactionMap

WINDOW = 120


def filler(count=MIN_SOURCES):
    return [made("Hi.", "me: Yes.", key=f"f{n}", date=f"1990-01-{n + 1:02}") for n in range(count)]


def built(conversations, tokenizer, window=WINDOW, system="Speak.", left_out=None):
    """Return the dataset of conversations that need no cleaning."""
    private = RedactionMap()
    corpus = CleanCorpus((), tuple(conversations), 0, {}, left_out or {}, {}, (), None, private)
    return build_dataset(corpus, tokenizer, window, system, 0, Extras())


def prepared(tokenizer, *conversations, window=WINDOW):
    return built([*conversations, *filler()], tokenizer, window)


def rows_of(found, key="c"):
    return [e for split in SPLITS for e in found.examples[split] if e.source_id == key]


def said(rows, role="assistant"):
    return [m.content for row in rows for m in row.messages if m.role == role]


def test_a_conversation_is_a_row_and_the_writers_turns_are_learned(tokenizer):
    (row,) = rows_of(prepared(tokenizer, made("a", "b", "me: c", "d", "me: e", "f")))
    assert [m.role for m in row.messages] == [
        "system",
        "user",
        "user",
        "assistant",
        "user",
        "assistant",
    ]
    assert row.task == CHAT_TASK and row.messages[0].content == "Speak."
    rendered = tokenizer.render(row.messages)
    learned = tokenizer.decode([i for i, m in zip(rendered.ids, rendered.mask, strict=True) if m])
    assert learned.split() == ["c", "e"] or learned.replace(" ", "") == "ce"


def test_a_conversation_that_the_writer_began_gets_a_neutral_request(tokenizer):
    (row,) = rows_of(
        prepared(tokenizer, made("me: I have found your umbrella.", "Oh!", "me: Yes."))
    )
    assert row.messages[1] == Message("user", CHAT_OPENING)
    assert "umbrella" not in "".join(m.content for m in row.messages[:2])


def test_the_neutral_request_is_in_the_language_of_the_conversation(tokenizer):
    for said, opening in (
        ("Я нашла твой зонт, он мокрый и сердитый.", CHAT_OPENING_RU),
        ("да", CHAT_OPENING_RU),
        ("I have found your umbrella, it is wet and cross.", CHAT_OPENING),
        ("lol", CHAT_OPENING),
    ):
        (row,) = rows_of(prepared(tokenizer, made(f"me: {said}", "?"), window=200))
        assert row.messages[1] == Message("user", opening)


def test_line_breaks_in_turns_are_unchanged_in_the_rows(tokenizer):
    text = "One line.\nAnother line.\n\nA second message: a\\nb."
    talk = made("Tell me.\nAll of it.", f"me: {text}", date="1980-01-01")
    examples = prepared(tokenizer, talk).examples
    rows = [json.loads(row)["messages"] for row in rows_as_jsonl(examples["train"])]
    assert ["Speak.", "Tell me.\nAll of it.", text] in [[m["content"] for m in r] for r in rows]


def test_long_conversations_are_split_after_answers_without_loss(tokenizer):
    texts = [t for n in range(40) for t in (f"Question number {n}?", f"me: The answer is {n}.")]
    rows = rows_of(prepared(tokenizer, made(*texts)))
    assert len(rows) > 3
    assert said(rows) == [t.removeprefix("me: ") for t in texts[1::2]]
    assert said(rows, "user") == texts[::2]
    for row in rows:
        assert row.messages[1].role == "user" and row.messages[-1].role == "assistant"
        assert len(tokenizer.render(row.messages).ids) <= WINDOW


def test_a_turn_longer_than_the_window_is_cut_at_a_message(tokenizer):
    burst = "\n\n".join(f"Message number {n} of many." for n in range(40))
    found = prepared(tokenizer, made("So?", f"me: {burst}"))
    (row,) = rows_of(found)
    assert burst.startswith(row.messages[-1].content + "\n\n")
    assert row.messages[1].content == "So?" and found.turns[IncompleteTurn.ANSWER_CUT] == 1


def test_a_question_longer_than_the_window_keeps_its_end(tokenizer):
    question = " ".join(f"word{n}" for n in range(300))
    found = prepared(tokenizer, made("Before.", question, "me: Indeed."))
    (row,) = rows_of(found)
    assert question.endswith(row.messages[1].content) and said([row]) == ["Indeed."]
    assert (
        found.turns[IncompleteTurn.CONTEXT_CUT] == 1
        and found.turns[IncompleteTurn.CONTEXT_LEFT_OUT] == 1
    )
    endless = prepared(tokenizer, made("x" * 5000, "me: " + "y" * 5000))
    assert len(tokenizer.render(rows_of(endless)[0].messages).ids) <= WINDOW


def test_conversations_without_a_turn_of_the_writer_are_counted(tokenizer):
    silent = made("Hello?", "Anybody?", key="silent")
    talk = [silent, made("a", "me: b", "c"), *filler()]
    counts = built(talk, tokenizer, left_out={ExclusionReason.EXACT_DUPLICATE: 2}).conversations
    assert counts[ExclusionReason.NO_ANSWER] == 1 and counts["exact duplicate"] == 2
    assert counts.pop("input") == 4 + MIN_SOURCES == sum(counts.values())
    assert prepared(tokenizer, made("a", "me: b", "c")).turns[IncompleteTurn.UNANSWERED] == 1


def test_private_items_in_the_turns_of_both_sides_are_redacted(tokenizer):
    talk = [
        made(
            f"Number {w}?",
            f"me: Write to {w}@brandt-garten.de about it.",
            key=w,
            date=f"2020-01-{n + 1:02}",
        )
        for n, w in enumerate(("cat", "dog", "oak", "hut", "sea", "cup"))
    ]
    found = prepare_collected((), talk, tokenizer, WINDOW, "s", 0)
    assert found.redaction.counts["e-mail"] == 6 and found.redaction_map.items
    rows = [m.content for s in SPLITS for e in found.examples[s] for m in e.messages]
    assert not any("brandt-garten" in text for text in rows)
    plain = prepare_collected((), talk, tokenizer, WINDOW, "s", 0, redact=False)
    assert plain.redaction is None


def test_the_same_conversations_in_any_order_give_the_same_rows(tokenizer):
    talk = [
        made(f"What of the {w}?", f"me: The {w} is well.", key=w, date=f"2020-01-{n + 1:02}")
        for n, w in enumerate(("cat", "dog", "oak", "hut", "sea", "cup", "axe", "bed", "pie"))
    ]
    first = prepare_collected((), talk, tokenizer, WINDOW, "s", 0)
    assert first == prepare_collected((), talk[::-1], tokenizer, WINDOW, "s", 0)


def test_too_few_conversations_are_refused_with_the_number(tokenizer):
    with pytest.raises(MorrisError, match=r"Only 2 of 3 conversations .* 5 are needed"):
        built([*filler(2), made("Hm.")], tokenizer)


def test_a_system_prompt_that_fills_the_window_is_refused(tokenizer):
    with pytest.raises(MorrisError, match="system prompt leaves"):
        built(filler(), tokenizer, 64, "word " * 60)


TURN = st.tuples(st.booleans(), st.integers(1, 60))


@settings(deadline=None, derandomize=True, max_examples=60)
@given(shape=st.lists(TURN, min_size=1, max_size=14), window=st.integers(64, 200))
def test_every_answer_is_learned_once_and_every_row_fits(tokenizer, shape, window):
    texts = [
        ("me: " if mine else "") + " ".join(f"{number}w{w}" for w in range(words))
        for number, (mine, words) in enumerate(shape)
    ]
    found = prepared(tokenizer, made(*texts), window=window)
    rows = rows_of(found)
    answers = [t.removeprefix("me: ") for t in texts if t.startswith("me: ")]
    assert len(said(rows)) == len(answers)
    cut = 0
    for learned, whole in zip(said(rows), answers, strict=True):
        assert whole.startswith(learned) and learned
        cut += learned != whole
    assert cut == found.turns[IncompleteTurn.ANSWER_CUT]
    for row in rows:
        assert [m.role for m in row.messages[:2]] == ["system", "user"]
        assert row.messages[-1].role == "assistant"
        assert len(tokenizer.render(row.messages).ids) <= window
        prompt = " ".join(m.content for m in row.messages if m.role == "user")
        assert not any(a in prompt for a in said([row]))
    assert found.longest_tokens <= window


@pytest.mark.parametrize(
    ("name", "window"), [("gemma-3", 700), ("olmo-2", 500), ("mistral-v1", 400)]
)
def test_rows_fit_where_turns_are_merged_and_texts_join_the_structure(tmp_path, name, window):
    ours = load_tokenizer(family_folder(name, tmp_path))
    draw = random.Random(4)
    texts = [
        ("me: " if draw.random() < 0.5 else "") + "ab. " * draw.randrange(1, 30) + f"No {n}?"
        for n in range(60)
    ]
    rows = rows_of(prepared(ours, made(*texts), window=window))
    assert len(rows) > 3
    assert said(rows) == [t.removeprefix("me: ") for t in texts if t.startswith("me: ")]
    lengths = [len(ours.render(row.messages).ids) for row in rows]
    assert max(lengths) <= window < 2 * max(lengths), "no row is too long, and none is wasteful"
