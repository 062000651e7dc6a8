"""data/left_out.json: what was found and not collected, by source and reason."""

import pytest

from morris_mlx.errors import MorrisError
from morris_mlx.project.left_out import (
    MAX_EXAMPLES,
    MAX_REASONS,
    LeftOutItems,
    add_left_out,
    group_by_reason,
    read_left_out,
    write_left_out,
)
from morris_mlx.records.corpus import Skipped

DRAWINGS = LeftOutItems("a picture", 2, ("/texts/a.png", "/texts/b.png"))
SCAN = LeftOutItems("a scan without text", 1, ("/texts/old/c.pdf",))


def test_items_are_grouped_by_reason_and_all_counted():
    items = [Skipped(f"/t/{n}.png", "a picture") for n in range(30)]
    items += [Skipped("/t/a.doc", "a Word document")]
    pictures, document = group_by_reason(items)
    assert pictures == LeftOutItems(
        "a picture", 30, tuple(f"/t/{n}.png" for n in range(MAX_EXAMPLES))
    )
    assert document == LeftOutItems("a Word document", 1, ("/t/a.doc",))


def test_rare_reasons_are_merged_and_no_item_is_lost():
    items = [Skipped(f"/t/{n}", f"the same text as /t/{n}x") for n in range(500)]
    items += [Skipped("/p", "a picture"), Skipped("/q", "a picture")]
    groups = group_by_reason(items)
    assert len(groups) == MAX_REASONS and groups[0].reason == "a picture"
    assert sum(group.count for group in groups) == 502
    assert group_by_reason([]) == ()


def test_reasons_have_no_paths_because_the_report_shows_them():
    items = [
        Skipped("/home/ivo/t/a.md", "the same text as /home/ivo/old/b.md", summary="the same text"),
        Skipped("/home/ivo/t/c.md", "the same text as /mnt/d.md", summary="the same text"),
        Skipped("/home/ivo/t/e.zip", "/home/ivo/t/e.zip is damaged"),
        Skipped("https://a.example/b", "moved to https://a.example/c"),
    ]
    found = {group.reason: group.count for group in group_by_reason(items)}
    assert found == {
        "the same text": 2,
        "e.zip is damaged": 1,
        "moved to https://a.example/c": 1,
    }


def test_a_later_collection_replaces_what_is_below_its_sources(project):
    assert read_left_out(project) == {}
    add_left_out(project, {"/texts": ()})
    assert not project.left_out.exists()
    write_left_out(project, {"/texts/old": [SCAN], "/texts2": [SCAN], "https://a.example/": [SCAN]})
    add_left_out(project, {"/texts": [DRAWINGS], "https://a.example/": ()})
    assert read_left_out(project) == {"/texts2": (SCAN,), "/texts": (DRAWINGS,)}


def test_a_damaged_list_is_an_error_that_says_what_to_do(project):
    write_left_out(project, {"/texts": [SCAN]})
    for damaged in ('{"/texts": 3}', '{"/texts": [{"reason": "x"}]}'):
        project.left_out.write_text(damaged)
        with pytest.raises(MorrisError, match=r"left_out\.json is damaged .*morris collect"):
            read_left_out(project)


def test_collecting_again_replaces_a_damaged_list(project):
    write_left_out(project, {"/texts": [SCAN]})
    project.left_out.write_text("{")
    add_left_out(project, {"/texts": [DRAWINGS]})
    assert read_left_out(project) == {"/texts": (DRAWINGS,)}
