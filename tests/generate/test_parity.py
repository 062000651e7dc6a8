"""MLX and torch agree: 50 greedy prompts, logits, frequencies of samples, and beam search."""

import random
import shutil
from pathlib import Path

import numpy as np
import pytest
from support.random_adapter import make_adapter
from support.workspace import make_tiny_model

from morris_mlx.defaults import sample_folder
from morris_mlx.generate import load_generator
from morris_mlx.models.find import find_model
from morris_mlx.models.find_adapter import read_adapter
from morris_mlx.records.corpus import Message

pytest.importorskip("torch")

pytestmark = pytest.mark.usefixtures("one_torch_thread")

SAMPLE = sample_folder() / "adapters" / "sample"
SUBJECTS = ("the sea", "money", "winter", "a lamp", "trains", "bread", "Moscow", "дождь", "old age")
PROMPTS = [
    f"{ask} {subject}{end}"
    for ask in ("Tell me about", "Write a passage about", "Headline:", "What of", "Continue:")
    for subject in SUBJECTS
    for end in (".", "?")
]


@pytest.fixture(scope="module")
def pair(practice):
    """The practice base on both engines."""
    with (
        load_generator(practice, backend="mlx", say=lambda _: None) as one,
        load_generator(practice, backend="torch", say=lambda _: None) as other,
    ):
        yield one, other


@pytest.fixture(scope="module", params=["lora", "dora"])
def random_pair(request, tmp_path_factory):
    """A small random model under a random adapter, on both engines."""
    folder = tmp_path_factory.mktemp("parity")
    base = find_model(str(make_tiny_model(folder / "base", num_hidden_layers=3)))
    adapter = make_adapter(base, folder / request.param, request.param)
    with (
        load_generator(base, adapter, backend="mlx", say=lambda _: None) as one,
        load_generator(base, adapter, backend="torch", say=lambda _: None) as other,
    ):
        yield one, other
    shutil.rmtree(folder)


def tokens_of(llm, prompts, **settings):
    return [
        (result.text, result.tokens, result.finish_reason)
        for result in llm.generate_many(prompts, temperature=0, **settings)
    ]


def test_fifty_prompts_get_the_same_greedy_tokens(pair):
    one, other = pair
    base, tuned, half = PROMPTS[:20], PROMPTS[20:40], PROMPTS[40:50]
    assert len({*base, *tuned, *half}) == 50
    for prompts, chosen in (
        (base, {}),
        (tuned, {"adapter": str(SAMPLE)}),
        (half, {"adapter": str(SAMPLE), "strength": 0.5, "repetition_penalty": 1.2}),
    ):
        ours = tokens_of(one, prompts, max_tokens=24, **chosen)
        assert ours == tokens_of(other, prompts, max_tokens=24, **chosen)
        assert len({text for text, *_ in ours}) >= 5  # the replies differ


@pytest.mark.parametrize("strength", [0.0, 0.4, 1.0, 1.5])
def test_random_models_with_lora_and_dora_agree_at_every_strength(random_pair, strength):
    one, other = random_pair
    ours = tokens_of(one, PROMPTS[:6], max_tokens=16, strength=strength)
    assert ours == tokens_of(other, PROMPTS[:6], max_tokens=16, strength=strength)


def logits(llm, text, **chosen):
    from morris_mlx.generate.active_adapter import active_adapter
    from morris_mlx.generate.settings import settings_with

    engine = llm.load()
    ids = engine.tokenizer.render([Message("user", text)], reply=True).ids
    settings = settings_with(llm.settings, chosen)
    adapter = None if settings.adapter is None else read_adapter(Path(settings.adapter))
    active = active_adapter(settings, adapter)

    def work():
        engine.backend.activate(active)
        return engine.backend.logits(ids)

    return engine.scheduler.call(work)


def distance(one, other):
    """Return the largest difference, relative to the largest logit."""
    return float(np.abs(one - other).max() / np.abs(one).max())


def test_logits_agree_in_float32(pair, random_pair):
    for text in PROMPTS[::7]:
        for chosen in ({}, {"adapter": str(SAMPLE)}, {"adapter": str(SAMPLE), "strength": 0.7}):
            assert (
                distance(logits(pair[0], text, **chosen), logits(pair[1], text, **chosen)) <= 2e-5
            )
        for strength in (0.0, 0.5, 1.0):
            ours, theirs = (logits(llm, text, strength=strength) for llm in random_pair)
            assert distance(ours, theirs) <= 2e-5


def test_sampled_tokens_are_equally_frequent_on_both(pair):
    """300 first tokens of each engine: the shares differ no more than those of two fair samples."""
    settings = {"max_tokens": 1, "temperature": 0.9, "top_p": 0.9, "min_p": 0.02, "top_k": 12}
    counts = []
    for llm in pair:
        drawn = llm.generate_many(
            ["Tell me about rain."] * 300, random.Random(1).sample(range(2**32), 300), **settings
        )
        texts = [result.text for result in drawn]
        counts.append({text: texts.count(text) for text in set(texts)})
    words = {word for c in counts for word in c}
    assert 4 <= len(words) <= 12
    for word in words:
        one, other = (c.get(word, 0) / 300 for c in counts)
        share = (one + other) / 2
        assert abs(one - other) <= 4.5 * (2 * share * (1 - share) / 300) ** 0.5 + 1e-9


def test_beam_search_gives_the_same_on_both(pair):
    """Torch's is transformers' own; some prompts end early at a full stop."""
    chooser = random.Random(4)
    for number, prompt in enumerate(PROMPTS[:20]):
        settings = {
            "num_beams": 2 + number % 4,
            "num_return_sequences": 1 + number % 2,
            "length_penalty": chooser.choice([0.6, 1.0, 2.0]),
            "early_stopping": chooser.choice([True, False, "never"]),
            "max_tokens": 8 + number % 9,
        }
        if number % 3 == 0:
            settings["eos_token_id"] = 16  # "."
        ours, theirs = (llm.generate(prompt, **settings) for llm in pair)
        for a, b in zip((ours, *ours.alternatives), (theirs, *theirs.alternatives), strict=True):
            assert (a.text, a.tokens, a.finish_reason) == (b.text, b.tokens, b.finish_reason)
            assert a.score == pytest.approx(b.score, abs=1e-4)
