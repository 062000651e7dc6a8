"""The torch engine against MLX with the same weights: logits, adapters, sampling, whole replies."""

import json
import shutil
import sys
from dataclasses import replace

import mlx.core as mx
import numpy as np
import pytest
from mlx.utils import tree_flatten
from mlx_lm.generate import generate_step
from mlx_lm.sample_utils import (
    apply_min_p,
    apply_top_k,
    apply_top_p,
    make_logits_processors,
)
from mlx_lm.tuner.utils import linear_to_lora_layers
from support.adapters import active
from support.workspace import change_tensors, make_tiny_model

from morris_mlx import files
from morris_mlx.defaults import sample_folder
from morris_mlx.errors import MissingError, MorrisError, OutOfMemoryError, UsageError
from morris_mlx.generate import load_generator
from morris_mlx.generate.backend import TokenRequest
from morris_mlx.generate.engines import load_torch_backend
from morris_mlx.generate.recent_adapters import MOST_LOADED
from morris_mlx.generate.torch_backend import model_on_device
from morris_mlx.models.adapters import adapted_layers, load_adapter
from morris_mlx.models.chat_tokenizer import load_tokenizer
from morris_mlx.models.find import find_model
from morris_mlx.models.load import load_mlx_model
from morris_mlx.records.corpus import Message
from morris_mlx.records.generation import Beams, Sampling

torch = pytest.importorskip("torch")
transformers = pytest.importorskip("transformers")

from morris_mlx.generate.torch_backend.backend import PREFILL_TOKENS, TorchBackend
from morris_mlx.generate.torch_backend.load_model import choose_device, precision_on
from morris_mlx.generate.torch_backend.model_on_device import load_torch_model
from morris_mlx.generate.torch_backend.sampling import apply_penalties, filter_logits, sample_token

pytestmark = pytest.mark.usefixtures("one_torch_thread")

SAMPLE = sample_folder() / "adapters" / "sample"
IDS = tuple(range(5, 45))
END = frozenset({2})
PROMPTS = (
    "The sea",
    "Headline: The Last Mast",
    "Dear reader,",
    "Once upon a time",
    "It rained in the town",
    "What is wrong?",
    "The minister said",
    "A cat and a dog",
    "In the morning",
    "Nobody answered",
    "1, 2, 3,",
    "They had no torch",
)


@pytest.fixture(scope="module")
def backend(practice):
    return TorchBackend(practice, "cpu")


@pytest.fixture
def plain(backend):
    """The practice base without an adapter."""
    backend.activate(active())
    return backend


@pytest.fixture(scope="module")
def mlx_practice(practice):
    return load_mlx_model(practice.folder)


@pytest.fixture(scope="module")
def mlx_sample(practice):
    model = load_mlx_model(practice.folder)
    load_adapter(model, SAMPLE)
    model.eval()
    return model


def sampling(**changes):
    """Return greedy, unfiltered sampling with `changes`."""
    off = {"temp": 0.0, "top_p": 1.0, "top_k": 0, "min_p": 0.0, "repetition_penalty": 1.0}
    return Sampling(**({"max_tokens": 20} | off | changes))


def request(ids=IDS, seed=0, end=END, **changes):
    return TokenRequest(tuple(ids), sampling(**changes), seed, end)


class Replies:
    """A group of requests, some of them later ones; `tokens` holds the ids of each reply."""

    def __init__(self, *requests, later=(), stop_after=None):
        self.waiting, self.later = list(requests), list(later)
        self.tokens = {id(r): [] for r in (*requests, *later)}
        self.stop_after = stop_after

    def new_requests(self):
        given, self.waiting, self.later = self.waiting, self.later, []
        return given

    def is_active(self, request):
        return True

    def add_token(self, request, token):
        tokens = self.tokens[id(request)]
        tokens.append(token)
        over = token in request.end_ids or len(tokens) >= request.sampling.max_tokens
        return not over and len(tokens) != self.stop_after


def replies(backend, *requests, **more):
    group = Replies(*requests, **more)
    backend.generate(group)
    return [group.tokens[id(r)] for r in requests]


def mlx_logits(model, ids=IDS):
    return np.array(model(mx.array([ids]))[0].astype(mx.float32))


def difference(ours, theirs):
    return np.abs(ours - theirs).max() / np.abs(theirs).max()


# --- the model and its adapters


def test_the_base_gives_the_logits_of_mlx(plain, mlx_practice):
    assert difference(plain.logits(IDS), mlx_logits(mlx_practice)) < 2e-5
    assert (plain.name, plain.device, plain.precision) == ("torch", "cpu", "float32")
    assert (plain.window, plain.vocabulary) == (1024, 8000)


def test_the_sample_adapter_gives_the_logits_of_mlx(backend, mlx_sample):
    """Its keys include the tied embedding, which is also the output layer."""
    backend.activate(active(SAMPLE))
    assert difference(backend.logits(IDS), mlx_logits(mlx_sample)) < 2e-5


def make_adapter(model_folder, folder, kind="lora", keys=None, count=-1, size=0.1, rank=4):
    """Save layers of mlx-lm with random weights, in its format."""
    model = load_mlx_model(model_folder)
    parameters = {"rank": rank, "dropout": 0.0, "scale": 3.0, "keys": keys}
    mx.random.seed(3)
    model.freeze()
    linear_to_lora_layers(model, count, parameters, use_dora=kind == "dora")
    for layer in adapted_layers(model).values():
        layer.lora_b = mx.random.normal(layer.lora_b.shape) * size
        if "m" in layer and size:
            layer.m = layer.m * (1 + 0.3 * mx.random.normal(layer.m.shape))
    folder.mkdir()
    config = {"fine_tune_type": kind, "num_layers": count, "lora_parameters": parameters}
    (folder / "adapter_config.json").write_text(json.dumps(config))
    weights = dict(tree_flatten(model.trainable_parameters()))
    mx.save_safetensors(str(folder / "adapters.safetensors"), weights)
    return folder


TARGETS = {
    "all in blocks": {},
    "last block": {"count": 1},
    "with the embedding": {"keys": ["self_attn.q_proj", "mlp.down_proj", "model.embed_tokens"]},
    "with the head": {"keys": ["self_attn.o_proj", "lm_head"]},
}


@pytest.mark.parametrize("kind", ["lora", "dora"])
@pytest.mark.parametrize("targets", TARGETS)
@pytest.mark.parametrize("tied", [True, False])
def test_adapters_of_mlx_lm_give_the_logits_of_mlx(tmp_path, kind, targets, tied):
    if targets == "with the head" and tied:
        pytest.skip("a tied model has no head of its own")
    base = make_tiny_model(tmp_path / "base", tie_word_embeddings=tied)
    adapter = make_adapter(base, tmp_path / "a", kind, **TARGETS[targets])
    theirs = load_mlx_model(base)
    load_adapter(theirs, adapter)
    theirs.eval()
    ours = TorchBackend(find_model(str(base)), "cpu")
    before = ours.logits(IDS)
    assert difference(before, mlx_logits(load_mlx_model(base))) < 2e-5
    ours.activate(active(adapter))
    assert difference(ours.logits(IDS), mlx_logits(theirs)) < 2e-5
    assert difference(ours.logits(IDS), before) > 1e-2
    ours.activate(active(adapter, 0.0))
    assert np.array_equal(ours.logits(IDS), before)
    ours.activate(active(adapter, 0.5))
    scale_mlx_adapter(theirs, 0.5)
    assert difference(ours.logits(IDS), mlx_logits(theirs)) < 2e-5
    ours.activate(active())
    assert np.array_equal(ours.logits(IDS), before)


def scale_mlx_adapter(model, strength):
    """Apply a strength s as both engines do: the low-rank part times s, the magnitudes s of the way."""
    for layer in adapted_layers(model).values():
        layer.scale *= strength
        if "m" in layer:
            base = layer.linear if "linear" in layer else layer.embedding
            norm = mx.linalg.norm(base.weight, axis=1)
            layer.m = norm + strength * (layer.m - norm)


def test_adapters_stay_loaded_and_a_switch_reads_no_files(tiny, tmp_path, monkeypatch):
    one = make_adapter(tiny.folder, tmp_path / "one", "lora")
    two = make_adapter(tiny.folder, tmp_path / "two", "dora", size=0.2)
    backend = TorchBackend(tiny, "cpu")
    seen = {}
    for chosen in (active(one), active(two), active(one, 0.7)):
        backend.activate(chosen)
        seen[chosen] = backend.logits(IDS)
    shutil.rmtree(one)
    shutil.rmtree(two)
    monkeypatch.setattr(model_on_device, "load_torch_model", None)
    for chosen, logits in reversed(seen.items()):
        backend.activate(chosen)
        assert np.array_equal(backend.logits(IDS), logits)
    assert len({logits.tobytes() for logits in seen.values()}) == 3


def test_an_adapter_trained_again_is_read_again(tiny, tmp_path):
    folder = make_adapter(tiny.folder, tmp_path / "mine")
    backend = TorchBackend(tiny, "cpu")
    backend.activate(active(folder))
    before = backend.logits(IDS)
    again = make_adapter(tiny.folder, tmp_path / "again", size=0.2)
    (again / "adapters.safetensors").replace(folder / "adapters.safetensors")
    backend.activate(active(folder))
    assert not np.array_equal(backend.logits(IDS), before)
    assert len(backend._loaded.pool.loaded) == 1


FIRST = "model.layers.0.self_attn.q_proj"
BROKEN = {
    "lacks the tensors": lambda w: w.pop(f"{FIRST}.lora_b"),
    "where nothing is adapted": lambda w: w.update({"model.norm.lora_a": mx.zeros((4, 4))}),
    "has the shape": lambda w: w.update({f"{FIRST}.lora_b": mx.zeros((4, 5))}),
    "not finite numbers": lambda w: w.update({f"{FIRST}.lora_b": mx.full((4, 32), mx.nan)}),
    "changes nothing": lambda w: w.update(
        {n: mx.zeros(t.shape) for n, t in w.items() if n.endswith("lora_b")}
    ),
    "makes the model compute numbers that are not finite": lambda w: w.update(
        {n: mx.full(t.shape, 1e38) for n, t in w.items() if n.endswith("lora_b")}
    ),
}


@pytest.mark.parametrize("message", BROKEN)
def test_a_broken_adapter_is_refused_and_the_active_one_stays(tiny, tmp_path, message):
    good = make_adapter(tiny.folder, tmp_path / "good")
    bad = make_adapter(tiny.folder, tmp_path / "bad")
    change_tensors(bad / "adapters.safetensors", BROKEN[message])
    backend = TorchBackend(tiny, "cpu")
    backend.activate(active(good, 0.5))
    before = backend.logits(IDS)
    with pytest.raises(MorrisError, match=message) as caught:
        backend.activate(active(bad))
    assert str(bad) in str(caught.value)
    assert np.array_equal(backend.logits(IDS), before)


def test_a_dora_adapter_that_learned_nothing_is_refused(tiny, tmp_path):
    """Its magnitudes are the base's as MLX computed them; torch's differ in the last bits."""
    dead = make_adapter(tiny.folder, tmp_path / "dead", "dora", size=0.0)
    with pytest.raises(MorrisError, match="changes nothing"):
        TorchBackend(tiny, "cpu").activate(active(dead))


def test_wrong_files_are_refused_and_named(tiny, plain, tmp_path):
    with pytest.raises(MorrisError, match="does not fit this model"):
        TorchBackend(tiny, "cpu").activate(active(SAMPLE))
    with pytest.raises(MissingError, match=r"No adapters\.safetensors in"):
        plain.activate(active(tmp_path))
    copy = shutil.copytree(SAMPLE, tmp_path / "copy")
    path = copy / "adapters.safetensors"
    path.write_bytes(path.read_bytes()[:-4] + b"abcd")
    with pytest.raises(MorrisError, match=r"adapters\.safetensors is damaged.*adapter_sha256"):
        plain.activate(active(copy))
    (copy / "run.json").unlink()
    path.write_bytes(path.read_bytes()[:500])
    with pytest.raises(MorrisError, match=r"adapters\.safetensors is damaged"):
        plain.activate(active(copy))
    with pytest.raises(UsageError, match="strength is 2"):
        plain.activate(active(SAMPLE, 2.0))
    config = files.read_json(SAMPLE / "adapter_config.json")
    config["lora_parameters"]["keys"] = ["lm_head"]
    shutil.copy(SAMPLE / "adapters.safetensors", path)
    files.write_json(copy / "adapter_config.json", config)
    with pytest.raises(MorrisError, match="has no lm_head to adapt"):
        plain.activate(active(copy))


# --- the sampling of a token


FILTERS = [
    {"top_p": p, "min_p": m, "top_k": k}
    for p in (1.0, 0.95, 0.5, 1e-6)
    for m in (0.0, 0.05, 1.0)
    for k in (0, 1, 7, 199, 200, 10_000)
]


@pytest.mark.parametrize("temp", [1.0, 0.3, 2.5])
def test_the_filters_give_the_probabilities_of_mlx_lm(temp):
    rng = np.random.default_rng(0)
    for number, chosen in enumerate(FILTERS):
        logits = rng.normal(size=200).astype(np.float32) * (1 + number % 4)
        theirs = mx.array(logits)[None]
        theirs = theirs - mx.logsumexp(theirs, keepdims=True)
        if chosen["top_p"] < 1:
            theirs = apply_top_p(theirs, chosen["top_p"])
        if chosen["min_p"] > 0:
            theirs = apply_min_p(theirs, chosen["min_p"])
        if 0 < chosen["top_k"] < 200:
            theirs = apply_top_k(theirs, chosen["top_k"])
        expected = np.array(mx.softmax(theirs[0] * (1 / temp)))
        ours = filter_logits(torch.from_numpy(logits), sampling(temp=temp, **chosen))
        got = torch.softmax(ours / temp, -1).numpy()
        assert np.abs(got - expected).max() < 1e-6, chosen
        assert np.array_equal(got > 0, expected > 0), chosen


@pytest.mark.parametrize("length", [1, 5, 20, 60])
def test_the_penalties_are_those_of_mlx_lm(length):
    rng = np.random.default_rng(length)
    for repetition in (1.0, 1.3, 0.7):
        for presence in (0.0, 0.8, -0.5):
            for frequency in (0.0, 0.4):
                logits = rng.normal(size=30).astype(np.float32) * 3
                before = rng.integers(0, 30, length).tolist()
                theirs = mx.array(logits)[None]
                for processor in make_logits_processors(
                    repetition_penalty=repetition,
                    presence_penalty=presence,
                    frequency_penalty=frequency,
                ):
                    theirs = processor(mx.array(before), theirs)
                ours = apply_penalties(
                    torch.from_numpy(logits.copy()),
                    before,
                    sampling(
                        repetition_penalty=repetition,
                        presence_penalty=presence,
                        frequency_penalty=frequency,
                    ),
                )
                assert np.abs(ours.numpy() - np.array(theirs[0])).max() < 1e-6


def test_tokens_are_sampled_as_often_as_their_probabilities_say():
    """Chi-square over 20,000 draws of ten possible tokens of twelve; 27.9 is p = 0.001 at 9."""
    logprobs = torch.log_softmax(torch.randn(12, generator=torch.Generator().manual_seed(4)), 0)
    logprobs[[3, 8]] = -torch.inf
    probabilities = torch.softmax(logprobs / 0.7, -1).double().numpy()
    generator = torch.Generator().manual_seed(1)
    uniforms = torch.rand(20_000, generator=generator, dtype=torch.float64).tolist()
    counts = np.bincount([sample_token(logprobs, 0.7, u) for u in uniforms], minlength=12)
    assert counts[3] == counts[8] == 0
    possible = probabilities > 0
    expected = probabilities[possible] * 20_000
    assert ((counts[possible] - expected) ** 2 / expected).sum() < 27.9
    assert sample_token(logprobs, 0.7, 0.0) == 0 and sample_token(logprobs, 0.7, 1.0) == 11


def test_first_tokens_are_as_frequent_as_the_probabilities_of_the_model(tiny):
    """Chi-square over 600 seeds: the eight likeliest tokens and the rest; 26.1 is p = 0.001."""
    backend = TorchBackend(tiny, "cpu")
    chosen = {"temp": 0.6, "top_k": 8, "max_tokens": 1}
    p = torch.softmax(
        filter_logits(torch.from_numpy(backend.logits(IDS)[-1]), sampling(**chosen)) / 0.6, -1
    ).numpy()
    firsts = [
        tokens[0]
        for start in range(0, 600, 8)
        for tokens in replies(
            backend, *(request(seed=s, **chosen) for s in range(start, start + 8))
        )
    ]
    counts = np.bincount(firsts, minlength=len(p))
    possible = p > 0
    assert possible.sum() == 8 and counts[~possible].sum() == 0
    assert ((counts - 600 * p)[possible] ** 2 / (600 * p[possible])).sum() < 26.1


# --- whole replies


@pytest.mark.parametrize("adapter", [None, SAMPLE])
@pytest.mark.parametrize("text", PROMPTS)
def test_greedy_replies_are_those_of_mlx_lm(
    backend, practice, mlx_practice, mlx_sample, adapter, text
):
    tokenizer = load_tokenizer(practice.folder)
    ids = list(tokenizer.render([Message("user", text)], reply=True).ids)
    backend.activate(active(adapter))
    model = mlx_sample if adapter else mlx_practice
    for penalty in (1.0, 1.15):
        processors = make_logits_processors(repetition_penalty=penalty)
        steps = generate_step(mx.array(ids), model, max_tokens=24, logits_processors=processors)
        theirs = [int(token) for token, _ in steps]
        asked = request(ids, end=frozenset(), max_tokens=24, repetition_penalty=penalty)
        assert replies(backend, asked) == [theirs]


def four():
    """Return four requests that differ in everything."""
    return [
        request(range(5, 12), 1, temp=1.0),
        request(range(5, 60), 2, temp=0.7, top_p=0.9, repetition_penalty=1.2),
        request(range(300, 330), 3, max_tokens=9, frequency_penalty=0.5),
        request(range(40, 43), 4, temp=1.3, top_k=40, min_p=0.02, presence_penalty=0.4),
    ]


def test_a_batch_of_four_is_four_single_runs(plain):
    alone = [replies(plain, one)[0] for one in four()]
    assert replies(plain, *four()) == alone
    assert replies(plain, *reversed(four())) == alone[::-1]
    assert len(alone[2]) == 9 and len({tuple(tokens) for tokens in alone}) == 4


def test_the_seed_alone_decides_and_the_global_random_state_is_unchanged(plain):
    before = torch.get_rng_state()
    first, second, other = (replies(plain, request(seed=s, temp=1.0))[0] for s in (5, 5, 6))
    assert first == second != other
    assert torch.equal(torch.get_rng_state(), before)


def test_more_requests_than_a_batch_and_later_ones_are_answered(plain):
    many = [request(range(5 + n, 15 + n), max_tokens=2) for n in range(10)]
    late = request(IDS, max_tokens=3)
    group = Replies(*many, later=[late])
    plain.generate(group)
    assert [len(group.tokens[id(r)]) for r in (*many, late)] == [2] * 10 + [3]


def test_an_end_token_is_passed_on_and_ends_the_reply(plain):
    full = replies(plain, request())[0]
    end = full[4]
    cut = replies(plain, request(end=frozenset({end, 7999})))[0]
    assert cut == full[: full.index(end) + 1]


class Counted:
    """A counter of the forward passes of a model."""

    def __init__(self, backend, monkeypatch):
        self.passes, self.widths = 0, []
        inner = backend._loaded.model.model
        forward = type(inner).forward

        def counted(*args, **kwargs):
            self.passes += 1
            ids = kwargs.get("input_ids", args[1] if len(args) > 1 else None)
            self.widths.append(ids.shape[1])
            return forward(*args, **kwargs)

        monkeypatch.setattr(type(inner), "forward", counted)


def test_cancelling_stops_within_a_token(plain, monkeypatch):
    plain._loaded.prefix_cache.clear()
    counted = Counted(plain, monkeypatch)
    tokens = replies(plain, request(max_tokens=200), stop_after=5)[0]
    assert len(tokens) == 5
    assert counted.passes == 6  # the prompt but its last token, then one for each


def test_a_cancelled_long_prompt_is_not_read_to_its_end(plain, monkeypatch):
    class Gone(Replies):
        asked = 0

        def is_active(self, request):
            self.asked += 1
            return self.asked < 2

    counted = Counted(plain, monkeypatch)
    group = Gone(long := request(range(5, 5 + 900)))
    plain.generate(group)
    assert counted.widths == [PREFILL_TOKENS] and group.tokens[id(long)] == []


@pytest.mark.parametrize("penalty", [1.0, 1.3])
def test_the_next_turn_computes_only_its_new_tokens(plain, monkeypatch, penalty):
    """The reply is the one without a cache: penalties look back just as far."""
    plain._loaded.prefix_cache.clear()
    options = {"repetition_penalty": penalty, "frequency_penalty": 0.2}
    reply = replies(plain, request(**options))[0]
    turn = request((*IDS, *reply, 300, 301, 302), **options)
    with monkeypatch.context() as patch:
        counted = Counted(plain, patch)
        cached = replies(plain, turn)[0]
    assert counted.widths[:2] == [3, 1]  # the reply's last token was never read
    plain._loaded.prefix_cache.clear()
    assert cached == replies(plain, turn)[0]
    other = replies(plain, request((*IDS[:30], *range(500, 510)), **options))
    plain._loaded.prefix_cache.clear()
    assert other == replies(plain, request((*IDS[:30], *range(500, 510)), **options))


def test_a_cache_belongs_to_its_adapter(backend):
    backend.activate(active())
    replies(backend, request())
    backend.activate(active(SAMPLE))
    with_cache = replies(backend, request())
    backend._loaded.prefix_cache.clear()
    assert with_cache == replies(backend, request())


def test_the_score_is_minus_the_sum_of_log_probabilities(plain):
    mask = [n % 3 == 0 for n in range(len(IDS))]
    logprobs = torch.log_softmax(torch.from_numpy(plain.logits(IDS)), -1)
    expected = -sum(float(logprobs[n - 1, IDS[n]]) for n in range(1, len(IDS)) if mask[n])
    total, count = plain.score(IDS, mask)
    assert count == sum(mask[1:]) and total == pytest.approx(expected, rel=1e-5)
    assert plain.score(IDS, [False] * len(IDS)) == (0.0, 0)


# --- beam search


def transformers_beams(backend, asked):
    """Search with transformers' own call alone."""
    ids = torch.tensor([asked.ids])
    out = backend._loaded.model.generate(
        ids,
        attention_mask=torch.ones_like(ids),
        num_beams=asked.beams.num_beams,
        num_return_sequences=asked.beams.num_return_sequences,
        length_penalty=asked.beams.length_penalty,
        early_stopping=asked.beams.early_stopping,
        max_new_tokens=asked.sampling.max_tokens,
        eos_token_id=sorted(asked.end_ids) or None,
        pad_token_id=0,
        do_sample=False,
        output_scores=True,
        return_dict_in_generate=True,
    )
    return out.sequences[:, len(asked.ids) :].tolist(), out.sequences_scores.tolist()


@pytest.mark.parametrize("early", [True, False, "never"])
@pytest.mark.parametrize("length_penalty", [1.0, 0.0, 2.0])
@pytest.mark.parametrize("end", [frozenset(), frozenset({2, 16})])
def test_beam_search_gives_the_results_of_transformers(plain, early, length_penalty, end):
    beams = Beams(4, 3, length_penalty, early)
    asked = replace(request(max_tokens=12, end=end), beams=beams)
    found = plain.search(asked, lambda: True)
    ids, scores = transformers_beams(plain, asked)
    assert [h.score for h in found] == pytest.approx(scores, rel=1e-5)
    for hypothesis, theirs in zip(found, ids, strict=True):
        assert list(hypothesis.ids) == theirs[: len(hypothesis.ids)]
        assert set(theirs[len(hypothesis.ids) :]) <= {2}, "only padding is cut off"
        assert not end & set(hypothesis.ids[:-1])
        assert len(hypothesis.ids) == 12 or hypothesis.ids[-1] in end


def test_a_stopped_beam_search_returns_the_best_so_far(plain):
    steps = iter([True] * 4)
    asked = replace(request(max_tokens=100, end=frozenset()), beams=Beams(3, 2))
    found = plain.search(asked, lambda: next(steps, False))
    assert [len(h.ids) for h in found] == [5, 5]
    assert found[0].score >= found[1].score


def test_beam_search_applies_the_penalties(plain):
    asked = replace(request(max_tokens=20, end=frozenset()), beams=Beams(2))
    without = plain.search(asked, lambda: True)[0]
    much = replace(asked, sampling=sampling(max_tokens=20, frequency_penalty=9.0))
    with_them = plain.search(much, lambda: True)[0]
    assert len(set(with_them.ids)) == 20 > len(set(without.ids))


def test_impossible_beams_are_named(plain):
    with pytest.raises(UsageError, match="num_return_sequences is 3"):
        plain.search(replace(request(), beams=Beams(2, 3)), lambda: True)
    with pytest.raises(UsageError, match="num_beams of 2 or more"):
        plain.search(replace(request(), beams=Beams(1)), lambda: True)


# --- windows, devices and failures


def test_only_a_model_with_sliding_attention_continues_beyond_the_window(plain, tmp_path):
    with pytest.raises(UsageError, match="ends at its window of 1024 tokens"):
        replies(plain, replace(request(max_tokens=1000), rotate=True))
    folder = make_tiny_model(tmp_path / "sliding", sliding_window=16)
    sliding = TorchBackend(find_model(str(folder)), "cpu")
    assert sliding.window == 16
    asked = replace(request(IDS[:10], max_tokens=30, end=frozenset()), rotate=True)
    assert len(replies(sliding, asked)[0]) == 30
    assert replies(sliding, asked) == replies(sliding, asked), "no cache that lost its beginning"


def fail_once(backend, monkeypatch, at, error):
    """Let the model's forward pass number `at` fail, once."""
    inner = type(backend._loaded.model.model)
    forward, passes = inner.forward, []

    def failing(*args, **kwargs):
        passes.append(1)
        if len(passes) == at:
            raise error
        return forward(*args, **kwargs)

    monkeypatch.setattr(inner, "forward", failing)


GPU_FAILURES = [
    NotImplementedError("The operator 'aten::x' is not implemented for the MPS device."),
    torch.OutOfMemoryError("MPS backend out of memory"),
]


@pytest.mark.parametrize("error", GPU_FAILURES, ids=lambda e: type(e).__name__)
@pytest.mark.parametrize("at", [1, 2, 6])
def test_after_a_failure_of_the_gpu_the_cpu_continues_the_replies(practice, monkeypatch, error, at):
    remarks = []
    backend = TorchBackend(practice, "cpu", remarks.append)
    backend.activate(active(SAMPLE, 0.5))
    expected = replies(backend, *four())
    backend._loaded.prefix_cache.clear()
    backend._loaded.device = backend.device = "mps"  # as it would be on a Mac
    fail_once(backend, monkeypatch, at, error)
    assert replies(backend, *four()) == expected
    assert len(remarks) == 1 and str(error) in remarks[0] and "failed on mps" in remarks[0]
    assert (backend.device, backend.precision) == ("cpu", "float32")


def test_a_model_that_does_not_fit_the_gpu_is_loaded_for_the_cpu(tiny, monkeypatch):
    remarks, load = [], load_torch_model

    def loading(folder, device, precision):
        if device.type == "mps":
            assert precision == torch.float16
            raise torch.OutOfMemoryError("MPS backend out of memory (too much)\nmore")
        return load(folder, device, precision)

    monkeypatch.setattr(model_on_device, "choose_device", lambda _: torch.device("mps"))
    monkeypatch.setattr(model_on_device, "load_torch_model", loading)
    backend = TorchBackend(tiny, None, remarks.append)
    assert remarks == [
        "torch failed on mps: MPS backend out of memory (too much). It continues on the CPU in "
        "float32, which is slower."
    ]
    assert (backend.device, backend.precision) == ("cpu", "float32")
    assert len(replies(backend, request(max_tokens=3))[0]) == 3


@pytest.mark.parametrize(
    "error", [MemoryError(), RuntimeError("DefaultCPUAllocator: can't allocate memory: 9 bytes")]
)
def test_missing_memory_is_explained_and_other_errors_are_passed_on(tiny, monkeypatch, error):
    remarks = []
    backend = TorchBackend(tiny, "cpu", remarks.append)
    with monkeypatch.context() as patch:
        fail_once(backend, patch, 1, error)
        with pytest.raises(OutOfMemoryError, match="Close other programs"):
            replies(backend, request())
    with monkeypatch.context() as patch:
        fail_once(backend, patch, 1, RuntimeError("a bug"))
        with pytest.raises(RuntimeError, match="a bug"):
            backend.logits(IDS)
    assert remarks == []


def test_an_error_of_the_caller_is_passed_on_and_does_not_move_the_model(tiny):
    class Broken(Replies):
        def add_token(self, request, token):
            raise RuntimeError("the caller's")

    remarks = []
    backend = TorchBackend(tiny, "cpu", remarks.append)
    backend._loaded.device = "mps"
    with pytest.raises(RuntimeError, match="the caller's"):
        backend.generate(Broken(request()))
    assert remarks == [] and backend._loaded.device == "mps"


@pytest.mark.parametrize("precision", [torch.float16, torch.bfloat16])
@pytest.mark.parametrize("kind", ["lora", "dora"])
def test_half_precision_gives_nearly_the_same_results(tmp_path, monkeypatch, precision, kind):
    base = make_tiny_model(tmp_path / "base")
    keys = ["self_attn.q_proj", "mlp.up_proj", "model.embed_tokens"]
    adapter = make_adapter(base, tmp_path / "a", kind, keys=keys)
    exact = TorchBackend(find_model(str(base)), "cpu")
    monkeypatch.setattr(model_on_device, "precision_on", lambda _: precision)
    half = TorchBackend(find_model(str(base)), "cpu")
    assert half.precision == str(precision).removeprefix("torch.")
    for one in (exact, half):
        one.activate(active(adapter, 0.8))
    apart = difference(half.logits(IDS), exact.logits(IDS))
    assert 0 < apart < 0.03 and half.logits(IDS).dtype == np.float32
    assert [len(tokens) for tokens in replies(half, *four())] == [20, 20, 9, 20]
    assert half.score(IDS, [True] * 40)[0] == pytest.approx(
        exact.score(IDS, [True] * 40)[0], rel=0.02
    )
    assert len(half.search(replace(request(max_tokens=4), beams=Beams(2)), lambda: True)) == 1


@pytest.mark.parametrize(
    ("there", "asked", "chosen", "precision"),
    [
        (("mps", "cuda"), None, "mps", torch.float16),
        (("cuda",), None, "cuda", torch.bfloat16),
        ((), None, "cpu", torch.float32),
        (("mps", "cuda"), "cuda", "cuda", torch.bfloat16),
        (("mps", "cuda"), "cpu", "cpu", torch.float32),
        (("cuda",), "gpu", "cuda", torch.bfloat16),
    ],
)
def test_mps_comes_before_cuda_and_the_cpu(monkeypatch, there, asked, chosen, precision):
    monkeypatch.setattr(torch.backends.mps, "is_available", lambda: "mps" in there)
    monkeypatch.setattr(torch.cuda, "is_available", lambda: "cuda" in there)
    monkeypatch.setattr(torch.cuda, "is_bf16_supported", lambda including_emulation: True)
    assert choose_device(asked).type == chosen
    assert precision_on(choose_device(asked)) == precision
    monkeypatch.setattr(torch.cuda, "is_bf16_supported", lambda including_emulation: False)
    if chosen == "cuda":
        assert precision_on(choose_device(asked)) == torch.float16


def test_a_missing_device_is_named(tiny):
    for name in ("mps", "cuda"):
        if not getattr(torch, name).is_available():
            with pytest.raises(MissingError, match=f"torch finds no {name} on this machine"):
                TorchBackend(tiny, name)


def test_without_torch_the_error_names_the_package(tiny, monkeypatch):
    monkeypatch.setitem(sys.modules, "torch", None)
    with pytest.raises(MissingError, match="pip install torch"):
        load_torch_backend(tiny, None, print)


def test_a_backend_loads_measures_its_memory_and_closes(tiny):
    backend = load_torch_backend(tiny, "cpu", print)
    replies(backend, request())
    now, peak = backend.memory_gb()
    assert 0 < now < peak < 100
    backend.close()


# --- what stays in memory, and what is printed ----------------------------------------------
def test_a_limited_number_of_adapters_stays_loaded(tiny, tmp_path):
    made = [make_adapter(tiny.folder, tmp_path / str(n)) for n in range(MOST_LOADED + 2)]
    backend = TorchBackend(tiny, "cpu")
    for folder in made:
        backend.activate(active(folder))
    kept = {adapter.folder for adapter in backend._loaded.pool.loaded}
    assert kept == set(made[-MOST_LOADED:])
    adapted = backend.logits(IDS)
    (made[0] / "adapters.safetensors").write_bytes(b"damaged")
    with pytest.raises(MorrisError):
        backend.activate(active(made[0]))
    assert np.array_equal(backend.logits(IDS), adapted), "the active one is still there"


@pytest.mark.filterwarnings("error::FutureWarning")
def test_transformers_has_nothing_to_warn_of(tiny):
    with load_generator(tiny, backend="torch", say=lambda _: None, max_tokens=3, seed=1) as llm:
        assert llm.generate("Hi.").tokens >= 1
        assert len(llm.batch_run(["Hi.", "Say something longer."])) == 2
        assert llm.generate("Hi.", num_beams=2).tokens >= 1
