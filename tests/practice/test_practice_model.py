"""The builder's torch model and mlx-lm's Mistral are the same model (where torch is installed)."""

import mlx.core as mx
import numpy as np
import pytest

from morris_mlx.models.load import load_mlx_model

torch = pytest.importorskip("torch")


def test_the_exported_weights_give_the_same_logits_in_torch_and_in_mlx(practice):
    from practice.model import PracticeModel, Shape

    weights = mx.load(str(practice.folder / "model.safetensors"))
    model = PracticeModel(Shape())
    model.load_state_dict(
        {k: torch.from_numpy(np.array(w.astype(mx.float32))) for k, w in weights.items()}
    )
    ids = np.random.default_rng(0).integers(3, Shape().vocab_size, (2, 70))
    with torch.inference_mode():
        theirs = model(torch.from_numpy(ids)).numpy()
    ours = np.array(load_mlx_model(practice.folder)(mx.array(ids)))
    assert np.abs(ours - theirs).max() < 2e-4 * np.abs(theirs).max()
