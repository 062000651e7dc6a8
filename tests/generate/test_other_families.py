"""Families other than Llama: texts, batches, chats and long replies."""

import json

import pytest
from support.workspace import TINY, make_tiny_model

from morris_mlx.generate import load_generator
from morris_mlx.models.config import read_config

VOCABULARY = 8000  # of the practice base's tokenizer
SMALL = TINY | {"max_position_embeddings": 64}
# Sliding attention in a nested config, experts, a cache that cannot be cut (a convolution's), and
# masks of a batch for groups of heads.
FAMILIES = {
    "gemma2": {"query_pre_attn_scalar": 16},
    "qwen3_moe": {
        "num_experts": 4,
        "num_experts_per_tok": 2,
        "moe_intermediate_size": 32,
        "decoder_sparse_step": 1,
        "mlp_only_layers": [],
        "norm_topk_prob": True,
    },
    "gemma3": {
        "text_config": SMALL
        | {
            "model_type": "gemma3_text",
            "vocab_size": VOCABULARY,
            "sliding_window": 32,
            "sliding_window_pattern": 2,
            "query_pre_attn_scalar": 16,
        }
    },
    "lfm2": {
        "conv_bias": False,
        "conv_L_cache": 3,
        "block_dim": 32,
        "block_ff_dim": 48,
        "block_multiple_of": 8,
        "block_ffn_dim_multiplier": 1.0,
        "full_attn_idxs": [1],
        "block_auto_adjust_ff_dim": False,
        "norm_eps": 1e-5,
        "layer_types": ["conv", "full_attention"],
    },
}


@pytest.fixture(scope="module", params=sorted(FAMILIES))
def folder(request, tmp_path_factory):
    kind = request.param
    made = tmp_path_factory.mktemp("families") / kind
    return make_tiny_model(made, **SMALL | {"model_type": kind} | FAMILIES[kind])


def generator(folder):
    return load_generator(str(folder), backend="mlx", temperature=0.0, max_tokens=6, say=str)


def test_a_batch_and_a_second_turn_are_what_they_are_alone(folder):
    tasks = ["Hello there, and welcome", "So"]
    with generator(folder) as llm:
        alone = [llm.run(task) for task in tasks]
        assert llm.batch_run(tasks) == alone
        stream = llm.stream(tasks[1])  # others join it, and its cache goes with it or is made again
        begun = next(stream, "")
        assert llm.batch_run(tasks) == alone
        assert "".join([begun, *stream]).strip() == alone[1]
        llm.chat(tasks[0])
        second, turns = llm.chat("And then?"), llm.history[:-1]
    with generator(folder) as fresh:
        assert fresh.generate(turns).text == second


def test_a_reply_continues_beyond_the_window(folder):
    settings = {"max_tokens": 80, "max_length": 200, "eos_token_id": 7999, "prevent_loops": False}
    with generator(folder) as llm:
        beyond = llm.generate("Hello", **settings)
    assert beyond.tokens == 80 > SMALL["max_position_embeddings"]


def test_a_sliding_layer_does_not_limit_what_the_others_read(folder):
    config = read_config(folder)
    assert config.window == SMALL["max_position_embeddings"]
    values = json.loads((folder / "config.json").read_text())
    assert values["model_type"] in FAMILIES
