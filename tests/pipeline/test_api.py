"""The Python API: imported lazily, in any order, and the same steps as the commands."""

import json
import shutil
import subprocess
import sys

import pytest
from support.workspace import column

import morris_mlx
from morris_mlx.defaults import sample_folder
from morris_mlx.errors import MissingError, UsageError
from morris_mlx.jobs.events import Metric, Progress
from morris_mlx.pipeline import api

HEAVY = ("mlx", "mlx_lm", "torch", "transformers", "gradio", "numpy", "typer", "rich", "requests")


def run_python(code):
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_importing_the_package_is_quick_and_loads_nothing_heavy():
    code = (
        "import sys, time\nbegan, before = time.process_time(), len(sys.modules)\nimport morris_mlx\n"
        "print(time.process_time() - began, len(sys.modules) - before)\n"
        f"print([m for m in sys.modules if m.split('.')[0] in {HEAVY!r}])"
    )
    used, heavy = run_python(code).splitlines()
    seconds, modules = used.split()
    # The modules tell what the time, some milliseconds on an idle core, does not tell on a busy one.
    assert int(modules) < 60 and float(seconds) < 1
    assert heavy == "[]"


@pytest.mark.parametrize(
    "first",
    [
        "",
        "import morris_mlx.audit, morris_mlx.collect, morris_mlx.prepare, morris_mlx.train",
        "from morris_mlx.pipeline import api",
        "from morris_mlx.collect import collect_files",
    ],
)
def test_the_functions_and_the_packages_of_one_name_both_work(first):
    code = (
        f"{first}\n"
        "from morris_mlx import audit, collect, load_generator, prepare, train\n"
        "from morris_mlx.collect import collect_files, find_chats\n"
        "import morris_mlx.train as package\n"
        "assert callable(collect) and callable(prepare) and callable(train) and callable(audit)\n"
        "assert callable(load_generator) and package.TrainJob and collect.collect_files\n"
        "try:\n    collect()\nexcept Exception as error:\n    print(type(error).__name__, error)\n"
    )
    assert run_python(code).startswith("UsageError Nothing to collect.")


def test_an_unknown_name_is_an_attribute_error():
    with pytest.raises(AttributeError, match="no attribute 'colect'"):
        morris_mlx.colect  # noqa: B018
    with pytest.raises(ImportError):
        from morris_mlx import colect  # noqa: F401


@pytest.fixture
def collected(project):
    folder = project.home / "in"
    folder.mkdir()
    for number in range(1, 13):
        (folder / f"{number:02}.md").write_text(column(number, paragraphs=2), encoding="utf-8")
    return folder


def test_the_steps_return_records_and_give_their_events_to_the_sink(
    project, collected, tiny_folder, capsys
):
    events = []
    found = morris_mlx.collect(collected, on_event=events.append)
    assert (found.documents, found.conversations) == (12, 0)
    card = morris_mlx.prepare(str(tiny_folder), on_event=events.append, seed=3)
    assert card.seed == 3
    assert len({source for rows in card.rows.values() for source, _ in rows}) == 12
    run = morris_mlx.train(
        "short", on_event=events.append, epochs=1, rank=2, layers=1, targets="attention"
    )
    assert run.name == "short" and (project.adapter("short") / "run.json").exists()
    assert any(isinstance(e, Progress) and e.stage == "training" and e.total for e in events)
    assert any(isinstance(e, Metric) and e.name == "valid_loss" for e in events)
    captured = capsys.readouterr()
    assert captured.out == "" and captured.err == "", "events went to the sink alone"
    with morris_mlx.load_generator(adapter="short", max_tokens=3) as generator:
        assert generator.generate("Say it.").tokens <= 3


def test_errors_of_the_commands_are_raised(project, tiny_folder):
    with pytest.raises(UsageError, match="Nothing to collect"):
        api.collect()
    with pytest.raises(UsageError, match="ground"):
        api.collect("x", ground="theirs")
    with pytest.raises(MissingError):
        api.prepare(str(tiny_folder))
    with pytest.raises(UsageError, match="--name is 'a/b'"):
        api.train("a/b")


def test_the_sink_of_a_terminal_is_silent_where_stderr_is_none(project, collected, capsys):
    api.collect(collected)
    assert capsys.readouterr() == ("", "")


def test_options_of_prepare_are_fields_of_its_request(project, collected, tiny_folder):
    api.collect(collected)
    with pytest.raises(TypeError, match="unknown_option"):
        api.prepare(str(tiny_folder), unknown_option=1)
    card = api.prepare(str(tiny_folder), window=128, system_prompt="Hum.")
    assert (card.window, card.system_prompt) == (128, "Hum.")
    rows = (project.dataset / "train.jsonl").read_text().splitlines()
    assert json.loads(rows[0])["messages"][0]["content"] == "Hum."


def test_a_generator_keeps_the_project_that_it_was_loaded_in(project, monkeypatch, tmp_path):
    shutil.copytree(sample_folder() / "adapters" / "sample", project.adapter("mine"))
    with morris_mlx.load_generator(adapter="mine", say=lambda _: None, max_tokens=3) as llm:
        monkeypatch.setenv("MORRIS_HOME", str(tmp_path))
        assert llm.run("Hello.") and llm.run("Hello.", adapter="mine")
        with pytest.raises(MissingError, match="'mine'"):
            morris_mlx.load_generator(adapter="mine", say=lambda _: None)
