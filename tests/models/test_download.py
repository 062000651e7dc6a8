"""Downloads: interrupted, damaged, refused, and shared with other programs."""

import pytest
from support.conversions import FIRST, LAST, MIDDLE, convert, part_of

from morris_mlx.convert import plan_conversion, run_conversion
from morris_mlx.errors import MissingError, MorrisError
from morris_mlx.models.converted import (
    find_damage,
)

pytestmark = pytest.mark.usefixtures("model_caches")


def test_a_cut_connection_is_continued_where_it_was_cut(hub):
    hub.cut[FIRST] = [2_500_000, 1_500_000]
    result = convert("zephyr", steps=(steps := []))
    # Whole chunks of a megabyte are kept; no byte of them is sent again.
    assert hub.asked(FIRST) == ["", f"bytes={2 << 20}-", f"bytes={3 << 20}-"]
    assert hub.asked(MIDDLE) == hub.asked(LAST) == [""]
    fetched = [step.done for step in steps if step.kind == "fetch"]
    assert fetched == sorted(fetched) and fetched[0] == 0
    assert find_damage(result.folder, thorough=True) == ""


def test_the_next_try_continues_where_the_last_one_stopped(hub, source_model, tmp_path):
    hub.cut[FIRST] = [2_500_000, *([0] * 5)]
    with pytest.raises(MissingError, match="goes on where it stopped"):
        convert("zephyr")
    assert part_of(tmp_path / "hf" / "hub", source_model / FIRST) == 2 << 20
    whole = sum((source_model / f).stat().st_size for f in (FIRST, MIDDLE, LAST))
    hub.requests.clear()
    plan = plan_conversion("zephyr", None)
    assert whole - (2 << 20) < plan.download_bytes < whole - (2 << 20) + 4_000_000
    run_conversion(plan, lambda _: None)
    assert hub.asked(FIRST) == [f"bytes={2 << 20}-"]


def test_a_server_without_ranges_sends_the_whole_file_again(hub):
    hub.cut[FIRST] = [2_500_000]
    hub.ranges = False
    result = convert("zephyr", steps=(steps := []))
    assert max(s.done for s in steps if s.kind == "fetch") <= steps[0].total
    assert find_damage(result.folder, thorough=True) == ""


def test_a_file_that_arrives_damaged_is_deleted_and_downloaded_again(hub, source_model, tmp_path):
    hub.flip.add(MIDDLE)
    with pytest.raises(MorrisError, match=f"{MIDDLE} .* arrived damaged"):
        convert("zephyr")
    assert part_of(tmp_path / "hf" / "hub", source_model / MIDDLE) == 0
    hub.flip.clear()
    hub.requests.clear()
    assert convert("zephyr").fresh
    assert hub.asked(FIRST) == [] and hub.asked(MIDDLE) == [""]


def test_a_missing_and_a_gated_repository_are_named(hub):
    with pytest.raises(MissingError, match=f"no repository somebody/absent on {hub.url}"):
        convert("somebody/absent")
    hub.gated.add("somebody/gated")
    with pytest.raises(MissingError, match=r"only to users whom its owner let in.*hf auth login"):
        convert("somebody/gated")


def test_files_of_two_commits_are_not_mixed(hub, monkeypatch):
    plan = plan_conversion("zephyr", None)
    monkeypatch.setattr("support.hub.REVISION", "f" * 40)
    with pytest.raises(MorrisError, match=r"was changed just now\. Start"):
        run_conversion(plan, lambda _: None)
