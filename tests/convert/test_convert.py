"""Weights become MLX weights: from folders and from a hub that fails in every way it can."""

import json
import os
import pty
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import mlx.core as mx
import mlx_lm
import pytest
from support.hub import REVISION, running_hub
from support.workspace import change_tensors
from typer.testing import CliRunner

from morris_mlx.cli.app import app
from morris_mlx.convert import plan_conversion, run_conversion
from morris_mlx.convert.verify import CHECK_PROMPTS
from morris_mlx.convert.weights import expected_shapes
from morris_mlx.errors import MissingError, MorrisError, RefusedError
from morris_mlx.files import file_digest, locked, replacing_folder
from morris_mlx.models.catalog import ZEPHYR_MODEL
from morris_mlx.models.chat_tokenizer import load_tokenizer
from morris_mlx.models.converted import (
    PRECISIONS,
    converted_folder,
    find_damage,
    list_converted,
    read_conversion,
    repository_target,
)
from morris_mlx.models.find import find_base, find_model
from morris_mlx.models.load import load_mlx_model, model_digest
from morris_mlx.pipeline.doctor import examine

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
        for name, shape in expected_shapes(config).items()
    }


def write_source(folder, tokenizer, config=CONFIG, kind=mx.bfloat16, shards=3):
    """A model as a repository holds it: the tokenizer's files, config, weights in shards."""
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


@pytest.fixture(scope="module")
def source(zephyr_folder, tmp_path_factory):
    return write_source(tmp_path_factory.mktemp("source") / "zephyr", zephyr_folder)


@pytest.fixture
def copy(source, tmp_path):
    """The source once more, to be broken."""
    return shutil.copytree(source, tmp_path / "copy")


@pytest.fixture(autouse=True)
def caches(tmp_path, monkeypatch):
    """Empty caches, and no way to the real hub."""
    monkeypatch.setenv("MORRIS_CACHE", str(tmp_path / "morris"))
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(tmp_path / "hf" / "hub"))
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_DISABLE_XET", True)
    use_endpoint(monkeypatch, "http://127.0.0.1:9")
    monkeypatch.setattr("morris_mlx.models.download.FIRST_WAIT_SECONDS", 0.001)


def use_endpoint(monkeypatch, url):
    """What HF_ENDPOINT does; huggingface-hub reads it when it is imported."""
    template = url + "/{repo_id}/resolve/{revision}/{filename}"
    monkeypatch.setattr("huggingface_hub.constants.ENDPOINT", url)
    monkeypatch.setattr("huggingface_hub.constants.HUGGINGFACE_CO_URL_TEMPLATE", template)


@pytest.fixture
def hub(source, monkeypatch):
    with running_hub() as hub:
        use_endpoint(monkeypatch, hub.url)
        hub.folders[ZEPHYR_MODEL] = source
        yield hub


def convert(name, precision=None, steps=None):
    plan = plan_conversion(str(name), PRECISION[precision] if precision else None)
    return run_conversion(plan, (steps if steps is not None else []).append)


@pytest.fixture(scope="module")
def results(source, tmp_path_factory):
    """The source in every precision, converted once."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("MORRIS_CACHE", str(tmp_path_factory.mktemp("results")))
        return {name: convert(source, name) for name in PRECISION}


def put_in_cache(results, *precisions):
    """As if Zephyr's repository had been converted."""
    for name in precisions:
        target = repository_target(ZEPHYR_MODEL, PRECISION[name])
        shutil.copytree(results[name].folder, target)


# --- what comes out -----------------------------------------------------------------------
@pytest.mark.parametrize(
    ("name", "bits"), [("4bit", 4.5), ("mxfp4", 4.25), ("8bit", 8.5), ("16bit", 16.0)]
)
def test_every_precision_loads_in_mlx_lm_and_generates(results, name, bits):
    result = results[name]
    card = result.conversion
    assert card.bits_per_weight == pytest.approx(bits, abs=0.01)
    model, tokenizer = mlx_lm.load(str(result.folder))
    assert mlx_lm.generate(model, tokenizer, "Hello", max_tokens=3)
    config = json.loads((result.folder / "config.json").read_text())
    packing = config.get("quantization", {"bits": 16, "mode": "none"})
    assert (packing["bits"], packing["mode"]) == (card.precision.bits, card.precision.mode)


def whole_model_logits(folder):
    tokenizer = load_tokenizer(folder)._tokenizer
    model = load_mlx_model(folder)
    model.set_dtype(mx.float32)
    ids = [mx.array([tokenizer.encode(prompt).ids]) for prompt in CHECK_PROMPTS]
    return mx.concatenate([model(i)[0] for i in ids])


def test_16_bits_of_a_bfloat16_source_are_the_same_numbers(results, source):
    found = whole_model_logits(results["16bit"].folder)
    assert mx.array_equal(found, whole_model_logits(source))
    check = results["16bit"].conversion.check
    assert (check.max_difference, check.kl_nats, check.same_choice) == (0.0, 0.0, 1.0)


@pytest.mark.parametrize("name", ["4bit", "mxfp4", "8bit"])
def test_the_check_layer_by_layer_gives_the_figures_of_the_whole_models(results, source, name):
    check = results[name].conversion.check
    expected, found = whole_model_logits(source), whole_model_logits(results[name].folder)
    difference = mx.abs(expected - found)
    assert check.positions == len(expected) > 30
    assert check.max_difference == pytest.approx(float(difference.max()), rel=1e-3)
    assert check.mean_difference == pytest.approx(float(difference.mean()), rel=1e-3)
    assert 0 < check.kl_nats < 1 and 0 < check.same_choice <= 1


def test_more_bits_are_nearer_to_the_source(results):
    apart = [results[n].conversion.check.kl_nats for n in ("16bit", "8bit", "4bit")]
    assert apart == sorted(apart) and apart[1] < apart[2] / 10


def test_the_card_tells_source_versions_and_the_hash_of_every_file(results, source):
    folder = results["4bit"].folder
    card = read_conversion(folder)
    assert card == results["4bit"].conversion
    assert card.source == "zephyr" and len(card.revision) == 64
    assert {"morris-mlx", "mlx", "mlx-lm"} <= set(card.versions)
    assert set(card.files) == {p.name for p in folder.iterdir()} - {"morris.json"}
    assert all(file_digest(folder / name) == mark.sha256 for name, mark in card.files.items())
    page = (folder / "README.md").read_text()
    assert "morris convert zephyr --bits 4" in page and f"{card.check.kl_nats:.4f} nats" in page
    assert str(source.parent) not in page + (folder / "morris.json").read_text()


def test_the_tokenizers_files_stay_byte_for_byte(results, source):
    for name in ("tokenizer.json", "tokenizer_config.json"):
        assert (results["4bit"].folder / name).read_bytes() == (source / name).read_bytes()


def test_shards_and_one_file_give_the_same_weights(results, zephyr_folder, tmp_path):
    single = write_source(tmp_path / "single", zephyr_folder, shards=1)
    made = convert(single, "4bit").folder / "model.safetensors"
    assert made.read_bytes() == (results["4bit"].folder / "model.safetensors").read_bytes()


def test_float32_weights_become_bfloat16(zephyr_folder, tmp_path):
    config = {k: v for k, v in CONFIG.items() if k != "torch_dtype"} | {"dtype": "float32"}
    folder = write_source(tmp_path / "wide", zephyr_folder, config, kind=mx.float32)
    result = convert(folder, "16bit")
    kinds = {w.dtype for w in mx.load(str(result.folder / "model.safetensors")).values()}
    assert kinds == {mx.bfloat16}
    made = json.loads((result.folder / "config.json").read_text())
    assert made["torch_dtype"] == "bfloat16" and "dtype" not in made
    assert 0 < result.conversion.check.max_difference < 1


def test_a_llama_that_does_not_say_whether_it_is_tied_keeps_its_output_layer(
    zephyr_folder, tmp_path
):
    config = {k: v for k, v in CONFIG.items() if k != "tie_word_embeddings"}
    config |= {"model_type": "llama", "architectures": ["LlamaForCausalLM"]}
    folder = write_source(tmp_path / "llama", zephyr_folder, config)
    made = convert(folder, "4bit").folder
    assert "lm_head.weight" in mx.load(str(made / "model.safetensors"))
    assert json.loads((made / "config.json").read_text())["tie_word_embeddings"] is False


def test_a_tied_model_is_compared_through_its_embedding(zephyr_folder, tmp_path):
    config = CONFIG | {"tie_word_embeddings": True}
    folder = write_source(tmp_path / "tied", zephyr_folder, config)
    assert convert(folder, "16bit").conversion.check.max_difference == 0.0


def test_files_that_the_index_does_not_name_stay_out(results, copy):
    mx.save_safetensors(str(copy / "model-stray.safetensors"), {"x": mx.ones(3)})
    (copy / "modeling_evil.py").write_text("raise SystemExit")
    result = convert(copy, "4bit")
    assert {p.name for p in result.folder.iterdir()} == {
        p.name for p in results["4bit"].folder.iterdir()
    }


def test_weights_that_answer_differently_are_thrown_away(source, monkeypatch):
    from morris_mlx.convert import converter

    def spoiled(weights, folder, precision):
        whole(weights, folder, precision)
        change_tensors(
            folder / "model.safetensors",
            lambda w: w.update({"lm_head.weight": -w["lm_head.weight"]}),
        )

    whole = converter.convert_weights
    monkeypatch.setattr(converter, "convert_weights", spoiled)
    with pytest.raises(MorrisError, match=r"answer differently from their source \(\d"):
        convert(source, "16bit")
    assert [p.name for p in converted_folder().iterdir()] == [".lock"]


# --- who finds it -------------------------------------------------------------------------
def test_the_alias_finds_converted_weights_before_it_asks_the_hub(results):
    put_in_cache(results, "16bit", "8bit")
    assert find_model("zephyr").folder == repository_target(ZEPHYR_MODEL, PRECISION["8bit"])
    put_in_cache(results, "4bit", "mxfp4")
    four = repository_target(ZEPHYR_MODEL, PRECISION["4bit"])
    for name in ("zephyr", ZEPHYR_MODEL):
        for tokenizer_only in (False, True):
            found = find_model(name, tokenizer_only)
            assert (found.name, found.folder, found.window) == (name, four, 256)
    named = [f"zephyr ({n})" for n in ("16bit", "4bit", "8bit", "mxfp4")]
    assert list_converted() == named and set(named) < set(examine()["models"])


def test_an_adapters_base_is_found_in_the_precision_that_it_learned_on(results):
    put_in_cache(results, "8bit", "4bit")
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
def test_a_damaged_conversion_is_named_and_not_used(results, file, change, message):
    put_in_cache(results, "4bit")
    path = repository_target(ZEPHYR_MODEL, PRECISION["4bit"]) / file
    if change is None:
        path.unlink()
    else:
        path.write_bytes(change(path.read_bytes()))
    with pytest.raises(MorrisError, match=rf"is damaged: {message}.*convert .* --bits 4"):
        find_model("zephyr")


def test_of_big_files_the_size_is_looked_at_and_the_bytes_when_asked(results, monkeypatch):
    monkeypatch.setattr("morris_mlx.models.converted.HASHED_BYTES", 1000)
    put_in_cache(results, "4bit")
    folder = repository_target(ZEPHYR_MODEL, PRECISION["4bit"])
    data = bytearray((folder / "model.safetensors").read_bytes())
    data[-1] ^= 1
    (folder / "model.safetensors").write_bytes(bytes(data))
    assert find_damage(folder) == ""
    assert find_damage(folder, thorough=True) == "model.safetensors was changed"


# --- again, and interrupted ---------------------------------------------------------------
def test_a_second_call_says_that_it_is_there_and_asks_nobody(hub, tmp_path):
    first = convert("zephyr")
    assert first.fresh and first.conversion.revision == REVISION
    shutil.rmtree(tmp_path / "hf")  # its owner needed the room
    hub.requests.clear()
    second = convert(ZEPHYR_MODEL, "4bit", steps := [])
    assert not second.fresh and second.folder == first.folder
    assert second.conversion == first.conversion
    assert hub.requests == [] and steps == []


def test_a_folder_that_was_converted_is_not_converted_again_until_it_changes(results, source, copy):
    first = convert(copy, "16bit")
    assert first.fresh and not convert(copy, "16bit").fresh
    weights = mx.load(str(copy / LAST))
    mx.eval(weights)
    mx.save_safetensors(str(copy / LAST), {n: w * 2 for n, w in weights.items()})
    other = convert(copy, "16bit")
    assert other.fresh and other.folder != first.folder


def test_a_damaged_conversion_is_made_again(copy):
    folder = convert(copy, "16bit").folder
    good = (folder / "model.safetensors").read_bytes()
    (folder / "model.safetensors").write_bytes(good[:-1] + b"x")
    plan = plan_conversion(str(copy), PRECISION["16bit"])
    assert not plan.done and plan.damage == "model.safetensors was changed"
    assert run_conversion(plan, lambda _: None).fresh
    assert (folder / "model.safetensors").read_bytes() == good
    assert {p.name for p in converted_folder().iterdir()} == {folder.name, ".lock"}


@pytest.mark.parametrize("moment", ["converter.convert_weights", "check.compare_logits"])
def test_an_interrupted_conversion_leaves_nothing(source, monkeypatch, moment):
    module, name = moment.split(".")

    def interrupted(*_):
        raise KeyboardInterrupt

    import morris_mlx.convert.check

    import morris_mlx.convert.converter  # noqa: F401

    monkeypatch.setattr(f"morris_mlx.convert.{module}.{name}", interrupted)
    result = CliRunner().invoke(app, ["convert", str(source)])
    assert result.exit_code == 130 or getattr(result.exception, "exit_code", 0) == 130
    assert [p.name for p in converted_folder().iterdir()] == [".lock"]


def test_what_a_killed_conversion_left_is_never_found_and_goes_at_the_next_start(hub):
    left = converted_folder() / ".new-killed"
    left.mkdir(parents=True)
    (left / "model.safetensors").write_bytes(b"half")
    hub.down = True
    with pytest.raises(MissingError):
        find_model("zephyr")
    hub.down = False
    convert("zephyr")
    assert not left.exists()


def test_a_conversion_at_the_same_time_is_told_to_wait(source):
    converted_folder().mkdir(parents=True)
    with (
        locked(converted_folder() / ".lock", "busy"),
        pytest.raises(MorrisError, match="Another `morris convert` is at work"),
    ):
        convert(source, "4bit")
    convert(source, "4bit")


def test_a_folder_takes_its_place_whole_or_not_at_all(tmp_path):
    target = tmp_path / "target"
    for content in ("old", "new"):
        with replacing_folder(target) as folder:
            (folder / "file").write_text(content)
    with pytest.raises(MorrisError, match="No space left"), replacing_folder(target) as folder:
        (folder / "file").write_text("third")
        raise OSError(28, "No space left on device")
    assert (target / "file").read_text() == "new"
    assert [p.name for p in tmp_path.iterdir()] == ["target"]


# --- from the hub -------------------------------------------------------------------------
def part_of(hub_cache, file):
    blobs = list(Path(hub_cache).glob("models--*/blobs/*.incomplete"))
    return next((b.stat().st_size for b in blobs if b.name.startswith(file_digest(file))), 0)


def test_a_download_that_is_cut_goes_on_where_it_was_cut(hub):
    hub.cut[FIRST] = [2_500_000, 1_500_000]
    result = convert("zephyr", steps=(steps := []))
    # Whole chunks of a megabyte are kept; no byte of them is sent again.
    assert hub.asked(FIRST) == ["", f"bytes={2 << 20}-", f"bytes={3 << 20}-"]
    assert hub.asked(MIDDLE) == hub.asked(LAST) == [""]
    fetched = [step.done for step in steps if step.kind == "fetch"]
    assert fetched == sorted(fetched) and fetched[0] == 0
    assert find_damage(result.folder, thorough=True) == ""


def test_the_next_try_goes_on_where_the_last_one_stopped(hub, source, tmp_path):
    hub.cut[FIRST] = [2_500_000, *([0] * 5)]
    with pytest.raises(MissingError, match="goes on where it stopped"):
        convert("zephyr")
    assert part_of(tmp_path / "hf" / "hub", source / FIRST) == 2 << 20
    whole = sum((source / f).stat().st_size for f in (FIRST, MIDDLE, LAST))
    hub.requests.clear()
    plan = plan_conversion("zephyr", None)
    assert whole - (2 << 20) < plan.download_bytes < whole - (2 << 20) + 4_000_000
    run_conversion(plan, lambda _: None)
    assert hub.asked(FIRST) == [f"bytes={2 << 20}-"]


def test_a_server_that_knows_no_ranges_sends_all_again(hub):
    hub.cut[FIRST] = [2_500_000]
    hub.ranges = False
    result = convert("zephyr", steps=(steps := []))
    assert max(s.done for s in steps if s.kind == "fetch") <= steps[0].total
    assert find_damage(result.folder, thorough=True) == ""


def test_a_file_that_arrives_damaged_is_thrown_away_and_fetched_anew(hub, source, tmp_path):
    hub.flip.add(MIDDLE)
    with pytest.raises(MorrisError, match=f"{MIDDLE} .* arrived damaged"):
        convert("zephyr")
    assert part_of(tmp_path / "hf" / "hub", source / MIDDLE) == 0
    hub.flip.clear()
    hub.requests.clear()
    assert convert("zephyr").fresh
    assert hub.asked(FIRST) == [] and hub.asked(MIDDLE) == [""]


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


def test_without_a_hub_a_cached_source_is_converted_and_an_absent_one_named(hub, monkeypatch):
    convert("zephyr", "16bit")
    hub.down = True
    assert convert("zephyr", "4bit").fresh
    with pytest.raises(MissingError, match=f"could not be fetched from {hub.url}"):
        convert("somebody/absent")
    hub.requests.clear()
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", True)
    assert convert("zephyr", "8bit").fresh
    with pytest.raises(MissingError, match="HF_HUB_OFFLINE forbids"):
        convert("somebody/absent")
    assert hub.requests == []


def test_a_repository_that_is_not_there_is_named(hub):
    with pytest.raises(MissingError, match=f"no repository somebody/absent on {hub.url}"):
        convert("somebody/absent")
    hub.gated.add("somebody/gated")
    with pytest.raises(MissingError, match=r"only to whom its owner let in.*hf auth login"):
        convert("somebody/gated")


def test_a_repository_that_changes_while_it_is_fetched_is_not_mixed(hub, monkeypatch):
    plan = plan_conversion("zephyr", None)
    monkeypatch.setattr("hub.REVISION", "f" * 40)
    with pytest.raises(MorrisError, match=r"was changed just now\. Start"):
        run_conversion(plan, lambda _: None)


def test_a_ready_made_repository_is_used_as_it_is(hub, results):
    hub.folders["somebody/zephyr-4bit"] = results["4bit"].folder
    result = convert("somebody/zephyr-4bit")
    assert result.fresh and result.conversion is None
    assert result.folder.name == REVISION
    assert [p.name for p in converted_folder().iterdir()] == [".lock"]
    assert find_model("somebody/zephyr-4bit").folder == result.folder
    assert not convert("somebody/zephyr-4bit", "4bit").fresh
    assert convert(results["4bit"].folder).folder == results["4bit"].folder
    for wanted in ("8bit", "mxfp4", "16bit"):
        with pytest.raises(RefusedError, match="cannot be had back"):
            convert("somebody/zephyr-4bit", wanted)


@pytest.mark.parametrize(
    ("change", "error", "message"),
    [
        ({"model_type": "gemma"}, RefusedError, "of the type 'gemma'.*mistral and llama"),
        ({"auto_map": {"AutoModel": "evil.py"}}, RefusedError, "code of its own"),
        ({"quantization_config": {"quant_method": "gptq"}}, RefusedError, r"engine \(gptq\)"),
    ],
)
def test_what_cannot_be_converted_is_refused_before_the_download(hub, copy, change, error, message):
    (copy / "config.json").write_text(json.dumps(CONFIG | change))
    hub.folders["somebody/other"] = copy
    with pytest.raises(error, match=message):
        plan_conversion("somebody/other", None)
    assert hub.asked(".safetensors") == []


def test_a_repository_of_pickles_is_refused_before_the_download(hub, copy):
    for path in copy.glob("model*"):
        path.unlink()
    (copy / "pytorch_model.bin").write_bytes(b"\x80\x04.")
    hub.folders["somebody/pickled"] = copy
    with pytest.raises(RefusedError, match=r"only as pickle files.*can run any program"):
        plan_conversion("somebody/pickled", None)
    assert hub.asked(".bin") == hub.asked("config.json") == []


# --- what is refused ----------------------------------------------------------------------
def edit_config(**changes):
    def change(folder):
        (folder / "config.json").write_text(json.dumps(CONFIG | changes))

    return change


def edit_shard(name, edit):
    def change(folder):
        change_tensors(folder / name, edit)

    return change


def edit_index(edit):
    def change(folder):
        index = json.loads((folder / INDEX).read_text())
        edit(index["weight_map"])
        (folder / INDEX).write_text(json.dumps(index))

    return change


def cut_off(name, size):
    return lambda folder: (folder / name).write_bytes((folder / name).read_bytes()[:size])


def only_pickles(folder):
    for path in folder.glob("model*"):
        path.unlink()
    (folder / "pytorch_model.bin").write_bytes(b"")


def garble_header(folder):
    data = bytearray((folder / LAST).read_bytes())
    data[12:20] = b"\xff" * 8
    (folder / LAST).write_bytes(bytes(data))


NORM = "model.norm.weight"
K = "model.layers.1.self_attn.k_proj.weight"


@pytest.mark.parametrize(
    ("change", "code", "message"),
    [
        (lambda f: (f / LAST).unlink(), 3, f"{LAST} is missing: the weights are partial"),
        (cut_off(FIRST, 1_000_000), 1, f"{FIRST} is damaged or was cut off"),
        (cut_off(FIRST, 5), 1, f"{FIRST} is damaged or was cut off"),
        (garble_header, 1, f"{LAST} is damaged or was cut off"),
        (lambda f: (f / INDEX).write_text("{"), 1, f"{INDEX} is damaged"),
        (edit_index(lambda m: m.update(x="../model.safetensors")), 1, f"{INDEX} is damaged"),
        (edit_index(lambda m: m.update({NORM: FIRST})), 1, "which is another file's"),
        (edit_shard(MIDDLE, lambda w: w.pop(NORM)), 1, f"{MIDDLE} lacks {NORM}"),
        (edit_shard(MIDDLE, lambda w: w.update({K: w[K][:-1]})), 1, r"k_proj.weight has the shape"),
        (edit_config(num_hidden_layers=3), 1, "lacks the tensor model.layers.2"),
        (edit_config(num_hidden_layers=1), 4, "holds model.layers.1.*another architecture"),
        (edit_config(hidden_size=32), 1, r"asks for \[32000, 32\].*different models"),
        (edit_config(intermediate_size=None), 1, "gives no sound intermediate_size"),
        (edit_config(vocab_size="many"), 1, "gives no sound vocab_size"),
        (edit_config(rms_norm_eps=None), 1, "gives no sound rms_norm_eps"),
        (edit_config(model_type="mixtral"), 4, "of the type 'mixtral'"),
        (edit_config(model_file="evil.py"), 4, "code of its own"),
        (edit_config(quantization_config={"quant_method": "awq"}), 4, r"another engine \(awq\)"),
        (edit_config(quantization={"bits": 4, "group_size": 64}), 1, "calls the weights quantised"),
        (edit_shard(MIDDLE, lambda w: w.update({K: w[K].astype(mx.int8)})), 4, "stored as I8"),
        (only_pickles, 4, "only as pickle files"),
        (lambda f: (f / "tokenizer.json").unlink(), 3, "No tokenizer.json"),
        (lambda f: (f / "tokenizer_config.json").write_text('{"auto_map": 1}'), 4, "auto_map"),
        (lambda f: (f / "config.json").unlink(), 3, "not a model's folder"),
    ],
)
def test_broken_or_foreign_weights_are_refused_by_name(copy, change, code, message):
    change(copy)
    with pytest.raises(MorrisError, match=message) as error:
        plan_conversion(str(copy), None)
    assert error.value.exit_code == code
    assert not converted_folder().exists()


def test_rows_that_are_no_whole_groups_are_refused_for_quantising_alone(zephyr_folder, tmp_path):
    config = CONFIG | {"intermediate_size": 100}
    folder = write_source(tmp_path / "odd", zephyr_folder, config)
    with pytest.raises(RefusedError, match=r"intermediate_size 100 is no multiple of 64.*16"):
        convert(folder, "4bit")
    assert convert(folder, "16bit").fresh


def test_a_full_disk_is_told_before_anything_is_fetched(hub, source, tmp_path, monkeypatch):
    usage = shutil.disk_usage("/")
    monkeypatch.setattr("shutil.disk_usage", lambda _: usage._replace(free=400_000_000))
    for name in ("zephyr", source):
        with pytest.raises(MorrisError, match=rf"The disk of {tmp_path}.*0\.5 GB .* 0\.4 GB are"):
            plan_conversion(str(name), None)
    assert hub.asked(".safetensors") == []


def test_a_disk_that_fills_up_while_converting_leaves_nothing(source, monkeypatch):
    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("morris_mlx.convert.converter.shutil.copyfile", full)
    with pytest.raises(MorrisError, match=r"Cannot write .*No space left"):
        convert(source, "4bit")
    assert [p.name for p in converted_folder().iterdir()] == [".lock"]


# --- the command --------------------------------------------------------------------------
def command(hub, tmp_path, *words, **more):
    """`morris convert` in a process of its own, with huggingface-hub's own settings."""
    environment = os.environ | {
        "HF_ENDPOINT": hub.url,
        "HF_HOME": str(tmp_path / "hf"),
        "HF_HUB_DISABLE_XET": "1",
        "COLUMNS": "100",
    }
    environment.pop("HF_HUB_OFFLINE", None)
    words = [sys.executable, "-m", "morris_mlx", "convert", *map(str, words)]
    pipes = {"stdin": subprocess.DEVNULL, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    return subprocess.Popen(words, env=environment, text=True, **(pipes | more))


def test_the_command_asks_the_mirror_tells_the_size_and_wants_a_yes(hub, tmp_path):
    process = command(hub, tmp_path, "zephyr", "--bits", 8)
    out, err = process.communicate(timeout=60)
    assert process.returncode == 4 and out == ""
    assert f"{ZEPHYR_MODEL}: 11.8 MB to download." in err and "for 8bit in" in err
    assert "nobody is here to ask. Add --yes." in err
    assert hub.asked(".safetensors") == []


@pytest.mark.parametrize("answer", ["y", "n"])
def test_on_a_terminal_it_asks_and_does_what_is_said(hub, tmp_path, answer):
    master, slave = pty.openpty()
    process = command(hub, tmp_path, "zephyr", stdin=slave)
    os.write(master, f"{answer}\n".encode())
    out, err = process.communicate(timeout=60)
    os.close(master)
    os.close(slave)
    assert "Go on? [y/N]" in err
    if answer == "n":
        assert process.returncode == 4 and "Nothing was downloaded" in err
        assert hub.asked(".safetensors") == []
        return
    target = repository_target(ZEPHYR_MODEL, PRECISION["4bit"])
    assert process.returncode == 0, err
    assert f"{ZEPHYR_MODEL} is converted: 4bit" in out and f"→ {target}\n" in out
    assert "Next: morris train --model zephyr" in out and "[INFO]" not in out + err
    assert find_model("zephyr").folder == target


def test_ctrl_c_while_downloading_keeps_what_has_arrived(hub, source, tmp_path):
    hub.stall[FIRST] = 2_500_000
    process = command(hub, tmp_path, "zephyr", "--yes")
    deadline = time.monotonic() + 30
    while part_of(tmp_path / "hf" / "hub", source / FIRST) < 2 << 20:
        assert time.monotonic() < deadline and process.poll() is None
        time.sleep(0.02)
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=30)
    assert process.returncode == 130 and out == ""
    assert "What was downloaded is kept" in err and "Traceback" not in err
    hub.stall.clear()
    hub.requests.clear()
    result = convert("zephyr")
    assert hub.asked(FIRST) == [f"bytes={2 << 20}-"] and result.fresh


def test_json_is_one_object_and_the_only_output(hub, tmp_path, monkeypatch):
    words = ["convert", "zephyr", "--mode", "mxfp4", "--yes", "--json"]
    found = CliRunner().invoke(app, words, catch_exceptions=False)
    value = json.loads(found.stdout)
    assert value["fresh"] is True and value["ready_made"] is False
    assert value["folder"] == str(repository_target(ZEPHYR_MODEL, PRECISION["mxfp4"]))
    assert value["conversion"]["precision"]["mode"] == "mxfp4"
    assert value["revision"] == value["conversion"]["revision"] == REVISION
    again = json.loads(CliRunner().invoke(app, [*words[:-2], "--json"]).stdout)
    assert again == value | {"fresh": False}


@pytest.mark.parametrize(
    ("words", "precision"),
    [
        ([], None),
        (["--bits", "4"], "4bit"),
        (["--bits", "8"], "8bit"),
        (["--bits", "16"], "16bit"),
        (["--mode", "mxfp4"], "mxfp4"),
        (["--mode", "mxfp4", "--bits", "4"], "mxfp4"),
        (["--mode", "affine", "--bits", "8"], "8bit"),
        (["--mode", "affine"], "4bit"),
    ],
)
def test_every_precision_option_arrives(monkeypatch, words, precision):
    asked = []

    def caught(name, wanted):
        asked.append((name, wanted))
        raise MorrisError("enough")

    monkeypatch.setattr("morris_mlx.convert.plan_conversion", caught)
    CliRunner().invoke(app, ["convert", "zephyr", *words])
    assert asked == [("zephyr", PRECISION[precision] if precision else None)]


@pytest.mark.parametrize(
    ("words", "code", "message"),
    [
        (["zephyr", "--bits", "5"], 2, "'5' is not one of"),
        (["zephyr", "--bits", "8", "--mode", "mxfp4"], 2, "mxfp4 has 4 bits"),
        (["zephyr", "--bits", "16", "--mode", "affine"], 2, "16 bits are not quantised"),
        (["practice"], 2, "practice base needs no conversion"),
        (["./absent"], 3, "Unknown model './absent'"),
    ],
)
def test_a_wrong_word_is_told(words, code, message):
    result = CliRunner().invoke(app, ["convert", *words])
    text = result.output + str(result.exception)
    assert message in text
    assert getattr(result.exception, "exit_code", result.exit_code) == code


def test_the_text_says_what_happened_each_time(copy, results):
    first = CliRunner().invoke(app, ["convert", str(copy), "--bits", "16"])
    folder = next(p for p in converted_folder().iterdir() if p.is_dir())
    assert first.stdout == (
        f"copy is converted: 16bit, 11.9 MB, 16.00 bits a weight → {folder}\n"
        "Against the source, over 42 next-token choices: 100.0 % the same, KL 0.0000 nats, "
        "logits 0.0000 apart on average, 0.0000 at most.\n"
        f"Next: morris train --model {folder}\n"
    )
    second = CliRunner().invoke(app, ["convert", str(copy), "--bits", "16"])
    assert "copy was converted already; every file is whole: 16bit" in second.stdout
    ready = CliRunner().invoke(app, ["convert", str(results["4bit"].folder)])
    assert "is MLX already and needs no conversion" in ready.stdout


def test_the_progress_tells_how_far_and_how_long():
    from morris_mlx.cli.convert import Show
    from morris_mlx.convert import Step

    class Line:
        def show(self, text):
            self.text = text

    line = Line()
    show = Show(line)
    show._began -= 10
    show(Step("fetch", 2_000_000_000, 14_000_000_000))
    assert line.text.startswith("downloading 2.0 GB of 14.0 GB  ")
    assert line.text.endswith("1:00 left")
    show(Step("compare", 3, 32))
    assert line.text == "comparing with the source, layer 3 of 32"
