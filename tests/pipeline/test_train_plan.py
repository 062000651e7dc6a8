"""Plans of published bases from their small files alone, served by a local hub."""

import json
import shutil

import pytest
from support.real_shapes import REAL_CONFIGS

from morris_mlx.models.find import find_model
from morris_mlx.pipeline.train_plan import MemoryPlanRequest, plan_memory

pytestmark = pytest.mark.usefixtures("model_caches")
# Weights in billions and parameters of an adapter of rank 16 on all layers.
SIZES = {
    "Qwen/Qwen3-4B-Instruct-2507": (4.02, 33_030_144),
    "google/gemma-3-4b-it": (3.88, 29_802_496),
    "meta-llama/Llama-3.2-3B-Instruct": (3.21, 24_313_856),
    "mistralai/Ministral-3-3B-Instruct-2512": (3.43, 24_707_072),
}


@pytest.mark.parametrize("name", SIZES)
def test_a_published_base_is_planned_without_its_weights(name, hub, tiny_folder, project, tmp_path):
    folder = shutil.copytree(tiny_folder, tmp_path / "served")
    (folder / "config.json").write_text(json.dumps({**REAL_CONFIGS[name], "dtype": "bfloat16"}))
    hub.folders[name] = folder
    find_model(name, tokenizer_only=True)
    request = MemoryPlanRequest(name, memory="64GB", data_free=True, changes={"rank": 16})
    plan = plan_memory(project, request).plan
    weights, parameters = SIZES[name]
    assert plan.fits and plan.bits == 16
    assert plan.weights_gb == pytest.approx(2 * weights, rel=0.002)
    assert plan.trainable_parameters == parameters
    assert not hub.asked(".safetensors")
