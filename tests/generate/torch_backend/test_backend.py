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
from support.workspace import change_tensors, make_tiny_model

from morris_mlx import files
from morris_mlx.defaults import sample_folder
from morris_mlx.errors import MissingError, MorrisError, OutOfMemoryError, UsageError
from morris_mlx.generate.backend import Adaptation, TokenRequest
from morris_mlx.generate.engines import load_torch_backend
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
from morris_mlx.generate.torch_backend.sampling import draw, filtered, penalised

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
    """The practice base, wearing nothing."""
    backend.wear(Adaptation())
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
    """Greedy and unfiltered, but for what is asked."""
    off = {"temp": 0.0, "top_p": 1.0, "top_k": 0, "min_p": 0.0, "repetition_penalty": 1.0}
    return Sampling(**({"max_tokens": 20} | off | changes))


def request(ids=IDS, seed=0, end=END, **changes):
    return TokenRequest(tuple(ids), sampling(**changes), seed, end)


class Replies:
    """Work that is there from the start, or comes later; `said` is what each reply was."""

    def __init__(self, *requests, later=(), stop_after=None):
        self.waiting, self.later = list(requests), list(later)
        self.said = {id(r): [] for r in (*requests, *later)}
        self.stop_after = stop_after

    def more(self):
        given, self.waiting, self.later = self.waiting, self.later, []
        return given

    def wanted(self, request):
        return True

    def take(self, request, token):
        said = self.said[id(request)]
        said.append(token)
        over = token in request.end_ids or len(said) >= request.sampling.max_tokens
        return not over and len(said) != self.stop_after


def replies(backend, *requests, **more):
    work = Replies(*requests, **more)
    backend.generate(work)
    return [work.said[id(r)] for r in requests]


def mlx_logits(model, ids=IDS):
    return np.array(model(mx.array([ids]))[0].astype(mx.float32))


def difference(ours, theirs):
    return np.abs(ours - theirs).max() / np.abs(theirs).max()


# --- the model and its adapters


def test_the_base_gives_mlxs_logits(plain, mlx_practice):
    assert difference(plain.logits(IDS), mlx_logits(mlx_practice)) < 2e-5
    assert (plain.name, plain.device, plain.precision) == ("torch", "cpu", "float32")
    assert (plain.window, plain.vocabulary) == (1024, 8000)


def test_the_sample_adapter_gives_mlxs_logits(backend, mlx_sample):
    """Its keys include the tied embedding, which is looked up and is the output layer."""
    backend.wear(Adaptation(SAMPLE))
    assert difference(backend.logits(IDS), mlx_logits(mlx_sample)) < 2e-5


def make_adapter(model_folder, folder, kind="lora", keys=None, count=-1, size=0.1, rank=4):
    """mlx-lm's own layers with something in them, saved in its format."""
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
def test_mlx_lms_adapters_give_mlxs_logits(tmp_path, kind, targets, tied):
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
    ours.wear(Adaptation(adapter))
    assert difference(ours.logits(IDS), mlx_logits(theirs)) < 2e-5
    assert difference(ours.logits(IDS), before) > 1e-2
    ours.wear(Adaptation(adapter, 0.0))
    assert np.array_equal(ours.logits(IDS), before)
    ours.wear(Adaptation(adapter, 0.5))
    scale_mlx_adapter(theirs, 0.5)
    assert difference(ours.logits(IDS), mlx_logits(theirs)) < 2e-5
    ours.wear(Adaptation())
    assert np.array_equal(ours.logits(IDS), before)


def scale_mlx_adapter(model, strength):
    """The rule of both engines: the low-rank part times s, the magnitudes s of the way."""
    for layer in adapted_layers(model).values():
        layer.scale *= strength
        if "m" in layer:
            base = layer.linear if "linear" in layer else layer.embedding
            norm = mx.linalg.norm(base.weight, axis=1)
            layer.m = norm + strength * (layer.m - norm)


def test_adapters_stay_loaded_and_switching_reloads_nothing(tiny, tmp_path, monkeypatch):
    one = make_adapter(tiny.folder, tmp_path / "one", "lora")
    two = make_adapter(tiny.folder, tmp_path / "two", "dora", size=0.2)
    backend = TorchBackend(tiny, "cpu")
    seen = {}
    for adaptation in (Adaptation(one), Adaptation(two), Adaptation(one, 0.7)):
        backend.wear(adaptation)
        seen[adaptation] = backend.logits(IDS)
    shutil.rmtree(one)
    shutil.rmtree(two)
    monkeypatch.setattr(model_on_device, "load_torch_model", None)
    for adaptation, logits in reversed(seen.items()):
        backend.wear(adaptation)
        assert np.array_equal(backend.logits(IDS), logits)
    assert len({logits.tobytes() for logits in seen.values()}) == 3


FIRST = "model.layers.0.self_attn.q_proj"
BROKEN = {
    "lacks the tensors": lambda w: w.pop(f"{FIRST}.lora_b"),
    "where nothing is adapted": lambda w: w.update({"model.norm.lora_a": mx.zeros((4, 4))}),
    "has the shape": lambda w: w.update({f"{FIRST}.lora_b": mx.zeros((4, 5))}),
    "not finite numbers": lambda w: w.update({f"{FIRST}.lora_b": mx.full((4, 32), mx.nan)}),
    "changes nothing": lambda w: w.update(
        {n: mx.zeros(t.shape) for n, t in w.items() if n.endswith("lora_b")}
    ),
    "infinite": lambda w: w.update(
        {n: mx.full(t.shape, 1e38) for n, t in w.items() if n.endswith("lora_b")}
    ),
}


@pytest.mark.parametrize("said", BROKEN)
def test_a_broken_adapter_is_refused_and_what_was_worn_is_kept(tiny, tmp_path, said):
    good = make_adapter(tiny.folder, tmp_path / "good")
    bad = make_adapter(tiny.folder, tmp_path / "bad")
    change_tensors(bad / "adapters.safetensors", BROKEN[said])
    backend = TorchBackend(tiny, "cpu")
    backend.wear(Adaptation(good, 0.5))
    before = backend.logits(IDS)
    with pytest.raises(MorrisError, match=said) as caught:
        backend.wear(Adaptation(bad))
    assert str(bad) in str(caught.value)
    assert np.array_equal(backend.logits(IDS), before)


def test_a_dora_adapter_that_learned_nothing_is_refused(tiny, tmp_path):
    """Its magnitudes are the base's as MLX computed them: torch's differ in the last bits."""
    dead = make_adapter(tiny.folder, tmp_path / "dead", "dora", size=0.0)
    with pytest.raises(MorrisError, match="changes nothing"):
        TorchBackend(tiny, "cpu").wear(Adaptation(dead))


def test_wrong_files_are_refused_by_name(tiny, plain, tmp_path):
    with pytest.raises(MorrisError, match="does not fit this model"):
        TorchBackend(tiny, "cpu").wear(Adaptation(SAMPLE))
    with pytest.raises(MissingError, match=r"No adapters\.safetensors in"):
        plain.wear(Adaptation(tmp_path))
    copy = shutil.copytree(SAMPLE, tmp_path / "copy")
    path = copy / "adapters.safetensors"
    path.write_bytes(path.read_bytes()[:-4] + b"abcd")
    with pytest.raises(MorrisError, match=r"adapters\.safetensors is damaged.*adapter_sha256"):
        plain.wear(Adaptation(copy))
    (copy / "run.json").unlink()
    path.write_bytes(path.read_bytes()[:500])
    with pytest.raises(MorrisError, match=r"adapters\.safetensors is damaged"):
        plain.wear(Adaptation(copy))
    with pytest.raises(UsageError, match="strength is 2"):
        plain.wear(Adaptation(SAMPLE, 2.0))
    config = files.read_json(SAMPLE / "adapter_config.json")
    config["lora_parameters"]["keys"] = ["lm_head"]
    shutil.copy(SAMPLE / "adapters.safetensors", path)
    files.write_json(copy / "adapter_config.json", config)
    with pytest.raises(MorrisError, match="has no lm_head to adapt"):
        plain.wear(Adaptation(copy))


# --- the choice of a token


FILTERS = [
    {"top_p": p, "min_p": m, "top_k": k}
    for p in (1.0, 0.95, 0.5, 1e-6)
    for m in (0.0, 0.05, 1.0)
    for k in (0, 1, 7, 199, 200, 10_000)
]


@pytest.mark.parametrize("temp", [1.0, 0.3, 2.5])
def test_the_filters_leave_mlx_lms_probabilities(temp):
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
        ours = filtered(torch.from_numpy(logits), sampling(temp=temp, **chosen))
        got = torch.softmax(ours / temp, -1).numpy()
        assert np.abs(got - expected).max() < 1e-6, chosen
        assert np.array_equal(got > 0, expected > 0), chosen


@pytest.mark.parametrize("length", [1, 5, 20, 60])
def test_the_penalties_are_mlx_lms(length):
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
                ours = penalised(
                    torch.from_numpy(logits.copy()),
                    before,
                    sampling(
                        repetition_penalty=repetition,
                        presence_penalty=presence,
                        frequency_penalty=frequency,
                    ),
                )
                assert np.abs(ours.numpy() - np.array(theirs[0])).max() < 1e-6


def test_draws_are_as_frequent_as_their_probabilities():
    """Chi-square over 20,000 draws of ten possible tokens of twelve; 27.9 is p = 0.001 at 9."""
    logprobs = torch.log_softmax(torch.randn(12, generator=torch.Generator().manual_seed(4)), 0)
    logprobs[[3, 8]] = -torch.inf
    probabilities = torch.softmax(logprobs / 0.7, -1).double().numpy()
    generator = torch.Generator().manual_seed(1)
    uniforms = torch.rand(20_000, generator=generator, dtype=torch.float64).tolist()
    counts = np.bincount([draw(logprobs, 0.7, u) for u in uniforms], minlength=12)
    assert counts[3] == counts[8] == 0
    possible = probabilities > 0
    expected = probabilities[possible] * 20_000
    assert ((counts[possible] - expected) ** 2 / expected).sum() < 27.9
    assert draw(logprobs, 0.7, 0.0) == 0 and draw(logprobs, 0.7, 1.0) == 11


def test_first_tokens_are_as_frequent_as_the_models_probabilities(tiny):
    """The whole way, over 600 seeds: the eight likeliest tokens and the rest; 26.1 is p = 0.001."""
    backend = TorchBackend(tiny, "cpu")
    chosen = {"temp": 0.6, "top_k": 8, "max_tokens": 1}
    p = torch.softmax(
        filtered(torch.from_numpy(backend.logits(IDS)[-1]), sampling(**chosen)) / 0.6, -1
    ).numpy()
    firsts = [
        said[0]
        for start in range(0, 600, 8)
        for said in replies(backend, *(request(seed=s, **chosen) for s in range(start, start + 8)))
    ]
    counts = np.bincount(firsts, minlength=len(p))
    possible = p > 0
    assert possible.sum() == 8 and counts[~possible].sum() == 0
    assert ((counts - 600 * p)[possible] ** 2 / (600 * p[possible])).sum() < 26.1


# --- whole replies


@pytest.mark.parametrize("adapter", [None, SAMPLE])
@pytest.mark.parametrize("text", PROMPTS)
def test_greedy_replies_are_mlx_lms(backend, practice, mlx_practice, mlx_sample, adapter, text):
    tokenizer = load_tokenizer(practice.folder)
    ids = list(tokenizer.render([Message("user", text)], reply=True).ids)
    backend.wear(Adaptation(adapter))
    model = mlx_sample if adapter else mlx_practice
    for penalty in (1.0, 1.15):
        processors = make_logits_processors(repetition_penalty=penalty)
        steps = generate_step(mx.array(ids), model, max_tokens=24, logits_processors=processors)
        theirs = [int(token) for token, _ in steps]
        asked = request(ids, end=frozenset(), max_tokens=24, repetition_penalty=penalty)
        assert replies(backend, asked) == [theirs]


def four():
    """Four requests that differ in everything."""
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
    assert len(alone[2]) == 9 and len({tuple(said) for said in alone}) == 4


def test_a_seed_decides_and_nothing_else_is_touched(plain):
    before = torch.get_rng_state()
    first, second, other = (replies(plain, request(seed=s, temp=1.0))[0] for s in (5, 5, 6))
    assert first == second != other
    assert torch.equal(torch.get_rng_state(), before)


def test_more_than_a_batch_and_what_comes_later_is_answered(plain):
    many = [request(range(5 + n, 15 + n), max_tokens=2) for n in range(10)]
    late = request(IDS, max_tokens=3)
    work = Replies(*many, later=[late])
    plain.generate(work)
    assert [len(work.said[id(r)]) for r in (*many, late)] == [2] * 10 + [3]


def test_an_end_token_is_handed_over_and_ends(plain):
    full = replies(plain, request())[0]
    end = full[4]
    cut = replies(plain, request(end=frozenset({end, 7999})))[0]
    assert cut == full[: full.index(end) + 1]


class Counted:
    """Counts the forward passes of a model."""

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


def test_calling_off_ends_within_a_token(plain, monkeypatch):
    plain._loaded.caches.clear()
    counted = Counted(plain, monkeypatch)
    said = replies(plain, request(max_tokens=200), stop_after=5)[0]
    assert len(said) == 5
    assert counted.passes == 6  # the prompt but its last token, then one for each


def test_a_long_prompt_nobody_waits_for_is_not_read_to_its_end(plain, monkeypatch):
    class Gone(Replies):
        asked = 0

        def wanted(self, request):
            self.asked += 1
            return self.asked < 2

    counted = Counted(plain, monkeypatch)
    work = Gone(long := request(range(5, 5 + 900)))
    plain.generate(work)
    assert counted.widths == [PREFILL_TOKENS] and work.said[id(long)] == []


@pytest.mark.parametrize("penalty", [1.0, 1.3])
def test_the_next_turn_reads_only_what_is_new(plain, monkeypatch, penalty):
    """And says what it would have said without a cache: penalties look back just as far."""
    plain._loaded.caches.clear()
    options = {"repetition_penalty": penalty, "frequency_penalty": 0.2}
    reply = replies(plain, request(**options))[0]
    turn = request((*IDS, *reply, 300, 301, 302), **options)
    with monkeypatch.context() as patch:
        counted = Counted(plain, patch)
        cached = replies(plain, turn)[0]
    assert counted.widths[:2] == [3, 1]  # the reply's last token was never read
    plain._loaded.caches.clear()
    assert cached == replies(plain, turn)[0]
    other = replies(plain, request((*IDS[:30], *range(500, 510)), **options))
    plain._loaded.caches.clear()
    assert other == replies(plain, request((*IDS[:30], *range(500, 510)), **options))


def test_a_cache_belongs_to_what_was_worn(backend):
    backend.wear(Adaptation())
    replies(backend, request())
    backend.wear(Adaptation(SAMPLE))
    with_cache = replies(backend, request())
    backend._loaded.caches.clear()
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
    """transformers' own call, without anything of ours."""
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
def test_beam_search_is_transformers_own(plain, early, length_penalty, end):
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


def test_beam_search_ends_when_nobody_waits_with_the_best_so_far(plain):
    steps = iter([True] * 4)
    asked = replace(request(max_tokens=100, end=frozenset()), beams=Beams(3, 2))
    found = plain.search(asked, lambda: next(steps, False))
    assert [len(h.ids) for h in found] == [5, 5]
    assert found[0].score >= found[1].score


def test_beam_search_takes_the_penalties(plain):
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


def test_beyond_the_window_only_a_sliding_model_goes(plain, tmp_path):
    with pytest.raises(UsageError, match="ends at its window of 1024 tokens"):
        replies(plain, replace(request(max_tokens=1000), rotate=True))
    folder = make_tiny_model(tmp_path / "sliding", sliding_window=16)
    sliding = TorchBackend(find_model(str(folder)), "cpu")
    assert sliding.window == 16
    asked = replace(request(IDS[:10], max_tokens=30, end=frozenset()), rotate=True)
    assert len(replies(sliding, asked)[0]) == 30
    assert replies(sliding, asked) == replies(sliding, asked), "no cache that lost its beginning"


def fail_once(backend, monkeypatch, at, error):
    """The model's forward pass number `at` fails, once."""
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
def test_when_a_gpu_fails_it_is_told_and_the_cpu_goes_on_from_there(
    practice, monkeypatch, error, at
):
    told = []
    backend = TorchBackend(practice, "cpu", told.append)
    backend.wear(Adaptation(SAMPLE, 0.5))
    expected = replies(backend, *four())
    backend._loaded.caches.clear()
    backend._loaded.device = backend.device = "mps"  # as it would be on a Mac
    fail_once(backend, monkeypatch, at, error)
    assert replies(backend, *four()) == expected
    assert len(told) == 1 and str(error) in told[0] and "failed on mps" in told[0]
    assert (backend.device, backend.precision) == ("cpu", "float32")


def test_a_model_that_does_not_fit_the_gpu_is_loaded_for_the_cpu(tiny, monkeypatch):
    told, load = [], load_torch_model

    def loading(folder, device, precision):
        if device.type == "mps":
            assert precision == torch.float16
            raise torch.OutOfMemoryError("MPS backend out of memory (too much)\nmore")
        return load(folder, device, precision)

    monkeypatch.setattr(model_on_device, "choose_device", lambda _: torch.device("mps"))
    monkeypatch.setattr(model_on_device, "load_torch_model", loading)
    backend = TorchBackend(tiny, None, told.append)
    assert told == [
        "torch failed on mps: MPS backend out of memory (too much). It goes on on the CPU in "
        "float32, which is slower."
    ]
    assert (backend.device, backend.precision) == ("cpu", "float32")
    assert len(replies(backend, request(max_tokens=3))[0]) == 3


@pytest.mark.parametrize(
    "error", [MemoryError(), RuntimeError("DefaultCPUAllocator: can't allocate memory: 9 bytes")]
)
def test_the_cpus_memory_is_told_in_words_and_its_bugs_are_not(tiny, monkeypatch, error):
    told = []
    backend = TorchBackend(tiny, "cpu", told.append)
    with monkeypatch.context() as patch:
        fail_once(backend, patch, 1, error)
        with pytest.raises(OutOfMemoryError, match="Close other programs"):
            replies(backend, request())
    with monkeypatch.context() as patch:
        fail_once(backend, patch, 1, RuntimeError("a bug"))
        with pytest.raises(RuntimeError, match="a bug"):
            backend.logits(IDS)
    assert told == []


def test_an_error_of_the_one_who_asked_is_theirs(tiny):
    class Broken(Replies):
        def take(self, request, token):
            raise RuntimeError("theirs")

    told = []
    backend = TorchBackend(tiny, "cpu", told.append)
    backend._loaded.device = "mps"
    with pytest.raises(RuntimeError, match="theirs"):
        backend.generate(Broken(request()))
    assert told == [] and backend._loaded.device == "mps"


@pytest.mark.parametrize("precision", [torch.float16, torch.bfloat16])
@pytest.mark.parametrize("kind", ["lora", "dora"])
def test_a_gpus_precision_computes_nearly_the_same(tmp_path, monkeypatch, precision, kind):
    base = make_tiny_model(tmp_path / "base")
    keys = ["self_attn.q_proj", "mlp.up_proj", "model.embed_tokens"]
    adapter = make_adapter(base, tmp_path / "a", kind, keys=keys)
    exact = TorchBackend(find_model(str(base)), "cpu")
    monkeypatch.setattr(model_on_device, "precision_on", lambda _: precision)
    half = TorchBackend(find_model(str(base)), "cpu")
    assert half.precision == str(precision).removeprefix("torch.")
    for one in (exact, half):
        one.wear(Adaptation(adapter, 0.8))
    apart = difference(half.logits(IDS), exact.logits(IDS))
    assert 0 < apart < 0.03 and half.logits(IDS).dtype == np.float32
    assert [len(said) for said in replies(half, *four())] == [20, 20, 9, 20]
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


def test_a_device_that_is_not_there_is_named(tiny):
    for name in ("mps", "cuda"):
        if not getattr(torch, name).is_available():
            with pytest.raises(MissingError, match=f"torch finds no {name} on this machine"):
                TorchBackend(tiny, name)


def test_without_torch_the_extra_is_named(tiny, monkeypatch):
    monkeypatch.setitem(sys.modules, "torch", None)
    with pytest.raises(MissingError, match=r"pip install 'morris-mlx\[torch\]'"):
        load_torch_backend(tiny, None, print)


def test_the_door_opens_and_closes(tiny):
    backend = load_torch_backend(tiny, "cpu", print)
    replies(backend, request())
    now, peak = backend.memory_gb()
    assert 0 < now < peak < 100
    backend.close()
