"""Tests of the Markdown parser: front matter, titles and prose."""

from morris_mlx.collect import collect_files


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
