"""`morris train`: every option and key arrives, the dry run tells and touches nothing."""

import json
import re
import shutil
from dataclasses import fields, replace
from pathlib import Path

import pytest
from support.workspace import column, prepare_project
from typer.testing import CliRunner

from morris_mlx import files
from morris_mlx.cli.app import app
from morris_mlx.collect import collect_files
from morris_mlx.defaults import SYSTEM_PROMPT, sample_folder
from morris_mlx.errors import MissingError, MorrisError, RefusedError, UsageError
from morris_mlx.jobs.record import new_job
from morris_mlx.jobs.supervisor import CHILD
from morris_mlx.models.catalog import ZEPHYR_MODEL
from morris_mlx.models.config import parse_config
from morris_mlx.models.converted import converted_folder
from morris_mlx.models.find import ModelFiles, find_local
from morris_mlx.models.find_adapter import read_run
from morris_mlx.pipeline.train import logging_to
from morris_mlx.pipeline.train_plan import name_for_mlx_lm
from morris_mlx.project.datasets import read_examples
from morris_mlx.project.documents import write_documents
from morris_mlx.project.folder import Project
from morris_mlx.records.training import UNFINISHED, TrainSettings
from morris_mlx.train import Machine
from morris_mlx.train.recipes import ARTICLES_RECIPE, CHATS_RECIPE, PRACTICE_RECIPE


@pytest.fixture(autouse=True)
def in_this_process(monkeypatch):
    """Train in this process as the watched child process would, so that a test can inspect it."""
    monkeypatch.setenv(CHILD, "-1")


# Every field: as options, as lines of a file, and what both come to. No value is a recipe's.
TURNED = {
    "epochs": (["--epochs 3"], ["epochs: 3"], 3),
    "rank": (["--rank 4", "-r 4"], ["rank: 4", "lora_parameters: {rank: 4}"], 4),
    "alpha": (
        ["--alpha 4"],
        ["alpha: 4", "lora_parameters: {alpha: 4.0}", "lora_parameters: {scale: 0.25}"],
        4.0,
    ),
    "dropout": (["--dropout 0.3"], ["dropout: 0.3", "lora_parameters: {dropout: 0.3}"], 0.3),
    "learning_rate": (["--learning-rate 0.002", "--lr 2e-3"], ["learning_rate: 2e-3"], 0.002),
    "batch_size": (["--batch-size 3"], ["batch_size: 3"], 3),
    "accumulate": (
        ["--accumulate 2", "--grad-accumulation-steps 2"],
        ["accumulate: 2", "grad_accumulation_steps: 2"],
        2,
    ),
    "weight_decay": (
        ["--weight-decay 0.2"],
        ["weight_decay: 0.2", "optimizer_config: {adamw: {weight_decay: 0.2}}"],
        0.2,
    ),
    "warmup": (["--warmup 0.2"], ["warmup: 0.2"], 0.2),
    "clip_norm": (["--clip-norm 0"], ["clip_norm: 0"], 0.0),
    "validate_every": (
        ["--validate-every 5", "--steps-per-eval 5"],
        ["validate_every: 5", "steps_per_eval: 5"],
        5,
    ),
    "patience": (["--patience 6"], ["patience: 6"], 6),
    "save_every": (["--save-every 8"], ["save_every: 8"], 8),
    "seed": (["--seed 5"], ["seed: 5"], 5),
    "fine_tune_type": (["--fine-tune-type dora"], ["fine_tune_type: dora"], "dora"),
    "targets": (["--targets all+head"], ["targets: all+head"], "all+head"),
    "layers": (["--layers 1", "--num-layers 1"], ["layers: 1", "num_layers: 1"], 1),
    "select": (["--select voice"], ["select: voice"], "voice"),
    "packing": (["--packing never"], ["packing: never"], "never"),
    "recompute": (
        ["--recompute full", "--grad-checkpoint", "--grad-checkpoint --recompute full"],
        ["recompute: full", "grad_checkpoint: true"],
        "full",
    ),
    "cache_limit_gb": (["--cache-limit-gb 1.5"], ["cache_limit_gb: 1.5"], 1.5),
}
FIELDS = [field.name for field in fields(TrainSettings)]


@pytest.fixture(scope="module")
def prepared(tmp_path_factory, tiny_folder):
    """A project with a dataset for the tiny model."""
    home = tmp_path_factory.mktemp("prepared")
    texts = home / "in"
    texts.mkdir()
    for number in range(1, 13):
        (texts / f"{number:02}.md").write_text(column(number, paragraphs=2), encoding="utf-8")
    project = Project(home)
    write_documents(project, collect_files([texts]).documents)
    prepare_project(project, str(tiny_folder), None, SYSTEM_PROMPT, seed=7)
    return project


@pytest.fixture
def home(prepared, tmp_path, monkeypatch):
    """A copy of it that the test may change, as the current project."""
    shutil.copytree(prepared.data, tmp_path / "home" / "data")
    monkeypatch.setenv("MORRIS_HOME", str(tmp_path / "home"))
    return Project(tmp_path / "home")


def train(*words):
    """The command's result; an error for the user is raised."""
    result = CliRunner().invoke(app, ["train", *map(str, words)])
    if isinstance(result.exception, MorrisError):
        raise result.exception
    return result


@pytest.fixture
def caught(home, monkeypatch):
    """The arguments of the training that a command would have begun."""

    class CaughtError(RuntimeError):
        pass

    def caught(*words):
        calls = []

        def catch(project, request, card, sink):
            calls.append((project, request.name, request.base, card, request.settings))
            raise CaughtError

        monkeypatch.setattr("morris_mlx.cli.train.run_training", catch)
        result = train(*words)
        assert isinstance(result.exception, CaughtError), result.output
        return calls[0]

    return caught


def dry(*words):
    result = train("--dry-run", "--json", *words)
    assert result.exit_code == 0, result.output
    return json.loads(result.stdout)


# --- options and keys ---------------------------------------------------------------------
@pytest.mark.parametrize("field", FIELDS)
def test_every_setting_has_an_option_that_arrives(field, caught):
    options, _, expected = TURNED[field]
    for option in options:
        settings = caught(*option.split())[-1]
        assert settings == replace(ARTICLES_RECIPE, **{field: expected}) != ARTICLES_RECIPE


@pytest.mark.parametrize("field", FIELDS)
def test_every_setting_has_a_key_that_arrives(field, caught, tmp_path):
    _, lines, expected = TURNED[field]
    for line in lines:
        (tmp_path / "recipe.yaml").write_text(line)
        settings = caught("-c", tmp_path / "recipe.yaml")[-1]
        assert settings == replace(ARTICLES_RECIPE, **{field: expected}) != ARTICLES_RECIPE


@pytest.mark.parametrize("value", [0, -1])
def test_all_layers_have_two_words(value, caught, tmp_path):
    (tmp_path / "recipe.yaml").write_text("num_layers: 1")
    assert caught("--num-layers", value, "-c", tmp_path / "recipe.yaml")[-1].layers == 0
    (tmp_path / "recipe.yaml").write_text(f"num_layers: {value}")
    assert caught("--config", tmp_path / "recipe.yaml")[-1].layers == 0


def test_name_model_and_recipe_arrive_from_options_and_from_a_file(caught, tmp_path, tiny_folder):
    file = tmp_path / "recipe.yaml"
    file.write_text("name: ours\nmodel: practice\nrecipe: chats\nrank: 4")
    _, name, base, card, settings = caught("-c", file)
    assert (name, base, card.model) == ("ours", "practice", str(tiny_folder))
    assert settings == replace(CHATS_RECIPE, rank=4)
    words = ("--name", "other", "--model", tiny_folder, "--recipe", "articles", "--rank", 5)
    _, name, base, _, settings = caught("-c", file, *words)
    assert (name, base) == ("other", str(tiny_folder))
    assert settings == replace(ARTICLES_RECIPE, rank=5)
    assert caught()[1:3] == ("mine", str(tiny_folder))
    assert caught("--model", "practice")[-1] == PRACTICE_RECIPE


def test_wrong_words_are_refused_before_anything_is_done(home, tmp_path):
    file = tmp_path / "recipe.yaml"
    file.write_text("targets: none")
    for words, error, message in (
        (["--grad-checkpoint", "--recompute", "none"], UsageError, "Leave one of the two out"),
        (["--targets", "head"], UsageError, "one of attention, all, all+head"),
        (["--recompute", "some"], UsageError, "one of none, attention, full"),
        (["--fine-tune-type", "full"], UsageError, "one of lora, dora"),
        (["--layers", -2], UsageError, "layers is -2"),
        (
            ["--recipe", "poems"],
            UsageError,
            "There is no recipe 'poems'. Choose one of: articles, chats",
        ),
        (["-c", file], UsageError, "one of attention, all, all+head"),
        (["-c", tmp_path / "absent.yaml"], MissingError, "absent.yaml does not exist"),
        (["--name", "../up"], UsageError, "use letters, digits"),
        (["--model", "absent"], MissingError, "Unknown model 'absent'"),
    ):
        with pytest.raises(error, match=re.escape(message)):
            train(*words)
    assert not home.adapters.exists()


def test_the_help_names_the_recipes_as_they_are():
    text = re.sub(r"\s+", " ", CliRunner().invoke(app, ["train", "-h"]).stdout)
    for recipe, words in (
        (ARTICLES_RECIPE, "articles ({0.epochs} epochs, "),
        (CHATS_RECIPE, "chats (at most {0.epochs} epochs, "),
    ):
        words += "rank {0.rank}, alpha {0.alpha:g}, dropout {0.dropout:g}, learning rate "
        words += f"{recipe.learning_rate:.0e}".replace("e-0", "e-")
        assert (words + ", batch {0.batch_size} x {0.accumulate}").format(recipe) in text


def test_a_file_trains_and_the_run_remembers_it(home, tmp_path, monkeypatch):
    file = tmp_path / "recipe.yaml"
    file.write_text(
        "name: filed\nrecipe: chats\nepochs: 1\nbatch_size: 8\ngrad_accumulation_steps: 1\nnum_layers: 1\n"
        "learning_rate: 1e-2\nlora_parameters: {rank: 2, scale: 3.0, dropout: 0.0}\n"
    )
    result = train("-c", file, "--seed", 3)
    assert result.exit_code == 0, result.output
    settings = read_run(home.adapter("filed")).settings
    assert (settings.rank, settings.scale, settings.layers, settings.seed) == (2, 3.0, 1, 3)
    started = []
    monkeypatch.setattr("morris_mlx.cli.train.supervises", lambda: True)
    monkeypatch.setattr("morris_mlx.cli.train.start_job", lambda *words: started.append(words))
    result = train("-c", file, "--seed", 3, "--replace")
    assert "Recipe chats: asked for" in result.stderr
    assert "mlx_lm" not in result.stderr, "the dry run prints that command"
    assert started == [(home, "filed", False, False)]
    assert "is meant for a base of 4 bits; this one has 16 bits" in result.stderr  # and it goes on
    assert "mlx_lm" not in result.stdout


# --- the dry run --------------------------------------------------------------------------
def snapshot(home):
    return {p: (p.stat().st_mtime_ns, p.is_file() and p.read_bytes()) for p in home.rglob("*")}


def test_a_dry_run_tells_every_setting_and_where_it_comes_from(home, tmp_path, tiny_folder):
    (tmp_path / "recipe.yaml").write_text("epochs: 3\nrank: 4\n")
    before = snapshot(home.home)
    told = dry("-c", tmp_path / "recipe.yaml", "--rank", 8, "--name", "next")
    assert snapshot(home.home) == before
    settings = replace(ARTICLES_RECIPE, epochs=3, rank=8)
    assert {k: v["value"] for k, v in told["settings"].items()} == {
        k: getattr(settings, k) for k in FIELDS
    }
    origins = {k: v["from"] for k, v in told["settings"].items() if v["from"] != "recipe"}
    assert origins == {"epochs": "file", "rank": "flag"}
    rows = len(read_examples(home.dataset, "train"))
    assert told["rows"]["train"] == rows and told["scale"] == 4.0
    assert told["steps"] == 3 * told["steps_per_epoch"] == 3 * -(-rows // 8)
    assert (told["name"], told["folder"]) == ("next", str(home.adapter("next")))
    assert told["recipe"] == "articles" and told["model"] == str(tiny_folder)
    assert told["mlx_lm_command"].startswith("mlx_lm.lora --train")
    assert "adapters/next-mlx-lm" in told["mlx_lm_command"]  # a paste harms no adapter of ours


def test_a_dry_run_in_words_has_all_of_it(home, caught):
    before = snapshot(home.home)
    out = train("--dry-run", "--recipe", "chats", "--rank", 16).stdout
    assert snapshot(home.home) == before
    for words in (
        r"^Recipe +chats: short turns, many at a time \(asked for\)$",
        r"^Base .*\(the recipe wants: 4 bits\)$",
        r"^Rows .* train, .* valid, .* test; window 256 tokens \(the recipe wants: up to 512",
        r"^Steps +10 x \d+ = \d+ optimizer steps of 4 x 4 rows$",
        r"^rank +16 +flag$",
        r"^patience +3 +recipe$",
        r"^scale +2 +alpha / rank$",
        r"^Nothing was trained and nothing was written\.$",
        r"^mlx_lm\.lora --train",
    ):
        assert re.search(words, out, re.MULTILINE), (words, out)
    for field in FIELDS:
        assert re.search(rf"^{field} ", out, re.MULTILINE)


def test_what_a_dry_run_tells_is_what_is_trained(home, caught):
    words = ("--recipe", "chats", "--layers", 1, "--lr", "3e-4")
    told = dry(*words)
    _, name, base, _, settings = caught(*words)
    assert (told["name"], told["model"]) == (name, base)
    assert {k: v["value"] for k, v in told["settings"].items()} == {
        k: getattr(settings, k) for k in FIELDS
    }


def test_a_dataset_of_chats_chooses_the_recipe_for_chats(home):
    path = home.dataset / "card.json"
    card = json.loads(path.read_text())
    card["rows"]["train"] = [[source, "chat"] for source, _ in card["rows"]["train"]]
    path.write_text(json.dumps(card))
    told = dry()
    assert told["recipe"] == "chats" and "rows to learn are of chats" in told["recipe_reason"]


def test_a_dry_run_refuses_or_notes_what_training_would_refuse(home, tmp_path, tiny_folder):
    home.adapter("mine").mkdir(parents=True)
    (home.adapter("mine") / "adapters.safetensors").touch()
    assert any("Add --replace" in note for note in dry()["notes"])
    with pytest.raises(UsageError, match=r"--layers is 99, but .* has 2 blocks"):
        dry("--layers", 99)
    with pytest.raises(RefusedError, match="exists"):
        train()
    other = shutil.copytree(tiny_folder, tmp_path / "other")
    tokenizer = json.loads((other / "tokenizer.json").read_text())
    (other / "tokenizer.json").write_text(json.dumps(tokenizer | {"normalizer": {"type": "NFC"}}))
    assert any(f"that of {other} is different" in note for note in dry("--model", other)["notes"])
    config = json.loads((tiny_folder / "config.json").read_text())
    shutil.copy(tiny_folder / "tokenizer.json", other)
    (other / "config.json").write_text(json.dumps(config | {"max_position_embeddings": 100}))
    assert any("reads at most 100" in note for note in dry("--model", other)["notes"])
    for shape in ({"model_type": "mamba"}, {"model_type": "jamba"}):
        (other / "config.json").write_text(json.dumps(config | shape))
        with pytest.raises(MorrisError, match="Morris does not train models of the type"):
            dry("--model", other)
    (other / "config.json").write_text(json.dumps(config | {"model_type": "phi3"}))
    assert (
        "all linear layers of a block learn"
        in dry("--model", other, "--targets", "attention")["mlx_lm_command"]
    )
    rows = home.dataset / "train.jsonl"
    rows.write_text("".join(rows.read_text().splitlines(keepends=True)[1:]))
    with pytest.raises(MorrisError, match="were changed"):
        dry()


# --- what a recipe wants of base and window -----------------------------------------------
def test_bits_and_window_that_a_recipe_wants_are_told_with_the_next_step(
    home, tmp_path, tiny_folder, caught, monkeypatch
):
    base = shutil.copytree(tiny_folder, tmp_path / "base")
    config = json.loads((base / "config.json").read_text())

    def notes(bits):
        quantised = {"quantization": {"bits": bits, "group_size": 32}} if bits else {}
        (base / "config.json").write_text(json.dumps(config | quantised))
        return dry("--model", base, "--recipe", "chats")["notes"]

    step = f"`morris convert {base} --bits 4`"
    assert [n for n in notes(8) if "this one has 8" in n and step in n]
    assert [n for n in notes(None) if "this one has 16" in n and step in n]
    assert notes(4) == []
    assert dry("--model", base, "--recipe", "articles")["notes"] == []
    monkeypatch.setattr("morris_mlx.train.recipes.RECIPES", _narrow("chats", 100))
    assert notes(4) == [
        "Recipe chats is meant for rows of up to 100 tokens; the dataset's may have 256. "
        "For shorter ones: `morris prepare --max-seq-length 100`."
    ]


def _narrow(name, window):
    from morris_mlx.train.recipes import RECIPES

    return RECIPES | {name: replace(RECIPES[name], window=window)}


def test_a_dry_run_fetches_nothing(home, monkeypatch):
    import huggingface_hub

    from morris_mlx.models.find import quiet_environment

    quiet_environment()
    real = huggingface_hub.snapshot_download

    def local(*args, local_files_only=False, **more):
        assert local_files_only
        return real(*args, local_files_only=True, **more)

    monkeypatch.setattr(huggingface_hub, "snapshot_download", local)
    told = dry("--model", "nobody/absent", "--recipe", "chats")
    assert "`morris convert nobody/absent --bits 4`" in " ".join(told["notes"])
    assert "not on this machine" in told["notes"][0]
    assert "model: nobody/absent" in told["mlx_lm_command"]
    assert find_local("nobody/absent") is None


def test_mlx_lm_is_given_a_name_that_it_can_find(tmp_path, practice, tiny, tiny_folder):
    assert name_for_mlx_lm("practice", practice) == str(practice.folder)
    assert name_for_mlx_lm(str(tiny_folder), tiny) == str(tiny_folder)
    assert name_for_mlx_lm("zephyr", None) == ZEPHYR_MODEL
    assert name_for_mlx_lm("zephyr", ModelFiles("zephyr", tmp_path, 64)) == ZEPHYR_MODEL
    converted = converted_folder() / "HuggingFaceH4--zephyr-7b-beta-4bit"
    assert name_for_mlx_lm("zephyr", ModelFiles("zephyr", converted, 64)) == str(converted)


def test_the_bits_of_weights_are_read_from_their_config():
    assert parse_config({"torch_dtype": "bfloat16"}).bits == 16
    assert parse_config({"dtype": "float32"}).bits == 32
    assert parse_config({"quantization": {"bits": 4}, "torch_dtype": "float32"}).bits == 4
    assert parse_config({"quantization_config": {"bits": 8}}).bits == 8


def test_a_log_that_cannot_be_written_is_told_in_words(tmp_path, monkeypatch):
    def refuse(*_, **__):
        raise OSError(30, "Read-only file system")

    monkeypatch.setattr(Path, "touch", refuse)
    with (
        pytest.raises(MorrisError, match=r"Cannot write .*morris_bot.log: Read-only"),
        logging_to(tmp_path / "morris_bot.log"),
    ):
        pass


def test_weights_are_not_fetched_for_a_training_that_cannot_fit(home, monkeypatch):
    monkeypatch.setattr("morris_mlx.cli.train.supervises", lambda: True)
    monkeypatch.setattr("morris_mlx.cli.train.start_job", lambda *_: pytest.fail("it went on"))
    monkeypatch.setattr("morris_mlx.train.this_machine", lambda: Machine(8.0, 5.0, gpu=True))
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    with pytest.raises(RefusedError, match=r"needs .* GB .* nothing was downloaded"):
        train("--model", "zephyr", "--name", "far")


def test_a_dry_run_refuses_what_does_not_fit(home, monkeypatch):
    monkeypatch.setattr("morris_mlx.train.this_machine", lambda: Machine(8.0, 1e-4, gpu=True))
    with pytest.raises(RefusedError, match=r"needs .* GB, but this machine has 0\.0 GB for it\. "):
        dry()
    assert dry("--force")["dry_run"]


# --- names, and trainings that run or ran ---------------------------------------------------
def test_a_name_in_any_letters_is_one_folder(caught, home):
    assert caught("--name", "Клон")[1] == "Клон"
    assert caught("--name", "cafe\u0301")[1] == "caf\u00e9"
    assert dry("--name", "Клон")["folder"] == str(home.adapters / "Клон")


def test_a_second_training_of_a_name_is_told_that_the_first_is_running(home, monkeypatch):
    folder = home.adapter("mine")
    (folder / "checkpoints" / "00000002").mkdir(parents=True)
    with (
        files.locked(folder / ".lock", "busy"),
        pytest.raises(RefusedError, match="A training of mine is running"),
    ):
        train()
    with pytest.raises(RefusedError, match="unfinished training of mine"):
        train()
    monkeypatch.setattr("morris_mlx.cli.train.supervises", lambda: True)
    words = ("train", "adapters/mine", ("train",), ("train",), folder / "checkpoints", "", "")
    with (
        new_job(home, *words),
        pytest.raises(RefusedError, match=r"train-1 is running and writes adapters/mine"),
    ):
        train()


@pytest.mark.parametrize("name", ["run.json", ""])
def test_a_training_of_which_nothing_was_saved_is_to_be_started_again(home, name):
    """Simulate a disk that was full before the first checkpoint."""
    folder = home.adapter("mine")
    folder.mkdir(parents=True)
    if name:
        run = json.loads((sample_folder() / "adapters" / "sample" / "run.json").read_text())
        (folder / name).write_text(json.dumps(run | {"stopped": UNFINISHED, "step": 0}))
    with pytest.raises(MissingError, match=r"no checkpoint .* again: morris train --name mine$"):
        train("--resume", "mine")


def test_an_ended_run_that_was_renamed_is_called_by_its_new_name(home):
    folder = shutil.copytree(sample_folder() / "adapters" / "sample", home.adapter("renamed"))
    result = train("--resume", "renamed")
    assert result.exit_code == 0 and "has ended; there is nothing to resume" in result.stderr
    assert f"Adapter: {folder}" in result.stdout
    assert "Next: morris chat --adapter renamed" in result.stdout


def test_a_ruined_training_says_so_first_and_exits_with_one(home):
    ruin = ("--lr", "1.0", "--warmup", 0, "--targets", "all+head", "--batch-size", 4)
    ruin = (*ruin, "--accumulate", 1)
    result = train("--name", "hot", "--epochs", 1, *ruin)
    assert result.exit_code == 1, result.output
    lines = result.stdout.splitlines()
    assert lines[0].startswith("No adapter was kept: the held-out loss was never below")
    assert re.search(r"^Held-out loss .* % higher\) at step \d+$", result.stdout, re.MULTILINE)
    assert "Use a lower --learning-rate (0.33 instead of 1)" in result.stdout
    assert lines[-1].endswith("morris chat --adapter hot/last") and "Next:" not in result.stdout
    again = train("--resume", "hot")
    assert again.exit_code == 1 and again.stdout == result.stdout
    value = json.loads(train("--name", "hot2", "--epochs", 1, "--json", *ruin).stdout)
    assert (value["kept"], value["verdict"], value["best_step"]) == (False, "diverged", 0)
    assert value["lowest_valid_loss"] > value["base_valid_loss"] == value["best_valid_loss"]
