"""Every kind of bad clone, evaluated and audited: each gets its no, and for its own fault.

The clones are those of scripts/bench/bad_clones.py, on a toy base and short synthetic texts.
"""

import pytest
from support.bench_scripts import load_script
from support.quick_evaluation import quick  # noqa: F401
from support.synthetic_authors import synthetic_text
from support.toy_base import make_toy_base

from morris_mlx.pipeline.prepare import PrepareRequest, prepare
from morris_mlx.pipeline.texts import collect_texts
from morris_mlx.pipeline.train import TrainRequest, train
from morris_mlx.project.folder import Project
from morris_mlx.project.provenance import Ground
from morris_mlx.records.evaluation import VerdictKind
from morris_mlx.records.training import TrainSettings
from morris_mlx.train.recipes import Choice, Recipe

TEXTS, WORDS = 40, 90
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
ANSWERS = 20
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
    script.OVERFITTED_COLUMNS, script.OTHER_EPOCHS = 4, 4
    script.CANARY_COLUMNS, script.JOINED_CHARACTERS = 4, 1500
    script.choose_recipe = lambda *_: Choice(Recipe("toy", SETTINGS, ""), "")
    return script


@pytest.fixture(scope="module")
def shop(bench, tmp_path_factory):
    """A project of a winding writer with a good clone; the news briefs are of a brisk one."""
    home = tmp_path_factory.mktemp("clones")
    toy = str(make_toy_base(home / "toy"))
    project = Project(home / "columns")
    collect_texts(project, [write_texts(home / "winding", "winding", TEXTS)], Ground.own)
    card, _ = prepare(project, PrepareRequest(toy))
    train(project, TrainRequest(bench.GOOD, toy, SETTINGS), card)
    write_texts(home / "sample" / "briefs", "brisk", TEXTS, first=200)
    other = write_texts(home / "plain", "plain", TEXTS // 2)
    return bench.Workshop(home, toy, other)


@pytest.fixture(autouse=True)
def short(monkeypatch, bench, shop):
    """Briefs by another synthetic writer, and no torch: the audit's engines have own tests."""
    for module in (bench, "morris_mlx.pipeline.evaluate"):
        name = "sample_folder" if module is bench else f"{module}.sample_folder"
        place = (module, name) if module is bench else (name,)
        monkeypatch.setattr(*place, lambda: shop.home / "sample")
    monkeypatch.setattr("morris_mlx.pipeline.evaluation_texts.MIN_OTHER_WORDS", 400)
    monkeypatch.setattr("morris_mlx.pipeline.audit_engines.find_spec", lambda name: None)


@pytest.fixture(scope="module")
def judged(bench):
    """Results by name: several tests read that of the good clone."""
    return {}


@pytest.mark.parametrize("name", CLONES)
def test_each_clone_is_told_by_its_own_fault(bench, shop, judged, name):
    clone = bench.CLONES[name]
    found = judged[name] = {"name": name} | bench.judge(clone, clone.make(shop), ANSWERS)
    print({key: value for key, value in found.items() if key != "checks"})
    assert bench.is_right(name, found), found
    if name == bench.GOOD:
        assert found["verdict"] in (VerdictKind.YES, VerdictKind.PARTLY)
