"""An adapter of random numbers."""

import json

import mlx.core as mx
from mlx.utils import tree_flatten
from mlx_lm.tuner.utils import linear_to_lora_layers

from morris_mlx.models.load import load_mlx_model


def make_adapter(base, folder, kind):
    """An adapter of random numbers, large enough to change what is said."""
    mx.random.seed(7)
    model = load_mlx_model(base.folder)
    parameters = {"rank": 4, "scale": 2.0, "dropout": 0.0}
    linear_to_lora_layers(model, 2, parameters, kind == "dora")
    model.load_weights(
        [
            (name, mx.random.normal(value.shape) * 0.1 if "lora_b" in name else value * 1.1)
            for name, value in tree_flatten(model.parameters())
            if name.rsplit(".", 1)[1] in ("lora_a", "lora_b", "m")
        ],
        strict=False,
    )
    layers = [n for n, _ in model.named_modules()]
    assert layers
    folder.mkdir()
    weights = {
        name: value
        for name, value in tree_flatten(model.parameters())
        if name.rsplit(".", 1)[1] in ("lora_a", "lora_b", "m")
    }
    mx.save_safetensors(str(folder / "adapters.safetensors"), weights)
    config = {"fine_tune_type": kind, "num_layers": 2, "lora_parameters": parameters}
    (folder / "adapter_config.json").write_text(json.dumps(config))
    return folder
