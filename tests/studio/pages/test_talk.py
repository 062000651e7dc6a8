"""The Talk page in Chromium, as a user sees it. MORRIS_SCREENSHOTS names a folder for pictures."""

import os
import re
import shutil
import threading
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from support.fake_generator import (
    CARDS,
    ENDLESS,
    PATIENCE,
    FakeGenerator,
    SteppedPieces,
    studio,
    until,
)

from morris_mlx.errors import MorrisError

sync_api = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning:gradio.*")
# Without these options Chromium sends requests of its own.
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
def browser(sandbox):
    with sync_api.sync_playwright() as player:
        chromium = shutil.which("chromium") or player.chromium.executable_path
        if not Path(chromium).exists():
            pytest.skip("Chromium is not installed")
        with player.chromium.launch(
            executable_path=chromium, args=QUIET, timeout=1000 * PATIENCE
        ) as started:
            yield started


@contextmanager
def opened(browser, generator, look=None, **more):
    """Open a tab on a new studio. Fail if it sent a request to another machine."""
    with studio(generator, **more) as address:
        context = browser.new_context(**(look or {}))
        urls, errors = [], []
        context.on("request", lambda request: urls.append(request.url))
        context.on("weberror", lambda error: errors.append(str(error.error)))
        try:
            yield open_tab(context, address)
        finally:
            context.close()
        hosts = {urlsplit(url).hostname for url in urls if not url.startswith(("data:", "blob:"))}
        assert hosts == {"127.0.0.1"} and len(urls) > 10
        assert not errors


def open_tab(context, address):
    page = context.new_page()
    page.set_default_timeout(1000 * PATIENCE)
    page.goto(address)
    page.wait_for_selector("#box textarea")
    return page


def box(page):
    return page.locator("#box textarea")


def send(page, text):
    box(page).fill(text)
    box(page).press("Enter")


def wait_for_end(page, replies=1, side="chosen"):
    """Wait until so many replies show their metrics."""
    page.wait_for_function(
        f"document.querySelectorAll('#{side} .model .metrics').length === {replies}"
    )
    page.wait_for_selector("#send", state="visible")


def open_settings(page):
    page.click("#settings button")
    page.wait_for_selector("#seed", state="visible")
    page.wait_for_timeout(500)  # Gradio sets the values again after it draws the fields


def lists_adapter(page, name):
    """Open the list of adapters, and return True if it has this one; else close it again."""
    page.click("#adapter input")
    page.get_by_role("option").first.wait_for()
    if page.get_by_role("option", name=name).count():
        return True
    page.locator("#adapter input").blur()
    return False


def answers(page, side="chosen"):
    return page.locator(f"#{side} .model .text").all_inner_texts()


def test_a_reply_grows_on_the_page_and_gets_its_metrics(browser):
    words = COLUMN[0].split(" ")[:4]
    pieces = SteppedPieces(words)
    with opened(browser, FakeGenerator({"": pieces})) as page:
        assert "imitates a person" in page.inner_text("#banner")
        send(page, "What became of the bench?")
        for number in range(len(words)):
            pieces.let_one()
            page.wait_for_function(
                "whole => document.querySelector('#chosen .model .text')?.textContent === whole",
                arg="".join(words[: number + 1]),
            )
        wait_for_end(page)
        assert "tokens/s · first after" in page.inner_text("#chosen .metrics")
        assert box(page).input_value() == "" and page.inner_text("#status").strip() == ""
        assert "What became of the bench?" in page.inner_text("#chosen .user")


def test_enter_sends_shift_enter_begins_a_line_and_an_empty_box_sends_nothing(browser):
    generator = FakeGenerator({"": ["a\n", "  b\n\n\tc"]})
    with opened(browser, generator) as page:
        box(page).press("Enter")
        send(page, "   ")
        page.wait_for_timeout(400)
        assert generator.requests == [] and page.locator("#chosen article").count() == 0
        box(page).fill("")
        box(page).press_sequentially("one")
        box(page).press("Shift+Enter")
        box(page).press_sequentially("  two")
        box(page).press("Enter")
        wait_for_end(page)
        assert [messages[-1].content for messages, _ in generator.requests] == ["one\n  two"]
        assert page.inner_text("#chosen .user .text") == "one\n  two"
        assert page.text_content("#chosen .model .text") == "a\n  b\n\n\tc"
        assert page.eval_on_selector("#chosen .text", "e => getComputedStyle(e).whiteSpace") == (
            "pre-wrap"
        )


def test_stop_retry_undo_and_new_conversation(browser):
    generator = FakeGenerator({"endless": ENDLESS}, seconds=0.02)
    with opened(browser, generator) as page:
        send(page, "endless")
        page.wait_for_selector("#retry:disabled")
        until(lambda: (page.wait_for_timeout(20), generator.given > 5)[1])
        page.click("#stop")
        wait_for_end(page)
        given = generator.given
        assert "stopped" in page.inner_text("#chosen .metrics") and answers(page)[0].startswith(
            "word0"
        )
        page.wait_for_timeout(300)
        assert generator.given == given
        generator.replies["endless"] = ["quite ", "short"]
        page.click("#retry")
        page.wait_for_function(
            "document.querySelector('#chosen').innerText.includes('quite short')"
        )
        wait_for_end(page)
        assert answers(page) == ["quite short"]
        page.click("#undo")
        page.wait_for_selector("#chosen .empty")
        assert box(page).input_value() == "endless"
        send(page, "again")
        wait_for_end(page)
        page.click("#new")
        page.wait_for_selector("#chosen .empty")


def test_adapter_strength_and_settings_reach_the_generator(browser):
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
        wait_for_end(page)
        messages, overrides = generator.requests[0]
        assert messages[0].content == "You write letters."
        assert overrides["adapter"] == "letters" and overrides["strength"] == 0.5
        assert (overrides["temperature"], overrides["top_k"], overrides["seed"]) == (1.5, 20, 5)
        page.click("#adapter input")
        page.get_by_role("option", name="practice, without an adapter").click()
        send(page, "And now?")
        wait_for_end(page, 2)
        assert generator.requests[1][1]["adapter"] is None
        page.fill("#top_p input", "7")
        send(page, "kept words")
        page.wait_for_selector("#status .error")
        assert "Top p is 7; it must be a number from" in page.inner_text("#status")
        assert box(page).input_value() == "kept words" and len(generator.requests) == 2


def test_a_comparison_shows_base_and_adapter_side_by_side(browser):
    generator = FakeGenerator()
    with opened(browser, generator) as page:
        assert page.locator("#base").count() == 0
        page.check("#compare input")
        send(page, "Both of you")
        wait_for_end(page)
        wait_for_end(page, side="base")
        assert "practice, no adapter" in page.inner_text("#base")
        assert "sample at strength 1" in page.inner_text("#chosen")
        left, right = (page.locator(f"#{side}").bounding_box() for side in ("base", "chosen"))
        assert left["y"] == right["y"] and left["x"] + left["width"] <= right["x"]
        page.uncheck("#compare input")
        page.wait_for_selector("#base", state="detached")


def test_no_text_becomes_markup_link_or_image(browser):
    generator = FakeGenerator({"": [HOSTILE]})
    with opened(browser, generator) as page:
        send(page, HOSTILE)
        wait_for_end(page)
        for words in ("#chosen .user .text", "#chosen .model .text"):
            assert page.text_content(words) == HOSTILE
            assert page.eval_on_selector(words, "e => e.childElementCount") == 0
        assert (
            page.locator("#chosen").locator("img, a, script, iframe, style, svg, math").count() == 0
        )
        assert page.evaluate("window.hacked") is None
        generator.replies[""] = ["!"]
        page.click("#retry")
        page.wait_for_selector("#status .error")


def test_an_error_is_shown_as_plain_text(browser):
    def load():
        raise MorrisError(HOSTILE)

    with opened(browser, FakeGenerator(load=load)) as page:
        send(page, "Hello")
        page.wait_for_selector("#status .error")
        assert page.text_content("#status .error") == HOSTILE
        assert page.evaluate("window.hacked") is None


def test_loading_is_shown_and_a_new_adapter_appears_on_refresh(browser):
    loaded, cards = threading.Event(), list(CARDS[:1])

    with opened(browser, FakeGenerator(load=lambda: loaded.wait(PATIENCE)), cards=cards) as page:
        cards.append(CARDS[1])
        page.click("#refresh")
        until(lambda: lists_adapter(page, "letters"))
        page.get_by_role("option", name="letters").click()
        send(page, "Hello")
        page.wait_for_function("document.querySelector('#status').innerText.includes('Loading')")
        loaded.set()
        wait_for_end(page)
        assert "letters at strength" in page.inner_text("#chosen")


def test_a_second_tab_has_its_own_conversation(browser):
    generator = FakeGenerator()
    with opened(browser, generator) as page:
        send(page, "mine")
        wait_for_end(page)
        other = open_tab(page.context, page.url)
        assert other.locator("#chosen article").count() == 0
        send(other, "theirs")
        wait_for_end(other)
        assert page.locator("#chosen article").count() == 2
        assert [m.content for m in generator.requests[1][0] if m.role == "user"] == ["theirs"]


@pytest.mark.parametrize("seconds", [0.02, 600], ids=["during the reply", "before its first token"])
def test_closing_the_tab_stops_the_model(browser, seconds):
    generator = FakeGenerator({"": ENDLESS}, seconds=seconds)
    with opened(browser, generator) as page:
        send(page, "endless")
        until(lambda: (page.wait_for_timeout(20), generator.running == 1)[1])
        page.wait_for_selector("#stop", state="visible")
        page.close()
        until(lambda: generator.running == 0, seconds=0.9 * len(ENDLESS) * 0.02)
        assert generator.given < len(ENDLESS)


LOOKS = {
    "light": {"color_scheme": "light", "viewport": {"width": 1280, "height": 860}},
    "dark": {"color_scheme": "dark", "viewport": {"width": 1280, "height": 860}},
    "narrow": {"color_scheme": "light", "viewport": {"width": 390, "height": 844}},
    "narrow-dark": {"color_scheme": "dark", "viewport": {"width": 390, "height": 844}},
}


@pytest.mark.parametrize("look", LOOKS)
def test_the_page_fits_its_window_and_is_readable(browser, look, tmp_path):
    folder = Path(os.environ.get("MORRIS_SCREENSHOTS") or tmp_path)
    with opened(browser, FakeGenerator({"": COLUMN}), LOOKS[look]) as page:
        take_picture(page, folder / f"{look}-1-empty.png")
        send(page, "What became of the bench?")
        wait_for_end(page)
        send(page, "And what did the mayor say?\nIn two lines, please.")
        wait_for_end(page, 2)
        page.fill("#strength input[type=number]", "9")
        take_picture(page, folder / f"{look}-2-talk.png")
        page.check("#compare input")
        page.fill("#strength input[type=number]", "1.2")
        send(page, "Tell me about the fountain.")
        wait_for_end(page, 3)
        take_picture(page, folder / f"{look}-3-side-by-side.png")
        open_settings(page)
        page.fill("#temperature input", "9")
        send(page, "Will this be lost?")
        page.wait_for_selector("#status .error")
        take_picture(page, folder / f"{look}-4-settings.png", whole=True)
        assert unreadable(page) == []
        assert nameless(page) == []


def take_picture(page, path, whole=False):
    page.wait_for_timeout(250)  # the end of fades
    page.screenshot(path=path, full_page=whole)
    wide, window = page.evaluate("[document.documentElement.scrollWidth, window.innerWidth]")
    assert wide <= window, f"{path.name}: the page is wider than its window"


def nameless(page):
    """Return the inputs and buttons that have no name for a screen reader."""
    snapshot = page.locator("body").aria_snapshot()
    return re.findall(
        r"^\s*- (?:textbox|spinbutton|slider|button|checkbox|listbox)$", snapshot, re.M
    )


def unreadable(page):
    """Return the texts whose contrast with their background is below 4.5 (WCAG AA)."""
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
