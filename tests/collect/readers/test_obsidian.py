"""Tests of marks of notebooks: Obsidian, Logseq, Bear."""

import pytest

from morris_mlx.collect.readers.obsidian import (
    clean_inline,
    date_of_fields,
    is_property_line,
    prose_of_property,
    remove_comments,
    remove_org_blocks,
    remove_task_box,
)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            "to [[Harrow Hill|the hill]] and [[People/Greta Holm]]",
            "to <a>the hill</a> and <a>Greta Holm</a>",
        ),
        (
            "[[Note#Part]], [[#Part]], [[Note.md]], [[a#^b1|c]]",
            "<a>Note</a>, <a>Part</a>, <a>Note</a>, <a>c</a>",
        ),
        ("a ![[boat.png|300]] b", "a  b"),
        ("It was ==very== cold.", "It was very cold."),
        ("a == b and c == d", "a == b and c == d"),
        ("The end. ^block1", "The end."),
        ("x^2 and 3 ^ 4", "x^2 and 3 ^ 4"),
        ("It ended. #walks #winter/2023", "It ended."),
        ("#only #tags", ""),
        ("#rain/winter #mood of rain#", ""),
        ("I love #cats", "I love #cats"),
        ("I love #cats and #dogs a lot", "I love #cats and #dogs a lot"),
        ("It was ::very:: cold.", "It was very cold."),
        ("std::vector and a::b", "std::vector and a::b"),
        ("to [[Harrow Hill|]]", "to <a>Harrow Hill</a>"),
        ("It is #1.", "It is #1."),
        ("Done [due:: tomorrow] at once", "Done  at once"),
        ("We met (place:: the harbour) at noon", "We met the harbour at noon"),
        ("It was good (rating:: nine of ten).", "It was good nine of ten."),
        ("buy paint (created:: 2024-03-04)", "buy paint"),
        ("buy paint [due:: 2024-03-04] (done:: no)", "buy paint"),
        ("See ((64f1a0b2-1234-1234-1234-123456789abc)) there", "See  there"),
    ],
)
def test_marks_are_removed_and_the_shown_words_stay(text, expected):
    assert clean_inline(text).rstrip() == expected


def test_comments_are_removed_also_over_paragraphs():
    assert remove_comments("a %%b%% c\n%%\nd\n\ne\n%%\nf") == "a  c\n\nf"
    assert remove_comments("a %% b") == "a  b"


def test_blocks_of_org_are_removed_and_notes_stay():
    quote = "- #+BEGIN_QUOTE\n  Others.\n  #+END_QUOTE\n"
    code = "#+begin_src python\nx = 1\n#+end_src\n"
    note = "#+BEGIN_NOTE\nMine.\n#+END_NOTE\n"
    assert remove_org_blocks(f"a\n{quote}{code}{note}b").split() == ["a", "Mine.", "b"]
    assert remove_org_blocks("#+BEGIN_QUOTE\nMine, as it never ends.").strip().startswith("Mine")


def test_property_lines_are_recognized():
    assert is_property_line("status:: done") and is_property_line("  - id:: 64f1")
    assert not is_property_line("He said:: no") and not is_property_line("std::vector is fast")


def test_a_property_that_is_a_sentence_is_kept():
    thought = "I went to the hill today and thought that it was a good hill."
    assert prose_of_property(f"thought:: {thought}") == thought
    assert prose_of_property("status:: done.") == prose_of_property("status::") == ""


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("date:: 2024-03-04\n\nIt rained.", "2024-03-04"),
        ("It rained.\n\n[created:: [[2024-03-04]]]", "2024-03-04"),
        ("It rained (Date:: March 4, 2024) again.", "2024-03-04"),
        ("- [ ] buy paint [created:: 2024-03-04]", ""),
        ("published:: 1937-09-21\n\nA note about a book.", ""),
        ("date:: soon", ""),
        ("std::vector", ""),
    ],
)
def test_the_date_of_a_note_may_be_in_a_field(text, day):
    assert date_of_fields(text) == day


def test_task_boxes_are_removed():
    assert remove_task_box("[ ] buy paint") == remove_task_box("[x] buy paint") == "buy paint"
    assert remove_task_box("TODO buy paint") == "buy paint"
    assert remove_task_box("[a] b") == "[a] b" and remove_task_box("NOWHERE") == "NOWHERE"
