"""Agreement of converted models with llama.cpp, which reads the same GGUF files itself."""

import json
import math

import mlx.core as mx
import mlx.nn as nn
import numpy as np
import pytest
from support.awkward_texts import awkward_texts
from support.gguf_toys import HEAD_DIM, make_toy, write_unpacked
from support.llama_cpp import llama_cpp
from tokenizers import Tokenizer

from morris_mlx.convert.gguf.converter import choose_precision, read_source, write_model
from morris_mlx.convert.gguf.file import read_gguf
from morris_mlx.convert.gguf.rope import LLAMA3, llama3_factors
from morris_mlx.models.config import read_config
from morris_mlx.models.load import load_mlx_model

SMOLLM2_TOKENS = ("<|im_start|>", "<|im_end|>", "<|endoftext|>", "<repo_name>")
SMOLLM2_PROMPTS = (
    "<|im_start|>user\nWhat is the capital of France?<|im_end|>\n<|im_start|>assistant\nThe",
    "To make bread you need flour, water, salt and",
)
PROMPTS = ([7, 65, 66, 3], [(i * 37 + 11) % 250 for i in range(40)])


def log_probabilities(folder, ids):
    logits = load_mlx_model(folder)(mx.array([ids]))[0, -1]
    return np.array(logits - mx.logsumexp(logits))


def convert(file, folder):
    folder.mkdir()
    source = read_source(file)
    write_model(source, choose_precision(source, None), folder, lambda done, total: None)
    return folder


def require_agreement(file, tmp_path, prompts=PROMPTS, tolerance=1e-3):
    folder = convert(file, tmp_path / "converted")
    with llama_cpp(file) as foreign:
        for ids in prompts:
            expected, found = foreign.log_probabilities(ids), log_probabilities(folder, ids)
            assert len(expected) == 10
            for token, value in expected.items():
                assert found[token] == pytest.approx(value, abs=tolerance), len(ids)


@pytest.fixture
def gelu_of_llama_cpp(monkeypatch):
    """Give MLX the GELU table of llama.cpp, which uses 16-bit numbers."""
    exact = nn.gelu_approx

    def looked_up(x):
        return exact(x.astype(mx.float16).astype(mx.float32)).astype(mx.float16).astype(x.dtype)

    monkeypatch.setattr(nn, "gelu_approx", looked_up)


@pytest.mark.usefixtures("gelu_of_llama_cpp")
@pytest.mark.parametrize(
    "name", ["llama", "mistral3", "smollm3", "qwen2", "qwen3", "gemma3", "phi3"]
)
def test_every_architecture_agrees_with_llama_cpp(tmp_path, name):
    toy = make_toy(name, tied=name != "qwen2")
    require_agreement(toy.write(tmp_path / f"{name}.gguf"), tmp_path)


def test_the_factors_of_llama_3_become_its_named_scaling(tmp_path):
    toy = make_toy("llama")
    toy.values["llama.rope.freq_base"] = 500_000.0
    scaling = {"factor": 8.0, **LLAMA3}
    factors = llama3_factors(scaling, HEAD_DIM, 500_000.0)
    toy.tensors["rope_freqs.weight"] = np.array(factors)
    file = toy.write(tmp_path / "llama3.gguf")
    require_agreement(file, tmp_path)
    config = json.loads((tmp_path / "converted" / "config.json").read_text())
    assert config["rope_scaling"] == {"rope_type": "llama3", **scaling}


def test_other_factors_are_kept_as_they_are(tmp_path):
    toy = make_toy("llama")
    toy.tensors["rope_freqs.weight"] = np.linspace(1, 3, HEAD_DIM // 2)
    require_agreement(toy.write(tmp_path / "factors.gguf"), tmp_path)


@pytest.mark.parametrize(
    "scaling",
    [
        {"type": "linear", "factor": 4.0},
        {"type": "yarn", "factor": 4.0, "original_context_length": 16},
    ],
    ids=lambda scaling: scaling["type"],
)
def test_scaled_positions_agree_with_llama_cpp(tmp_path, scaling):
    toy = make_toy("qwen2")
    toy.values |= {f"qwen2.rope.scaling.{key}": value for key, value in scaling.items()}
    require_agreement(toy.write(tmp_path / "scaled.gguf"), tmp_path)


@pytest.mark.usefixtures("gelu_of_llama_cpp")
def test_only_the_global_layers_of_gemma_are_scaled(tmp_path):
    toy = make_toy("gemma3")
    toy.values |= {"gemma3.rope.scaling.type": "linear", "gemma3.rope.scaling.factor": 8.0}
    require_agreement(toy.write(tmp_path / "scaled.gguf"), tmp_path)


def test_a_longrope_agrees_within_its_original_length(tmp_path):
    toy = make_toy("phi3")
    rotated = 12  # of 16 values of a head, as in Phi-4 mini
    toy.values |= {
        "phi3.rope.dimension_count": rotated,
        "phi3.context_length": 512,
        "phi3.rope.scaling.original_context_length": 256,
        "phi3.rope.scaling.attn_factor": math.sqrt(1 + math.log(2) / math.log(256)),
    }
    toy.tensors["rope_factors_short.weight"] = np.linspace(1, 2, rotated // 2)
    toy.tensors["rope_factors_long.weight"] = np.linspace(4, 9, rotated // 2)
    file = toy.write(tmp_path / "longrope.gguf")
    require_agreement(file, tmp_path)
    assert read_config(tmp_path / "converted").window == 256


def test_a_mistral_of_the_earlier_shape_agrees_with_llama_cpp(tmp_path):
    toy = make_toy("mistral3")
    toy.values = {k: v for k, v in toy.values.items() if "scaling" not in k and "scale" not in k}
    require_agreement(toy.write(tmp_path / "mistral.gguf"), tmp_path)
    assert read_config(tmp_path / "converted").model_type == "mistral"


def test_smollm2_agrees_with_llama_cpp(tmp_path, smollm2_gguf):
    plain = write_unpacked(read_gguf(smollm2_gguf), tmp_path / "plain.gguf")
    folder = convert(smollm2_gguf, tmp_path / "converted")
    model = load_mlx_model(folder)
    tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
    with llama_cpp(plain) as foreign:
        for text in SMOLLM2_PROMPTS:
            ids = tokenizer.encode(text, add_special_tokens=False).ids
            assert ids == foreign.tokenize(text)
            logits = model(mx.array([ids]))[0, -1]
            found = np.array(logits - mx.logsumexp(logits))
            for token, value in foreign.log_probabilities(ids).items():
                assert found[token] == pytest.approx(value, abs=1e-3)
        for text in awkward_texts(tokens=SMOLLM2_TOKENS):
            found = tokenizer.encode(text, add_special_tokens=False).ids
            assert found == foreign.tokenize(text), text
