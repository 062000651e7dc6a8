"""Every kind of bad clone, evaluated and audited: each gets its no, and for its own fault.

The clones are those of scripts/bench/bad_clones.py, on a toy base and short synthetic texts.
"""

from dataclasses import replace

import pytest
from support.bench_scripts import load_script
from support.evaluation_world import make_evaluations_quick
from support.synthetic_authors import synthetic_text, synthetic_texts
from support.toy_base import make_toy_base, merge_adapter

from morris_mlx.pipeline import evaluate, evaluation_writing
from morris_mlx.pipeline.prepare import PrepareRequest, prepare
from morris_mlx.pipeline.texts import collect_texts
from morris_mlx.pipeline.train import TrainRequest, train
from morris_mlx.project.folder import Project
from morris_mlx.project.provenance import Ground
from morris_mlx.records.evaluation import VerdictKind
from morris_mlx.records.training import TrainSettings
from morris_mlx.train.recipes import Choice, Recipe

TEXTS, WORDS = 30, 90
SETTINGS = TrainSettings(
    epochs=4,
    rank=16,
    alpha=32.0,
    dropout=0.0,
    learning_rate=1e-2,
    batch_size=4,
    accumulate=1,
    targets="all+head",
    validate_every=1000,
)
ANSWERS = 16
CLONES = load_script("bad_clones").CLONES


def write_texts(folder, writer, count, first=0):
    folder.mkdir(parents=True)
    for number in range(count):
        text = synthetic_text(writer, WORDS, first + number)
        front = f"---\ntitle: Text {number}\ndate: 2020-01-{number % 28 + 1:02}\n---\n\n"
        (folder / f"{number:02}.md").write_text(front + text, encoding="utf-8")
    return folder


@pytest.fixture(scope="module")
def bench():
    """The script, made to train less."""
    script = load_script("bad_clones")
    script.OVERFITTED_COLUMNS, script.OVERFITTED_EPOCHS, script.OTHER_EPOCHS = 5, 100, 4
    script.CANARIES, script.CANARY_COLUMNS = 5, 4
    script.JOINED_CHARACTERS, script.ENDLESS_EPOCHS = 700, 10
    script.choose_recipe = lambda *_: Choice(Recipe("toy", SETTINGS, ""), "")
    return script


@pytest.fixture(scope="module")
def shop(bench, tmp_path_factory):
    """A plain base, a winding writer with a good clone, and news briefs by a brisk writer."""
    home = tmp_path_factory.mktemp("clones")
    toy = make_toy_base(home / "toy")
    plain = Project(home / "plain")
    merge_adapter(toy, learn(plain, "plain", write_texts(home / "p", "plain", TEXTS), toy))
    learn(Project(home / "columns"), bench.GOOD, write_texts(home / "w", "winding", TEXTS), toy)
    briefs = write_texts(home / "sample" / "briefs", "brisk", TEXTS, first=200)
    return bench.Workshop(home, str(toy), briefs)


def learn(project, name, texts, base):
    """Collect texts, train an adapter on them, and return its folder."""
    collect_texts(project, [texts], Ground.own)
    card, _ = prepare(project, PrepareRequest(str(base)))
    train(project, TrainRequest(name, str(base), SETTINGS), card)
    return project.adapter(name)


@pytest.fixture(autouse=True)
def short(monkeypatch, bench, shop):
    """Briefs and a population by other synthetic writers, and an audit without torch."""
    make_evaluations_quick(monkeypatch)
    real = evaluation_writing.other_hands

    def with_population(*arguments):
        found = real(*arguments)
        return replace(found, reference=(*found.reference, *population))

    population = synthetic_texts("plain", 12, WORDS, first=900)
    monkeypatch.setattr(evaluation_writing, "other_hands", with_population)
    for place in (bench, evaluate):
        monkeypatch.setattr(place, "sample_folder", lambda: shop.home / "sample")
    monkeypatch.setattr("morris_mlx.pipeline.evaluation_texts.MIN_OTHER_WORDS", 400)
    monkeypatch.setattr("morris_mlx.pipeline.audit_engines.find_spec", lambda name: None)


@pytest.mark.parametrize("name", CLONES)
def test_each_clone_is_told_by_its_own_fault(bench, shop, name):
    clone = bench.CLONES[name]
    found = {"name": name} | bench.judge(clone, clone.make(shop), ANSWERS)
    assert bench.is_right(name, found), found
    if name == bench.GOOD:
        assert found["verdict"] in (VerdictKind.YES, VerdictKind.PARTLY)
