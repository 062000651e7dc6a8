"""Drafts, redacted items and given rows go with their source."""

import json

import pytest
from support import forget_world as world
from support.forget_world import build, forget, forgotten, holding

from morris_mlx import files
from morris_mlx.errors import MissingError, UsageError
from morris_mlx.project.datasets import read_card
from morris_mlx.project.left_out import LeftOutItems, read_left_out, write_left_out
from morris_mlx.project.provenance import Ground, Provenance, add_provenance


@pytest.fixture
def full(project, monkeypatch):
    monkeypatch.setattr(files, "flush", lambda _: None)
    return build(project.home)


def test_drafts_of_removed_texts_and_of_no_text_go(full):
    with full.drafts.open("a") as file:  # of an earlier version of a text, and torn
        file.write(files.json_line({"key": "k", "source_id": "oldw1", "draft": "Old."}) + '{"key')
    assert "5" in forget(world.FEED, "--dry-run").split("drafts")[1].splitlines()[0]
    assert forgotten(world.FEED)["drafts"] == 5
    rows = [json.loads(r) for r in full.drafts.read_text().splitlines()]
    assert [r["source_id"] for r in rows] == ["a1", "a2", "es", "ab", "ot"]


def test_a_draft_of_two_texts_stays_for_the_other(full):
    with full.drafts.open("a") as file:
        file.write(files.json_line({"key": "w1", "source_id": "ot", "draft": "Both."}))
    forgotten(world.FEED)
    rows = [json.loads(r) for r in full.drafts.read_text().splitlines()]
    assert [r["source_id"] for r in rows if r["key"] == "w1"] == ["ot"]


def test_given_rows_go_from_all_datasets_and_their_adapters_are_listed(full):
    told = forgotten("own.jsonl")  # of a path its last part is enough
    learned = {a["name"]: a["learned"] for a in told["adapters"] if a["known"]}
    assert told["sources"] == [world.ROWS] and learned == {"mine": 1, "old": 1}
    assert holding(full, "r1") == set() == holding(full, "r2") and holding(full, "m1")
    assert "own.jsonl" not in "".join(p.read_text() for p in full.data.rglob("*.json"))
    assert {a["name"] for a in forgotten("/rows")["adapters"] if a["known"]} == {"mine"}


def test_a_last_part_of_several_paths_is_an_error_that_lists_them(full):
    with pytest.raises(UsageError, match=f"{world.EXPORT}, {world.EXPORT2}"):
        forget("result.json", "--yes")


def test_an_existing_path_is_never_taken_for_the_last_part_of_another(full, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "own.jsonl").write_text("")
    with pytest.raises(MissingError):
        forget("own.jsonl", "--yes")
    (tmp_path / "own.jsonl").unlink()
    assert f"Sources: {world.ROWS}" in forget("own.jsonl", "--dry-run")


def test_items_in_given_rows_stay_while_their_file_has_an_entry(full, tmp_path):
    file = tmp_path / "rows.jsonl"
    file.write_text(json.dumps({"instruction": "Who?", "output": "Karl M\u00fcster."}))
    items = [{"kind": "name", "real": "Karl Müster", "stand_in": "[name]"}]
    files.write_json(full.redaction_map, {"dataset": "", "replaced": items})
    add_provenance(full, {str(file): Provenance("rows", Ground.own, rows=1)})
    assert forgotten(world.FEED)["own_files"] == []
    assert files.read_json(full.redaction_map)["replaced"] == items
    assert forgotten(file)["own_files"] == [str(file)] and file.exists()
    assert files.read_json(full.redaction_map)["replaced"] == []


def test_redacted_items_of_the_source_go_and_a_map_follows_its_dataset(full):
    forgotten(world.FEED)
    for path in (full.redaction_map, *full.kept_maps.glob("*.json")):
        value = files.read_json(path)
        assert [row["real"] for row in value["replaced"]] == ["Eva Blau"]
        if path != full.redaction_map:
            assert path.stem == value["dataset"] in {p.name for p in full.kept_datasets.iterdir()}
    assert files.read_json(full.redaction_map)["dataset"] == read_card(full.dataset).digest


def test_names_of_left_out_files_go_with_their_source(full):
    picture = LeftOutItems("a picture", 2, (f"{world.FOLDER}/me.png", "/else/b.png"))
    notes = {world.FOLDER: [picture], "/else": [picture], world.FEED: [picture]}
    write_left_out(full, notes)
    forgotten(world.FOLDER)
    left = LeftOutItems("a picture", 2, ("/else/b.png",))
    assert read_left_out(full) == {"/else": (left,), world.FEED: (left,)}
    full.left_out.write_text("{")
    forgotten(world.FEED)
    assert not full.left_out.exists()
