"""The page of an evaluation: what it shows, what it escapes, and that it loads nothing."""

import shutil
from dataclasses import replace
from pathlib import Path

import pytest
from support.evaluations import HEALTH, VOICE, evaluation

from morris_mlx.defaults import built_in_adapter
from morris_mlx.evaluate.report.page import gains_sentence, render_evaluation
from morris_mlx.models.find_adapter import read_run
from morris_mlx.records.evaluation import Gain, RowName, Share, Voice

TEXTS = {
    RowName.AUTHOR: ["It has to be said. Nobody came; nobody ever does."] * 4,
    RowName.ADAPTER: ["It has to be said. Somebody came."] * 3,
    RowName.BASE: ["Somebody came and went away."] * 3,
}
QUIET = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"]
QUIET += ["--disable-background-networking", "--disable-component-update", "--disable-sync"]


@pytest.fixture(scope="module")
def run():
    return read_run(built_in_adapter("sample-columns"))


def test_the_page_begins_with_the_verdict_and_the_next_step(run):
    page = render_evaluation(evaluation(), run, TEXTS)
    assert page.index("It reads like you: 71 % (61 to 83)") < page.index("Next:")
    assert page.index("Next:") < page.index("From the base to you")
    for part in ("news briefs", "Half your number of semicolons.", "it has to be said that"):
        assert part in page
    assert "on purpose pick it in 48 of 100" in " ".join(page.split())
    assert "Too little text of another author." in page
    assert "not done" in page and "polyline" in page


def test_texts_are_escaped_and_nothing_is_loaded(run):
    page = render_evaluation(evaluation(), run, TEXTS)
    assert "Write &lt;b&gt;it&lt;/b&gt;." in page and "<b>" not in page
    assert "://" not in page and "<script" not in page and " style=" not in page


def test_the_same_evaluation_gives_the_same_page(run):
    assert render_evaluation(evaluation(), run, TEXTS) == render_evaluation(
        evaluation(), run, TEXTS
    )


def test_a_page_without_judges_copies_or_differences_says_so(run):
    empty = evaluation(
        Voice(refusal="There are 2 texts, too few."),
        copying=None,
        differences=(),
        differences_note="The adapter wrote no words.",
        samples=(),
        health=replace(HEALTH, neutral_base=None, probes=()),
    )
    page = render_evaluation(empty, replace(run, losses=()), {name: [] for name in TEXTS})
    assert "There are 2 texts, too few." in page and "The adapter wrote no words." in page
    assert "There are no answers with words." in page and "polyline" not in page


@pytest.mark.parametrize(
    ("best", "said"),
    [
        (Share(0.9, 0.8, 0.97), "Write with `--best-of 4`."),
        (Share(0.6, 0.4, 0.7), "The ranges overlap"),
        (Share(0.4, 0.3, 0.6), "choosing brings nothing"),
        (Share(), "too little text for judges that did not choose"),
    ],
)
def test_the_gain_of_choosing_is_said_by_the_other_judges(run, best, said):
    gains = (
        Gain(1, Share(0.5, 0.3, 0.7), Share(0.5, 0.4, 0.6), 0.1, 100),
        Gain(4, Share(0.99, 0.9, 1.1), best, 0.0, 400),
    )
    assert said in gains_sentence(gains)
    page = render_evaluation(replace(evaluation(), gains=gains), run, TEXTS)
    assert "one answer" in page and "best of 4" in page and "tokens written" in page


def test_a_browser_renders_the_page_at_every_width(run, tmp_path):
    sync_api = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
    path = tmp_path / "report.html"
    path.write_text(render_evaluation(evaluation(VOICE), run, TEXTS), encoding="utf-8")
    with sync_api.sync_playwright() as player:
        chromium = shutil.which("chromium") or player.chromium.executable_path
        if not Path(chromium).exists():
            pytest.skip("Chromium is not installed")
        with player.chromium.launch(
            executable_path=chromium, args=QUIET, timeout=120_000
        ) as browser:
            page = browser.new_page()
            messages = []
            page.on("console", lambda message: messages.append(message.text))
            page.goto(path.as_uri())
            for width in (320, 390, 1200):
                page.set_viewport_size({"width": width, "height": 800})
                assert page.evaluate("document.documentElement.scrollWidth") == width
    assert messages == []  # a refused style is logged
