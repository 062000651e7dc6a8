"""The studio's page in Chromium: what a person does and sees. MORRIS_SCREENSHOTS keeps pictures."""

import os
import re
import shutil
import threading
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from support.fake_generator import CARDS, ENDLESS, FakeGenerator, only_this_machine, studio, until

from morris_mlx.errors import MorrisError
from morris_mlx.studio.sandbox import sealed

sync_api = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning:gradio.*")
# Without these Chromium itself asks its maker for news.
QUIET = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
HOSTILE = (
    "<img src=x onerror=\"window.hacked=1\"> <script>window.hacked=2</script>\n"
    "![p](http://evil.example/p.png) [l](javascript:window.hacked=3) <a href='http://evil.example'>x</a>\n"
    "$$x^2$$ \\(y\\) **bold** `code` ${window.hacked=4} {{value}} {{#each value}} &lt;b&gt; </div></article>\n"
    "<iframe src=http://evil.example></iframe><style>body{display:none}</style> http://evil.example"
)  # fmt: skip
COLUMN = (
    "When the council, after eleven meetings, resolved to consider the matter of the bench, it was "
    "found that the bench had been stolen.\n\n",
    "Nobody minded. The thief, I am told, sits on it every evening and waves to the councillors.",
)


@pytest.fixture(scope="module", autouse=True)
def browser():
    with sealed(), only_this_machine(), sync_api.sync_playwright() as player:
        chromium = shutil.which("chromium") or player.chromium.executable_path
        if not Path(chromium).exists():
            pytest.skip("Chromium is not installed")
        with player.chromium.launch(executable_path=chromium, args=QUIET) as started:
            yield started


@contextmanager
def opened(browser, generator, look=None, **more):
    """A tab on a new studio; everything that it asked for must have been this machine's."""
    with studio(generator, **more) as address:
        context = browser.new_context(**(look or {}))
        asked, troubles = [], []
        context.on("request", lambda request: asked.append(request.url))
        context.on("weberror", lambda error: troubles.append(str(error.error)))
        try:
            yield enter(context, address)
        finally:
            context.close()
        hosts = {urlsplit(url).hostname for url in asked if not url.startswith(("data:", "blob:"))}
        assert hosts == {"127.0.0.1"} and len(asked) > 10
        assert not troubles


def enter(context, address):
    page = context.new_page()
    page.set_default_timeout(10_000)
    page.goto(address)
    page.wait_for_selector("#box textarea")
    return page


def box(page):
    return page.locator("#box textarea")


def send(page, text):
    box(page).fill(text)
    box(page).press("Enter")


def ended(page, replies=1, side="clone"):
    """Wait until so many replies have their figures."""
    page.wait_for_function(
        f"document.querySelectorAll('#{side} .machine .figures').length === {replies}"
    )
    page.wait_for_selector("#send", state="visible")


def open_settings(page):
    page.click("#settings button")
    page.wait_for_selector("#seed", state="visible")
    page.wait_for_timeout(500)  # Gradio writes the values once more after it has drawn the fields


def said(page, side="clone"):
    return page.locator(f"#{side} .machine .words").all_inner_texts()


def test_a_reply_is_seen_growing_and_gets_its_figures(browser):
    generator = FakeGenerator({"": COLUMN[0].split(" ")}, seconds=0.06)
    with opened(browser, generator) as page:
        assert "imitates a person" in page.inner_text("#banner")
        send(page, "What became of the bench?")
        sizes = set()
        while page.locator("#clone .figures").count() == 0:
            sizes |= {len(text) for text in said(page)}
            page.wait_for_timeout(60)
        assert len(sizes) >= 4
        assert "tokens/s · first after" in page.inner_text("#clone .figures")
        assert box(page).input_value() == "" and page.inner_text("#status").strip() == ""
        assert "What became of the bench?" in page.inner_text("#clone .you")


def test_enter_sends_shift_enter_makes_a_line_and_nothing_sends_nothing(browser):
    generator = FakeGenerator({"": ["a\n", "  b\n\n\tc"]})
    with opened(browser, generator) as page:
        box(page).press("Enter")
        send(page, "   ")
        page.wait_for_timeout(400)
        assert generator.asked == [] and page.locator("#clone article").count() == 0
        box(page).fill("")
        box(page).press_sequentially("one")
        box(page).press("Shift+Enter")
        box(page).press_sequentially("  two")
        box(page).press("Enter")
        ended(page)
        assert [messages[-1].content for messages, _ in generator.asked] == ["one\n  two"]
        assert page.inner_text("#clone .you .words") == "one\n  two"
        assert page.text_content("#clone .machine .words") == "a\n  b\n\n\tc"
        assert page.eval_on_selector("#clone .words", "e => getComputedStyle(e).whiteSpace") == (
            "pre-wrap"
        )


def test_stop_retry_undo_and_new_conversation(browser):
    generator = FakeGenerator({"endless": ENDLESS}, seconds=0.02)
    with opened(browser, generator) as page:
        send(page, "endless")
        until(lambda: (page.wait_for_timeout(20), generator.given > 5)[1])
        assert page.locator("#retry").is_disabled()
        page.click("#stop")
        ended(page)
        given = generator.given
        assert "stopped" in page.inner_text("#clone .figures") and said(page)[0].startswith("word0")
        page.wait_for_timeout(300)
        assert generator.given == given
        generator.says["endless"] = ["quite ", "short"]
        page.click("#retry")
        page.wait_for_function("document.querySelector('#clone').innerText.includes('quite short')")
        ended(page)
        assert said(page) == ["quite short"]
        page.click("#undo")
        page.wait_for_selector("#clone .empty")
        assert box(page).input_value() == "endless"
        send(page, "again")
        ended(page)
        page.click("#new")
        page.wait_for_selector("#clone .empty")


def test_adapter_strength_and_settings_reach_the_speaker(browser):
    generator = FakeGenerator()
    with opened(browser, generator) as page:
        page.click("#adapter input")
        page.get_by_role("option", name="letters").click()
        page.fill("#strength input[type=number]", "0.5")
        open_settings(page)
        assert page.input_value("#system_prompt textarea") == "You write letters."
        for field, value in (("#temperature", "1.5"), ("#top_k", "20"), ("#seed", "5")):
            page.fill(f"{field} :is(input, textarea)", value)
        send(page, "Dear")
        ended(page)
        messages, overrides = generator.asked[0]
        assert messages[0].content == "You write letters."
        assert overrides["adapter"] == "letters" and overrides["strength"] == 0.5
        assert (overrides["temperature"], overrides["top_k"], overrides["seed"]) == (1.5, 20, 5)
        page.click("#adapter input")
        page.get_by_role("option", name="practice, without an adapter").click()
        send(page, "And now?")
        ended(page, 2)
        assert generator.asked[1][1]["adapter"] is None
        page.fill("#top_p input", "7")
        send(page, "kept words")
        page.wait_for_selector("#status .alarm")
        assert "Top p is 7; it must be a number from" in page.inner_text("#status")
        assert box(page).input_value() == "kept words" and len(generator.asked) == 2


def test_base_and_adapter_stand_side_by_side(browser):
    generator = FakeGenerator()
    with opened(browser, generator) as page:
        assert page.locator("#base").count() == 0
        page.check("#compare input")
        send(page, "Both of you")
        ended(page)
        ended(page, side="base")
        assert "practice, no adapter" in page.inner_text("#base")
        assert "sample at strength 1" in page.inner_text("#clone")
        left, right = (page.locator(f"#{side}").bounding_box() for side in ("base", "clone"))
        assert left["y"] == right["y"] and left["x"] + left["width"] <= right["x"]
        page.uncheck("#compare input")
        page.wait_for_selector("#base", state="detached")


def test_no_text_becomes_markup_link_or_image(browser):
    generator = FakeGenerator({"": [HOSTILE]})
    with opened(browser, generator) as page:
        send(page, HOSTILE)
        ended(page)
        for words in ("#clone .you .words", "#clone .machine .words"):
            assert page.text_content(words) == HOSTILE
            assert page.eval_on_selector(words, "e => e.childElementCount") == 0
        assert (
            page.locator("#clone").locator("img, a, script, iframe, style, svg, math").count() == 0
        )
        assert page.evaluate("window.hacked") is None
        generator.says[""] = ["!"]
        page.click("#retry")
        page.wait_for_selector("#status .alarm")


def test_an_error_is_plain_text_too(browser):
    def prepare(say):
        raise MorrisError(HOSTILE)

    with opened(browser, FakeGenerator(), prepare=prepare) as page:
        send(page, "Hello")
        page.wait_for_selector("#status .alarm")
        assert page.text_content("#status .alarm") == HOSTILE
        assert page.evaluate("window.hacked") is None


def test_the_loading_is_seen_and_a_new_adapter_appears(browser):
    go, cards = threading.Event(), list(CARDS[:1])

    def prepare(say):
        say("Loading practice …")
        go.wait(20)

    with opened(browser, FakeGenerator(), prepare=prepare, cards=cards) as page:
        cards.append(CARDS[1])
        page.click("#refresh")
        page.wait_for_timeout(300)
        page.click("#adapter input")
        page.get_by_role("option", name="letters").click()
        send(page, "Hello")
        page.wait_for_function("document.querySelector('#status').innerText.includes('Loading')")
        go.set()
        ended(page)
        assert "letters at strength" in page.inner_text("#clone")


def test_a_second_tab_has_its_own_conversation(browser):
    generator = FakeGenerator()
    with opened(browser, generator) as page:
        send(page, "mine")
        ended(page)
        other = enter(page.context, page.url)
        assert other.locator("#clone article").count() == 0
        send(other, "theirs")
        ended(other)
        assert page.locator("#clone article").count() == 2
        assert [m.content for m in generator.asked[1][0] if m.role == "user"] == ["theirs"]


@pytest.mark.parametrize("seconds", [0.02, 30], ids=["while it streams", "before it begins"])
def test_a_tab_that_goes_away_stops_the_model(browser, seconds):
    generator = FakeGenerator({"": ENDLESS}, seconds=seconds)
    with opened(browser, generator) as page:
        send(page, "endless")
        until(lambda: (page.wait_for_timeout(20), generator.at_once == 1)[1])
        page.wait_for_timeout(300)
        page.close()
        until(lambda: generator.at_once == 0, seconds=3)
        assert generator.given < 300


LOOKS = {
    "light": {"color_scheme": "light", "viewport": {"width": 1280, "height": 860}},
    "dark": {"color_scheme": "dark", "viewport": {"width": 1280, "height": 860}},
    "narrow": {"color_scheme": "light", "viewport": {"width": 390, "height": 844}},
    "narrow-dark": {"color_scheme": "dark", "viewport": {"width": 390, "height": 844}},
}


@pytest.mark.parametrize("look", LOOKS)
def test_it_looks_right(browser, look, tmp_path):
    folder = Path(os.environ.get("MORRIS_SCREENSHOTS") or tmp_path)
    with opened(browser, FakeGenerator({"": COLUMN}), LOOKS[look]) as page:
        picture(page, folder / f"{look}-1-empty.png")
        send(page, "What became of the bench?")
        ended(page)
        send(page, "And what did the mayor say?\nIn two lines, please.")
        ended(page, 2)
        page.fill("#strength input[type=number]", "9")
        picture(page, folder / f"{look}-2-talk.png")
        page.check("#compare input")
        page.fill("#strength input[type=number]", "1.2")
        send(page, "Tell me about the fountain.")
        ended(page, 3)
        picture(page, folder / f"{look}-3-side-by-side.png")
        open_settings(page)
        page.fill("#temperature input", "9")
        send(page, "Will this be lost?")
        page.wait_for_selector("#status .alarm")
        picture(page, folder / f"{look}-4-settings.png", whole=True)
        assert unreadable(page) == []
        assert nameless(page) == []


def picture(page, path, whole=False):
    page.wait_for_timeout(250)  # what fades has faded
    page.screenshot(path=path, full_page=whole)
    wide, window = page.evaluate("[document.documentElement.scrollWidth, window.innerWidth]")
    assert wide <= window, f"{path.name}: the page is wider than its window"


def nameless(page):
    """Inputs and buttons that nobody can name."""
    snapshot = page.locator("body").aria_snapshot()
    return re.findall(
        r"^\s*- (?:textbox|spinbutton|slider|button|checkbox|listbox)$", snapshot, re.M
    )


def unreadable(page):
    """Texts whose contrast with what lies behind them is below 4.5 (WCAG AA)."""
    return page.evaluate(
        """() => {
        const numbers = c => c.match(/[\\d.]+/g).map(Number);
        const light = c => { const [r, g, b] = numbers(c).map(v => (v /= 255) <= 0.03928 ?
            v / 12.92 : ((v + 0.055) / 1.055) ** 2.4); return 0.2126*r + 0.7152*g + 0.0722*b; };
        const behind = e => { for (; e; e = e.parentElement) { const c = getComputedStyle(e)
            .backgroundColor; const n = numbers(c); if (n.length < 4 || n[3] > 0.9) return c; }
            return 'rgb(255,255,255)'; };
        const bad = [];
        for (const e of document.querySelectorAll('.gradio-container *')) {
            const own = [...e.childNodes].some(n => n.nodeType === 3 && n.textContent.trim());
            if (!own && !e.matches('input[type=number], input[type=text], textarea') || !e.checkVisibility()) continue;
            if (e.closest('.sr-only')) continue;
            const a = light(getComputedStyle(e).color), b = light(behind(e));
            const ratio = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
            if (ratio < 4.5) bad.push([e.textContent.slice(0, 30), ratio.toFixed(2)]);
        }
        return bad; }"""
    )
