"""Training steps and validation compared with mlx-lm's own trainer."""

from dataclasses import replace

import mlx.core as mx
import mlx.nn as nn
import numpy as np
import pytest
from mlx.optimizers import SGD
from mlx.utils import tree_flatten, tree_map
from mlx_lm.tuner.callbacks import TrainingCallback
from mlx_lm.tuner.trainer import TrainingArgs
from mlx_lm.tuner.trainer import train as mlx_lm_train

from morris_mlx.errors import MorrisError
from morris_mlx.models.load import load_mlx_model
from morris_mlx.records.training import TrainSettings
from morris_mlx.train.batch_sampler import BatchSampler, build_batch
from morris_mlx.train.dataset import TokenRow
from morris_mlx.train.loop import training_steps, validate
from morris_mlx.train.lora import adapter_config, add_adapter, save_adapter
from morris_mlx.train.loss import summed_loss
from morris_mlx.train.optimizer import build_optimizer, learning_rate

SETTINGS = TrainSettings(
    epochs=10,
    rank=4,
    alpha=8.0,
    dropout=0.0,
    learning_rate=5e-3,
    batch_size=4,
    accumulate=1,
    clip_norm=0.0,
)
WINDOW = 65


def lora_model(folder, settings=SETTINGS):
    mx.random.seed(settings.seed)
    model = load_mlx_model(folder)
    add_adapter(model, adapter_config(model, settings))
    return model


def full_rows(count=4, seed=0):
    rng = np.random.default_rng(seed)
    return [
        TokenRow(tuple(rng.integers(3, 8000, WINDOW).tolist()), (True,) * WINDOW)
        for _ in range(count)
    ]


class Curve(TrainingCallback):
    def __init__(self):
        self.losses = []

    def on_train_loss_report(self, info):
        self.losses.append(info["train_loss"])


def their_curve(model, optimizer, rows, iters, tmp_path, batch_size=4, accumulate=1):
    curve = Curve()
    args = TrainingArgs(
        batch_size=batch_size,
        iters=iters,
        steps_per_report=1,
        steps_per_eval=10**6,
        steps_per_save=10**6,
        max_seq_length=WINDOW,
        adapter_file=str(tmp_path / "a.safetensors"),
        grad_accumulation_steps=accumulate,
    )
    mlx_lm_train(model, optimizer, rows, None, args, training_callback=curve)
    return curve.losses


def test_ten_steps_give_the_losses_of_mlx_lm_where_mlx_lm_is_right(tiny, tmp_path):
    rows = full_rows()
    ours = [
        step.loss
        for step in training_steps(
            lora_model(tiny.folder),
            build_optimizer(SETTINGS),
            BatchSampler(rows, SETTINGS),
            SETTINGS,
        )
    ]

    optimizer = build_optimizer(SETTINGS)
    steps = BatchSampler(rows, SETTINGS).steps

    class Scheduled(type(optimizer)):
        """An optimizer with our learning rate schedule, which mlx-lm's loop cannot set."""

        taken = 0

        def apply_gradients(self, gradients, parameters):
            self.learning_rate = learning_rate(SETTINGS, self.taken, steps)
            self.taken += 1
            return super().apply_gradients(gradients, parameters)

    optimizer.__class__ = Scheduled
    theirs = their_curve(
        lora_model(tiny.folder), optimizer, [(list(r.ids), 0) for r in rows], 10, tmp_path
    )
    assert len(ours) == len(theirs) == 10
    assert ours[0] - ours[-1] > 0.05, "something was learned"
    assert np.abs(np.array(ours) - np.array(theirs)).max() < 1e-4


@pytest.mark.parametrize("dropout", [0.0, 0.1])
def test_the_compiled_step_of_a_gpu_gives_the_losses_of_the_uncompiled_one(tiny, dropout):
    """On a CPU compilation is off, so only this test runs the path of a Mac."""
    settings = replace(SETTINGS, dropout=dropout, epochs=3, batch_size=2, accumulate=2)

    def curve():
        model, optimizer = lora_model(tiny.folder, settings), build_optimizer(settings)
        return [
            r.loss
            for r in training_steps(
                model, optimizer, BatchSampler(full_rows(6), settings), settings
            )
        ]

    plain = curve()
    mx.enable_compile()
    try:
        compiled = curve()
    finally:
        mx.disable_compile()
    assert np.abs(np.array(plain) - np.array(compiled)).max() < 1e-4


def test_micro_batches_weigh_by_tokens_where_mlx_lm_averages_their_means(tiny, tmp_path):
    """An SGD step over a short and a long micro-batch must equal the step over both together."""
    rows = [TokenRow(r.ids[:n], r.mask[:n]) for r, n in zip(full_rows(2), (9, WINDOW), strict=True)]
    settings = replace(
        SETTINGS, epochs=1, batch_size=1, accumulate=2, learning_rate=1.0, warmup=0.0
    )

    def start():
        model = lora_model(tiny.folder)
        mx.random.seed(9)
        for _, module in model.named_modules():  # at B = 0 the matrix A has no gradient at all
            if hasattr(module, "lora_b"):
                module.lora_b = mx.random.normal(module.lora_b.shape) * 0.1
        return model

    def flat(model):
        weights = sorted(tree_flatten(model.trainable_parameters()))
        return np.concatenate([np.array(v).ravel() for _, v in weights])

    truth_model, whole = start(), build_batch(rows)
    _, gradient = nn.value_and_grad(truth_model, summed_loss)(truth_model, *whole.arrays)
    SGD(1.0).update(truth_model, tree_map(lambda g: g / whole.supervised, gradient))
    truth = flat(truth_model) - flat(start())

    ours_model = start()
    list(training_steps(ours_model, SGD(1.0), BatchSampler(rows, settings), settings))
    ours = flat(ours_model) - flat(start())

    theirs_model = start()
    batches_of_one = [(list(r.ids), 0) for r in rows]
    their_curve(theirs_model, SGD(1.0), batches_of_one, 2, tmp_path, batch_size=1, accumulate=2)
    theirs = flat(theirs_model) - flat(start())

    assert np.linalg.norm(ours - truth) < 1e-3 * np.linalg.norm(truth)
    assert np.linalg.norm(theirs - truth) > 0.1 * np.linalg.norm(truth)


def test_the_last_step_of_an_epoch_is_taken_even_if_it_is_short(tiny):
    settings = replace(SETTINGS, epochs=2, batch_size=2, accumulate=4)
    reports = list(
        training_steps(
            lora_model(tiny.folder),
            build_optimizer(settings),
            BatchSampler(full_rows(11), settings),
            settings,
        )
    )
    assert len(reports) == BatchSampler(full_rows(11), settings).steps == 4
    assert reports[-1].tokens == 2 * 11 * (WINDOW - 1), "every row, every epoch"


def test_every_validation_loss_is_the_token_weighted_mean_over_all_rows(tiny):
    rows = [
        TokenRow(r.ids[:n], r.mask[:n])
        for r, n in zip(full_rows(5), (9, 65, 30, 12, 40), strict=True)
    ]
    model = lora_model(tiny.folder)
    single = [validate(model, [row], 1) * (len(row.ids) - 1) for row in rows]
    expected = sum(single) / sum(len(row.ids) - 1 for row in rows)
    assert validate(model, rows, 2) == pytest.approx(expected, rel=1e-5)
    assert validate(model, rows, 2) == validate(model, rows, 2)


def test_a_loss_that_is_not_finite_stops_the_run_before_its_step(tiny):
    model = lora_model(tiny.folder)
    layer = model.layers[0].self_attn.q_proj
    layer.lora_b = mx.full(layer.lora_b.shape, float("nan"))
    before = model.layers[1].mlp.up_proj.lora_b
    with pytest.raises(MorrisError, match=r"at step 1 is not a finite number \(a row\)"):
        list(
            training_steps(
                model, build_optimizer(SETTINGS), BatchSampler(full_rows(), SETTINGS), SETTINGS
            )
        )
    assert mx.array_equal(model.layers[1].mlp.up_proj.lora_b, before)


@pytest.mark.parametrize(("tied", "head"), [(True, "model.embed_tokens"), (False, "lm_head")])
def test_all_and_head_adapts_a_tied_or_untied_output_layer(tmp_path, tied, head):
    from mlx_lm.tuner.utils import load_adapters
    from support.workspace import make_tiny_model

    folder = make_tiny_model(tmp_path / "m", tie_word_embeddings=tied)
    settings = replace(SETTINGS, targets="all+head", epochs=1)
    model = lora_model(folder, settings)
    list(
        training_steps(
            model, build_optimizer(settings), BatchSampler(full_rows(), settings), settings
        )
    )
    config = adapter_config(load_mlx_model(folder), settings)
    save_adapter(tmp_path / "a", model, config)
    assert config["lora_parameters"]["keys"][-1] == head
    weights = mx.load(str(tmp_path / "a" / "adapters.safetensors"))
    assert mx.abs(weights[f"{head}.lora_b"]).max().item() > 0
    theirs = load_adapters(load_mlx_model(folder), str(tmp_path / "a"))
    ids = mx.array([[5, 6, 7]])
    model.eval()
    assert mx.allclose(theirs(ids), model(ids), atol=1e-5)


def test_scale_is_alpha_over_rank_and_all_seven_linear_layers_are_trained(tiny):
    model = lora_model(tiny.folder)
    config = adapter_config(model, SETTINGS)
    assert config["lora_parameters"]["scale"] == 2.0
    names = {name.rsplit(".", 2)[-2] for name, _ in tree_flatten(model.trainable_parameters())}
    assert names == {"q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj"}
