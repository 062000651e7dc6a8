"""The report of a dataset: correct sums, escaped texts, no network, no private items."""

import base64
import hashlib
import json
import random
import re
import shutil
import stat
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path

import pytest
from support.workspace import column, prepare_project

from morris_mlx.defaults import RUN_FILE, SPLIT_SEED, SYSTEM_PROMPT
from morris_mlx.prepare import prepare_collected
from morris_mlx.prepare.report.advice import advise
from morris_mlx.prepare.report.numbers import (
    BINS,
    SHOWN_CHARACTERS,
    SHOWN_ROWS,
    SHOWN_TURNS,
    Count,
    Language,
    choose_rows,
    count,
    funnel,
)
from morris_mlx.prepare.report.page import render
from morris_mlx.project import datasets
from morris_mlx.project.datasets import (
    PAGE_FILE,
    dataset_digest,
    find_dataset,
    read_card,
    read_dataset,
)
from morris_mlx.project.documents import write_documents
from morris_mlx.project.left_out import LeftOutItems, write_left_out
from morris_mlx.records.corpus import SPLITS, DatasetCard, Document, Example, Message
from morris_mlx.report.page import TEMPLATES, make_environment
from morris_mlx.text.pii import Person

NAMES = ["apple", "bridge", "candle", "drawer", "engine", "fiddle", "garden", "hammer", "island"]
NAMES += ["jacket", "kettle", "ladder", "marble", "needle", "orchid", "pencil", "quarry", "ribbon"]
VERBS = ["broke", "fell", "sang", "waited", "rusted", "smiled", "answered", "slept", "burned"]
VERBS += ["froze", "turned", "opened", "left", "hummed", "leaned", "blinked", "cracked", "grew"]
PEOPLE = (Person(("Mary Fletcher", "Mary")),)
PRIVATE = "\n\nWrite to jane.doe@example-post.org or call +44 7700 912345, says Mary."
REAL = ("jane.doe", "example-post", "912345", "Mary")
HOSTILE = (
    '<script>alert("1")</script> </style></main><img src=x onerror=alert(2)> "double" \'single\' '
    "&amp; &lt;b&gt; \u202eoverridden\u202c \u2067isolated\u2069 שלום Привет, «двор» 👩‍👩‍👧 e\u0301 "
    "${style} $model {0} %s {{ 7 * 7 }} {% raw %} {# note #}"
)
# Without these options, Chromium itself sends requests to its vendor.
QUIET = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"]
QUIET += ["--disable-background-networking", "--disable-component-update", "--disable-sync"]
TAGS = {"html", "head", "meta", "title", "style", "body", "main", "header", "footer", "section"}
TAGS |= {
    "div",
    "article",
    "h1",
    "h2",
    "h3",
    "p",
    "dl",
    "dt",
    "dd",
    "small",
    "strong",
    "code",
    "bdi",
}
TAGS |= {"ul", "li", "table", "thead", "tbody", "tr", "th", "td", "figure", "figcaption", "span"}
TAGS |= {"svg", "rect", "g", "line", "text"}


def document(number: int, before="", after="", paragraphs=4, title="") -> Document:
    """Return a document whose sentences depend on its number and occur in no other document."""
    draw = random.Random(number)
    name = NAMES[number % len(NAMES)]
    text = "\n\n".join(
        f"Paragraph {p} of the {name}: "
        + " ".join(f"the {draw.choice(NAMES)} and {draw.choice(VERBS)}" for _ in range(12))
        + ". It was so."
        for p in range(paragraphs)
    )
    return Document(f"{number:016x}", before + text + after, title=title or f"Title {number}")


def documents(amount=18, **kind) -> list[Document]:
    return [document(n, **kind) for n in range(amount)]


def numbers_of(tokenizer, docs, window=1024, **more):
    made = prepare_collected(docs, (), tokenizer, window, SYSTEM_PROMPT, SPLIT_SEED, **more)
    rows = {s: tuple((e.source_id, e.task) for e in made.examples[s]) for s in SPLITS}
    digest = dataset_digest(made.examples)
    card = DatasetCard("practice", "t", window, SYSTEM_PROMPT, SPLIT_SEED, digest, rows)
    return made, count(made, card)


@pytest.fixture(scope="module")
def mixed(tokenizer):
    """Return a dataset, and its figures, with private items and every reason to leave a text out."""
    docs = [*documents(), document(3), document(4, after=" And one more word."), document(5)]
    docs += [
        Document("a" * 16, "Too short."),
        Document("b" * 16, "http://a.example http://b.example"),
    ]
    docs += [Document("c" * 16, "so the garden went on " * 120, title="Endless")]
    docs[0] = document(0, after=PRIVATE)
    return numbers_of(tokenizer, docs, window=500, people=PEOPLE)


class Page(HTMLParser):
    """The tags of a page with their attributes, table cells by section, and texts of turns."""

    def __init__(self, page: str) -> None:
        super().__init__(convert_charrefs=True)
        self.tags, self.turns, self.text = [], [], ""
        self.rows: dict[str, list[list[str]]] = {}
        self._path, self._section = [], ""
        self.feed(page)
        assert not self._path, "every tag is closed"

    def handle_starttag(self, tag, attrs):
        attributes = dict(attrs)
        self.tags.append((tag, attributes))
        if tag == "section":
            self._section = attributes["id"]
        if tag == "tr":
            self.rows.setdefault(self._section, []).append([])
        if tag in ("td", "th"):
            self.rows[self._section][-1].append("")
        if attributes.get("class", "").startswith("turn"):
            self.turns.append("")
        if tag != "meta":
            self._path.append((tag, attributes))

    def handle_startendtag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))

    def handle_endtag(self, tag):
        assert self._path.pop()[0] == tag

    def handle_data(self, data):
        self.text += data if not self._path or self._path[-1][0] != "style" else ""
        if self._path and self._path[-1][1].get("class", "").startswith("turn"):
            self.turns[-1] += data
        if any(tag in ("td", "th") for tag, _ in self._path):
            self.rows[self._section][-1][-1] += data

    def counts(self, section: str) -> dict[str, int]:
        cells = [row for row in self.rows[section] if re.match(r"[\d,]+", row[1])]
        return {row[0]: int(re.sub(r"\D", "", row[1])) for row in cells}


# --- sums -------------------------------------------------------------------------------
def test_the_counts_of_a_funnel_add_up_to_the_input(mixed):
    made, numbers = mixed
    (texts,) = numbers.funnels
    assert texts.given == 24
    assert {r.name: r.count for r in texts.left_out if r.count} == {
        "exact duplicate": 2,
        "nearly the same as another": 1,
        "only links": 1,
        "shorter than 80 words": 1,
        "a sentence longer than the window": 1,
    }
    assert texts.given == sum(r.count for r in texts.left_out) + sum(texts.kept.values())
    assert {s.split: s.rows for s in numbers.splits} == {s: len(made.examples[s]) for s in SPLITS}
    tasks = {f"{s.split}, {t.name}": t.count for s in numbers.splits for t in s.tasks}
    assert tasks == made.rows
    binned = numbers.lengths.train, numbers.lengths.held_out
    assert [len(b) for b in binned] == [BINS, BINS]
    assert sum(binned[0]) == len(made.examples["train"])
    assert sum(binned[1]) == len(made.examples["valid"]) + len(made.examples["test"])
    assert numbers.lengths.longest == made.longest_tokens


def test_the_counts_on_the_page_add_up(mixed):
    page = Page(render(mixed[1]))
    counts = page.counts("funnel")
    left_out = sum(n for name, n in counts.items() if name.startswith("– "))
    assert counts["texts collected"] - left_out == counts["texts kept"] == 18
    split = [n for name, n in counts.items() if re.match(r"(train|valid|test): ", name)]
    assert len(split) == 3 and sum(split) == counts["texts kept"]
    assert counts["train"] + counts["valid"] + counts["test"] == counts["in all"]
    assert counts["in all"] == sum(len(rows) for rows in mixed[0].examples.values())
    for row in page.rows["funnel"]:
        if row[0] in SPLITS:
            assert sum(map(int, re.findall(r"\d+", row[3]))) == counts[row[0]]


def test_a_funnel_rejects_counts_that_do_not_add_up():
    counts = {"input": 10, "exact duplicate": 1, "train": 7, "valid": 1, "test": 1}
    assert funnel("texts", counts).kept_total == 9
    with pytest.raises(ValueError, match="do not add up"):
        funnel("texts", counts | {"input": 11})


def test_conversations_have_their_own_funnel(mixed):
    made, _ = mixed
    chats = {"input": 9, "exact duplicate": 2, "train": 5, "valid": 1, "test": 1}
    card = DatasetCard("practice", "t", 500, "s", 7, "d" * 64, {})
    numbers = count(replace(made, conversations=chats), card)
    assert [f.noun for f in numbers.funnels] == ["texts", "conversations"]
    text = Page(render(numbers)).text
    assert "conversations collected" in text and "texts and conversations kept" in text


def test_bars_are_as_long_as_their_counts(mixed):
    bar = make_environment(TEMPLATES).get_template("parts.html").module.bar
    page = render(mixed[1])
    lengths = mixed[1].lengths
    labels = re.findall(r"<title>([\d,]+) to ([\d,]+) tokens: (\d+) train, (\d+) held out", page)
    shown = [(a, b) for a, b in zip(lengths.train, lengths.held_out, strict=True) if a + b]
    assert [(int(a), int(b)) for _, _, a, b in labels] == shown
    assert labels[-1][1] == "500" or int(labels[-1][1]) >= lengths.longest
    assert 'x="75%" width="25%"' in bar("gone", 0.75, 0.25)
    assert 'width="0%"' in bar("gone", 0.5, 0) and 'width="0.5%"' in bar("gone", 0, 1e-6)


# --- texts ------------------------------------------------------------------------------
def test_markup_in_texts_is_escaped(tokenizer):
    docs = [document(n, before=HOSTILE + "\n\n", title=HOSTILE) for n in range(12)]
    numbers = numbers_of(tokenizer, docs)[1]
    system = replace(numbers, model=HOSTILE, system_prompt=HOSTILE)
    page = Page(render(system))
    assert {tag for tag, _ in page.tags} <= TAGS
    assert not [a for _, attributes in page.tags for a in attributes if a.startswith("on")]
    assert page.text.count(HOSTILE) >= 2
    assert any(HOSTILE[:60] in turn for turn in page.turns)
    assert "<script" not in render(system)


def test_the_writing_direction_of_a_text_does_not_leave_it(mixed):
    page = Page(render(mixed[1]))
    turns = [a for tag, a in page.tags if a.get("class", "").startswith("turn")]
    assert turns and all(a["dir"] == "auto" for a in turns)
    assert any(tag == "bdi" for tag, _ in page.tags)


def test_invisible_characters_are_replaced_by_signs(mixed):
    page = render(replace(mixed[1], system_prompt="a\x00b\x07c\x85d\ud800e\r\nf"))
    assert "a\u2400b\u2407c\ufffdd\ufffde\nf" in page
    page.encode("utf-8")


def test_a_few_rows_of_train_are_shown(mixed):
    made, numbers = mixed
    train = {m.content.strip() for e in made.examples["train"] for m in e.messages}
    assert 0 < len(numbers.shown) <= SHOWN_ROWS
    for row in numbers.shown:
        assert [t.role for t in row.turns] == ["user", "assistant"]
        for turn in row.turns:
            assert len(turn.text) <= SHOWN_CHARACTERS
            whole = next(text for text in train if text.startswith(turn.text))
            assert len(whole.split()) == len(turn.text.split()) + turn.hidden_words
    assert len({row.task for row in numbers.shown}) == len(
        {t.name for t in numbers.splits[0].tasks}
    )


def test_the_choice_of_rows_ignores_their_order_and_prefers_new_sources(mixed):
    rows = mixed[0].examples["train"]
    chosen = choose_rows(rows)
    assert choose_rows(rows[::-1]) == chosen
    assert len({row.source_id for row in chosen}) == SHOWN_ROWS
    assert len(choose_rows(rows[:2])) == 2


def test_a_long_conversation_and_a_long_word_are_shown_in_part(mixed):
    made, _ = mixed
    turns = [Message("user", "x" * 900), Message("assistant", "b c")] * 5
    chat = Example((Message("system", "s"), *turns), "one", "chat")
    card = DatasetCard("practice", "t", 8000, "s", 7, "d" * 64, {})
    examples = made.examples | {"train": (chat,)}
    numbers = count(replace(made, examples=examples), card)
    (row,) = numbers.shown
    assert len(row.turns) == SHOWN_TURNS and row.hidden_turns == 4
    assert row.turns[0].text == "x" * SHOWN_CHARACTERS
    assert "… and 4 more turns" in Page(render(numbers)).text


def test_what_was_not_collected_is_shown_with_its_reasons(mixed):
    made, numbers = mixed
    assert "morris collect left out" not in Page(render(numbers)).text
    card = DatasetCard("practice", "t", 500, "s", 7, "d" * 64, {})
    counts = {"a picture": 3000, HOSTILE: 2} | {f"reason {n}": 1 for n in range(20)}
    page = Page(render(count(made, card, counts)))
    assert "morris collect left out" in page.text
    rows = {row[0]: row[1] for row in page.rows["funnel"] if len(row) == 2}
    assert rows["a picture"] == "3,000" and rows["in all"] == "3,022"
    assert rows[HOSTILE] == "2" and rows["other reasons"] == "10"
    assert {tag for tag, _ in page.tags} <= TAGS


# --- what is private --------------------------------------------------------------------
def test_private_items_are_shown_masked_only(mixed):
    page = render(mixed[1])
    assert not [real for real in REAL if real in page]
    kinds = Page(page).counts("redaction")
    assert kinds == {"e-mail": 1, "phone": 1, "name": 1}
    assert "j***@e***.org" in page and "M***" in page
    for words in mixed[1].redaction.cannot_find:
        assert words in Page(page).text


def test_missing_redaction_is_the_first_advice(tokenizer):
    _, numbers = numbers_of(tokenizer, documents(), redact=False)
    assert advise(numbers)[0].title == "Nothing was redacted"
    assert "redaction was switched off" in render(numbers)


def test_names_that_make_up_much_of_the_text_give_advice(tokenizer):
    docs = documents(after=" Mary saw it. Mary heard it, and so did Mary.")
    _, numbers = numbers_of(tokenizer, docs, people=PEOPLE)
    (advice,) = [a for a in advise(numbers) if a.title == "Names make up much of the text"]
    assert "m*** (54)" in advice.text and "--not-names FILE" in advice.text
    assert "mary" not in render(numbers).lower()


def test_the_page_loads_and_runs_nothing_and_allows_its_style_by_hash(mixed):
    page = render(mixed[1])
    parsed = Page(page)
    (policy,) = (a["content"] for _, a in parsed.tags if "http-equiv" in a)
    style = re.search(r"<style>(.*?)</style>", page, re.DOTALL)[1]
    known = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    assert policy.startswith(f"default-src 'none'; style-src 'sha256-{known}';")
    assert "unsafe" not in policy and "url(" not in style and "@import" not in style
    names = {name for _, attributes in parsed.tags for name in attributes}
    assert not names & {"src", "href", "style", "srcset", "action", "background", "data"}
    assert "://" not in page


def test_a_browser_renders_the_page_at_every_width_without_requests(mixed, tmp_path):
    sync_api = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
    path = tmp_path / "report.html"
    path.write_text(render(mixed[1]), encoding="utf-8")
    with sync_api.sync_playwright() as player:
        chromium = shutil.which("chromium") or player.chromium.executable_path
        if not Path(chromium).exists():
            pytest.skip("Chromium is not installed")
        with player.chromium.launch(
            executable_path=chromium, args=QUIET, timeout=120_000
        ) as browser:
            page = browser.new_page()
            requests, messages = [], []
            page.on("request", lambda request: requests.append(request.url))
            page.on("console", lambda message: messages.append(message.text))
            page.goto(path.as_uri())
            for width in (320, 390, 1200):
                page.set_viewport_size({"width": width, "height": 800})
                assert page.evaluate("document.documentElement.scrollWidth") == width
            colours = []
            for scheme in ("light", "dark"):
                page.emulate_media(color_scheme=scheme)
                colours.append(page.evaluate("getComputedStyle(document.body).backgroundColor"))
    assert requests == [path.as_uri()] and messages == []  # a refused style is logged
    assert colours == ["rgb(248, 246, 242)", "rgb(24, 22, 20)"]


# --- advice -----------------------------------------------------------------------------
def test_a_sound_dataset_gets_no_advice(tokenizer):
    numbers = numbers_of(tokenizer, documents())[1]
    assert [a.title for a in advise(numbers)] == ["Few texts", "Hardly anything is held out"]
    counts = {"input": 300, "exact duplicate": 0, "train": 240, "valid": 30, "test": 30}
    splits = tuple(replace(s, tasks=(Count("topic", 30),)) for s in numbers.splits)
    sound = replace(numbers, funnels=(funnel("texts", counts),), splits=splits)
    assert advise(sound) == ()
    assert "Nothing stands out" in render(sound)
    for changes, title in [
        ({"largest_share": 0.4}, "One text outweighs the others"),
        ({"continued_share": 0.6}, "Most rows are parts of longer texts"),
        ({"overlap": {"valid": 0.2, "test": 0.0}}, "Held-out texts overlap with train"),
        ({"redaction": None}, "Nothing was redacted"),
        (
            {"languages": (Language("en", 9, 700), Language("ru", 3, 300))},
            "More than one language",
        ),
        (
            {"other_languages": (Count("es", 15), Count("fr", 8))},
            "Texts in other languages were left out",
        ),
    ]:
        assert [a.title for a in advise(replace(sound, **changes))] == [title]


@pytest.mark.parametrize(
    ("changes", "title"),
    [
        ({"exact duplicate": 20, "nearly the same as another": 20}, "Many texts are duplicates"),
        ({"shorter than 80 words": 400}, "Most texts were left out"),
    ],
)
def test_many_left_out_texts_give_advice(tokenizer, changes, title):
    numbers = numbers_of(tokenizer, documents())[1]
    kept = {"train": 240, "valid": 30, "test": 30}
    one = funnel("texts", {"input": 300 + sum(changes.values())} | changes | kept)
    splits = tuple(replace(s, tasks=(Count("topic", 30),)) for s in numbers.splits)
    said = advise(replace(numbers, funnels=(one,), splits=splits))
    assert [a.title for a in said] == [title]
    assert title in render(replace(numbers, funnels=(one,)))


def test_equal_texts_give_no_advice_about_a_dominant_one(tokenizer):
    numbers = numbers_of(tokenizer, documents(6))[1]
    assert 0.2 <= numbers.largest_share <= 0.35  # of four texts; one may have a row more
    assert "One text outweighs the others" not in [a.title for a in advise(numbers)]


def test_a_long_text_among_short_ones_gives_advice(tokenizer):
    numbers = numbers_of(tokenizer, [*documents(10), document(11, paragraphs=120)], window=300)[1]
    titles = [a.title for a in advise(numbers)]
    assert numbers.largest_share > 0.5 and "One text outweighs the others" in titles
    assert "Most rows are parts of longer texts" in titles


def test_languages_are_counted_in_the_writers_own_words(tokenizer):
    russian = "Во дворе стояла лестница, и никто не знал, чья она и зачем её сюда принесли. "
    docs = [Document(f"{n + 50:016x}", f"{russian * 8} {NAMES[n]} {n}.") for n in range(6)]
    numbers = numbers_of(tokenizer, [*documents(12), *docs], languages=("en", "ru"))[1]
    assert {one.code for one in numbers.languages} == {"en", "ru"}
    assert sum(one.sources for one in numbers.languages) == numbers.funnels[0].kept_total
    assert "Russian" in render(numbers)


# --- the project ------------------------------------------------------------------------
def prepare(project, tiny_folder, extra="", **more):
    texts = [
        Document(f"{n:016x}", column(n).split("---\n")[-1] + extra * (n == 1), title=f"Column {n}")
        for n in range(1, 13)
    ]
    write_documents(project, texts)
    return prepare_project(project, str(tiny_folder), None, SYSTEM_PROMPT, SPLIT_SEED, **more)


def test_the_page_is_private_beside_the_rows_and_deterministic(project, tiny_folder):
    card, _ = prepare(project, tiny_folder, PRIVATE, people=PEOPLE)
    path = project.dataset / PAGE_FILE
    first = path.read_bytes()
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert not [real for real in REAL if real in first.decode()]
    prepare(project, tiny_folder, PRIVATE, people=PEOPLE)
    assert path.read_bytes() == first
    assert find_dataset(project) == project.dataset
    examples = read_dataset(project.dataset)
    assert dataset_digest(examples) == card.digest == read_card(project.dataset).digest


def test_the_report_has_what_collect_left_out(project, tiny_folder):
    write_left_out(
        project, {"/texts": [LeftOutItems("a picture", 7)], "/b": [LeftOutItems("a picture", 2)]}
    )
    _, report = prepare(project, tiny_folder)
    assert report["not_collected"] == {"a picture": 9}
    page = (project.dataset / PAGE_FILE).read_text()
    assert "a picture" in page and "data/left_out.json" in page
    project.left_out.write_text("{")
    assert prepare(project, tiny_folder)[1]["not_collected"] == {}


def test_an_archived_dataset_keeps_its_page_and_redaction_map(project, tiny_folder):
    card, _ = prepare(project, tiny_folder, PRIVATE, people=PEOPLE)
    page = (project.dataset / PAGE_FILE).read_bytes()
    project.adapter("a").mkdir(parents=True)
    run = project.adapter("a") / RUN_FILE
    run.write_text(json.dumps({"dataset_digest": card.digest}))
    prepare(project, tiny_folder, "\n\nOther words.", people=PEOPLE)
    kept = find_dataset(project, card.digest)
    assert kept == project.kept_datasets / card.digest
    assert (kept / PAGE_FILE).read_bytes() == page
    read_dataset(kept)


def test_a_failed_write_of_the_page_keeps_the_old_dataset(project, tiny_folder, monkeypatch):
    prepare(project, tiny_folder)
    before = {p.name: p.read_bytes() for p in project.dataset.iterdir()}
    write = datasets.write_text

    def refuse(path, text):
        if path.name == PAGE_FILE:
            raise OSError("full")
        write(path, text)

    monkeypatch.setattr(datasets, "write_text", refuse)
    with pytest.raises(OSError, match="full"):
        prepare(project, tiny_folder, "\n\nOther words.")
    assert {p.name: p.read_bytes() for p in project.dataset.iterdir()} == before
    assert not list(project.data.glob(".dataset.*"))
