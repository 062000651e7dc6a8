"""The page of a comparison: the best one, the table, escaped texts, and its width."""

import shutil
from pathlib import Path

import pytest
from support.comparisons import compared, comparison

from morris_mlx.evaluate.report.comparison_page import render_comparison
from morris_mlx.records.evaluation import VerdictKind

QUIET = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"]
QUIET += ["--disable-background-networking", "--disable-component-update", "--disable-sync"]


def test_the_page_begins_with_the_choice_and_marks_the_best():
    page = render_comparison(comparison(compared("a", 0.4), compared("b", 0.8)))
    assert page.index("b is the best") < page.index("From the base to you")
    assert page.count('class="best"') == 2  # on the scale and in the table
    for part in ("news briefs", "The sentence on a.", "<code>morris audit</code>", "4.350"):
        assert part in page


def test_without_a_best_one_nothing_is_marked():
    page = render_comparison(comparison(compared("a", 0.7), compared("b", 0.8)))
    assert "Not shown to be different" in page and 'class="best"' not in page


def test_texts_are_escaped_and_nothing_is_loaded():
    page = render_comparison(comparison(compared("<i>a</i>", 0.7)))
    assert "Write &lt;b&gt;it&lt;/b&gt;." in page and "<b>" not in page and "<i>" not in page
    assert "://" not in page and "<script" not in page and " style=" not in page


def test_a_comparison_without_judges_says_why():
    found = comparison(
        compared("a", None, VerdictKind.NOT_JUDGED), shared=(), refusal="There are 2 texts."
    )
    page = render_comparison(found)
    assert "The style could not be judged. There are 2 texts." in page


def test_a_browser_renders_the_page_at_every_width(tmp_path):
    sync_api = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
    path = tmp_path / "report.html"
    adapters = [compared(f"adapter-{n}-at-0.5", 0.1 * n) for n in range(6)]
    path.write_text(render_comparison(comparison(*adapters)), encoding="utf-8")
    with sync_api.sync_playwright() as player:
        chromium = shutil.which("chromium") or player.chromium.executable_path
        if not Path(chromium).exists():
            pytest.skip("Chromium is not installed")
        with player.chromium.launch(
            executable_path=chromium, args=QUIET, timeout=120_000
        ) as browser:
            page = browser.new_page()
            page.goto(path.as_uri())
            for width in (320, 390, 1200):
                page.set_viewport_size({"width": width, "height": 800})
                assert page.evaluate("document.documentElement.scrollWidth") == width
