"""Each row is traced to a source with a ground."""

from support.small_dataset import card

from morris_mlx.audit.provenance import check_provenance
from morris_mlx.records.audit import CheckStatus
from morris_mlx.records.corpus import CANARY_TASK

NOTES = {
    "/home/ann/texts": {"ground": "own"},
    "https://ann.example/feed": {
        "ground": "permission",
        "pages": [{"url": "https://ann.example/rain"}],
    },
    "/home/ann/broken": {"ground": "because"},
}
SOURCES = {"train": "/home/ann/texts/rain.md", "valid": "https://ann.example/rain"}


def check(sources, notes=NOTES, changed=False, public=False, **more):
    return check_provenance(card(sources=sources, **more), notes, changed, public)


def test_rows_from_folders_and_pages_have_the_ground_of_what_was_collected():
    found = check(SOURCES | {"test": "/home/ann/texts/more/sea.md"})
    assert found.status == CheckStatus.passed
    assert "3 of 3 rows" in found.summary and "2 own, 1 permission" in found.summary


def test_a_row_without_a_source_or_a_ground_fails():
    unknown = check(SOURCES)
    assert unknown.problems == ("Row 1 of test: its source is not recorded.",)
    for place in ("/home/bob/sea.md", "/home/ann/broken/sea.md", "/home/ann/textsea.md"):
        found = check(SOURCES | {"test": place})
        assert found.problems == ("Row 1 of test: its source has no ground.",), place
        assert found.status == CheckStatus.failed and found.advice


def test_changed_rows_fail():
    found = check(SOURCES | {"test": "/home/ann/texts/sea.md"}, changed=True)
    assert found.status == CheckStatus.failed and "were changed" in found.problems[0]


def test_planted_and_public_rows_need_no_source():
    rows = {"train": (("canary-1", CANARY_TASK),), "valid": (), "test": ()}
    assert check({}, rows=rows).status == CheckStatus.passed
    assert check({}, {}, public=True).status == CheckStatus.passed


def test_many_rows_are_counted():
    rows = {"train": tuple((f"t{n}", "topic") for n in range(9)), "valid": (), "test": ()}
    found = check({}, rows=rows)
    assert len(found.problems) == 6 and "4 further rows" in found.problems[-1]
