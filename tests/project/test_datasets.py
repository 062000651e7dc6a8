"""Datasets: read back unchanged, kept for adapters, and damage named by its line."""

import json

import pytest
from support.small_dataset import EXAMPLES, card, write

from morris_mlx import files
from morris_mlx.errors import MissingError, MorrisError
from morris_mlx.project.datasets import (
    find_dataset,
    read_card,
    read_dataset,
    read_examples,
    write_dataset,
)
from morris_mlx.project.documents import read_documents
from morris_mlx.records.corpus import RowLength


def test_a_card_without_lengths_is_read_and_one_with_a_length_too_few_is_refused(project):
    write(project)
    path = project.dataset / "card.json"
    value = files.read_json(path)
    del value["lengths"]  # earlier versions did not write them
    files.write_json(path, value)
    assert read_card(project.dataset) == card()
    files.write_json(path, value | {"lengths": {"train": []}})
    with pytest.raises(MorrisError, match="train has 1 rows and 0 lengths"):
        read_card(project.dataset)


def test_the_lengths_of_rows_are_read_as_they_were_written(project):
    lengths = {split: (RowLength(9, 4),) for split in EXAMPLES}
    write_dataset(project, EXAMPLES, card(lengths=lengths), {"rows": 3})
    assert read_card(project.dataset).lengths == lengths


def test_an_error_for_missing_inputs_names_the_command_that_makes_them(project):
    with pytest.raises(MissingError, match="morris collect"):
        read_documents(project)
    with pytest.raises(MissingError, match="morris prepare"):
        find_dataset(project)


def test_a_dataset_is_read_back_with_sources_and_tasks(project):
    write(project)
    folder = find_dataset(project)
    assert read_examples(folder, "valid") == EXAMPLES["valid"]
    assert read_card(folder) == card()
    row = json.loads((folder / "train.jsonl").read_text())
    assert set(row) == {"messages"}


def test_a_damaged_row_is_an_error_with_its_line(project):
    write(project)
    (project.dataset / "test.jsonl").write_text(
        '{"messages": [{"role": "boss", "content": "x"}]}\n'
    )
    with pytest.raises(MorrisError, match=r"test\.jsonl, line 1: not a row of messages"):
        read_examples(project.dataset, "test")


def test_a_dataset_that_an_adapter_was_trained_on_is_kept(project):
    write(project)
    first = card().digest
    files.make_folder(project.adapter("a"))
    files.write_json(project.adapter("a") / "run.json", {"dataset_digest": first})
    other = EXAMPLES | {"train": [*EXAMPLES["train"], *EXAMPLES["valid"]]}
    write(project, other)
    assert find_dataset(project, first) == project.kept_datasets / first
    assert read_examples(find_dataset(project, first), "train") == EXAMPLES["train"]
    write(project)  # nobody names the second one
    assert [p.name for p in project.kept_datasets.iterdir()] == [first]
    with pytest.raises(MissingError, match="is not in"):
        find_dataset(project, card(other).digest)


def test_the_same_rows_are_written_as_the_same_bytes(project):
    write(project)
    first = {p.name: p.read_bytes() for p in project.dataset.iterdir()}
    write(project)
    assert {p.name: p.read_bytes() for p in project.dataset.iterdir()} == first


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"window": [64]}, r"window is \[64\] and must be a whole number"),
        ({"rows": {"train": [["a"]]}}, "must be a list of 2"),
        ({"sources": True}, "sources is True and must be an object"),
        ({"digest": None}, "digest is None and must be text"),
    ],
)
def test_a_card_with_a_value_of_a_wrong_type_is_an_error(project, change, said):
    write(project)
    path = project.dataset / "card.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | change))
    with pytest.raises(MorrisError, match=f"card.json is not the card of a dataset: .*{said}"):
        read_card(project.dataset)
    write(project)  # and is no obstacle to a new one
    assert read_dataset(project.dataset) == EXAMPLES


def test_a_row_without_text_is_an_error_with_its_line(project):
    write(project)
    row = {"messages": [{"role": "user", "content": ["q"]}]}
    (project.dataset / "train.jsonl").write_text(json.dumps(row))
    with pytest.raises(MorrisError, match=r"train.jsonl, line 1: .*a message has no text"):
        read_examples(project.dataset, "train")


def test_a_run_without_a_dataset_does_not_prevent_a_new_one(project):
    write(project)
    files.make_folder(project.adapter("a"))
    files.write_json(project.adapter("a") / "run.json", {"dataset_digest": ["x"]})
    other = EXAMPLES | {"train": [*EXAMPLES["train"], *EXAMPLES["valid"]]}
    write(project, other)
    assert read_examples(project.dataset, "train") == other["train"]
