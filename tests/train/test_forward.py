"""Forward pass for training: mlx-lm's results in every stage of recomputation."""

from dataclasses import replace

import mlx.core as mx
import mlx.nn as nn
import numpy as np
import pytest
from mlx.utils import tree_flatten
from support.workspace import make_tiny_model

from morris_mlx.models.load import load_mlx_model
from morris_mlx.records.training import RECOMPUTE, TrainSettings
from morris_mlx.train import attention
from morris_mlx.train.batch_sampler import build_batch
from morris_mlx.train.dataset import TokenRow
from morris_mlx.train.dropout import Dropout
from morris_mlx.train.forward import head, hidden_states
from morris_mlx.train.lora import adapter_config, add_adapter
from morris_mlx.train.loss import summed_loss

SETTINGS = TrainSettings(
    epochs=1,
    rank=4,
    alpha=8.0,
    dropout=0.0,
    learning_rate=1e-3,
    batch_size=4,
    accumulate=1,
)
KINDS = [("lora", "all"), ("lora", "all+head"), ("lora", "attention"), ("dora", "all")]


def adapted_model(folder, quantized=False, **changes):
    """Return a model whose adapter is not zero, so that no gradient is."""
    model = load_mlx_model(folder)
    if quantized:
        nn.quantize(model, group_size=32, bits=4)
    add_adapter(model, adapter_config(model, replace(SETTINGS, **changes)))
    mx.random.seed(3)
    for _, module in model.named_modules():
        if "lora_b" in module:
            module.lora_b = mx.random.normal(module.lora_b.shape) * 0.1
    return model


def rows():
    rng = np.random.default_rng(0)
    lengths = (9, 40, 65, 33)
    return [
        TokenRow(tuple(rng.integers(3, 8000, n).tolist()), tuple(i > n // 3 for i in range(n)))
        for n in lengths
    ]


def plain_loss(model):
    """Return the loss by the textbook formula, through mlx-lm's own forward pass."""
    total = mx.array(0.0)
    for row in rows():
        ids = mx.array([row.ids])
        losses = nn.losses.cross_entropy(model(ids[:, :-1]), ids[:, 1:], reduction="none")
        total = total + (losses * mx.array([row.mask[1:]])).sum()
    return total


@pytest.mark.parametrize("recompute", RECOMPUTE)
@pytest.mark.parametrize(("kind", "targets"), KINDS)
@pytest.mark.parametrize("quantized", [False, True], ids=["float", "4-bit"])
def test_loss_and_every_gradient_are_those_of_mlx_lms_forward_pass(
    tmp_path, kind, targets, recompute, quantized
):
    folder = make_tiny_model(tmp_path / "m", intermediate_size=64)  # 4-bit groups have 32
    model = adapted_model(folder, quantized, fine_tune_type=kind, targets=targets)
    batch = build_batch(rows())
    loss, gradients = nn.value_and_grad(
        model, lambda m: summed_loss(m, *batch.arrays, recompute=recompute)
    )(model)
    expected, theirs = nn.value_and_grad(model, plain_loss)(model)
    assert loss.item() == pytest.approx(expected.item(), rel=1e-5)
    ours, theirs = dict(tree_flatten(gradients)), dict(tree_flatten(theirs))
    assert ours.keys() == theirs.keys() and len(ours) > 10
    for name, gradient in theirs.items():
        scale = mx.abs(gradient).max().item()
        assert mx.abs(ours[name] - gradient).max().item() < 1e-4 * scale + 1e-6, name


@pytest.mark.parametrize("recompute", RECOMPUTE)
def test_fused_attention_gives_the_loss_and_gradients_of_the_blockwise_one(
    tmp_path, monkeypatch, recompute
):
    """The rows have different lengths, so the batch has padding."""
    model = adapted_model(make_tiny_model(tmp_path / "m"))
    batch = build_batch(rows())
    loss = nn.value_and_grad(model, lambda m: summed_loss(m, *batch.arrays, recompute=recompute))
    expected, blockwise = loss(model)
    with monkeypatch.context() as patched:
        patched.setattr(attention, "uses_fused_kernel", lambda _: True)
        patched.setattr(attention, "blockwise_attention", None)
        value, fused = loss(model)
    assert value.item() == pytest.approx(expected.item(), rel=1e-6)
    fused = dict(tree_flatten(fused))
    for name, gradient in tree_flatten(blockwise):
        scale = mx.abs(gradient).max().item()
        assert mx.abs(fused[name] - gradient).max().item() < 1e-5 * scale + 1e-7, name


def test_an_untied_head_is_trained_too(tmp_path):
    folder = make_tiny_model(tmp_path / "m", tie_word_embeddings=False)
    model = adapted_model(folder, targets="all+head")
    batch = build_batch(rows())
    _, ours = nn.value_and_grad(model, lambda m: summed_loss(m, *batch.arrays))(model)
    _, theirs = nn.value_and_grad(model, plain_loss)(model)
    ours, theirs = dict(tree_flatten(ours)), dict(tree_flatten(theirs))
    assert mx.abs(theirs["lm_head.lora_a"]).max().item() > 0
    for name in ("lm_head.lora_a", "lm_head.lora_b"):
        assert mx.allclose(ours[name], theirs[name], rtol=1e-3, atol=1e-4), name


@pytest.mark.parametrize("targets", ["all", "all+head"])
def test_recomputation_drops_the_same_values_again(tiny_folder, targets):
    """mlx-lm's checkpointing draws a new mask in the backward pass: wrong gradients."""
    model = adapted_model(tiny_folder, targets=targets)
    batch, key = build_batch(rows()), mx.random.key(5)

    def gradients(recompute):
        loss = nn.value_and_grad(
            model, lambda m: summed_loss(m, *batch.arrays, recompute, Dropout(0.5, key))
        )
        return dict(tree_flatten(loss(model)[1]))

    kept = gradients("none")
    for recompute in ("attention", "full"):
        for name, gradient in gradients(recompute).items():
            assert mx.allclose(gradient, kept[name], rtol=1e-3, atol=1e-4), name


def test_mlx_lms_checkpointing_with_dropout_gives_wrong_gradients_where_ours_does_not():
    """Random numbers inside mx.checkpoint are drawn twice: the reason for explicit keys."""

    def draws(x):
        return (x * mx.random.bernoulli(0.5, x.shape)).sum()

    x = mx.ones(1000)
    mx.random.seed(0)
    value, gradient = mx.value_and_grad(mx.checkpoint(draws))(x)
    assert abs(gradient.sum().item() - value.item()) > 1, "no longer so: simplify Dropout"


def test_dropout_keeps_the_mean_and_is_off_without_a_key():
    x = mx.ones((200, 200))
    dropped = Dropout(0.25, mx.random.key(1))(x)
    assert dropped.mean().item() == pytest.approx(1.0, abs=0.02)
    assert (dropped == 0).mean().item() == pytest.approx(0.25, abs=0.02)
    assert Dropout(0.25, None)(x) is x and Dropout(0.0, mx.random.key(1))(x) is x
    first, second = Dropout(0.5, mx.random.key(1)).split(2)
    assert not mx.array_equal(first(x), second(x))


def test_hidden_states_and_logits_are_those_of_mlx_lm(practice):
    model = load_mlx_model(practice.folder)
    ids = mx.random.randint(3, 8000, (2, 300))
    states = hidden_states(model, ids, "attention")
    assert mx.abs(states - model.model(ids)).max().item() < 1e-4
    logits, arrays = head(model)
    assert arrays == []
    assert mx.abs(logits(states) - model(ids)).max().item() < 1e-3
