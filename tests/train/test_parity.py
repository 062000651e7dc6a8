"""Losses of the trainer compared with torch, transformers' Mistral, peft and torch.optim.AdamW.

The other side is written as a textbook would: row after row without padding, a sum over the
learned tokens, the whole step's sum divided by its tokens. Nothing of it is ours but the order of
the rows and what is meant by warm-up and cosine.
"""

import json
import math
from dataclasses import replace
from itertools import islice

import mlx.core as mx
import mlx_lm.utils
import numpy as np
import pytest
from mlx.optimizers import AdamW
from mlx.utils import tree_flatten

from morris_mlx.models.adapters import adapted_layers
from morris_mlx.models.load import load_mlx_model
from morris_mlx.records.training import TrainSettings
from morris_mlx.train.batch_sampler import BatchSampler
from morris_mlx.train.dataset import TokenRow
from morris_mlx.train.loop import training_steps
from morris_mlx.train.lora import adapter_config, add_adapter
from morris_mlx.train.optimizer import build_optimizer

torch = pytest.importorskip("torch")
peft = pytest.importorskip("peft")
transformers = pytest.importorskip("transformers")
# peft asks transformers for a name that it has just renamed.
pytestmark = [
    pytest.mark.usefixtures("one_torch_thread"),
    pytest.mark.filterwarnings("ignore:`is_gradient_checkpointing`:FutureWarning"),
]

VOCABULARY = 64
CONFIG = {
    "architectures": ["MistralForCausalLM"],
    "model_type": "mistral",
    "vocab_size": VOCABULARY,
    "hidden_size": 32,
    "intermediate_size": 48,
    "num_hidden_layers": 2,
    "num_attention_heads": 4,
    "num_key_value_heads": 2,
    "head_dim": 8,
    "hidden_act": "silu",
    "rms_norm_eps": 1e-5,
    "rope_theta": 10000.0,
    "max_position_embeddings": 128,
    "sliding_window": None,
    "tie_word_embeddings": False,
    "torch_dtype": "float32",
}
# 27 rows two by two are 14 batches, the last of one row; three of them a step are 5 steps an
# epoch, the last of two batches; 10 epochs are 50 steps.
SETTINGS = TrainSettings(
    epochs=10,
    rank=4,
    alpha=8.0,
    dropout=0.0,
    learning_rate=1e-2,
    batch_size=2,
    accumulate=3,
    weight_decay=0.1,
    warmup=0.1,
    clip_norm=0.7,
)
STEPS = 50
SEVEN = ["q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj"]


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Write random weights that both sides read."""
    folder = tmp_path_factory.mktemp("mistral")
    (folder / "config.json").write_text(json.dumps(CONFIG))
    mx.random.seed(0)
    model_class, args_class = mlx_lm.utils._get_classes(CONFIG)
    weights = dict(tree_flatten(model_class(args_class.from_dict(CONFIG)).parameters()))
    mx.save_safetensors(str(folder / "model.safetensors"), weights, {"format": "pt"})
    return folder


def rows():
    """Return rows that count up in equal steps, which can be learned. Prompts are masked."""
    rng = np.random.default_rng(0)
    made = []
    for length in rng.integers(5, 40, 27):
        start, step = rng.integers(0, VOCABULARY), rng.integers(1, 5)
        ids = (start + step * np.arange(length)) % VOCABULARY
        prompt = rng.integers(1, length - 1)
        made.append(TokenRow(tuple(ids.tolist()), tuple(i >= prompt for i in range(length))))
    return made


def test_steps_have_unequal_batches_and_token_counts():
    groups = list(BatchSampler(rows(), SETTINGS).micro_batches())
    assert len(groups) == STEPS
    sizes = [[len(batch) for batch in group] for group in groups]
    assert sum(len(group) == 2 for group in sizes) == SETTINGS.epochs
    assert sum(1 in group for group in sizes) == SETTINGS.epochs
    tokens = [sum(map(learned, batch)) for group in groups for batch in group]
    assert max(tokens) > 3 * min(tokens), "a mean of means would show"
    assert all(not all(row.mask) for group in groups for batch in group for row in batch)


def ours(folder, settings, start, steps=STEPS):
    model = load_mlx_model(folder)
    add_adapter(model, adapter_config(model, settings))
    model.load_weights(list(start.items()), strict=False)
    reports = training_steps(
        model, build_optimizer(settings), BatchSampler(rows(), settings), settings
    )
    return [report.loss for report in islice(reports, steps)]


def starting_adapter(folder, settings):
    """Return MLX's initial adapter: A random, B zero, DoRA's magnitudes those of the base."""
    mx.random.seed(1)
    model = load_mlx_model(folder)
    add_adapter(model, adapter_config(model, settings))
    return {
        f"{path}.{name}": layer[name]
        for path, layer in adapted_layers(model).items()
        for name in ("lora_a", "lora_b", "m")
        if name in layer
    }


def torch_model(folder, settings, start):
    base = transformers.MistralForCausalLM.from_pretrained(
        folder, dtype=torch.float32, attn_implementation="eager"
    )
    config = peft.LoraConfig(
        r=settings.rank,
        lora_alpha=settings.alpha,
        lora_dropout=0.0,
        target_modules=SEVEN + ["lm_head"] * (settings.targets == "all+head"),
        use_dora=settings.fine_tune_type == "dora",
        task_type="CAUSAL_LM",
    )
    model = peft.get_peft_model(base, config)
    theirs = {name: p for name, p in model.named_parameters() if p.requires_grad}
    assert len(theirs) == len(start)
    for name, value in start.items():
        path, leaf = name.rsplit(".", 1)
        leaf = {"lora_a": "lora_A", "lora_b": "lora_B", "m": "lora_magnitude_vector"}[leaf]
        parameter = theirs[f"base_model.model.{path}.{leaf}.default.weight"]
        with torch.no_grad():
            parameter.copy_(torch.from_numpy(np.array(value).T.copy()))
    return model


def rate(step, steps, warmup_share):
    """Return the share of the rate: linear warm-up, then half a cosine down to a tenth."""
    warmup = round(warmup_share * steps)
    if step < warmup:
        return (step + 1) / warmup
    return 0.1 + 0.9 * (1 + math.cos(math.pi * (step - warmup) / (steps - warmup))) / 2


def theirs(folder, settings, start, steps=STEPS, mean_of_means=False):
    """Return torch's losses and gradient norms before clipping."""
    model = torch_model(folder, settings, start)
    learning = [p for p in model.parameters() if p.requires_grad]
    optimizer = torch.optim.AdamW(
        learning, lr=settings.learning_rate, weight_decay=settings.weight_decay
    )
    groups = list(BatchSampler(rows(), settings).micro_batches())
    schedule = torch.optim.lr_scheduler.LambdaLR(
        optimizer, lambda step: rate(step, len(groups), settings.warmup)
    )
    losses, norms = [], []
    for group in groups[:steps]:
        tokens = sum(learned(row) for batch in group for row in batch)
        total = 0.0
        optimizer.zero_grad()
        for batch in group:
            weight = sum(map(learned, batch)) * len(group) if mean_of_means else tokens
            for row in batch:
                loss = row_loss(model, row)
                (loss / weight).backward()
                total += loss.item()
        norms.append(torch.nn.utils.clip_grad_norm_(learning, settings.clip_norm).item())
        optimizer.step()
        schedule.step()
        losses.append(total / tokens)
    return losses, norms


def learned(row):
    return sum(row.mask[1:])


def row_loss(model, row):
    """Return the sum of -log p of the supervised tokens; torch ignores the label -100."""
    logits = model(input_ids=torch.tensor([row.ids])).logits[0, :-1]
    labels = [
        token if is_learned else -100 for token, is_learned in zip(row.ids, row.mask, strict=True)
    ]
    return torch.nn.functional.cross_entropy(logits, torch.tensor(labels[1:]), reduction="sum")


def compared(folder, settings, steps=STEPS):
    """Return our losses, torch's losses and torch's gradient norms."""
    start = starting_adapter(folder, settings)
    their_losses, norms = theirs(folder, settings, start, steps)
    return np.array(ours(folder, settings, start, steps)), np.array(their_losses), np.array(norms)


# What is left between the two is mostly 1 - 0.999**t, which MLX's AdamW takes in float32: its
# steps are 6e-6 of their size off. With that in float64 the losses agree to 1e-6, as torch's own
# do in float32 and float64.
CLOSE = 1e-5


@pytest.mark.parametrize(("targets", "rate"), [("all", 1e-2), ("all+head", 2.5e-3)])
def test_fifty_losses_are_those_of_torch_peft_and_adamw(folder, targets, rate):
    settings = replace(SETTINGS, targets=targets, learning_rate=rate)
    our_losses, their_losses, norms = compared(folder, settings)
    assert len(our_losses) == len(their_losses) == STEPS
    assert our_losses[0] - our_losses[-5:].mean() > 0.4, "much was learned"
    assert 10 < (norms > settings.clip_norm).sum() < 45, "some steps were clipped, some were not"
    assert np.abs(our_losses - their_losses).max() < CLOSE


def test_twenty_losses_of_dora_are_those_of_peft(folder):
    """There is no weight decay: DoRA does not define whether magnitudes decay."""
    settings = replace(SETTINGS, fine_tune_type="dora", weight_decay=0.0)
    our_losses, their_losses, _ = compared(folder, settings, steps=20)
    assert our_losses[0] - our_losses[-5:].mean() > 0.5, "much was learned"
    assert np.abs(our_losses - their_losses).max() < CLOSE
    plain = replace(settings, fine_tune_type="lora")
    lora = ours(folder, plain, starting_adapter(folder, plain), steps=20)
    assert np.abs(our_losses - lora).max() > 100 * CLOSE, "DoRA is something else than LoRA"


WRONG = {
    "another scale": {"alpha": 8.1},
    "no weight decay": {"weight_decay": 0.0},
    "no clipping": {"clip_norm": 0.0},
    "a shorter warm-up": {"warmup": 0.05},
}


@pytest.fixture(scope="module")
def truth(folder):
    return np.array(theirs(folder, SETTINGS, starting_adapter(folder, SETTINGS))[0])


@pytest.mark.parametrize("changes", WRONG.values(), ids=WRONG)
def test_the_comparison_detects(folder, truth, changes):
    """Every part of the recipe affects these losses, so that their agreement proves something."""
    losses = ours(folder, replace(SETTINGS, **changes), starting_adapter(folder, SETTINGS))
    assert np.abs(np.array(losses) - truth).max() > 10 * CLOSE


def test_the_comparison_detects_a_missing_bias_correction(folder, truth, monkeypatch):
    plain = AdamW(SETTINGS.learning_rate, weight_decay=SETTINGS.weight_decay)
    monkeypatch.setattr(f"{__name__}.build_optimizer", lambda _: plain)
    losses = ours(folder, SETTINGS, starting_adapter(folder, SETTINGS))
    assert np.abs(np.array(losses) - truth).max() > 100 * CLOSE


def test_the_comparison_detects_a_mean_of_micro_batch_means(folder, truth):
    """Compare with steps in which every micro-batch has the same weight."""
    losses = theirs(folder, SETTINGS, starting_adapter(folder, SETTINGS), mean_of_means=True)[0]
    assert np.abs(np.array(losses) - truth).max() > 100 * CLOSE
