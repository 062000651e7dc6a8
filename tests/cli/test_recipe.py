"""Tests of the choice of a recipe, of recipe files, and of the nearest command of mlx-lm."""

import os
import shlex
import subprocess
import sys
from dataclasses import asdict, fields, replace
from pathlib import Path

import mlx_lm.lora
import pytest
import yaml
from mlx_lm.tuner.utils import build_schedule
from support.mlx_lm_process import STARTER
from support.workspace import prepare_project

from morris_mlx.collect import collect_files
from morris_mlx.defaults import SYSTEM_PROMPT, sample_folder
from morris_mlx.errors import MissingError, UsageError
from morris_mlx.models.families import LLAMA
from morris_mlx.prepare.examples.from_documents import (
    TASK_CONTINUATION,
    TASK_HEADLINE,
    TASK_TOPIC,
)
from morris_mlx.project.documents import write_documents
from morris_mlx.records.corpus import OPENING_TASK, DatasetCard
from morris_mlx.records.training import TrainSettings
from morris_mlx.train.batch_sampler import BatchSampler
from morris_mlx.train.dataset import TokenRow
from morris_mlx.train.mlx_lm_command import mlx_lm_command
from morris_mlx.train.optimizer import learning_rate
from morris_mlx.train.recipe_file import REFUSED, RecipeFile, read_recipe_file
from morris_mlx.train.recipes import (
    ARTICLES_RECIPE,
    CHATS_RECIPE,
    PRACTICE_RECIPE,
    RECIPES,
    choose_recipe,
    settle,
    steps_per_epoch,
)

ARTICLE_TASKS = (TASK_HEADLINE, TASK_TOPIC, OPENING_TASK, TASK_CONTINUATION)


def card(*tasks, window=2048):
    rows = {"train": tuple((f"id{n}", task) for n, task in enumerate(tasks)), "valid": ()}
    return DatasetCard("zephyr", "digest", window, "", 0, "digest", rows)


# --- which recipe -------------------------------------------------------------------------
def test_the_recipes_numbers_are_the_promised_ones():
    a, c = RECIPES["articles"], RECIPES["chats"]
    s = a.settings
    assert (s.rank, s.alpha, s.dropout, s.learning_rate) == (16, 32.0, 0.1, 1e-4)
    assert (s.epochs, s.batch_size, s.accumulate, s.targets) == (2, 1, 8, "all")
    s = c.settings
    assert (s.rank, s.alpha, s.dropout, s.learning_rate) == (8, 32.0, 0.05, 2e-4)
    assert (s.epochs, s.batch_size, s.accumulate, s.targets) == (10, 4, 4, "attention")
    assert s.patience > 0 and c.bits == 4 and c.window < a.window
    assert RECIPES["practice"].settings is PRACTICE_RECIPE


@pytest.mark.parametrize(
    ("base", "tasks", "expected", "why"),
    [
        ("zephyr", ARTICLE_TASKS, "articles", "4 of 4 rows to learn are of articles"),
        ("zephyr", ["chat"] * 3, "chats", "3 of 3 rows to learn are of chats"),
        ("zephyr", ["chat", "chat", "topic"], "chats", "2 of 3 rows to learn are of chats"),
        ("zephyr", ["chat", "topic"], "articles", "1 of 2 rows to learn are of articles"),
        ("zephyr", ["chat", "topic", ""], "articles", "2 of 3 rows to learn are of articles"),
        ("practice", ["chat"], "practice", "the practice base has its own"),
        (
            "smollm2",
            ["topic"],
            "smollm2",
            "SmolLM2 has its own, and 1 of 1 rows to learn are of articles",
        ),
        (
            "HuggingFaceTB/SmolLM2-135M-Instruct",
            ["chat"],
            "smollm2-chats",
            "SmolLM2 has its own, and 1 of 1 rows to learn are of chats",
        ),
        (
            "HuggingFaceTB/SmolLM2-360M-Instruct",
            ["chat"],
            "chats",
            "1 of 1 rows to learn are of chats",
        ),
    ],
)
def test_the_dataset_chooses_the_recipe(base, tasks, expected, why):
    choice = choose_recipe(base, card(*tasks))
    assert (choice.recipe.name, choice.why) == (expected, why)


def test_a_recipe_that_is_asked_for_wins_and_a_wrong_name_is_told():
    assert choose_recipe("practice", card("topic"), "chats").recipe.name == "chats"
    with pytest.raises(
        UsageError,
        match=r"Choose one of: articles, chats, practice, smollm2, smollm2-chats\. Did you mean chats",
    ):
        choose_recipe("zephyr", card(), "chat")


def test_a_flag_wins_over_the_file_and_the_file_over_the_recipe():
    choice = choose_recipe("zephyr", card("topic"))
    file = RecipeFile({"rank": 4, "epochs": 7, "layers": -1})
    settled = settle(choice, file, {"rank": 6})
    assert settled.settings == replace(ARTICLES_RECIPE, rank=6, epochs=7, layers=0)
    assert [settled.origins[k] for k in ("rank", "epochs", "alpha")] == ["flag", "file", "recipe"]


def test_a_files_scale_stays_when_a_flag_changes_the_rank():
    choice, file = choose_recipe("zephyr", card("topic")), RecipeFile({"rank": 4}, scale=3.0)
    assert settle(choice, file, {}).settings.alpha == 12.0
    settled = settle(choice, file, {"rank": 10})
    assert settled.settings.scale == 3.0 and settled.origins["alpha"] == "file"
    assert settle(choice, file, {"alpha": 5.0}).settings.alpha == 5.0


@pytest.mark.parametrize("rows", [1, 7, 8, 9, 33])
@pytest.mark.parametrize("recipe", RECIPES.values(), ids=lambda recipe: recipe.name)
def test_the_steps_that_are_told_are_the_trainers(rows, recipe):
    sampler = BatchSampler([TokenRow((1, 2, 3), (False, True, True))] * rows, recipe.settings)
    steps = list(sampler.micro_batches())
    assert steps_per_epoch(recipe.settings, rows) * recipe.settings.epochs == len(steps)


# --- recipe files -------------------------------------------------------------------------
@pytest.fixture
def read(tmp_path):
    def read(text):
        path = tmp_path / "recipe.yaml"
        path.write_text(text, encoding="utf-8")
        return read_recipe_file(path)

    return read


def test_a_file_in_mlx_lms_words_is_understood(read):
    file = read(
        "model: zephyr\nseed: 3\nfine_tune_type: dora\nnum_layers: -1\nbatch_size: 2\n"
        "learning_rate: 1e-5\nsteps_per_eval: 20\nsave_every: 40\ngrad_checkpoint: true\n"
        "grad_accumulation_steps: 3\noptimizer: adamw\n"
        "optimizer_config: {adamw: {weight_decay: 1e-2, bias_correction: true, "
        "betas: [0.9, 0.999], eps: 1e-8}}\n"
        f"lora_parameters: {{rank: 8, dropout: 0, scale: 20, keys: {list(LLAMA.attention_keys)}}}\n"
    )
    assert (file.model, file.scale, file.name, file.recipe) == ("zephyr", 20.0, "", "")
    assert file.settings == {
        "seed": 3, "fine_tune_type": "dora", "layers": -1, "batch_size": 2, "learning_rate": 1e-5,
        "validate_every": 20, "save_every": 40, "recompute": "full", "accumulate": 3,
        "weight_decay": 0.01, "rank": 8, "dropout": 0.0, "targets": "attention",
    }  # fmt: skip


@pytest.mark.parametrize("text", ["1e-5", "1.0e-5", "1E-5", ".1e-4", "0.00001", "+1e-05", "10.e-6"])
def test_a_number_in_every_spelling_is_a_number(read, text):
    assert read(f"learning_rate: {text}").settings["learning_rate"] == pytest.approx(1e-5)


@pytest.mark.parametrize(
    ("keys", "targets"),
    [
        (LLAMA.attention_keys, "attention"),
        (LLAMA.lora_keys[::-1], "all"),
        ((*LLAMA.lora_keys, "lm_head"), "all+head"),
        ((*LLAMA.lora_keys, "model.embed_tokens"), "all+head"),
    ],
)
def test_a_list_of_layers_is_known_as_its_preset(read, keys, targets):
    assert read(f"lora_parameters: {{keys: {list(keys)}}}").settings == {"targets": targets}


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            "iters: 600",
            "iters is not supported. Morris counts whole passes over the rows: write `epo",
        ),
        ("data: x", "data is not supported. Morris trains on data/dataset of the project"),
        ("adapter_path: adapters/x", "write `name`"),
        ("mask_prompt: false", "Morris always trains on the answers only"),
        ("ephocs: 2", "ephocs is not a key of a recipe. Did you mean epochs?"),
        ("42: 2", "42 is not a key of a recipe"),
        ("lora_parameters: {rnk: 2}", "lora_parameters.rnk is not a key of a recipe. Did you mean"),
        ("scale: 2", "lora_parameters: {scale: ...}"),
        ("rank: 2\nlora_parameters: {rank: 2}", "rank and lora_parameters.rank are two spellings"),
        ("lora_parameters: {alpha: 2, scale: 2}", "are two spellings of one setting. Keep one"),
        ("layers: 1\nnum_layers: 1", "layers and num_layers are two spellings"),
        ("recompute: none\ngrad_checkpoint: true", "are two spellings of one setting"),
        ("rank: 2\nrank: 2", "rank occurs twice"),
        ("lora_parameters: {rank: 2, rank: 2}", "rank occurs twice"),
        ("rank: 8.5", "rank is 8.5; it must be a whole number"),
        ("rank: '8'", "rank is '8'; it must be a whole number"),
        ("rank: true", "rank is True; it must be a whole number"),
        ("rank:", "rank is empty; it must be a whole number"),
        ("learning_rate: fast", "learning_rate is 'fast'; it must be a number"),
        ("learning_rate: '1e-5'", "learning_rate is '1e-5'; it must be a number"),
        ("grad_checkpoint: 1", "grad_checkpoint is 1; it must be true or false"),
        ("name: 7", "name is 7; it must be text"),
        ("lora_parameters: 8", "lora_parameters is 8; it must be a mapping"),
        ("lora_parameters: {keys: self_attn.q_proj}", "it must be a list"),
        (
            "lora_parameters: {keys: [self_attn.q_proj]}",
            "not one of the presets. Use exactly one of",
        ),
        ("optimizer: sgd", "optimizer is 'sgd', but Morris trains with adamw only"),
        ("optimizer_config: {adam: {}}", "Morris trains with adamw only"),
        ("optimizer_config: {adamw: {bias_correction: false}}", "Write true, or leave it out"),
        ("optimizer_config: {adamw: {betas: [0.8, 0.9]}}", "Morris uses AdamW's defaults"),
        ("- a\n- b", "has no keys"),
        ("", "has no keys"),
        ("just words", "has no keys"),
        ("a: [", "is not valid YAML"),
        ("a: 2020-13-45", "is not valid YAML"),
        ("a: !!python/object:os.system {}", "is not valid YAML"),
        ("a: \x00", "is not valid YAML"),
        ("[" * 5000, "is not valid YAML"),
    ],
)
def test_what_a_file_says_and_cannot_have_is_an_error_that_says_why(read, text, message):
    with pytest.raises(UsageError) as caught:
        read(text)
    assert message in str(caught.value) and "recipe.yaml" in str(caught.value)


def test_a_file_that_is_absent_or_no_text_is_told(tmp_path):
    with pytest.raises(MissingError, match=r"absent\.yaml does not exist"):
        read_recipe_file(tmp_path / "absent.yaml")
    (tmp_path / "latin.yaml").write_bytes(b"name: caf\xe9")
    with pytest.raises(UsageError, match="it is not UTF-8"):
        read_recipe_file(tmp_path / "latin.yaml")
    with pytest.raises(UsageError, match="cannot be read"):
        read_recipe_file(tmp_path)


def test_a_byte_order_mark_does_no_harm(tmp_path):
    (tmp_path / "recipe.yaml").write_bytes(b"\xef\xbb\xbfrank: 4")
    assert read_recipe_file(tmp_path / "recipe.yaml").settings == {"rank": 4}


@pytest.mark.parametrize("key", mlx_lm.lora.CONFIG_DEFAULTS)
def test_every_key_of_mlx_lm_is_obeyed_or_refused_by_name(read, key):
    value = mlx_lm.lora.CONFIG_DEFAULTS[key]
    try:
        read(yaml.safe_dump({key: value}))
    except UsageError as error:
        assert "is not a key of a recipe" not in str(error)
        refused = key in REFUSED or key.startswith("optimizer")  # its default is another one
        assert refused, f"{key} is one of the keys that ought to be read: {error}"


# --- mlx-lm's nearest command -------------------------------------------------------------
def command(settings, steps=100, window=512, model="some/model", tied=False):
    return mlx_lm_command(settings, model, Path("/d a/t"), Path("/a"), steps, window, tied)


def parse(text):
    """Parse arguments like mlx_lm.lora's main: with its own parser, then its own YAML loader."""
    first, *body, last = text.split("\n")
    start, heredoc = first.split(" <<")
    assert shlex.split(heredoc) == [last]
    words = shlex.split(start)
    assert words[0] == "mlx_lm.lora"
    args = vars(mlx_lm.lora.build_parser().parse_args(words[1:]))
    assert args["train"] and args["config"] == "/dev/stdin"
    config = yaml.load("\n".join(body), mlx_lm.lora.yaml_loader)
    assert config.keys() <= mlx_lm.lora.CONFIG_DEFAULTS.keys()
    for key, value in config.items():
        default = mlx_lm.lora.CONFIG_DEFAULTS[key]
        assert default is None or isinstance(value, type(default)), key
        assert args.get(key) is None  # nothing on the line hides what the file says
    return config


def test_the_nearest_command_says_what_morris_does():
    config = parse(command(CHATS_RECIPE, steps=100))
    assert config["model"] == "some/model" and config["data"] == "/d a/t"
    assert config["adapter_path"] == "/a" and config["max_seq_length"] == 512
    assert config["iters"] == 400 and config["grad_accumulation_steps"] == 4
    assert config["steps_per_eval"] == config["save_every"] == 5 * 4  # twice an epoch
    assert config["lora_parameters"] == {
        "rank": 8,
        "scale": 4.0,
        "dropout": 0.05,
        "keys": list(LLAMA.attention_keys),
    }
    assert config["optimizer_config"] == {"adamw": {"weight_decay": 0.01, "bias_correction": True}}
    assert (config["num_layers"], config["val_batches"], config["mask_prompt"]) == (-1, -1, True)
    changed = replace(CHATS_RECIPE, layers=3, recompute="full", seed=9, validate_every=2)
    config = parse(command(replace(changed, save_every=7, fine_tune_type="dora")))
    assert (config["num_layers"], config["grad_checkpoint"], config["seed"]) == (3, True, 9)
    assert (config["steps_per_eval"], config["save_every"]) == (8, 28)
    assert config["fine_tune_type"] == "dora"


@pytest.mark.parametrize(("tied", "head"), [(False, "lm_head"), (True, "model.embed_tokens")])
def test_the_head_has_the_name_that_the_model_gives_it(tied, head):
    config = parse(command(PRACTICE_RECIPE, tied=tied))
    assert config["lora_parameters"]["keys"] == [*LLAMA.lora_keys, head]


@pytest.mark.parametrize("rate", [1e-4, 1e-5])
@pytest.mark.parametrize(("warmup", "steps"), [(0.05, 60), (0.5, 7), (1.0, 5), (0.1, 200)])
def test_mlx_lms_rates_are_ours_step_by_step(rate, warmup, steps):
    settings = replace(ARTICLES_RECIPE, warmup=warmup, learning_rate=rate)
    theirs = build_schedule(parse(command(settings, steps))["lr_schedule"])
    for step in range(steps):
        assert theirs(step).item() == pytest.approx(learning_rate(settings, step, steps), rel=1e-5)


def test_with_one_step_of_warm_up_mlx_lms_rates_are_a_step_ahead_and_the_command_says_so():
    settings = replace(ARTICLES_RECIPE, warmup=0.0)
    text = command(settings, 50)
    theirs = build_schedule(parse(text)["lr_schedule"])
    for step in range(49):
        assert theirs(step).item() == pytest.approx(learning_rate(settings, step + 1, 50), rel=1e-5)
    assert "the rate falls one step earlier" in text


def test_the_command_says_what_differs():
    text = command(replace(ARTICLES_RECIPE, cache_limit_gb=2.0))
    assert "gradients are not clipped (clip_norm 1 here)" in text and "cache_limit_gb 2" in text
    assert "clipped" not in command(replace(ARTICLES_RECIPE, clip_norm=0.0))
    assert "computed again" not in command(replace(ARTICLES_RECIPE, recompute="full"))


def test_what_mlx_lm_was_told_reads_back_as_the_same_settings(read):
    """Every setting that mlx-lm has a word for; counts are in batches there, one a step here."""
    settings = TrainSettings(
        epochs=3, rank=5, alpha=7.0, dropout=0.2, learning_rate=3e-5, batch_size=3, accumulate=1,
        weight_decay=0.03, validate_every=6, save_every=9, seed=11, fine_tune_type="dora",
        targets="attention", layers=2, recompute="full",
    )  # fmt: skip
    config = parse(command(settings))
    text = yaml.safe_dump({k: v for k, v in config.items() if k not in REFUSED})
    again = settle(choose_recipe("zephyr", card("topic")), read(text), {}).settings
    no_word = {"epochs", "warmup", "clip_norm", "patience", "cache_limit_gb", "packing"}
    assert {f.name for f in fields(settings) if f.name not in no_word} == {
        k for k, v in asdict(again).items() if v == getattr(settings, k) and k not in no_word
    }


def test_mlx_lm_runs_the_command_as_it_is_printed(project, tiny_folder, tmp_path):
    write_documents(project, collect_files([sample_folder() / "briefs"]).documents)
    prepared, _ = prepare_project(project, str(tiny_folder), None, SYSTEM_PROMPT, seed=7)
    settings = replace(CHATS_RECIPE, epochs=1, accumulate=1)
    text = mlx_lm_command(
        settings, str(tiny_folder), project.dataset, tmp_path / "theirs", 2, prepared.window
    )
    starter = f'mlx_lm.lora() {{ {sys.executable} -c "$STARTER" mlx_lm.lora "$@"; }}\n'
    result = subprocess.run(
        ["bash", "-c", starter + text],
        capture_output=True,
        text=True,
        env=os.environ | {"STARTER": STARTER, "MLX_DISABLE_COMPILE": "1", "HF_HUB_OFFLINE": "1"},
    )
    assert result.returncode == 0, result.stderr
    written = yaml.safe_load((tmp_path / "theirs" / "adapter_config.json").read_text())
    assert written["iters"] == 2 and written["lora_parameters"]["keys"] == list(
        LLAMA.attention_keys
    )
    assert (tmp_path / "theirs" / "adapters.safetensors").exists()
