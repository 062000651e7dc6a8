"""Tests of reported cases: Markdown, plain text, encodings and web pages of writers."""

import pytest
from support.reported_cases import gather
from support.workspace import prepare_project

from morris_mlx.collect.html.article import extract_article
from morris_mlx.records.corpus import SplitAt

# By file: title, date and text. "…" stands for the rest of a long one.
MARKDOWN = {
    "hugo-toml.md": (
        "A bridge too narrow",
        "2022-02-03",
        "The bridge is one cow wide, which was enough for the cow, and for the man who measured it,…",
    ),
    "yaml-colon.md": (
        "On rain: a complaint in three parts",
        "2021-03-04",
        "It rained on the Monday, and on the Tuesday it rained again,…",
    ),
    "yaml-templater.md": ("", "", "The template was never filled in, but the note beneath it is mine,…"),
    "yaml-tab.md": ("A tab after the colon", "", "Somebody's editor put tabs into the header,…"),
    "2021-05-06-the-file-name-has-the-date.md": (
        "The file name has the date",
        "2021-05-06",
        "Jekyll takes the day of a post from the name of its file,…",
    ),
    "astro-pubdate.md": ("Published elsewhere", "2022-07-08", "The day is called something else here,…"),
    "leading-blank.md": ("One blank line before", "2022-03-03", "An editor left one empty line…"),
    "blockquote.md": (
        "What the minister said",
        "",
        "He said it again on Friday, and I wrote it down as well as one can on a tram:\n\n"
        "So that is that. I have heard better from a kettle.",
    ),
    "half-converted-wordpress.md": (
        "Cake",
        "2024-03-04",
        "Ingredients\n\nMixture, which must be at the warmth of the room before anybody touches it:\n\n"
        "200g dark chocolate, of the sort that bites back\n\n200g butter, soft as a promise\n\n"
        "I made this cake for my uncle, who did not eat cake, and he ate the half of it and asked "
        "whose birthday it was.\n\nThen we washed up.",
    ),
    "html-only-from-jekyll-import.md": (
        "On paint",
        "2012-03-04",
        "The harbour was shut for painting on the Monday, which is what they say when the man with the "
        "key is on holiday with the key.\n\nOn the Tuesday it was open,…",
    ),
    "year-list.md": (
        "A short life",
        "",
        "1986. It was a wet year, and I was born in it without being asked.\n\n1991. My uncle bought…",
    ),
    "indented.md": (
        "Typed with indents",
        "",
        "The old man typed four spaces before each paragraph, as he had learned it in the army,…",
    ),
    "poem.md": (
        "Low tide",
        "",
        "The boats lie down like cattle,\nthe mud has let them go,\nand somebody is whistling\n"
        "a tune I ought to know.",
    ),
    "obsidian.md": (
        "",
        "2023-01-02",
        "We walked to the hill and met Greta Holm there.\n\nRemember\n\nBring the other map next time, "
        "the one without the soup on it.\n\nIt was very cold, and the dog would not be told.",
    ),
    "table-task.md": (
        "",
        "",
        "My list for Tuesday was this one, and I kept to it as far as anybody can:\n\nbuy paint\n\n"
        "write to the council about the bench\n\nEverything went wrong by noon.",
    ),
    "shortcodes.md": (
        "",
        "",
        "The first part is plain and simple and goes on a little so that it is a paragraph.\n\n"
        "The second part was written under the picture, and is mine, too. See the other one.",
    ),
    "math-refs.md": ("", "", "The sum is $E = mc^2$ as everybody knows, and — I say it with regret — nobody…"),
}  # fmt: skip


@pytest.mark.parametrize("name", MARKDOWN)
def test_a_markdown_file_has_its_title_date_and_text(project, name):
    document = gather(project, f"md-traps/{name}").document
    title, date, text = MARKDOWN[name]
    assert (document.title, document.date) == (title, date)
    start = text.removesuffix("…")
    assert document.text.startswith(start) and (document.text == start or text.endswith("…"))
    assert not any(
        mark in document.text for mark in ("{{", "{%", "[[", "==", "%%", "|", "---", "+++", "<p")
    )


def test_all_markdown_files_of_a_folder_are_texts(project):
    assert sorted(gather(project, "md-traps").texts) == sorted(MARKDOWN)


SMALL = {
    "Hexo": ("title: A\ndate: 3.4.2022\n---\nIt rained.", "A", "2022-04-03", "It rained."),
    "a line of dashes": ("A first paragraph, which is long.\n---\n\nA second one.", "", "", None),
    "footnotes": (
        "It rained[^1] again[^b].\n\n[^1]: A note.\n[^b]: Another.",
        "",
        "",
        "It rained again.",
    ),
    "a list as the title": (
        "---\ntitle: [A, B]\nauthor: {name: X}\n---\nIt rained.",
        "A, B",
        "",
        "It rained.",
    ),
    "a tag": ("---\ntitle: !Rain\n---\nIt rained.", "!Rain", "", "It rained."),
    "a field": ("date:: 2024-03-04\n\nIt rained.", "", "2024-03-04", "It rained."),
}


@pytest.mark.parametrize("case", SMALL)
def test_small_markdown_files(project, tmp_path, case):
    source, title, date, text = SMALL[case]
    (tmp_path / "a.md").write_text(source)
    document = gather(project, tmp_path / "a.md").document
    assert (document.title, document.date) == (title, date)
    assert document.text == (text or "A first paragraph, which is long.\n\nA second one.")


def test_properties_of_notion_are_not_text(project):
    document = gather(project, "formats/notion.zip").document
    assert (document.title, document.date) == ("On paint", "2024-03-04")
    assert document.text.startswith("The harbour was shut") and "Tags" not in document.text


RUSSIAN = "Дождь шёл всю неделю, и никто на нашей улице этому уже не удивлялся."
CAFE = "It’s a café, they say – though nobody has had coffee there since the “great” flood of 1998…"
ENCODINGS = {
    **dict.fromkeys(("cp1251.txt", "cp1251-named.md", "koi8-r.txt", "cp866.txt"), RUSSIAN),
    "latin1.txt": "Es regnete die ganze Woche, und niemand in der Straße wunderte sich darüber.",
    **dict.fromkeys(("cp1252.txt", "macroman.txt", "utf16le-nobom.txt"), CAFE),
    "one-bad-byte.txt": CAFE.replace("coffee", "cofee"),
}


@pytest.mark.parametrize("name", ENCODINGS)
def test_texts_in_other_encodings_are_read(project, name):
    found = gather(project, f"txt-traps/{name}")
    assert found.document.text.startswith(ENCODINGS[name])
    assert len(found.reasons) == (name == "one-bad-byte.txt")


def test_lines_that_were_wrapped_are_joined(project):
    document = gather(project, "txt-traps/hard-wrapped.txt").document
    first, *_ = document.text.split("\n\n")
    assert document.title == "THE BENCH" and "\n" not in first
    assert first.endswith("I asked the man who was painting the fence what the bench was for.")
    assert "be-" not in document.text


def test_a_first_line_is_a_title_and_lines_are_paragraphs(project):
    document = gather(project, "txt-traps/single-newlines.txt").document
    assert document.title == "On herring"
    assert document.text.split("\n\n") == [
        "It is not a fish that one loves at once.",
        "First there is the smell, and then there are the bones.",
        "After that there is nothing in the way of friendship.",
    ]


def test_the_name_of_a_file_may_be_its_title(project):
    assert gather(project, "txt-traps/macroman.txt").document.title == "Macroman"


def test_short_texts_make_a_dataset_if_the_user_says_so(project, tmp_path, tiny_folder):
    for number in range(8):
        lines = (
            f"The boats lie down like cattle {number},",
            "the mud has let them go,",
            "and so do I.",
        )
        (tmp_path / f"{number}.txt").write_text(f"Low tide {number}\n\n" + "\n".join(lines))
    gather(project, tmp_path, split=None)
    card, _ = prepare_project(project, str(tiny_folder), min_words=5)
    assert len({source for source, _ in card.rows["train"]}) >= 4


def test_one_big_file_is_split_at_its_headings(project):
    whole = gather(project, "one-big-file")
    (count,) = whole.result.texts.divisible.values()
    assert count == 30
    pieces = gather(project, "one-big-file", split=SplitAt.headings)
    assert [d.title for d in pieces.documents][:1] == ["Column 0"] and len(pieces.documents) == 30


PAGE = (
    "<html><head><title>On paint</title></head><body><article><h1>On paint</h1><h2>A subtitle</h2>"
    "<div><button aria-label='clap'>--</button><p>3</p></div>{}</article></body></html>"
)


def test_counters_of_a_page_are_not_text():
    paragraphs = "".join(
        f"<p>The harbour was shut for painting on day {n}, as they say when the man is away.</p>"
        for n in range(6)
    )
    text = extract_article(PAGE.format(paragraphs).encode()).text
    assert "--" not in text and not text.startswith("3")


@pytest.mark.parametrize("name", ["word.htm", "notion.html"])
def test_pages_of_programs_are_whole(project, name):
    document = gather(project, f"html-exports/{name}").document
    assert document.title == "On paint"
    assert document.text.startswith("The harbour was shut") and document.text.count("\n\n") >= 2
