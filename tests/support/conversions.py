"""Models to convert, and caches and a hub to convert them from."""

import json
import shutil
from pathlib import Path

import mlx.core as mx
import pytest

from morris_mlx.convert import plan_conversion, run_conversion
from morris_mlx.convert.weights import expected_shapes
from morris_mlx.models.catalog import ZEPHYR_MODEL
from morris_mlx.models.config import parse_config
from morris_mlx.models.converted import PRECISIONS, repository_target
from support.hub import etag, running_hub

PRECISION = {precision.name: precision for precision in PRECISIONS}
CONFIG = {
    "architectures": ["MistralForCausalLM"],
    "model_type": "mistral",
    "hidden_size": 64,
    "intermediate_size": 128,
    "num_hidden_layers": 2,
    "num_attention_heads": 4,
    "num_key_value_heads": 2,
    "vocab_size": 32000,
    "rms_norm_eps": 1e-05,
    "rope_theta": 10000.0,
    "max_position_embeddings": 256,
    "sliding_window": 256,
    "tie_word_embeddings": False,
    "torch_dtype": "bfloat16",
}
SHARD = "model-{}-of-00003.safetensors"
FIRST, MIDDLE, LAST = (SHARD.format(f"{n:05}") for n in (1, 2, 3))
INDEX = "model.safetensors.index.json"


def random_weights(config, kind=mx.bfloat16):
    mx.random.seed(3)
    return {
        name: (mx.random.normal(shape) * 0.2 if len(shape) > 1 else mx.ones(shape)).astype(kind)
        for name, shape in expected_shapes(parse_config(config)).items()
    }


def write_source(folder, tokenizer, config=CONFIG, kind=mx.bfloat16, shards=3):
    """Write a model as a repository has it: the tokenizer's files, config, weights in shards."""
    folder.mkdir(parents=True)
    for path in tokenizer.iterdir():
        shutil.copy(path, folder)
    (folder / "config.json").write_text(json.dumps(config))
    weights = random_weights(config, kind)
    if shards == 1:
        mx.save_safetensors(str(folder / "model.safetensors"), weights)
        return folder
    names = list(weights)
    weight_map = {}
    for file, part in ((FIRST, names[:1]), (MIDDLE, names[1:-1]), (LAST, names[-1:])):
        mx.save_safetensors(str(folder / file), {n: weights[n] for n in part}, {"format": "pt"})
        weight_map |= dict.fromkeys(part, file)
    (folder / INDEX).write_text(json.dumps({"metadata": {}, "weight_map": weight_map}))
    return folder


@pytest.fixture(scope="session")
def source_model(zephyr_folder, tmp_path_factory):
    """A small model in bfloat16, in three shards, with Zephyr's tokenizer."""
    return write_source(tmp_path_factory.mktemp("source") / "zephyr", zephyr_folder)


@pytest.fixture
def model_copy(source_model, tmp_path):
    """A copy of the source, which a test may damage."""
    return shutil.copytree(source_model, tmp_path / "copy")


@pytest.fixture
def model_caches(tmp_path, monkeypatch):
    """Empty caches, and no connection to the real hub."""
    use_empty_caches(monkeypatch, tmp_path)


def use_empty_caches(monkeypatch, folder):
    """Put the caches of Morris and of Hugging Face into a folder, and let the hub be down."""
    monkeypatch.setenv("MORRIS_CACHE", str(folder / "morris"))
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(folder / "hf" / "hub"))
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_DISABLE_XET", True)
    use_endpoint(monkeypatch, "http://127.0.0.1:9")
    monkeypatch.setattr("morris_mlx.models.download.FIRST_WAIT_SECONDS", 0.001)


def use_endpoint(monkeypatch, url):
    """Set what HF_ENDPOINT sets; huggingface-hub reads that variable when it is imported."""
    template = url + "/{repo_id}/resolve/{revision}/{filename}"
    monkeypatch.setattr("huggingface_hub.constants.ENDPOINT", url)
    monkeypatch.setattr("huggingface_hub.constants.HUGGINGFACE_CO_URL_TEMPLATE", template)


@pytest.fixture
def hub(source_model, monkeypatch):
    """A local hub that serves the source as Zephyr's repository."""
    with running_hub() as hub:
        use_endpoint(monkeypatch, hub.url)
        hub.folders[ZEPHYR_MODEL] = source_model
        yield hub


def convert(name, precision=None, steps=None):
    """Plan and run a conversion; add the progress to `steps`."""
    plan = plan_conversion(str(name), PRECISION[precision] if precision else None)
    return run_conversion(plan, (steps if steps is not None else []).append)


@pytest.fixture(scope="session")
def conversions(source_model, tmp_path_factory):
    """The source in every precision, converted once."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("MORRIS_CACHE", str(tmp_path_factory.mktemp("results")))
        return {name: convert(source_model, name) for name in PRECISION}


def put_in_cache(conversions, *precisions):
    """Put the conversions into the cache as those of Zephyr's repository."""
    for name in precisions:
        target = repository_target(ZEPHYR_MODEL, PRECISION[name])
        shutil.copytree(conversions[name].folder, target)


def part_size(hub_cache, file):
    """Return how many bytes of a file, given by its original, an interrupted download has left."""
    parts = list(Path(hub_cache).glob(f"models--*/blobs/{etag(file)}.incomplete"))
    return parts[0].stat().st_size if parts else 0
