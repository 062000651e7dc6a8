"""Comparison of converted weights with their source."""

import mlx.core as mx
import pytest
from support.conversions import CONFIG, convert, write_source
from support.workspace import change_tensors

from morris_mlx.convert.verify import CHECK_PROMPTS
from morris_mlx.errors import MorrisError
from morris_mlx.models.chat_tokenizer import load_tokenizer
from morris_mlx.models.converted import (
    converted_folder,
)
from morris_mlx.models.load import load_mlx_model

pytestmark = pytest.mark.usefixtures("model_caches")


def whole_model_logits(folder):
    tokenizer = load_tokenizer(folder)._tokenizer
    model = load_mlx_model(folder)
    model.set_dtype(mx.float32)
    ids = [mx.array([tokenizer.encode(prompt).ids]) for prompt in CHECK_PROMPTS]
    return mx.concatenate([model(i)[0] for i in ids])


def test_16_bits_of_a_bfloat16_source_are_the_same_numbers(conversions, source_model):
    found = whole_model_logits(conversions["16bit"].folder)
    assert mx.array_equal(found, whole_model_logits(source_model))
    check = conversions["16bit"].conversion.check
    assert (check.max_difference, check.kl_nats, check.same_choice) == (0.0, 0.0, 1.0)


@pytest.mark.parametrize("name", ["4bit", "mxfp4", "8bit"])
def test_the_comparison_by_layers_equals_that_of_whole_models(conversions, source_model, name):
    check = conversions[name].conversion.check
    expected, found = whole_model_logits(source_model), whole_model_logits(conversions[name].folder)
    difference = mx.abs(expected - found)
    assert check.positions == len(expected) > 30
    assert check.max_difference == pytest.approx(float(difference.max()), rel=1e-3)
    assert check.mean_difference == pytest.approx(float(difference.mean()), rel=1e-3)
    assert 0 < check.kl_nats < 1 and 0 < check.same_choice <= 1


def test_more_bits_are_closer_to_the_source(conversions):
    apart = [conversions[n].conversion.check.kl_nats for n in ("16bit", "8bit", "4bit")]
    assert apart == sorted(apart) and apart[1] < apart[2] / 10


def test_a_tied_model_is_compared_through_its_embedding(zephyr_folder, tmp_path):
    config = CONFIG | {"tie_word_embeddings": True}
    folder = write_source(tmp_path / "tied", zephyr_folder, config)
    assert convert(folder, "16bit").conversion.check.max_difference == 0.0


def test_weights_that_give_other_results_are_removed(source_model, monkeypatch):
    from morris_mlx.convert import converter

    def spoiled(weights, folder, precision):
        whole(weights, folder, precision)
        change_tensors(
            folder / "model.safetensors",
            lambda w: w.update({"lm_head.weight": -w["lm_head.weight"]}),
        )

    whole = converter.convert_weights
    monkeypatch.setattr(converter, "convert_weights", spoiled)
    with pytest.raises(MorrisError, match=r"give other results than their source \(\d"):
        convert(source_model, "16bit")
    assert [p.name for p in converted_folder().iterdir()] == [".lock"]
