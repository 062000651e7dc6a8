"""`morris plan` as a person types it."""

import json
import re
import shutil
import subprocess
import sys

import pytest
from support.workspace import column, done, morris

from morris_mlx.errors import MorrisError
from morris_mlx.pipeline.train_plan import MemoryPlanRequest, plan_memory

ASK = ("plan", "--model", "zephyr", "--memory", "8GB")


@pytest.fixture(scope="module")
def prepared(tmp_path_factory, tiny_folder):
    home = tmp_path_factory.mktemp("prepared")
    (home / "in").mkdir()
    for number in range(1, 13):
        (home / "in" / f"{number:02}.md").write_text(column(number, 2), encoding="utf-8")
    done("collect", home / "in", home=home)
    done("prepare", "--model", tiny_folder, home=home)
    return home


def planned(*words, home):
    return json.loads(done("plan", *words, "--json", home=home))


def test_zephyr_on_eight_gigabytes_is_answered_offline(tmp_path):
    answer = json.loads(done(*ASK, "--json", home=tmp_path))
    assert answer["trainable_parameters"] == 41_943_040
    assert answer["fits"] is True
    assert (answer["bits"], answer["window"]) == (4, 512)
    assert answer["settings"]["rank"] == 16
    assert answer["settings"]["recompute"] == "full"
    assert answer["predicted_peak_gb"] == pytest.approx(5.5, abs=0.3)
    assert list(tmp_path.iterdir()) == []


def test_the_answer_for_people_says_the_parts_the_verdict_and_the_price(tmp_path):
    lines = done(*ASK, home=tmp_path).splitlines()
    assert lines[0] == (
        "zephyr in 4 bits, rows of 512 tokens; lora of rank 16 on all: 41,943,040 parameters"
    )
    assert [line.split()[0] for line in lines[4:14]] == [
        *("weights", "adapter", "gradients,", "activations", "logits,"),
        *("PEAK", "cache", "headroom", "NEEDED", "usable"),
    ]
    assert lines[15:] == [
        "Does not fit on 8 GB as it is. It fits with:",
        "  bits: 4 (`morris convert zephyr --bits 4`)",
        "  window: 512 (`morris prepare --window 512`)",
        "  cache limit: 0.1 GB (a little slower; changes no result)",
        "  recompute: full (slower; changes no result)",
        "Speed, roughly: about 24 tokens a second; 100,000 tokens take 71 minutes.",
        lines[21],
        "→ Zephyr is too tight for this memory. Qwen/Qwen3-1.7B leaves more room and learns from "
        "longer rows: `morris prepare --model Qwen/Qwen3-1.7B`.",
    ]
    disk = r"Disk: 14.5 GB to download, 4.1 GB for the converted weights; \d+ GB are free."
    assert re.fullmatch(disk, lines[21])


def test_where_nothing_fits_the_exit_code_is_four(tmp_path):
    result = morris("plan", "--model", "zephyr", "--memory", "4GB", home=tmp_path)
    assert result.returncode == 4
    assert "Does not fit on 4 GB, not even with:" in result.stdout
    result = morris("plan", "--model", "zephyr", "--memory", "4GB", "--json", home=tmp_path)
    assert result.returncode == 4
    assert json.loads(result.stdout)["fits"] is False


MISTRAL = {
    "model_type": "mistral",
    "hidden_size": 4096,
    "intermediate_size": 14336,
    "num_hidden_layers": 32,
    "num_attention_heads": 32,
    "num_key_value_heads": 8,
    "vocab_size": 32000,
    "tie_word_embeddings": False,
    "torch_dtype": "bfloat16",
}
EXPERTS = MISTRAL | {"model_type": "jamba", "num_local_experts": 8}
NESTED = {"model_type": "llama4", "text_config": MISTRAL | {"model_type": "llama4_text"}}


@pytest.mark.parametrize(
    ("config", "message"),
    [
        (EXPERTS, "type 'jamba'.* 46.7 billion weights in 8 experts a layer, 93.4 GB in 16"),
        (NESTED, "type 'llama4'.* 7.2 billion weights, 14.5 GB"),
        (
            MISTRAL | {"quantization_config": {"quant_method": "bitsandbytes"}},
            r"quantized for another engine \(bitsandbytes\)",
        ),
    ],
)
def test_a_base_that_training_refuses_is_refused_with_its_size(config, message, project, tmp_path):
    (tmp_path / "config.json").write_text(json.dumps(config))
    with pytest.raises(MorrisError, match=message):
        plan_memory(project, MemoryPlanRequest(str(tmp_path), data_free=True))


@pytest.mark.parametrize(
    ("words", "code", "message"),
    [
        (("--memory", "huge"), 2, "--memory is 'huge'"),
        (("--model", "somebody/unknown"), 3, "shape of somebody/unknown is not known"),
        (("--bits", "5"), 2, "--bits is 5"),
        (("--window", "99999"), 2, "reads at most 1024 tokens"),
        (("--layers", "99"), 2, "has 8 blocks"),
        (("--targets", "none"), 2, "targets is 'none'"),
        (("--recipe", "soup"), 2, "--recipe is 'soup'"),
    ],
)
def test_errors_name_the_thing(tmp_path, words, code, message):
    words = words if "--model" in words else ("--model", "practice", *words)
    result = morris("plan", *words, home=tmp_path)
    assert (result.returncode, result.stdout) == (code, "")
    assert message in result.stderr


def test_the_datasets_own_rows_are_what_is_planned_for(prepared):
    rows, free = (
        planned(home=prepared),
        planned("--data-free", "--model", "practice", home=prepared),
    )
    assert rows["rows"] > 0 and free["rows"] == 0
    assert rows["seconds"] > 0 and free["seconds"] is None
    assert rows["buckets"][-1]["width"] < rows["window"] + 32
    assert free["buckets"] == [{"width": 1024, "peak_gb": free["predicted_peak_gb"]}]


def test_the_next_step_is_a_training_or_a_dataset(prepared, tmp_path):
    assert (
        done("plan", "--rank", 4, home=prepared).splitlines()[-1] == "Next: morris train --rank 4"
    )
    practice = ("plan", "--model", "practice")
    for words, command in (
        ((), "morris prepare --model practice"),
        (("--window", 512), "morris prepare --model practice --window 512"),
    ):
        assert done(*practice, *words, home=tmp_path).splitlines()[-1] == f"Next: {command}"
    bits = done("plan", "--model", "zephyr", "--bits", 4, "--window", 64, home=tmp_path)
    assert bits.splitlines()[-1] == "Next: morris convert zephyr --bits 4"
    assert "Next:" not in done(*practice, "--memory", "8GB", home=tmp_path), "another machine"


def test_a_dataset_without_lengths_in_its_card_is_measured_as_before(prepared, tmp_path):
    home = shutil.copytree(prepared, tmp_path / "older")
    path = home / "data" / "dataset" / "card.json"
    card = json.loads(path.read_text())
    assert set(card.pop("lengths")) == {"train", "valid", "test"}
    path.write_text(json.dumps(card))
    assert planned(home=home) == planned(home=prepared)


def test_the_lengths_in_the_card_are_what_is_planned_for(prepared, tmp_path):
    home = shutil.copytree(prepared, tmp_path / "shorter")
    path = home / "data" / "dataset" / "card.json"
    card = json.loads(path.read_text())
    card["lengths"]["train"] = [{"tokens": 33, "supervised": 7}] * len(card["lengths"]["train"])
    path.write_text(json.dumps(card))
    assert [bucket["width"] for bucket in planned(home=home)["buckets"]] == [32]


@pytest.mark.parametrize(
    ("words", "field", "value"),
    [
        (("--rank", "4"), "rank", 4),
        (("--targets", "attention"), "targets", "attention"),
        (("--fine-tune-type", "dora", "--targets", "all"), "fine_tune_type", "dora"),
        (("--layers", "3"), "layers", 3),
        (("--batch-size", "4"), "batch_size", 4),
        (("--accumulate", "3"), "accumulate", 3),
        (("--recompute", "full"), "recompute", "full"),
        (("--dropout", "0.2"), "dropout", 0.2),
        (("--cache-limit-gb", "0.5"), "cache_limit_gb", 0.5),
    ],
)
def test_every_option_reaches_the_plan(tmp_path, words, field, value):
    asked = planned("--model", "practice", *words, home=tmp_path)
    assert asked["settings"][field] == value


def test_window_bits_and_recipe_reach_the_plan(tmp_path):
    usual = planned("--model", "zephyr", "--memory", "64GB", home=tmp_path)
    other = planned(
        *("--model", "zephyr", "--memory", "64GB"),
        *("--window", "512", "--bits", "4", "--recipe", "chats"),
        home=tmp_path,
    )
    assert (other["window"], other["bits"], other["settings"]["rank"]) == (512, 4, 8)
    assert other["predicted_peak_gb"] < usual["predicted_peak_gb"]


def test_planning_for_zephyr_loads_no_engine():
    code = (
        "import sys\n"
        f"sys.argv = ['morris', *{ASK!r}, '--data-free', '--json']\n"
        "from morris_mlx.cli import main\n"
        "try:\n    main()\n"
        "except SystemExit as end:\n    assert not end.code\n"
        "loaded = {m.split('.')[0] for m in sys.modules}\n"
        "assert not loaded & {'mlx', 'mlx_lm', 'torch', 'transformers'}, loaded\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True, capture_output=True)
