"""Beam search: compared with transformers' own, and its further guarantees."""

import itertools
import random

import mlx.core as mx
import numpy as np
import pytest
import torch
import transformers
from mlx_lm.sample_utils import make_logits_processors
from support.workspace import make_tiny_model

from morris_mlx.generate.backend import Hypothesis, TokenRequest
from morris_mlx.generate.mlx_backend.beam_search import (
    PREFILL_TOKENS,
    Beam,
    _is_settled,
    beam_search,
)
from morris_mlx.models.catalog import PRACTICE_FOLDER
from morris_mlx.models.load import load_mlx_model
from morris_mlx.records.corpus import Message
from morris_mlx.records.generation import Beams, Sampling

pytestmark = pytest.mark.usefixtures("one_torch_thread")

END = 2
SUBJECTS = (
    *("The Last Mast", "a ship", "My aunt", "the weather in May", "Bread", "an old house"),
    *("Write to the bank.", "What is a committee?", "Hello!", "two dogs and a cat", "The sea"),
    *("rain", "Tell me of the king", "a letter", "Why?", "On walking", "the train to Leeds"),
    *("snow", "Money", "How does one begin?"),
)


@pytest.fixture(scope="module")
def base():
    return load_mlx_model(PRACTICE_FOLDER)


@pytest.fixture(scope="module")
def tiny_model(tiny_folder):
    return load_mlx_model(tiny_folder)


def as_torch(folder):
    model = transformers.MistralForCausalLM.from_pretrained(folder, dtype=torch.float32)
    model.generation_config = transformers.GenerationConfig(pad_token_id=0)
    return model.eval()


@pytest.fixture(scope="module")
def torch_base():
    return as_torch(PRACTICE_FOLDER)


@pytest.fixture(scope="module")
def torch_tiny(tiny_folder):
    return as_torch(tiny_folder)


def request(ids, beams=None, max_tokens=12, end_ids=(END,), **sampling):
    chosen = {"temp": 0.0, "top_p": 1.0, "top_k": 0, "min_p": 0.0, "repetition_penalty": 1.0}
    settings = Sampling(max_tokens=max_tokens, **(chosen | sampling))
    return TokenRequest(tuple(ids), settings, 0, frozenset(end_ids), beams)


def always():
    return True


def steps(count):
    """Return a function that returns True `count` times, then False."""
    answers = itertools.chain(itertools.repeat(True, count), itertools.repeat(False))
    return lambda: next(answers)


def theirs(model, asked, processor=None):
    """Return (ids, score) of each hypothesis of transformers."""
    ids, beams = torch.tensor([asked.ids]), asked.beams
    found = model.generate(
        ids,
        attention_mask=torch.ones_like(ids),
        num_beams=beams.num_beams,
        num_return_sequences=beams.num_return_sequences,
        length_penalty=beams.length_penalty,
        early_stopping=beams.early_stopping,
        do_sample=False,
        max_new_tokens=asked.sampling.max_tokens,
        eos_token_id=sorted(asked.end_ids) or None,
        pad_token_id=0,
        return_dict_in_generate=True,
        output_scores=True,
        logits_processor=transformers.LogitsProcessorList([processor] if processor else []),
    )
    pairs = []
    for row, score in zip(found.sequences.tolist(), found.sequences_scores.tolist(), strict=True):
        new = row[len(asked.ids) :]
        length = next((n for n, token in enumerate(new, 1) if token in asked.end_ids), len(new))
        pairs.append((tuple(new[:length]), score))
    return pairs


def require_same(ours, pairs):
    assert [found.ids for found in ours] == [ids for ids, _ in pairs]
    # Relative for the negative length penalties, which multiply: float32 has seven digits.
    scores = [score for _, score in pairs]
    assert [found.score for found in ours] == pytest.approx(scores, abs=1e-4, rel=3e-6)


def total_of(model, ids, new):
    """Return the sum of the log-probabilities of `new` after `ids`, in one pass without a cache."""
    logits = np.array(model(mx.array([[*ids, *new]]))[0, len(ids) - 1 : -1], dtype=np.float64)
    return float((logits[np.arange(len(new)), new] - np.log(np.exp(logits).sum(axis=-1))).sum())


def greedy(model, ids, count, end_ids=(END,)):
    """Return (ids, sum of their log-probabilities) of greedy decoding without a cache."""
    new = []
    while len(new) < count and not (new and new[-1] in end_ids):
        new.append(int(mx.argmax(model(mx.array([[*ids, *new]]))[0, -1]).item()))
    return tuple(new), total_of(model, ids, new)


@pytest.fixture(scope="module")
def prompts(tokenizer):
    texts = [[Message("system", "Speak."), Message("user", subject)] for subject in SUBJECTS]
    return [tokenizer.render(messages, reply=True).ids for messages in texts]


@pytest.fixture(scope="module")
def stops(tokenizer):
    """The end id, and those of a full stop and a comma: with them a hypothesis soon finishes."""
    ids = tokenizer.render([Message("user", "a. b, c.")], reply=True).ids
    return {text: next(i for i in ids if tokenizer.decode([i]).strip() == text) for text in ".,"}


@pytest.mark.parametrize("number", range(len(SUBJECTS)))
def test_ids_and_scores_are_those_of_transformers(base, torch_base, prompts, stops, number):
    draw = random.Random(number)
    num_beams = 2 + number % 5
    beams = Beams(
        num_beams,
        num_return_sequences=draw.randint(1, num_beams),
        length_penalty=(0.6, 1.0, 2.0, -0.5)[number % 4],
        early_stopping=(True, False, "never")[number % 3],
    )
    ends = ((END,), (END, stops["."]), (END, stops["."], stops[","]))[draw.randrange(3)]
    asked = request(prompts[number], beams, draw.randint(8, 40), ends)
    require_same(beam_search(base, asked, always), theirs(torch_base, asked))


@pytest.mark.parametrize("early_stopping", [True, False, "never"])
@pytest.mark.parametrize("length_penalty", [0.0, 1.0, 2.0, -0.5])
def test_a_model_with_nearly_equal_probabilities_agrees_too(
    tiny_model, torch_tiny, early_stopping, length_penalty
):
    """All tokens are about equally likely, so many end ids finish many hypotheses."""
    for seed in range(3):
        draw = random.Random(seed)
        ids = [1, *(draw.randrange(3, 8000) for _ in range(9))]
        first = beam_search(tiny_model, request(ids, Beams(6, 6), 3), always)
        ends = {END, first[0].ids[0], first[3].ids[1], first[5].ids[2]}
        beams = Beams(4, 4, length_penalty, early_stopping)
        asked = request(ids, beams, 10, ends)
        require_same(beam_search(tiny_model, asked, always), theirs(torch_tiny, asked))


def test_enough_candidates_are_kept_when_all_end_ids_are_the_likeliest(tiny_model, torch_tiny):
    ids = [1, 40, 50]
    likeliest = beam_search(tiny_model, request(ids, Beams(6, 6), 1), always)
    ends = {found.ids[0] for found in likeliest}
    # Long hypotheses have the better scores here, and must not be lost.
    asked = request(ids, Beams(2, 2, 2.0, "never"), 5, ends)
    ours = beam_search(tiny_model, asked, always)
    require_same(ours, theirs(torch_tiny, asked))
    assert max(len(found.ids) for found in ours) > 1


def test_a_search_is_settled_exactly_when_it_is_in_transformers():
    draw, answers, prompt = random.Random(1), [], 7
    for _ in range(600):
        beams = Beams(
            3,
            length_penalty=draw.choice([-1.0, -0.5, 0.0, 0.6, 1.0, 2.0]),
            early_stopping=draw.choice([True, False, "never"]),
        )
        limit = draw.randint(2, 40)
        length = draw.randint(1, limit - 1)
        power = length**beams.length_penalty
        total = -draw.uniform(1, 20)
        scores = sorted((-draw.uniform(1, 20) / power for _ in range(3)), reverse=True)
        finished = [Hypothesis((9,), score) for score in scores[: draw.randint(2, 3)]]
        filled = [f.score for f in finished] + [-1e9] * (3 - len(finished))
        ended = torch.tensor([[score > -1e9 for score in filled]])
        hopeful = transformers.GenerationMixin._check_early_stop_heuristic(
            torch.tensor([[True]]),
            torch.tensor([[total, total - 1, total - 2]]),
            torch.tensor([filled]),
            ended,
            prompt + length,
            prompt + limit,
            prompt,
            beams.early_stopping,
            beams.length_penalty,
        )
        goes_on = transformers.GenerationMixin._beam_search_has_unfinished_sequences(
            hopeful, ended, torch.zeros(1, 6, dtype=torch.bool), beams.early_stopping
        )
        answers.append(_is_settled(Beam((9,) * length, total), finished, beams, limit))
        assert answers[-1] == (not goes_on.item()), (beams, total, length, limit, scores)
    assert 100 < sum(answers) < 500


def test_without_end_ids_all_hypotheses_have_the_full_length(tiny_model, torch_tiny):
    asked = request([1, 5, 9], Beams(3, 3), 6, ())
    ours = beam_search(tiny_model, asked, always)
    require_same(ours, theirs(torch_tiny, asked))
    assert {len(found.ids) for found in ours} == {6}


class Window(transformers.LogitsProcessor):
    """Apply mlx-lm's three penalties over the last 20 tokens, on torch's numbers."""

    def __init__(self, repetition, presence, frequency):
        self.penalties = repetition, presence, frequency

    def __call__(self, input_ids, scores):
        repetition, presence, frequency = self.penalties
        scores = scores.clone()
        for row, ids in zip(scores, input_ids[:, -20:].tolist(), strict=True):
            for token in set(ids):
                row[token] *= repetition if row[token] < 0 else 1 / repetition
                row[token] -= presence + frequency * ids.count(token)
        return scores


def test_penalties_change_each_beam_after_its_own_last_twenty_tokens(base, torch_base, prompts):
    for number, penalties in enumerate([(1.3, 0.0, 0.0), (1.1, 0.5, 0.2)]):
        repetition, presence, frequency = penalties
        asked = request(
            prompts[number],
            Beams(3, 3),
            24,
            repetition_penalty=repetition,
            presence_penalty=presence,
            frequency_penalty=frequency,
        )
        ours = beam_search(base, asked, always)
        require_same(ours, theirs(torch_base, asked, Window(*penalties)))
        plain = beam_search(base, request(prompts[number], Beams(3, 3), 24), always)
        assert [found.ids for found in ours] != [found.ids for found in plain]


def test_given_processors_replace_the_penalties(base, torch_base, prompts):
    wide = make_logits_processors(repetition_penalty=1.5, repetition_context_size=10_000)
    asked = request(prompts[4], Beams(3, 2), 16)
    repetition = transformers.RepetitionPenaltyLogitsProcessor(1.5)
    require_same(beam_search(base, asked, always, wide), theirs(torch_base, asked, repetition))


@pytest.mark.parametrize("beams", [None, Beams(1), Beams(1, early_stopping=True)])
def test_one_beam_is_greedy(base, prompts, stops, beams):
    ends = (END, stops["."])
    for ids in prompts[:3]:
        (found,) = beam_search(base, request(ids, beams, 15, ends), always)
        new, total = greedy(base, ids, 15, ends)
        assert found.ids == new
        assert found.score == pytest.approx(total / len(new), abs=1e-4)


def test_the_best_hypothesis_is_never_less_likely_than_the_greedy_one(base, prompts):
    for ids in prompts[:6]:
        beams = Beams(4, length_penalty=0.0, early_stopping="never")
        (found,) = beam_search(base, request(ids, beams, 10), always)
        assert found.score >= greedy(base, ids, 10)[1] - 1e-4


def test_prompts_of_several_chunks_and_of_one_token(tmp_path):
    folder = make_tiny_model(tmp_path / "long", max_position_embeddings=8192)
    model, other = load_mlx_model(folder), as_torch(folder)
    draw = random.Random(5)
    for length in (1, PREFILL_TOKENS, PREFILL_TOKENS + 1, PREFILL_TOKENS + 40):
        ids = [draw.randrange(3, 8000) for _ in range(length)]
        asked = request(ids, Beams(2, 2), 3)
        require_same(beam_search(model, asked, always), theirs(other, asked))


def test_each_beam_keeps_its_own_rotating_cache(tmp_path):
    """The scores are those of one pass over the whole text."""
    kinds = ["full_attention", "sliding_attention"]
    folder = make_tiny_model(tmp_path / "sliding", layer_types=kinds, sliding_window=8)
    model = load_mlx_model(folder)
    ids = list(range(10, 30))
    found = beam_search(model, request(ids, Beams(5, 5, length_penalty=0.0), 20), always)
    assert len({one.ids for one in found}) == 5
    for one in found:
        assert one.score == pytest.approx(total_of(model, ids, one.ids), abs=1e-4)


def test_equal_scores_are_ordered_by_id(tiny_folder):
    model = load_mlx_model(tiny_folder)
    weight = model.model.embed_tokens.weight
    favourite = int(mx.argmax(model(mx.array([[1, 5]]))[0, -1]).item())
    twin = 7777 if favourite != 7777 else 7776
    weight[twin] = weight[favourite]
    found = beam_search(model, request([1, 5], Beams(2, 2), 1), always)
    assert [one.ids for one in found] == sorted([(favourite,), (twin,)])
    assert found[0].score == found[1].score


def test_a_search_that_is_stopped_ends_at_once_with_the_best_so_far(base, prompts, stops):
    asked = request(prompts[0], Beams(4, 3), 40, (END, stops["."]))
    for count in (1, 2, 5, 9):  # the first is for the prompt
        found = beam_search(base, asked, steps(count))
        assert len(found) == 3
        lengths = [len(one.ids) for one in found]
        ended = [bool(one.ids) and one.ids[-1] in asked.end_ids for one in found]
        assert max(lengths) <= count - 1
        assert all(end or length == count - 1 for end, length in zip(ended, lengths, strict=True))
        assert ended == sorted(ended, reverse=True), "what did end comes first"
        for one in found:
            if one.ids:
                total = total_of(base, asked.ids, one.ids)
                assert one.score == pytest.approx(total / len(one.ids), abs=1e-4)


def test_a_search_stopped_before_its_first_step_returns_empty_hypotheses(base, prompts):
    found = beam_search(base, request(prompts[0], Beams(3, 2)), steps(0))
    assert [(one.ids, one.score) for one in found] == [((), 0.0)] * 2


def test_scores_below_any_placeholder_still_count(tiny_model):
    """With length ** -10 in the denominator scores are below transformers' -1e9."""
    beams = Beams(3, 3, length_penalty=-10.0)
    found = beam_search(tiny_model, request([1, 5], beams, 12), always)
    assert [len(one.ids) for one in found] == [12, 12, 12]
    assert max(one.score for one in found) < -1e9


def test_no_memory_is_kept_after_a_search(tiny_model):
    asked = request(range(10, 40), Beams(6, 6), 8)
    beam_search(tiny_model, asked, always)
    before = mx.get_active_memory()
    for _ in range(5):
        beam_search(tiny_model, asked, always)
    assert mx.get_active_memory() == before


def test_a_step_evaluates_once(tiny_model, monkeypatch):
    calls = []
    evaluate = mx.eval
    monkeypatch.setattr(mx, "eval", lambda *arrays: calls.append(1) or evaluate(*arrays))
    beam_search(tiny_model, request([5, 6, 7], Beams(3), 9, ()), always)
    assert len(calls) == 1 + 9  # the prompt, and nine steps
