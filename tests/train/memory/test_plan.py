"""Memory plans: formulas compared with real arrays, and the settings changed to fit."""

import multiprocessing
from concurrent.futures import ProcessPoolExecutor
from dataclasses import replace

import mlx.nn as nn
import numpy as np
import pytest
from mlx.utils import tree_flatten
from support.peaks import peak_bytes
from support.workspace import TINY, make_tiny_model

from morris_mlx.device import prepare_engine, start_many_operations
from morris_mlx.errors import MorrisError, UsageError
from morris_mlx.models.config import parse_config, read_config
from morris_mlx.models.load import load_mlx_model
from morris_mlx.models.shape import trainable_parameters
from morris_mlx.records.corpus import RowLength
from morris_mlx.records.training import RECOMPUTE
from morris_mlx.train import (
    Machine,
    Workload,
    correct_plan,
    estimate_plan,
    mac,
    machine_from_engine,
    memory_gb_from_text,
    memory_limits,
    plan_training,
    reduce_memory,
    shape_from_config,
    this_machine,
    zephyr_shape,
)
from morris_mlx.train.batch_sampler import BatchSampler
from morris_mlx.train.dataset import TokenRow
from morris_mlx.train.lora import adapter_config, add_adapter
from morris_mlx.train.memory.estimate import CPU, BatchShape, training_parts
from morris_mlx.train.memory.plan import batch_shapes
from morris_mlx.train.recipes import ARTICLES_RECIPE, CHATS_RECIPE

HERE = Machine(memory_gb=1000.0, usable_gb=1000.0, gpu=False)
SETTINGS = replace(ARTICLES_RECIPE, epochs=1, rank=4, dropout=0.0, accumulate=1)
SIZES = {
    "hidden_size": 128,
    "intermediate_size": 384,
    "num_hidden_layers": 4,
    "num_attention_heads": 4,
    "num_key_value_heads": 2,
    "head_dim": 32,
    "max_position_embeddings": 2048,
}


def nbytes(model):
    return sum(array.nbytes for _, array in tree_flatten(model.parameters()))


@pytest.mark.parametrize("packing", [None, {"bits": 4}, {"bits": 8}, {"bits": 4, "mode": "mxfp4"}])
@pytest.mark.parametrize("tied", [True, False])
def test_the_bytes_of_weights_are_those_of_the_loaded_arrays(tmp_path, packing, tied):
    folder = make_tiny_model(
        tmp_path / "model",
        tie_word_embeddings=tied,
        hidden_size=64,
        intermediate_size=96,
        head_dim=32,
    )
    values, model = dict(read_config(folder).values), load_mlx_model(folder)
    if packing:
        values["quantization"] = {"group_size": 32, **packing}
        nn.quantize(model, **values["quantization"])
    assert shape_from_config(parse_config(values), "tiny").weight_bytes(4) == nbytes(model)


def test_a_quantized_model_that_a_cpu_unpacks_is_planned_as_float32():
    packed = shape_from_config(
        parse_config(TINY | {"vocab_size": 50, "quantization": {"bits": 4}}), "tiny"
    )
    cpu = replace(HERE, memory_gb=16.0, gpu=False)
    whole = replace(SETTINGS, recompute="none", packing="auto")
    planned = estimate_plan(Workload(packed, 64, cpu), whole)
    assert planned.bits == 4
    assert planned.weights_gb * 1e9 == pytest.approx(
        4 * (packed.matrix_weights + packed.norm_weights)
    )
    saving = estimate_plan(Workload(packed, 64, cpu), replace(whole, recompute="attention"))
    saved = packed.layers * packed.block_weights * (4 - 1 - 8 / packed.group_size)
    assert (planned.weights_gb - saving.weights_gb) * 1e9 == pytest.approx(saved)
    odd = replace(packed, bits=6)
    assert not cpu.loaded(odd, saving.settings).blocks_in_bytes
    assert cpu.flops(cpu.loaded(packed)) > cpu.flops(packed)
    large = zephyr_shape(4)
    assert cpu.loaded(large) == large
    assert mac(16.0).loaded(packed) == packed


def test_fewer_bits_are_not_proposed_for_a_model_that_is_unpacked():
    cpu = replace(HERE, memory_gb=16.0, usable_gb=0.0, gpu=False)
    plan = plan_training(Workload(zephyr_shape(16), 512, cpu), SETTINGS, propose=True)
    assert any("bits: 4" in text for text in plan.proposals)
    small = shape_from_config(parse_config(TINY | {"vocab_size": 50}), "tiny")
    plan = plan_training(Workload(small, 2048, cpu), SETTINGS, propose=True)
    assert plan.proposals and not any("bits" in text for text in plan.proposals)


def test_layers_in_several_precisions_are_counted_each(tmp_path):
    folder = make_tiny_model(
        tmp_path / "model", hidden_size=64, intermediate_size=96, head_dim=32, num_hidden_layers=2
    )
    values, model = dict(read_config(folder).values), load_mlx_model(folder)
    first = "model.layers.0.mlp.up_proj"
    own = {"model.embed_tokens": {"group_size": 32, "bits": 8, "mode": "affine"}, first: False}
    common = {"group_size": 32, "bits": 4, "mode": "affine"}
    nn.quantize(
        model,
        **common,
        class_predicate=lambda path, module: own.get(
            path, common if hasattr(module, "to_quantized") else False
        ),
    )
    values["quantization"] = common | own
    shape = shape_from_config(parse_config(values), "tiny")
    assert shape.weight_bytes(4) == nbytes(model)
    assert shape.with_bits(4).uneven == () and HERE.loaded(shape).uneven == ()


@pytest.mark.parametrize("targets", ["attention", "all", "all+head"])
@pytest.mark.parametrize("layers", [0, 1])
def test_the_counted_trainable_parameters_are_those_of_the_adapter(tiny, targets, layers):
    settings = replace(SETTINGS, targets=targets, layers=layers)
    model = load_mlx_model(tiny.folder)
    made = add_adapter(model, adapter_config(model, settings))
    assert (
        trainable_parameters(shape_from_config(read_config(tiny.folder), "tiny"), settings) == made
    )


def test_the_magnitudes_of_dora_are_counted_too(tiny):
    settings = replace(SETTINGS, fine_tune_type="dora")
    model = load_mlx_model(tiny.folder)
    made = add_adapter(model, adapter_config(model, settings))
    assert (
        trainable_parameters(shape_from_config(read_config(tiny.folder), "tiny"), settings) == made
    )


def test_zephyr_has_its_published_sizes():
    zephyr = zephyr_shape()
    assert zephyr.matrix_weights + zephyr.norm_weights == 7_241_732_096
    assert trainable_parameters(zephyr, ARTICLES_RECIPE) == 41_943_040
    assert trainable_parameters(zephyr, replace(ARTICLES_RECIPE, targets="all+head")) == 42_520_576
    assert zephyr.with_bits(4).weight_bytes(2) == pytest.approx(4.07e9, rel=0.01)


def test_the_arrays_kept_for_the_backward_pass_equal_a_count_by_hand():
    shape = shape_from_config(parse_config(TINY | {"vocab_size": 50, "dtype": "float32"}), "tiny")
    batch = BatchShape(2, 64, 8)
    # Inputs 2 x 32, queries and outputs 2 x 32, keys and values 2 x 16, gate, up, sigmoid 3 x 48;
    # what the adapter reads: 32 + 32 + 32 + 48; two log-sums; seven times rank 4.
    kept = 2 * 32 + 2 * 32 + 2 * 16 + 3 * 48 + (32 + 32 + 32 + 48) + 2 + 28
    per_layer = {
        stage: training_parts(
            replace(shape, layers=52), replace(SETTINGS, recompute=stage), batch, CPU
        ).activations
        - training_parts(
            replace(shape, layers=50), replace(SETTINGS, recompute=stage), batch, CPU
        ).activations
        for stage in RECOMPUTE
    }
    assert per_layer["attention"] == 2 * 2 * 64 * kept * 4
    assert per_layer["none"] == per_layer["attention"] + 2 * (2 * 2 * 64 * 64) * 4
    assert per_layer["full"] == 2 * 2 * 64 * 32 * 4


PADDED = {"packing": "never"}


@pytest.fixture(scope="module")
def other_process():
    """A process in which MLX starts as many operations at once as in a packed training."""
    spawn = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(1, spawn, start_many_operations) as pool:
        yield pool


@pytest.mark.parametrize(
    ("changes", "width", "bits", "learned"),
    [
        (PADDED | {"recompute": "none", "batch_size": 2}, 256, 0, 1.0),
        (PADDED | {"recompute": "attention", "accumulate": 2, "dropout": 0.1}, 512, 0, 0.5),
        (PADDED | {"recompute": "full"}, 1024, 0, 0.8),
        (PADDED | {"recompute": "attention", "fine_tune_type": "dora"}, 64, 4, 1.0),
        ({"recompute": "none", "batch_size": 2}, 256, 0, 1.0),
        ({"recompute": "attention", "accumulate": 2, "dropout": 0.1}, 512, 0, 0.5),
        ({"recompute": "full"}, 512, 0, 0.8),
        ({"recompute": "attention", "fine_tune_type": "dora"}, 256, 0, 1.0),
    ],
)
def test_the_predicted_peak_is_within_a_tenth_of_the_measured_one(
    tmp_path, other_process, changes, width, bits, learned
):
    settings = replace(SETTINGS, **changes)
    folder = make_tiny_model(tmp_path / "model", **SIZES)
    values = read_config(folder).values | ({"quantization": {"bits": bits}} if bits else {})
    config = parse_config(values)
    rows = (RowLength(width + 1, round(width * learned)),) * 8
    # Of a machine too small to unpack it: the model is quantized after it was loaded.
    machine = replace(HERE, memory_gb=0.0) if bits else HERE
    plan = estimate_plan(
        Workload(shape_from_config(config, "small"), width, machine, rows), settings
    )
    measuring = folder, settings, width, bits, learned
    if settings.packs(on_gpu=False):
        measured = other_process.submit(peak_bytes, *measuring).result()
    else:
        measured = peak_bytes(*measuring)
    assert plan.predicted_peak_gb == pytest.approx(measured / 1e9, rel=0.1)


def test_the_parts_add_up_to_the_peak():
    plan = estimate_plan(Workload(zephyr_shape(4), 512, mac(16.0)), ARTICLES_RECIPE)
    parts = plan.weights_gb + plan.adapter_gb + plan.optimizer_gb + plan.activations_gb
    assert parts + plan.loss_gb == pytest.approx(plan.predicted_peak_gb)
    assert plan.needed_gb == pytest.approx(
        plan.predicted_peak_gb + plan.cache_gb + plan.headroom_gb
    )


def test_memory_is_saved_by_cache_then_batch_size_then_recomputation_with_the_same_global_batch():
    settings, seen = replace(CHATS_RECIPE, batch_size=12, recompute="none"), []
    while settings is not None:
        assert settings.batch_size * settings.accumulate == 48
        seen.append((settings.cache_limit_gb, settings.batch_size, settings.recompute))
        settings = reduce_memory(settings)
    assert seen == [
        (0.0, 12, "none"),
        (0.1, 12, "none"),
        (0.1, 6, "none"),
        (0.1, 3, "none"),
        (0.1, 1, "none"),
        (0.1, 1, "attention"),
        (0.1, 1, "full"),
    ]


def test_settings_that_fit_are_not_changed():
    plan = plan_training(Workload(zephyr_shape(), 2048, mac(128.0)), ARTICLES_RECIPE)
    assert plan.fits and plan.settings == ARTICLES_RECIPE and not plan.changes


def test_the_cache_limit_is_restored_if_a_later_reduction_makes_room():
    plan = plan_training(Workload(zephyr_shape(4), 2048, mac(25.0)), ARTICLES_RECIPE)
    assert plan.fits
    assert plan.settings == replace(ARTICLES_RECIPE, recompute="full")
    assert [change.split(":")[0] for change in plan.changes] == ["recompute"]


def test_fewer_bits_a_shorter_window_and_fewer_layers_are_proposed_in_this_order_and_never_chosen():
    workload = Workload(zephyr_shape(), 2048, mac(memory_gb_from_text("8GB")))
    refused = plan_training(workload, ARTICLES_RECIPE)
    assert not refused.fits and not refused.proposals and refused.bits == 16
    kinds = {}
    for memory in (24.0, 8.59, 8.0):
        machine = mac(memory)
        plan = plan_training(replace(workload, machine=machine), ARTICLES_RECIPE, propose=True)
        assert plan.fits
        kinds[memory] = [proposal.split(":")[0] for proposal in plan.proposals]
    assert kinds == {24.0: ["bits"], 8.59: ["bits", "window"], 8.0: ["bits", "window", "layers"]}


@pytest.mark.parametrize(
    ("memory", "bits", "window", "recompute"),
    [
        (8, 4, 512, "full"),
        (16, 8, 2048, "full"),
        (32, 16, 2048, "full"),
        (64, 16, 2048, "attention"),
    ],
)
def test_the_plans_of_zephyr_on_common_macs(memory, bits, window, recompute):
    workload = Workload(zephyr_shape(), 2048, mac(memory_gb_from_text(f"{memory}GB")))
    plan = plan_training(workload, ARTICLES_RECIPE, propose=True)
    assert plan.fits
    assert (plan.bits, plan.window, plan.settings.recompute) == (bits, window, recompute)
    assert plan.trainable_parameters == 41_943_040


def test_no_batch_of_the_sampler_is_larger_than_the_plans_largest():
    rng = np.random.default_rng(1)
    rows = [
        TokenRow((5,) * n, (False,) * (n // 3) + (True,) * (n - n // 3))
        for n in rng.integers(10, 300, 50)
    ]
    settings = replace(SETTINGS, batch_size=4, packing="never")
    lengths = tuple(RowLength(len(r.ids), r.supervised) for r in rows)
    planned = batch_shapes(Workload(zephyr_shape(), 512, HERE, lengths), settings)
    sampler = BatchSampler(rows, settings)
    shapes = [sampler.build(batch).shape for group in sampler.micro_batches() for batch in group]
    assert max(b.width for b in planned) == max(width for _, width, _ in shapes)
    assert max(b.places for b in planned) >= max(count * width for count, width, _ in shapes)
    assert max(b.targets for b in planned) >= 0.9 * max(targets for _, _, targets in shapes)


def test_no_packed_batch_of_the_sampler_is_larger_than_the_plans_largest():
    lengths = np.random.default_rng(1).integers(10, 300, 50)
    rows = [TokenRow((5,) * n, (False,) * 3 + (True,) * (n - 3)) for n in lengths]
    settings = replace(SETTINGS, batch_size=4)
    planned = batch_shapes(
        Workload(zephyr_shape(), 512, HERE, tuple(row.length for row in rows)), settings
    )
    sampler = BatchSampler(rows, settings, lanes=2)
    shapes = [sampler.build(batch).shape for group in sampler.micro_batches() for batch in group]
    assert max(sum(b.lengths) for b in planned) >= max(tokens for _, tokens, _ in shapes)
    assert max(b.places for b in planned) == sum(sorted(len(row.ids) - 1 for row in rows)[-4:])
    assert max(b.targets for b in planned) >= max(targets for _, _, targets in shapes)


def test_a_measured_peak_replaces_the_prediction():
    plan = plan_training(Workload(zephyr_shape(4), 2048, mac(17.18)), ARTICLES_RECIPE)
    assert plan.fits and plan.measured_peak_gb is None
    assert correct_plan(plan, plan.predicted_peak_gb).fits
    worse = correct_plan(plan, plan.usable_gb)
    assert not worse.fits
    assert worse.measured_peak_gb == plan.usable_gb
    assert worse.predicted_peak_gb == plan.predicted_peak_gb


def test_the_memory_limits_allow_what_the_plan_needs():
    plan = plan_training(Workload(zephyr_shape(4), 2048, mac(17.18)), ARTICLES_RECIPE)
    bytes_ = memory_limits(plan)
    assert bytes_.cache == round(plan.cache_gb * 1e9)
    assert bytes_.memory >= bytes_.wired >= plan.predicted_peak_gb * 1e9
    assert bytes_.wired <= plan.usable_gb * 1e9


def test_the_machine_of_a_plan_has_the_memory_of_the_engine():
    engine = prepare_engine()
    machine = machine_from_engine(engine)
    assert (machine.memory_gb, machine.usable_gb) == (engine.memory_gb, engine.usable_gb)
    assert machine == this_machine()
    metal = replace(engine, name="mlx-metal", precision="as stored")
    assert machine_from_engine(metal).gpu and not machine.gpu


@pytest.mark.parametrize("text", ["8GB", "8 GB", "8", "8gb", " 8 Gb ", "8GiB", "8.0g"])
def test_common_spellings_of_a_memory_size_are_parsed(text):
    assert memory_gb_from_text(text) == pytest.approx(8.59, abs=0.01)


@pytest.mark.parametrize("text", ["", "GB", "lots", "-8GB", "8 TB", "0", "8GBs", "99999"])
def test_an_invalid_memory_size_is_an_error_that_quotes_it(text):
    with pytest.raises(UsageError, match="--memory is"):
        memory_gb_from_text(text)


def test_a_config_without_a_size_is_an_error_that_names_model_and_size():
    with pytest.raises(MorrisError, match=r"config.json of odd .*num_attention_heads"):
        shape_from_config(parse_config({"hidden_size": 4}), "odd")
