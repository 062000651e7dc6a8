"""Adapters of several projects in one process, and adapters that change while they are used."""

import ast
import shutil
import threading
from functools import partial
from pathlib import Path

import pytest
from support.workspace import change_tensors

import morris_mlx.generate
from morris_mlx.defaults import SYSTEM_PROMPT, sample_folder
from morris_mlx.errors import MissingError
from morris_mlx.generate import load_generator, scripted_generator
from morris_mlx.generate.active_adapter import with_system_prompt
from morris_mlx.models.find_adapter import find_adapter
from morris_mlx.project.adapters import resolve_adapter
from morris_mlx.project.folder import Project
from morris_mlx.records.corpus import Message
from morris_mlx.records.generation import GenerationSettings

SAMPLE = sample_folder() / "adapters" / "sample"
TASK = "Tell me about the sea."
GREEDY = {"max_tokens": 12, "temperature": 0.0}


@pytest.fixture
def two_projects(tmp_path):
    """Two projects, each with an adapter of the same name; only the first has one named extra."""
    projects = [Project(tmp_path / name) for name in ("one", "two")]
    for project, size in zip(projects, (1.0, 0.2), strict=True):
        folder = shutil.copytree(SAMPLE, project.adapter("mine"))
        (folder / "run.json").unlink()
        change_tensors(
            folder / "adapters.safetensors",
            lambda weights, size=size: weights.update({n: w * size for n, w in weights.items()}),
        )
    shutil.copytree(projects[0].adapter("mine"), projects[0].adapter("extra"))
    return projects


@pytest.mark.parametrize("backend", ["mlx", "torch"])
def test_two_generators_over_two_projects_work_in_one_process(
    practice, two_projects, backend, monkeypatch, tmp_path
):
    """Each name is looked up in the generator's own project, whatever MORRIS_HOME says."""
    monkeypatch.setenv("MORRIS_HOME", str(tmp_path / "a third project"))
    expected = [
        load_generator(practice, project.adapter("mine"), backend, lambda _: None).run(
            TASK, **GREEDY
        )
        for project in two_projects
    ]
    assert expected[0] != expected[1]
    one, two = (
        load_generator(
            practice,
            "mine",
            backend,
            lambda _: None,
            find_adapter=partial(resolve_adapter, project),
        )
        for project in two_projects
    )
    with one, two:
        results = [[], []]

        def generate(number, llm):
            results[number] = [llm.run(TASK, **GREEDY) for _ in range(3)]

        threads = [threading.Thread(target=generate, args=job) for job in enumerate((one, two))]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert results == [[text] * 3 for text in expected]
        one.adapter = two.adapter = None
        assert one.run(TASK, **GREEDY) == two.run(TASK, **GREEDY) != expected[0]
        one.adapter = "extra"
        assert one.run(TASK, **GREEDY) == expected[0]
        with pytest.raises(MissingError, match=r"'extra'.* mine, sample"):
            two.run(TASK, adapter="extra", **GREEDY)
        assert two.run(TASK, adapter="mine", **GREEDY) == expected[1]


@pytest.mark.parametrize("backend", ["mlx", "torch"])
def test_an_adapter_trained_again_is_noticed_at_the_next_request(practice, two_projects, backend):
    mine, extra = (two_projects[0].adapter(name) for name in ("mine", "extra"))
    with load_generator(practice, mine, backend, lambda _: None, **GREEDY) as llm:
        before = llm.run(TASK)
        shutil.copy(two_projects[1].adapter("mine") / "adapters.safetensors", mine)
        assert llm.run(TASK) != before
        assert llm.run(TASK, adapter=str(extra)) == before


def test_a_checkpoint_refers_to_the_adapter_of_its_own_project(practice, two_projects, tmp_path):
    one, two = (
        scripted_generator(
            ["a"], practice, adapter="mine", find_adapter=partial(resolve_adapter, project)
        )
        for project in two_projects
    )
    with one, two:
        path = one.save_checkpoint(tmp_path / "checkpoint")
        one.load_checkpoint(path)
        with pytest.raises(Exception, match="written with the adapter mine"):
            two.load_checkpoint(path)


def test_the_system_prompt_is_that_of_messages_settings_or_adapter_in_this_order():
    sample, asked = find_adapter("sample"), (Message("user", "Hello."),)
    own = (Message("system", "Own."), *asked)
    settings = GenerationSettings(system_prompt="Set.")

    def prompt(messages, settings, adapter):
        first = with_system_prompt(messages, settings, adapter)[0]
        return first.content if first.role == "system" else None

    assert prompt(own, settings, sample) == "Own."
    assert prompt(asked, settings, sample) == "Set."
    assert prompt(asked, GenerationSettings(system_prompt=""), sample) is None
    assert prompt(asked, GenerationSettings(), sample) == sample.run.system_prompt
    assert prompt(asked, GenerationSettings(), None) == SYSTEM_PROMPT


def test_generation_knows_no_project():
    folder = Path(morris_mlx.generate.__file__).parent
    for path in folder.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.ImportFrom):
                assert not (node.module or "").startswith("morris_mlx.project"), path
