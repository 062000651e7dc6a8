"""A toy of each family goes the whole way: dataset, plan, training, replies, evaluation, torch."""

import signal

import pytest
from support.family_toys import FAMILY_TOYS, make_family_toy
from support.workspace import column

from morris_mlx.collect import collect_files
from morris_mlx.generate import load_generator
from morris_mlx.jobs.events import LOSS, Metric
from morris_mlx.pipeline.evaluate import EvaluateRequest, evaluate
from morris_mlx.pipeline.prepare import PrepareRequest, prepare
from morris_mlx.pipeline.train import ResumeRequest, TrainRequest, resume, train
from morris_mlx.pipeline.train_plan import MemoryPlanRequest, plan_memory
from morris_mlx.project.documents import write_documents
from morris_mlx.project.folder import Project
from morris_mlx.records.training import TrainSettings

pytest.importorskip("torch")
pytestmark = pytest.mark.usefixtures("one_torch_thread")

SETTINGS = {
    "epochs": 1,
    "rank": 2,
    "alpha": 4.0,
    "dropout": 0.0,
    "learning_rate": 1e-2,
    "batch_size": 8,
    "accumulate": 1,
    "recompute": "full",
}
# The others differ from these in biases, scales and chat formats alone.
WHOLE_WAY = tuple(name for name in FAMILY_TOYS if name not in ("mistral", "qwen2", "granite"))
TASKS = ("Tell me about rain.", "So")
REPLY = {"temperature": 0.0, "max_tokens": 30, "prevent_loops": False}


@pytest.fixture(scope="module")
def project(tmp_path_factory):
    """A project with short columns, which all families share."""
    home = tmp_path_factory.mktemp("home")
    folder = tmp_path_factory.mktemp("columns")
    for number in range(1, 7):
        text = column(number, paragraphs=1)
        (folder / f"{number:02}.md").write_text(text, encoding="utf-8")
    found = Project(home)
    write_documents(found, collect_files([folder]).documents)
    return found


def stop_at_first_step(event):
    """Press Ctrl-C when the first step is reported."""
    if isinstance(event, Metric) and event.name == LOSS and event.step == 1:
        signal.raise_signal(signal.SIGINT)


@pytest.mark.parametrize("name", WHOLE_WAY)
def test_a_family_goes_from_texts_to_replies_on_both_engines(name, project, tmp_path, monkeypatch):
    monkeypatch.setattr("morris_mlx.pipeline.train.SAMPLE_TOKENS", 4)
    base = str(make_family_toy(name, tmp_path / "base"))
    card, _ = prepare(project, PrepareRequest(base, min_words=10))
    settings = TrainSettings(**SETTINGS, targets=FAMILY_TOYS[name].targets)
    changes = {key: getattr(settings, key) for key in ("batch_size", "recompute", "targets")}
    planned = plan_memory(project, MemoryPlanRequest(base, changes=changes))
    assert planned.rows > 4 and planned.plan.predicted_peak_gb > 0

    stopped = train(project, TrainRequest(name, base, settings), card, stop_at_first_step)
    assert stopped.stopped == "interrupted"
    run = resume(project, ResumeRequest(name))
    assert run.step > stopped.step == 1
    assert run.best_valid_loss < run.base_valid_loss

    report = evaluate(project, EvaluateRequest(name))
    assert report.adapted.loss < report.base.loss

    texts = []
    for engine in ("mlx", "torch"):
        adapter = project.adapter(name)
        with load_generator(base, adapter, backend=engine, say=lambda _: None) as llm:
            texts.append([(one.text, one.tokens) for one in llm.generate_many(TASKS, **REPLY)])
    assert texts[0] == texts[1]
