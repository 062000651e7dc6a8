"""Conversion by mlx-lm: precisions, tokenizer files, number formats."""

import json

import mlx.core as mx
import mlx_lm
import pytest
from support.conversions import CONFIG, convert, write_source

from morris_mlx.errors import MorrisError
from morris_mlx.models.converted import (
    converted_folder,
)

pytestmark = pytest.mark.usefixtures("model_caches")


@pytest.mark.parametrize(
    ("name", "bits"), [("4bit", 4.5), ("mxfp4", 4.25), ("8bit", 8.5), ("16bit", 16.0)]
)
def test_every_precision_loads_in_mlx_lm_and_generates(conversions, name, bits):
    result = conversions[name]
    card = result.conversion
    assert card.bits_per_weight == pytest.approx(bits, abs=0.01)
    model, tokenizer = mlx_lm.load(str(result.folder))
    assert mlx_lm.generate(model, tokenizer, "Hello", max_tokens=3)
    config = json.loads((result.folder / "config.json").read_text())
    packing = config.get("quantization", {"bits": 16, "mode": "none"})
    assert (packing["bits"], packing["mode"]) == (card.precision.bits, card.precision.mode)


def test_tokenizer_files_are_copied_byte_for_byte(conversions, source_model):
    for name in ("tokenizer.json", "tokenizer_config.json"):
        assert (conversions["4bit"].folder / name).read_bytes() == (
            source_model / name
        ).read_bytes()


def test_shards_and_one_file_give_the_same_weights(conversions, zephyr_folder, tmp_path):
    single = write_source(tmp_path / "single", zephyr_folder, shards=1)
    made = convert(single, "4bit").folder / "model.safetensors"
    assert made.read_bytes() == (conversions["4bit"].folder / "model.safetensors").read_bytes()


def test_float32_weights_become_bfloat16(zephyr_folder, tmp_path):
    config = {k: v for k, v in CONFIG.items() if k != "torch_dtype"} | {"dtype": "float32"}
    folder = write_source(tmp_path / "wide", zephyr_folder, config, kind=mx.float32)
    result = convert(folder, "16bit")
    kinds = {w.dtype for w in mx.load(str(result.folder / "model.safetensors")).values()}
    assert kinds == {mx.bfloat16}
    made = json.loads((result.folder / "config.json").read_text())
    assert made["torch_dtype"] == "bfloat16" and "dtype" not in made
    assert 0 < result.conversion.check.max_difference < 1


def test_a_llama_config_without_tie_word_embeddings_keeps_its_output_layer(zephyr_folder, tmp_path):
    config = {k: v for k, v in CONFIG.items() if k != "tie_word_embeddings"}
    config |= {"model_type": "llama", "architectures": ["LlamaForCausalLM"]}
    folder = write_source(tmp_path / "llama", zephyr_folder, config)
    made = convert(folder, "4bit").folder
    assert "lm_head.weight" in mx.load(str(made / "model.safetensors"))
    assert json.loads((made / "config.json").read_text())["tie_word_embeddings"] is False


def test_files_that_the_index_does_not_name_are_ignored(conversions, model_copy):
    mx.save_safetensors(str(model_copy / "model-stray.safetensors"), {"x": mx.ones(3)})
    (model_copy / "modeling_evil.py").write_text("raise SystemExit")
    result = convert(model_copy, "4bit")
    assert {p.name for p in result.folder.iterdir()} == {
        p.name for p in conversions["4bit"].folder.iterdir()
    }


def test_a_disk_that_fills_up_leaves_no_incomplete_conversion(source_model, monkeypatch):
    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("morris_mlx.convert.converter.shutil.copyfile", full)
    with pytest.raises(MorrisError, match=r"Cannot write .*No space left"):
        convert(source_model, "4bit")
    assert [p.name for p in converted_folder().iterdir()] == [".lock"]
