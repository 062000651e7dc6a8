"""Attention for generation on a CPU: the results of mlx-lm, faster."""

import mlx.core as mx
import mlx_lm.models.llama as llama
import pytest
from mlx_lm.models.base import scaled_dot_product_attention
from mlx_lm.models.cache import KVCache, QuantizedKVCache

from morris_mlx.generate.mlx_backend import attention
from morris_mlx.generate.mlx_backend.attention import attend, quick_attention
from morris_mlx.models.find import find_model
from morris_mlx.models.load import load_mlx_model


@pytest.fixture(autouse=True)
def on_the_cpu():
    before = mx.default_device()
    mx.set_default_device(mx.Device(mx.cpu))
    yield
    mx.set_default_device(before)


class CalledError(Exception):
    """An error that shows that mlx-lm's function was called."""


def never(*_, **__):
    raise CalledError


def state(queries, keys, batch=2, heads=4, groups=2, width=8):
    mx.random.seed(queries + keys)
    q = mx.random.normal((batch, heads, queries, width)) * 3
    return q, *(mx.random.normal((batch, groups, keys, width)) for _ in range(2))


def some_keys(queries, keys):
    """Return the mask of a batch with padding: the second row counts from its fourth key on."""
    causal = mx.arange(keys)[None] <= mx.arange(keys - queries, keys)[:, None]
    begins = mx.array([0, 3])[:, None, None]
    return ((mx.arange(keys) >= begins) & causal)[:, None]


@pytest.mark.parametrize("tile", [2**21, 600])
@pytest.mark.parametrize("kind", ["causal", "none", "rows", "one for all"])
@pytest.mark.parametrize(("queries", "keys"), [(1, 90), (22, 90), (90, 90)])
def test_it_gives_the_results_of_mlx_lm(monkeypatch, queries, keys, kind, tile):
    monkeypatch.setattr(attention, "FEWEST_SCORES", 0)
    monkeypatch.setattr(attention, "CPU_TILE", tile)
    q, k, v = state(queries, keys)
    rows = some_keys(queries, keys)
    mask = {"causal": "causal", "none": None, "rows": rows, "one for all": rows[1, 0]}[kind]
    theirs = scaled_dot_product_attention(q, k, v, cache=None, scale=0.3, mask=mask)
    ours = attend(never, q, k, v, None, scale=0.3, mask=mask)
    assert ours.shape == theirs.shape
    assert mx.abs(ours - theirs).max().item() < 2e-6


def test_small_and_rare_cases_are_left_to_mlx_lm():
    q, k, v = state(22, 900)
    assert attend(never, q, k, v, KVCache(), scale=1.0, mask="causal").shape == q.shape
    added = mx.zeros((22, 900))
    for change in (
        {"queries": q[:, :, :1, :], "keys": k[:, :, :9], "values": v[:, :, :9]},
        {"cache": QuantizedKVCache()},
        {"sinks": mx.zeros(4)},
        {"mask": added},
        {"queries": q.astype(mx.bfloat16)},
    ):
        given = {"queries": q, "keys": k, "values": v, "cache": None, "scale": 1.0, "mask": None}
        with pytest.raises(CalledError):
            attend(never, **(given | change))


def test_the_function_of_mlx_lm_is_restored_also_after_an_error():
    model = load_mlx_model(find_model("practice").folder)
    before = llama.scaled_dot_product_attention
    with pytest.raises(CalledError), quick_attention(model):
        assert llama.scaled_dot_product_attention is not before
        raise CalledError
    assert llama.scaled_dot_product_attention is before


def test_a_whole_model_gives_the_same_logits_with_it():
    model = load_mlx_model(find_model("practice").folder)
    ids = mx.random.randint(0, model.args.vocab_size, (1, 300), key=mx.random.key(1))
    theirs = model(ids)
    with quick_attention(model):
        ours = model(ids)
        mx.eval(ours)
    assert 0 < mx.abs(ours - theirs).max().item() < 2e-5 * mx.abs(theirs).max().item()
