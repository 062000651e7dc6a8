"""Every step of Morris with SmolLM2 from its wheel: the commands, the studio and the Python API.

The hub cannot be reached. All steps run in this process, on rows of at most 96 tokens.
"""

import json
import math
from contextlib import contextmanager

import pytest
from support.conversions import use_empty_caches
from support.smollm2 import install_wheel
from support.workspace import PARAGRAPH
from typer.testing import CliRunner

import morris_mlx
from morris_mlx.cli.app import app
from morris_mlx.generate.prompt_cache import PrefixCache
from morris_mlx.jobs.supervisor import CHILD
from morris_mlx.models.chat_tokenizer import load_tokenizer
from morris_mlx.models.converted import AS_STORED, converted_folder
from morris_mlx.models.find import find_model
from morris_mlx.models.find_adapter import read_run
from morris_mlx.project.adapters import adapter_cards, select_model
from morris_mlx.project.datasets import read_card, read_dataset
from morris_mlx.project.folder import Project
from morris_mlx.records.corpus import Message
from morris_mlx.studio.sandbox import sandboxed

pytestmark = pytest.mark.timeout(
    900
)  # the first test that needs the adapter waits for its training
WINDOW = 96
QUESTION = "What is the capital of France?"
TASK = "Write about the committee."
# Two steps, and the backward pass ends at the last four blocks of 30.
TRAINING = (
    "--layers 4 --rank 4 --targets attention --lr 5e-3 --epochs 1 --batch-size 4 --accumulate 2 "
    "--validate-every 100"
)
SHORT = ("--max-tokens", "8", "--seed", "5")


def morris(*words, stdin=""):
    """Return the stdout of a command that must succeed."""
    result = CliRunner().invoke(app, [*map(str, words)], input=stdin, catch_exceptions=False)
    assert result.exit_code == 0, result.stderr
    return result.stdout


def morris_json(*words):
    return json.loads(morris(*words, "--json"))


@pytest.fixture(scope="module")
def project(smollm2_gguf, tmp_path_factory):
    """A project of short columns on a machine with the wheel, without a hub and any other model."""
    folder = tmp_path_factory.mktemp("smollm2")
    with pytest.MonkeyPatch.context() as patch:
        use_empty_caches(patch, folder)
        install_wheel(patch, folder / "site-packages", smollm2_gguf)
        patch.setenv("HOME", str(folder))
        patch.setenv("MORRIS_HOME", str(folder / "project"))
        patch.setenv(CHILD, "-1")  # train in this process, as the supervised child would
        patch.setattr("morris_mlx.pipeline.train.SAMPLE_TOKENS", 4)
        columns = folder / "columns"
        columns.mkdir()
        for number in range(1, 7):
            text = f"# The committee, part {number}\n\n{PARAGRAPH.format(n=f'{number}th')}\n"
            (columns / f"{number:02}.md").write_text(text, encoding="utf-8")
        (folder / "project").mkdir()
        morris("collect", columns)
        yield Project(folder / "project")


@pytest.fixture(scope="module")
def converted(project, smollm2_gguf):
    """The output of the conversion."""
    return morris_json("convert", smollm2_gguf)


@pytest.fixture(scope="module")
def card(project, converted):
    """The card of the dataset for SmolLM2."""
    morris("prepare", "--model", "smollm2", "--window", WINDOW, "--min-words", 30)
    return read_card(project.dataset)


@pytest.fixture(scope="module")
def run(project, card):
    """The training of an adapter, of a few steps."""
    morris("train", "--name", "mine", *TRAINING.split())
    return read_run(project.adapter("mine"))


@pytest.fixture(scope="module")
def llm(run):
    """The Python API's generator."""
    with morris_mlx.load_generator(adapter="mine", say=str, max_tokens=8) as generator:
        yield generator


def test_the_wheel_is_listed_with_its_fit(project):
    found = {model["name"]: model for model in morris_json("models")["models"]}
    model = found["smollm2"]
    assert (model["source"], model["family"], model["precision"]) == ("wheel", "llama", "Q4_1")
    assert (model["run"], model["train"], model["note"]) == ("yes", "yes", "")


def test_the_plan_needs_no_conversion_and_no_hub(project):
    plan = morris_json("plan", "--model", "smollm2", "--memory", "8GB", "--data-free")
    assert plan["fits"] and plan["model"] == "smollm2" and plan["disk"]["download_gb"] == 0
    assert 0.08 < plan["weights_gb"] < 0.2 and 0 < plan["predicted_peak_gb"] < plan["usable_gb"]


def test_the_file_is_converted_as_stored_and_serves_its_names(converted, smollm2_gguf):
    check = converted["conversion"]["check"]
    assert converted["conversion"]["precision"]["name"] == AS_STORED
    assert check["same_choice"] > 0.98 and check["kl_nats"] < 1e-3
    [folder] = [path for path in converted_folder().iterdir() if path.is_dir()]
    for name in ("smollm2", str(smollm2_gguf)):
        assert find_model(name).folder == folder
    assert morris_json("convert", smollm2_gguf)["fresh"] is False


def test_the_wheel_and_its_conversion_are_listed_as_one_model(converted):
    listed = {model["name"]: model["note"] for model in morris_json("models")["models"]}
    assert listed == {"practice": "", "smollm2": f"converted to {converted['folder']}"}


def test_rows_have_the_models_own_format_and_fit_the_window(project, card):
    assert (card.model, card.window) == ("smollm2", WINDOW)
    tokenizer = load_tokenizer(find_model("smollm2").folder)
    rows = [row for split in read_dataset(project.dataset).values() for row in split]
    assert len(rows) >= 6
    for row in rows:
        ids, mask = (made := tokenizer.render(row.messages)).ids, made.mask
        learned = [i for i, m in zip(ids, mask, strict=True) if m]
        assert len(ids) <= WINDOW and learned[-1] == tokenizer.end_id
        assert tokenizer.decode(learned) == row.messages[-1].content
        assert tokenizer.decode(ids).startswith("system\n")


def test_a_training_of_a_few_steps_lowers_the_held_out_loss(project, run):
    assert run.base_model == "smollm2" and run.step == 2
    losses = [point.valid for point in run.losses if point.valid is not None]
    assert all(map(math.isfinite, losses))
    assert run.is_better_than_base and losses[-1] == run.best_valid_loss
    assert run.best_valid_loss < 0.95 * run.base_valid_loss


def test_the_adapter_makes_learned_rows_likelier(project, llm):
    row = read_dataset(project.dataset)["train"][0]
    base, adapted = (score(llm, row.messages, strength) for strength in (0.0, 1.0))
    assert math.isfinite(base) and adapted < base - 0.05


def score(llm, messages, strength):
    """Return the mean loss of a row's answer."""
    llm.strength = strength
    loss, tokens = llm.score(messages)
    llm.strength = 1.0
    return loss / tokens


def base_answer(llm):
    return llm.run(QUESTION, strength=0.0, temperature=0.0, system_prompt="Be brief.")


def test_the_command_writes_what_the_api_writes(run, llm):
    answer = morris_json("generate", TASK, "--adapter", "mine", *SHORT)
    expected = llm.generate(TASK, seed=5)
    assert answer["text"] == expected.text and 0 < expected.tokens <= 8
    assert answer["seed"] == 5


def test_torch_writes_what_mlx_writes(run, llm):
    pytest.importorskip("torch")
    options = {"adapter": "mine", "backend": "torch", "say": str, "max_tokens": 8}
    with morris_mlx.load_generator("smollm2", **options) as other:
        assert "Paris" in base_answer(other) and base_answer(other) == base_answer(llm)
        assert other.run(TASK, temperature=0.0) == llm.run(TASK, temperature=0.0)


def test_a_file_in_the_current_folder_is_a_model(llm, smollm2_gguf, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / smollm2_gguf.name).symlink_to(smollm2_gguf)
    words = ["generate", QUESTION, "--system", "Be brief.", "--temp", 0, "--max-tokens", 8]
    answer = morris(*words, "--model", f"./{smollm2_gguf.name}")
    assert "Paris" in answer and answer.strip() == base_answer(llm)
    assert len([path for path in converted_folder().iterdir() if path.is_dir()]) == 1


def test_the_second_turn_of_a_chat_finds_the_first_one_in_the_prompt_cache(run, monkeypatch):
    taken, take = [], PrefixCache.take

    def recorded(self, active, ids, *more):
        cache, cached = take(self, active, ids, *more)
        taken.append((len(ids), cached))
        return cache, cached

    monkeypatch.setattr(PrefixCache, "take", recorded)
    out = morris("chat", "--adapter", "mine", *SHORT, stdin="Hello there.\nWhat came of it?\n")
    [(first, cached_first), (second, cached)] = taken
    assert cached_first == 0 and first < cached < second
    lines = [line for line in out.splitlines() if line]
    assert lines[0] == "You: Hello there." and "You: What came of it?" in lines
    assert sum(line.startswith("mine: ") and len(line) > 8 for line in lines) == 2


def test_the_evaluation_has_the_loss_of_base_and_adapter(project, run):
    printed = morris_json("evaluate", "--adapter", "mine", "--quick")
    assert printed == json.loads((project.adapter("mine") / "quick-report.json").read_text())
    base, adapted = printed["base"], printed["adapted"]
    assert base["tokens"] == adapted["tokens"] > 0
    assert 0 < adapted["loss"] < base["loss"] < 10
    drop = 100 * (1 - adapted["loss"] / base["loss"])
    assert printed["loss_drop_percent"] == pytest.approx(drop)


@pytest.mark.filterwarnings("ignore::DeprecationWarning:gradio.*")
def test_the_talk_page_answers_as_the_api_does(project, run, llm):
    with sandboxed(), studio(project, llm) as address:
        from support.studio_client import connect, talk

        settings = {"adapter": "mine", "seed": 5, "max_tokens": 8, "system_prompt": "Be you."}
        page = talk(connect(address), TASK, **settings, compare=True)
    asked = [Message("system", "Be you."), Message("user", TASK)]
    for strength, shown in ((0.0, page.base), (1.0, page.chosen)):
        assert llm.generate(asked, seed=5, strength=strength).text in shown
    assert page.base != page.chosen and "Machine · mine at strength 1" in page.chosen


@contextmanager
def studio(project, llm):
    """Serve the studio as the command does, with a generator that is loaded already."""
    from morris_mlx.studio import StudioContext
    from morris_mlx.studio.server import serve

    selection = select_model(project, None, "mine", None)
    context = StudioContext(llm, lambda: adapter_cards(project, selection), "smollm2", "mine")
    with serve(context) as served:
        yield served.address
