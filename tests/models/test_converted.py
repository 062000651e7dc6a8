"""The cache of converted models: lookups and damage."""

import pytest
from support.conversions import PRECISION, put_in_cache

from morris_mlx.errors import MorrisError
from morris_mlx.models.catalog import ZEPHYR_MODEL
from morris_mlx.models.converted import (
    find_damage,
    list_converted,
    repository_target,
)
from morris_mlx.models.find import find_base, find_model
from morris_mlx.models.load import model_digest
from morris_mlx.pipeline.doctor import examine

pytestmark = pytest.mark.usefixtures("model_caches")


def test_an_alias_finds_converted_weights_without_a_request(conversions):
    put_in_cache(conversions, "16bit", "8bit")
    assert find_model("zephyr").folder == repository_target(ZEPHYR_MODEL, PRECISION["8bit"])
    put_in_cache(conversions, "4bit", "mxfp4")
    four = repository_target(ZEPHYR_MODEL, PRECISION["4bit"])
    for name in ("zephyr", ZEPHYR_MODEL):
        for tokenizer_only in (False, True):
            found = find_model(name, tokenizer_only)
            assert (found.name, found.folder, found.window) == (name, four, 256)
    named = [f"zephyr ({n})" for n in ("16bit", "4bit", "8bit", "mxfp4")]
    assert list_converted() == named and set(named) < set(examine()["models"])


def test_the_base_of_an_adapter_is_found_in_its_precision(conversions):
    put_in_cache(conversions, "8bit", "4bit")
    eight = repository_target(ZEPHYR_MODEL, PRECISION["8bit"])
    base = find_base("zephyr", model_digest(eight))
    assert base is not None and base.folder == eight
    assert find_base("zephyr", "0" * 64) is None


@pytest.mark.parametrize(
    ("file", "change", "message"),
    [
        ("config.json", lambda d: d.replace(b"64", b"65", 1), "config.json was changed"),
        ("tokenizer.json", lambda d: d[:-1] + b" ", "tokenizer.json was changed"),
        ("model.safetensors", lambda d: d[:-9], "model.safetensors has .* bytes instead of"),
        ("model.safetensors", None, "model.safetensors is missing"),
        ("morris.json", None, "morris.json is missing"),
        ("morris.json", lambda d: b"{}", "morris.json is unreadable"),
        (
            "morris.json",
            lambda d: d.replace(b'"config.json"', b'"' + b"[" * 500 + b'"'),
            r"\[{80} is missing",
        ),
    ],
)
def test_a_damaged_conversion_is_named_and_not_used(conversions, file, change, message):
    put_in_cache(conversions, "4bit")
    path = repository_target(ZEPHYR_MODEL, PRECISION["4bit"]) / file
    if change is None:
        path.unlink()
    else:
        path.write_bytes(change(path.read_bytes()))
    with pytest.raises(MorrisError, match=rf"is damaged: {message}.*convert .* --bits 4"):
        find_model("zephyr")


def test_big_files_are_checked_by_size_and_thoroughly_by_hash(conversions, monkeypatch):
    monkeypatch.setattr("morris_mlx.models.converted.HASHED_BYTES", 1000)
    put_in_cache(conversions, "4bit")
    folder = repository_target(ZEPHYR_MODEL, PRECISION["4bit"])
    data = bytearray((folder / "model.safetensors").read_bytes())
    data[-1] ^= 1
    (folder / "model.safetensors").write_bytes(bytes(data))
    assert find_damage(folder) == ""
    assert find_damage(folder, thorough=True) == "model.safetensors was changed"
