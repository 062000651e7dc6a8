"""Tests of the Markdown parser: front matter, titles and prose."""

import pytest

from morris_mlx.collect import collect_files
from morris_mlx.collect.readers.markdown import parse_markdown
from morris_mlx.collect.text import UnreadableError


def test_front_matter_gives_title_date_and_author(tmp_path):
    (tmp_path / "a.md").write_text(
        "---\ntitle: 'A: B'\ndate: 2021-03-14\nauthor: Me\n---\n\nOne *two*\nthree.\n\nFour [five](http://x).\n"
    )
    (document,) = collect_files([tmp_path]).documents
    assert (document.title, document.date, document.author) == ("A: B", "2021-03-14", "Me")
    assert document.text == "One two three.\n\nFour five."


def test_without_front_matter_the_first_heading_is_the_title(tmp_path):
    (tmp_path / "a.md").write_text("# On Rain\n\nIt rained.\n\n## Later\n\nIt stopped.\n")
    (document,) = collect_files([tmp_path]).documents
    assert document.title == "On Rain"
    assert document.text == "It rained.\n\nLater\n\nIt stopped."


def test_prose_between_two_rules_is_not_front_matter(tmp_path):
    (tmp_path / "a.md").write_text("---\n\nFirst section.\n\n---\n\nSecond section.\n")
    assert collect_files([tmp_path]).documents[0].text == "First section.\n\nSecond section."


def test_a_front_matter_with_an_invalid_date_does_not_cost_the_text(tmp_path):
    (tmp_path / "a.md").write_text("---\ndate: 2021-02-30\n---\nText.\n")
    (document,) = collect_files([tmp_path]).documents
    assert (document.text, document.date) == ("Text.", "")


def test_images_markup_and_lists_of_links_are_removed(tmp_path):
    text = (
        "## [A heading](https://a.example) is mine\n\n![A cat](https://a.example/cat.png)\n\n"
        '<div class="share"><a href="https://b.example">Share</a></div>\n\n'
        "I wrote [about this](https://a.example/1) before, <b>often</b>.\n\n"
        "- [Previous](https://a.example/1)\n- [Next](https://a.example/2) →\n- Tea\n\n"
        "[Home](https://a.example) | [About](https://a.example/me)\n"
    )
    (tmp_path / "a.md").write_text(f"Once.\n\n{text}")
    (document,) = collect_files([tmp_path]).documents
    assert document.text == (
        "Once.\n\nA heading is mine\n\nI wrote about this before, often.\n\nTea"
    )


def only(folder):
    (document,) = collect_files([folder]).documents
    return document


def test_the_title_of_the_front_matter_does_not_cost_the_first_heading():
    head = "---\ntitle: Cake\n---\n"
    assert parse_markdown(f"{head}# Cake\n\nText.").text == "Text."
    assert parse_markdown(f"{head}## Ingredients\n\nText.").text == "Ingredients\n\nText."


def test_date_and_author_below_the_title_are_no_text():
    parsed = parse_markdown("# On rain\n\nBy Ivo Marsh, 4 March 2020\n\nText of it.")
    assert (parsed.title, parsed.author, parsed.date) == ("On rain", "Ivo Marsh", "2020-03-04")
    assert parsed.text == "Text of it."
    assert parse_markdown("4 March 2020\n\nText of it.").date == "2020-03-04"


def test_a_heading_that_is_a_date_is_the_date():
    parsed = parse_markdown("# 2021-03-04\n\nText of the day.")
    assert (parsed.title, parsed.date, parsed.text) == ("", "2021-03-04", "Text of the day.")


def test_date_and_title_may_be_in_the_name_of_the_file(tmp_path):
    (tmp_path / "2021-05-06-on-rain.md").write_text("It rained.\n")
    assert (only(tmp_path).title, only(tmp_path).date) == ("On rain", "2021-05-06")


def test_a_name_with_spaces_is_a_title_and_a_short_one_is_not(tmp_path):
    (tmp_path / "The hill in winter.md").write_text("It snowed.\n")
    (tmp_path / "setext.md").write_text("It rained and rained.\n---\n\nIt stopped.\n")
    titles = {d.text: d.title for d in collect_files([tmp_path]).documents}
    assert titles == {
        "It snowed.": "The hill in winter",
        "It rained and rained.\n\nIt stopped.": "",
    }


@pytest.mark.parametrize("text", ["", "\n", "---\ntitle: A\n---\n", "```\ncode\n```", "%%note%%"])
def test_a_file_without_a_text_gives_none(text):
    assert parse_markdown(text).text == ""


def test_a_text_of_quotations_alone_is_left_out():
    with pytest.raises(UnreadableError, match="all of it is formatted as a quotation"):
        parse_markdown("> Only this.")


def test_a_note_of_obsidian_is_read():
    text = (
        "---\ntags:\n  - diary\ncreated: 2023-01-02T08:00\n---\nWe walked to [[Hill|the hill]] and "
        "met [[People/Greta Holm]] there. #walks #winter\n\n![[boat.png|300]]\n\n%% private %%\n\n"
        "It was ==very== cold. ^block1\n\n```dataview\nTABLE file.ctime FROM #diary\n```\n"
    )
    parsed = parse_markdown(text)
    assert parsed.text == "We walked to the hill and met Greta Holm there.\n\nIt was very cold."
    assert parsed.date == "2023-01-02"


def test_headings_and_rules_are_known_for_splitting():
    blocks = parse_markdown("# A\n\none\n\n---\n\n## B\n\ntwo").blocks
    assert [(b.text, b.level, b.is_separator) for b in blocks] == [
        ("A", 1, False),
        ("one", 0, False),
        ("", 0, True),
        ("B", 2, False),
        ("two", 0, False),
    ]


def test_control_characters_and_line_ends_do_not_matter():
    assert parse_markdown("A\x00B\x0c\r\n\r\nC\rD").text == "AB\n\nC D"
