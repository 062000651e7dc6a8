"""Packed rows in lanes: the loss and gradients of padded batches, and batches without padding."""

from dataclasses import replace

import mlx.core as mx
import mlx.nn as nn
import numpy as np
import pytest
from mlx.utils import tree_flatten
from mlx_lm.utils import dequantize_model
from support.workspace import make_tiny_model

from morris_mlx.models.load import load_mlx_model
from morris_mlx.records.training import RECOMPUTE, TrainSettings
from morris_mlx.train import packed_attention
from morris_mlx.train.batch_sampler import BatchSampler, build_batch
from morris_mlx.train.byte_linear import ByteLinear, keep_blocks_as_bytes
from morris_mlx.train.dataset import TokenRow
from morris_mlx.train.dropout import Dropout
from morris_mlx.train.lanes import lane_count, lane_streams, one_thread_each
from morris_mlx.train.loop import training_steps, validate
from morris_mlx.train.lora import adapter_config, add_adapter
from morris_mlx.train.loss import summed_loss
from morris_mlx.train.optimizer import build_optimizer
from morris_mlx.train.packed import keep_bytes, packed_lanes, packed_loss
from morris_mlx.train.packed_batch import pack

SETTINGS = TrainSettings(
    epochs=1,
    rank=4,
    alpha=8.0,
    dropout=0.0,
    learning_rate=1e-2,
    batch_size=4,
    accumulate=1,
    packing="auto",
)
TARGETS = ["all", "all+head", "attention"]
LENGTHS = (9, 40, 165, 33)  # the third one is in two blocks, and in two lanes


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return make_tiny_model(tmp_path_factory.mktemp("packed") / "m")


def adapted_model(folder, **changes):
    """Return a model whose adapter is not zero, so that no gradient is."""
    model = load_mlx_model(folder)
    add_adapter(model, adapter_config(model, replace(SETTINGS, **changes)))
    mx.random.seed(3)
    for _, module in model.named_modules():
        if "lora_b" in module:
            module.lora_b = mx.random.normal(module.lora_b.shape) * 0.1
    return model


def rows(lengths=LENGTHS):
    rng = np.random.default_rng(0)
    return [
        TokenRow(tuple(rng.integers(3, 8000, n).tolist()), tuple(i > n // 3 for i in range(n)))
        for n in lengths
    ]


def assert_equal_gradients(ours, theirs):
    ours, theirs = dict(tree_flatten(ours)), dict(tree_flatten(theirs))
    assert ours.keys() == theirs.keys()
    for name, gradient in theirs.items():
        scale = mx.abs(gradient).max().item()
        assert mx.abs(ours[name] - gradient).max().item() < 1e-5 * scale + 1e-7, name


@pytest.mark.parametrize("recompute", RECOMPUTE)
@pytest.mark.parametrize("targets", TARGETS)
def test_loss_and_every_gradient_are_those_of_the_padded_batch(folder, targets, recompute):
    model = adapted_model(folder, targets=targets)
    padded = build_batch(rows())
    expected, theirs = nn.value_and_grad(model, lambda m: summed_loss(m, *padded.arrays))(model)
    for lanes in (1, 2, 3):
        batch = pack(rows(), lanes)
        assert len(batch.lanes) == lanes
        loss, ours = nn.value_and_grad(
            model, lambda m, arrays=batch.arrays: packed_loss(m, *arrays, recompute)
        )(model)
        assert loss.item() == pytest.approx(expected.item(), rel=1e-5)
        assert_equal_gradients(ours, theirs)


def test_the_fused_kernel_gives_the_same_loss_and_gradients(folder, monkeypatch):
    model = adapted_model(folder)
    batch = pack(rows(), 2)
    loss = nn.value_and_grad(model, lambda m: packed_loss(m, *batch.arrays))
    expected, theirs = loss(model)
    mx.eval(expected, theirs)
    monkeypatch.setattr(packed_attention, "uses_fused_kernel", lambda _: True)
    monkeypatch.setattr(packed_attention, "_scores", None)
    value, ours = loss(model)
    assert value.item() == pytest.approx(expected.item(), rel=1e-6)
    assert_equal_gradients(ours, theirs)


@pytest.mark.parametrize("lanes", [1, 2, 3])
def test_the_tokens_that_all_rows_begin_with_are_computed_once(folder, lanes):
    model = adapted_model(folder)
    prompt = tuple(range(100, 140))
    many = [
        TokenRow(prompt + row.ids, (False,) * len(prompt) + row.mask) for row in rows((9, 40, 35))
    ]
    padded = build_batch(many)
    expected, theirs = nn.value_and_grad(model, lambda m: summed_loss(m, *padded.arrays))(model)
    batch = pack(many, lanes)
    assert batch.shared == len(prompt)
    assert batch.shape == (3, len(prompt) + 9 + 40 + 35 - 3, batch.supervised)
    for recompute in RECOMPUTE:
        loss, ours = nn.value_and_grad(
            model, lambda m, stage=recompute: packed_loss(m, *batch.arrays, stage)
        )(model)
        assert loss.item() == pytest.approx(expected.item(), rel=1e-5)
        assert_equal_gradients(ours, theirs)


def test_supervised_tokens_few_tokens_and_whole_rows_are_not_shared():
    ids = tuple(range(100, 140))
    half = (False,) * 20 + (True,) * 20
    same = [TokenRow(ids, half), TokenRow(ids, half)]
    assert pack(same, 1).shared == 19  # after which the first supervised token is predicted
    assert pack(same[:1], 1).shared == 0
    learned = [replace(row, mask=(True,) * 40) for row in same]
    assert pack(learned, 1).shared == 0
    other = TokenRow((*ids[:6], *ids[7:], 5), half)
    assert pack([same[0], other], 1).shared == 0
    unlearned = [TokenRow(ids[:20], (False,) * 20), TokenRow(ids[:20], (False,) * 20)]
    assert pack(unlearned, 1).shared == 18
    assert all(length > 0 for lane in pack(unlearned, 1).layout for _, length in lane)


def test_rows_without_supervised_tokens_and_rows_of_one_token_add_nothing(folder):
    model = adapted_model(folder)
    nothing = TokenRow(tuple(range(100, 140)), (False,) * 40)
    loss, gradients = nn.value_and_grad(
        model, lambda m: packed_loss(m, *pack([nothing, nothing], 2).arrays)
    )(model)
    assert loss.item() == 0
    assert all(mx.abs(gradient).max().item() == 0 for _, gradient in tree_flatten(gradients))
    alone = packed_loss(model, *pack(rows((40,)), 1).arrays).item()
    more = [*rows((40,)), TokenRow((5,), (True,)), nothing]
    assert packed_loss(model, *pack(more, 2).arrays).item() == pytest.approx(alone, rel=1e-5)


@pytest.mark.parametrize("recompute", RECOMPUTE)
def test_a_lane_without_supervised_tokens_has_the_gradients_of_its_keys_and_values(
    folder, recompute
):
    model = adapted_model(folder)
    long = TokenRow(tuple(range(100, 240)), (False,) * 120 + (True,) * 20)
    batch = pack([long], 2)
    assert [len(targets) for _, _, targets in batch.lanes] == [0, 20]
    padded = build_batch([long])
    expected, theirs = nn.value_and_grad(model, lambda m: summed_loss(m, *padded.arrays))(model)
    loss, ours = nn.value_and_grad(model, lambda m: packed_loss(m, *batch.arrays, recompute))(model)
    assert loss.item() == pytest.approx(expected.item(), rel=1e-5)
    assert_equal_gradients(ours, theirs)


def has_whole_groups(_, module):
    return hasattr(module, "to_quantized") and module.weight.shape[-1] % 32 == 0


def test_weights_that_are_kept_as_bytes_give_the_same_loss_and_gradients(folder):
    losses = []
    for in_bytes in (False, True):
        model = load_mlx_model(folder)
        nn.quantize(model, 32, 4, class_predicate=has_whole_groups)
        if in_bytes:
            keep_blocks_as_bytes(model)
        dequantize_model(model)
        add_adapter(model, adapter_config(model, SETTINGS))
        mx.random.seed(3)
        for _, module in model.named_modules():
            if "lora_b" in module:
                module.lora_a = mx.random.normal(module.lora_a.shape) * 0.1
                module.lora_b = mx.random.normal(module.lora_b.shape) * 0.1
        batch = pack(rows(), 2)
        for stage in ("attention", "full"):
            losses.append(
                nn.value_and_grad(
                    model, lambda m, stage=stage, batch=batch: packed_loss(m, *batch.arrays, stage)
                )(model)
            )
    linear = model.layers[0].self_attn.q_proj.linear
    assert isinstance(linear, ByteLinear) and linear.weight.dtype == mx.uint8
    for loss, gradients in losses[1:]:
        assert loss.item() == pytest.approx(losses[0][0].item(), rel=1e-5)
        assert_equal_gradients(gradients, losses[0][1])


def test_weights_are_kept_as_bytes_only_where_memory_is_saved(folder):
    saving = replace(SETTINGS, recompute="attention")
    for settings, kept in (
        (saving, True),
        (replace(SETTINGS, recompute="none"), False),
        (replace(saving, packing="never"), False),
    ):
        model = load_mlx_model(folder)
        nn.quantize(model, 32, 4, class_predicate=has_whole_groups)
        keep_bytes(model, settings)
        assert isinstance(model.layers[0].self_attn.q_proj, ByteLinear) is kept


def test_dora_has_padded_batches(folder):
    settings = replace(SETTINGS, fine_tune_type="dora", packing="always")
    assert packed_lanes(adapted_model(folder, fine_tune_type="dora"), settings) == 0


def test_a_row_attends_to_its_own_tokens_only(folder):
    model = adapted_model(folder)
    alone = sum(packed_loss(model, *pack([row], 1).arrays).item() for row in rows())
    assert packed_loss(model, *pack(rows(), 2).arrays).item() == pytest.approx(alone, rel=1e-5)


@pytest.mark.parametrize("recompute", ["attention", "full"])
def test_recomputation_drops_the_same_values_again(folder, recompute):
    model = adapted_model(folder)
    batch = pack(rows(), 2)

    def gradients(stage):
        dropout = Dropout(0.3, mx.random.key(5))
        return nn.value_and_grad(model, lambda m: packed_loss(m, *batch.arrays, stage, dropout))(
            model
        )[1]

    assert_equal_gradients(gradients(recompute), gradients("none"))


def test_training_packed_rows_gives_the_adapter_of_padded_ones(folder):
    many = rows((20, 41, 35, 60, 25, 50, 44))
    adapters = []
    for lanes in (0, 2):
        model = adapted_model(folder)
        settings = replace(SETTINGS, accumulate=1, epochs=2)
        sampler = BatchSampler(many, settings, lanes)
        reports = list(training_steps(model, build_optimizer(settings), sampler, settings))
        held_out = validate(model, many, 2, lanes=lanes)
        adapters.append((held_out, reports[-1].loss, reports[-1].tokens))
    assert adapters[0] == pytest.approx(adapters[1], rel=1e-3)


def test_a_packed_batch_has_every_token_once_and_lanes_of_equal_work():
    for lanes in (1, 2, 4):
        batch = pack(rows((300, 20, 150, 90)), lanes)
        tokens = [sum(length for _, length in lane) for lane in batch.layout]
        assert sum(tokens) == 300 + 20 + 150 + 90 - 4 and len(tokens) == lanes
        assert max(tokens) < 1.5 * min(tokens)
        assert [len(ids) for ids, _, _ in batch.lanes] == tokens
        starts = [start for lane in batch.layout for start, _ in lane]
        assert starts.count(0) == 4
        assert batch.supervised == sum(row.supervised for row in rows((300, 20, 150, 90)))


def test_a_lane_ends_with_a_row_if_that_is_nearly_as_equal():
    batch = pack(rows((100, 100)), 2)
    assert batch.layout == (((0, 99),), ((0, 99),))


def test_few_tokens_are_in_fewer_lanes():
    assert [len(pack(rows((n,)), 8).lanes) for n in (5, 40, 100)] == [1, 1, 3]


def test_packed_micro_batches_hold_rows_of_any_length_and_no_padding():
    many = rows((20, 200, 30, 90, 100, 25, 60, 70))
    sampler = BatchSampler(many, replace(SETTINGS, accumulate=1), 2)
    steps = list(sampler.micro_batches())
    assert [[len(batch) for batch in step] for step in steps] == [[4], [4]]
    places = [sampler.build(batch).shape[1] for step in steps for batch in step]
    assert sum(places) == sum(len(row.ids) - 1 for row in many)


def test_packing_can_be_turned_off_and_is_for_llamas_shape_only(folder, monkeypatch):
    model = adapted_model(folder)
    assert packed_lanes(model, SETTINGS) == lane_count()
    assert packed_lanes(model, replace(SETTINGS, packing="never")) == 0
    monkeypatch.setattr("morris_mlx.train.packed.is_llama_shaped", lambda _: False)
    assert packed_lanes(model, replace(SETTINGS, packing="always")) == 0


def test_each_lane_has_a_stream_and_one_thread_of_the_blas(monkeypatch):
    first, *others = lane_streams(3)
    assert first == mx.default_stream(mx.default_device()) and len({*map(str, others)}) == 2
    assert lane_streams(3)[1:] == others
    counts = []
    monkeypatch.setattr("morris_mlx.train.lanes.blas_threads", lambda: 4)
    monkeypatch.setattr("morris_mlx.train.lanes.set_blas_threads", counts.append)
    with one_thread_each(1):
        assert counts == []
    with one_thread_each(2):
        assert counts == [1]
    assert counts == [1, 4]


def test_no_mask_hides_an_earlier_key():
    for keys, queries in ((5, 5), (9, 4), (300, 128)):
        mask = np.array(packed_attention._mask(queries, keys))
        seen = [keys - queries + 1 + i for i in range(queries)]
        assert (mask == 0).sum(axis=1).tolist() == seen
