"""Plans of conversions: refusals and free disk space, before any download."""

import json
import shutil

import pytest
from support.conversions import CONFIG, convert, write_source

from morris_mlx.convert import plan_conversion
from morris_mlx.errors import MorrisError, RefusedError

pytestmark = pytest.mark.usefixtures("model_caches")


@pytest.mark.parametrize(
    ("change", "error", "message"),
    [
        ({"model_type": "gemma"}, RefusedError, "of the type 'gemma'.*mistral and llama"),
        ({"auto_map": {"AutoModel": "evil.py"}}, RefusedError, "code of its own"),
        ({"quantization_config": {"quant_method": "gptq"}}, RefusedError, r"engine \(gptq\)"),
    ],
)
def test_models_that_cannot_be_converted_are_refused_before_the_download(
    hub, model_copy, change, error, message
):
    (model_copy / "config.json").write_text(json.dumps(CONFIG | change))
    hub.folders["somebody/other"] = model_copy
    with pytest.raises(error, match=message):
        plan_conversion("somebody/other", None)
    assert hub.asked(".safetensors") == []


def test_a_repository_of_pickles_is_refused_before_the_download(hub, model_copy):
    for path in model_copy.glob("model*"):
        path.unlink()
    (model_copy / "pytorch_model.bin").write_bytes(b"\x80\x04.")
    hub.folders["somebody/pickled"] = model_copy
    with pytest.raises(RefusedError, match=r"only as pickle files.*can run any program"):
        plan_conversion("somebody/pickled", None)
    assert hub.asked(".bin") == hub.asked("config.json") == []


def test_rows_without_whole_groups_are_refused_only_for_quantization(zephyr_folder, tmp_path):
    config = CONFIG | {"intermediate_size": 100}
    folder = write_source(tmp_path / "odd", zephyr_folder, config)
    with pytest.raises(RefusedError, match=r"intermediate_size 100 is no multiple of 64.*16"):
        convert(folder, "4bit")
    assert convert(folder, "16bit").fresh


def test_a_full_disk_is_reported_before_the_download(hub, source_model, tmp_path, monkeypatch):
    usage = shutil.disk_usage("/")
    monkeypatch.setattr("shutil.disk_usage", lambda _: usage._replace(free=400_000_000))
    for name in ("zephyr", source_model):
        with pytest.raises(MorrisError, match=rf"The disk of {tmp_path}.*0\.5 GB .* 0\.4 GB are"):
            plan_conversion(str(name), None)
    assert hub.asked(".safetensors") == []
