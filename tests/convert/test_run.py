"""A conversion from the plan to the folder: repeated, interrupted, and from the hub."""

import shutil

import mlx.core as mx
import pytest
from support.conversions import FIRST, LAST, MIDDLE, PRECISION, convert
from support.hub import REVISION
from typer.testing import CliRunner

from morris_mlx.cli.app import app
from morris_mlx.convert import plan_conversion, run_conversion
from morris_mlx.errors import MissingError, MorrisError, RefusedError
from morris_mlx.files import file_digest, locked, replacing_folder
from morris_mlx.models.catalog import ZEPHYR_MODEL
from morris_mlx.models.converted import (
    converted_folder,
    read_conversion,
)
from morris_mlx.models.find import find_model

pytestmark = pytest.mark.usefixtures("model_caches")


def test_the_card_holds_source_versions_and_the_hash_of_every_file(conversions, source_model):
    folder = conversions["4bit"].folder
    card = read_conversion(folder)
    assert card == conversions["4bit"].conversion
    assert card.source == "zephyr" and len(card.revision) == 64
    assert {"morris-mlx", "mlx", "mlx-lm"} <= set(card.versions)
    assert set(card.files) == {p.name for p in folder.iterdir()} - {"morris.json"}
    assert all(file_digest(folder / name) == mark.sha256 for name, mark in card.files.items())
    page = (folder / "README.md").read_text()
    assert "morris convert zephyr --bits 4" in page and f"{card.check.kl_nats:.4f} nats" in page
    assert str(source_model.parent) not in page + (folder / "morris.json").read_text()


def test_a_second_call_finds_the_result_and_makes_no_request(hub, tmp_path):
    first = convert("zephyr")
    assert first.fresh and first.conversion.revision == REVISION
    shutil.rmtree(tmp_path / "hf")  # its owner needed the space
    hub.requests.clear()
    second = convert(ZEPHYR_MODEL, "4bit", steps := [])
    assert not second.fresh and second.folder == first.folder
    assert second.conversion == first.conversion
    assert hub.requests == [] and steps == []


def test_a_folder_is_converted_again_only_after_a_change(conversions, source_model, model_copy):
    first = convert(model_copy, "16bit")
    assert first.fresh and not convert(model_copy, "16bit").fresh
    weights = mx.load(str(model_copy / LAST))
    mx.eval(weights)
    mx.save_safetensors(str(model_copy / LAST), {n: w * 2 for n, w in weights.items()})
    other = convert(model_copy, "16bit")
    assert other.fresh and other.folder != first.folder


def test_a_folder_that_changes_during_its_conversion_is_refused(model_copy):
    plan = plan_conversion(str(model_copy), PRECISION["16bit"])
    (model_copy / LAST).touch()
    with pytest.raises(MorrisError, match=r"changed while it was converted.*again"):
        run_conversion(plan, [].append)
    assert not plan.target.exists()


def test_a_damaged_conversion_is_replaced(model_copy):
    folder = convert(model_copy, "16bit").folder
    good = (folder / "model.safetensors").read_bytes()
    (folder / "model.safetensors").write_bytes(good[:-1] + b"x")
    plan = plan_conversion(str(model_copy), PRECISION["16bit"])
    assert not plan.done and plan.damage == "model.safetensors was changed"
    assert run_conversion(plan, lambda _: None).fresh
    assert (folder / "model.safetensors").read_bytes() == good
    assert {p.name for p in converted_folder().iterdir()} == {folder.name, ".lock"}


@pytest.mark.parametrize("moment", ["converter.convert_weights", "verify.compare_logits"])
def test_an_interrupted_conversion_leaves_nothing(source_model, monkeypatch, moment):
    module, name = moment.split(".")

    def interrupted(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr(f"morris_mlx.convert.{module}.{name}", interrupted)
    result = CliRunner().invoke(app, ["convert", str(source_model)])
    assert result.exit_code == 130 or getattr(result.exception, "exit_code", 0) == 130
    assert [p.name for p in converted_folder().iterdir()] == [".lock"]


def test_the_rest_of_a_killed_conversion_is_not_found_and_is_removed_later(hub):
    left = converted_folder() / ".new-killed"
    left.mkdir(parents=True)
    (left / "model.safetensors").write_bytes(b"half")
    hub.down = True
    with pytest.raises(MissingError):
        find_model("zephyr")
    hub.down = False
    convert("zephyr")
    assert not left.exists()


def test_a_second_conversion_at_the_same_time_is_refused(source_model):
    converted_folder().mkdir(parents=True)
    with (
        locked(converted_folder() / ".lock", "busy"),
        pytest.raises(MorrisError, match="Another `morris convert` is running"),
    ):
        convert(source_model, "4bit")
    convert(source_model, "4bit")


def test_a_folder_is_replaced_completely_or_not_at_all(tmp_path):
    target = tmp_path / "target"
    for content in ("old", "new"):
        with replacing_folder(target) as folder:
            (folder / "file").write_text(content)
    with pytest.raises(MorrisError, match="No space left"), replacing_folder(target) as folder:
        (folder / "file").write_text("third")
        raise OSError(28, "No space left on device")
    assert (target / "file").read_text() == "new"
    assert [p.name for p in tmp_path.iterdir()] == ["target"]


def test_a_cached_file_that_was_damaged_later_is_named(hub, tmp_path):
    convert("zephyr", "16bit")
    path = next((tmp_path / "hf").glob(f"hub/models--*/snapshots/*/{LAST}"))
    data = bytearray(path.read_bytes())
    data[-1] ^= 1
    path.resolve().write_bytes(bytes(data))
    with pytest.raises(MorrisError, match=rf"{LAST} is damaged: its SHA-256 is wrong. Delete"):
        convert("zephyr", "4bit")
    path.resolve().write_bytes(bytes(data[:-1]))
    with pytest.raises(MorrisError, match=rf"cut off .* Delete {path.resolve()} and get"):
        convert("zephyr", "4bit")
    path.resolve().unlink()
    hub.requests.clear()
    assert convert("zephyr", "4bit").fresh
    assert hub.asked(LAST) == [""] and hub.asked(FIRST) == hub.asked(MIDDLE) == []


def test_without_a_hub_a_cached_source_is_converted_and_a_missing_one_is_named(hub, monkeypatch):
    convert("zephyr", "16bit")
    hub.down = True
    assert convert("zephyr", "4bit").fresh
    with pytest.raises(MissingError, match=f"could not be downloaded from {hub.url}"):
        convert("somebody/absent")
    hub.requests.clear()
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", True)
    assert convert("zephyr", "8bit").fresh
    with pytest.raises(MissingError, match="HF_HUB_OFFLINE forbids"):
        convert("somebody/absent")
    assert hub.requests == []


def test_a_repository_of_mlx_weights_is_used_as_it_is(hub, conversions):
    hub.folders["somebody/zephyr-4bit"] = conversions["4bit"].folder
    result = convert("somebody/zephyr-4bit")
    assert result.fresh and result.conversion is None
    assert result.folder.name == REVISION
    assert [p.name for p in converted_folder().iterdir()] == [".lock"]
    assert find_model("somebody/zephyr-4bit").folder == result.folder
    assert not convert("somebody/zephyr-4bit", "4bit").fresh
    assert convert(conversions["4bit"].folder).folder == conversions["4bit"].folder
    for wanted in ("8bit", "mxfp4", "16bit"):
        with pytest.raises(RefusedError, match="cannot be restored"):
            convert("somebody/zephyr-4bit", wanted)
