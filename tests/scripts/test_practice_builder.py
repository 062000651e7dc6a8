"""The builder of the practice base: its yardstick is a probability, its rows are what they say."""

import numpy as np
import pytest
from practice.chat_rows import chat_batches, keywords, pack
from practice.ngram import KneserNey
from practice.prompts import chat_prompts
from practice.schedule import LONG, STEP_TOKENS, Stage, blocks, text_batches
from tokenizers import Tokenizer

from morris_mlx.models.catalog import PRACTICE_FOLDER

VOCABULARY = 7


def test_kneser_ney_gives_probabilities_that_sum_to_one_after_any_context():
    rng = np.random.default_rng(0)
    text = rng.choice(VOCABULARY, 3000, p=np.arange(1, VOCABULARY + 1) / 28)
    model = KneserNey(text, order=5, vocab_size=VOCABULARY)
    for context in (text[:4], text[100:104], np.array([0, 0, 0, 0]), np.array([6, 0, 6, 0])):
        before = model.bits(context)
        total = sum(2 ** -(model.bits(np.append(context, t)) - before) for t in range(VOCABULARY))
        assert total == pytest.approx(1.0, abs=1e-9)


def test_kneser_ney_learns_what_repeats_and_not_what_does_not():
    pattern = np.tile([1, 2, 3, 4, 5], 400)
    noise = np.random.default_rng(1).integers(0, VOCABULARY, 2000)
    assert KneserNey(pattern, 5, VOCABULARY).bits(pattern) / len(pattern) < 0.05
    entropy = np.log2(VOCABULARY)
    assert KneserNey(noise[:1000], 5, VOCABULARY).bits(noise[1000:]) / 1000 > 0.95 * entropy


def test_batches_after_a_resume_are_those_of_an_uninterrupted_run():
    tokens = np.arange(60_000, dtype=np.uint16)
    stage = Stage("text", 12, 1.0, 1.0)
    whole = [ids.tolist() for ids, _ in text_batches(tokens, stage, 0, seed=1)]
    assert [len(ids) * len(ids[0]) for ids in whole] == [STEP_TOKENS] * 12
    for start in (0, 5, 9, 11):
        rest = [ids.tolist() for ids, _ in text_batches(tokens, stage, start, seed=1)]
        assert rest == whole[start:]


def test_an_epoch_of_blocks_overlaps_nowhere():
    stream = blocks(np.arange(10_000), 100, 10, seed=0, skip=0)
    first = np.concatenate([next(stream)[:, :-1].ravel() for _ in range(9)])
    assert len(np.unique(first)) == len(first)


def test_the_rate_rises_holds_and_falls_to_nothing():
    stage = Stage("text", 1000, 1.0, 1.0)
    scales = [stage.lr_scale(s) for s in range(1001)]
    assert scales[0] < 0.1 and scales[100] == scales[500] == 1.0
    assert scales[750] == pytest.approx(0.5) and scales[1000] == 0.0


PARAGRAPH = (
    "The harbour was full of herring boats that morning, and the harbour master stood upon the "
    "quay and counted the herring. “There are too many boats,” he said to nobody in particular. "
    "Nobody answered him, and the gulls went on as gulls do, without regard for harbour dues."
)
SPEECH = "“I never saw so many boats in all my life, sir,” said the boy."
REPLY = "“You never saw anything at all,” answered the harbour master, and spat."


def test_chat_rows_learn_only_answers_and_their_end():
    tokenizer = Tokenizer.from_file(str(PRACTICE_FOLDER / "tokenizer.json"))
    works = {"a__the-harbour": "\n\n".join([PARAGRAPH, SPEECH, REPLY, PARAGRAPH] * 60)}
    tokens = np.arange(40_000, dtype=np.uint16) % 8000
    stage = Stage("chat", 2, 1.0, 1.0, long_from=0.0)
    ids, targets = next(chat_batches(works, tokenizer, tokens, stage, 0, seed=3))
    assert ids.shape == targets.shape == (STEP_TOKENS // LONG, LONG)
    chat, plain = np.split(targets, 2)
    assert (plain != -100).all(), "the second half is plain text"
    learned = tokenizer.decode(chat[0][chat[0] != -100].tolist())
    assert "harbour" in learned and "<|user|>" not in learned and "Headline" not in learned
    assert (chat[0] == 2).sum() >= 3, "answers end"
    assert "<|user|>" in tokenizer.decode(ids[0].tolist())
    assert (targets[:, :-1][targets[:, :-1] != -100] == ids[:, 1:][targets[:, :-1] != -100]).all()


def test_packing_never_tears_a_row():
    rows = [([7] * n, [True] * n) for n in (600, 500, 300)]
    first, _ = next(pack(iter(rows)))
    assert (first[:600] == 7).all() and (first[600:] == 2).all()


def test_keywords_are_the_passages_own():
    from collections import Counter

    frequency = Counter({"harbour": 50, "herring": 40, "there": 60_000, "boats": 900})
    assert keywords(PARAGRAPH, frequency)[:2] == ["harbour", "herring"]


def test_there_are_a_hundred_different_prompts():
    assert len(set(chat_prompts())) == 100
