"""Files: atomic, private, and errors that name the place."""

import json
from dataclasses import replace

import pytest

from morris_mlx import files
from morris_mlx.defaults import sample_folder
from morris_mlx.errors import MissingError, MorrisError
from morris_mlx.project.adapters import read_run, write_run
from morris_mlx.project.conversations import read_conversations
from morris_mlx.project.datasets import (
    dataset_digest,
    find_dataset,
    read_card,
    read_dataset,
    read_examples,
    write_dataset,
)
from morris_mlx.project.documents import read_documents, write_documents
from morris_mlx.project.folder import open_project
from morris_mlx.project.training_texts import training_texts
from morris_mlx.records.corpus import DatasetCard, Document, Example, Message, RowLength

EXAMPLES = {
    split: [
        Example((Message("user", f"q {split}"), Message("assistant", "a – “b”")), split, "headline")
    ]
    for split in ("train", "valid", "test")
}


def card(examples=EXAMPLES, **changes):
    rows = {s: tuple((e.source_id, e.task) for e in es) for s, es in examples.items()}
    digest = dataset_digest(examples)
    return replace(DatasetCard("practice", "t", 64, "s", 7, digest, rows), **changes)


def write(project, examples=EXAMPLES):
    write_dataset(project, examples, card(examples), {"rows": 3})


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


def test_a_failed_write_leaves_the_old_file_and_no_rubbish(tmp_path):
    path = tmp_path / "a.txt"
    files.write_text(path, "old")
    with pytest.raises(RuntimeError), files.replacing(path) as temporary:
        temporary.write_text("half")
        raise RuntimeError
    assert path.read_text() == "old"
    assert [p.name for p in tmp_path.iterdir()] == ["a.txt"]


def test_a_new_folder_is_on_the_disk_before_anything_is_put_into_it(tmp_path, monkeypatch):
    flushed = []
    monkeypatch.setattr(files, "flush", flushed.append)
    for _ in range(2):
        files.make_folder(tmp_path / "a")
    assert flushed == [tmp_path]


def test_files_and_folders_are_the_owners_alone(project):
    write_documents(project, [Document("1", "text")])
    write(project)
    for path in [project.data, *project.data.rglob("*")]:
        assert path.stat().st_mode & 0o077 == 0, path
    assert (project.data / ".gitignore").read_text().endswith("*\n")


def test_a_data_folder_that_was_there_keeps_its_own_files_in_git(project):
    project.data.mkdir()
    open_project(project)
    ignored = (project.data / ".gitignore").read_text().split()
    assert "*" not in ignored and {"/documents.jsonl", "/dataset/"} <= set(ignored)


def test_a_folder_that_cannot_be_written_to_is_an_error_not_a_crash(tmp_path, monkeypatch):
    def refuse(*_, **__):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr("tempfile.mkstemp", refuse)
    with pytest.raises(MorrisError, match=r"Cannot write .*a\.txt: Permission denied"):
        files.write_text(tmp_path / "a.txt", "x")


def test_a_place_that_cannot_be_written_is_named(tmp_path):
    with pytest.raises(MorrisError, match="Cannot make the folder"):
        files.make_folder(tmp_path / ("x" * 300))


def test_documents_come_back_as_they_went(project):
    documents = [Document("1", "Text – “so”\nend", "T", "A", "s", "2020-01-01")]
    write_documents(project, documents)
    assert read_documents(project) == documents


def test_damaged_documents_are_named_with_their_line(project):
    write_documents(project, [Document("1", "a")])
    good = project.documents.read_text()
    project.documents.write_text(good + '{"id": "2", "te')
    with pytest.raises(MorrisError, match=r"documents\.jsonl, line 2: not valid JSON"):
        read_documents(project)
    project.documents.write_text(good + '{"surprise": 1}\n')
    with pytest.raises(MorrisError, match=r"line 2: not a document"):
        read_documents(project)


def test_missing_inputs_say_which_command_makes_them(project):
    with pytest.raises(MissingError, match="morris collect"):
        read_documents(project)
    with pytest.raises(MissingError, match="morris prepare"):
        find_dataset(project)


def test_a_dataset_comes_back_with_sources_and_tasks(project):
    write(project)
    folder = find_dataset(project)
    assert read_examples(folder, "valid") == EXAMPLES["valid"]
    assert read_card(folder) == card()
    row = json.loads((folder / "train.jsonl").read_text())
    assert set(row) == {"messages"}


def test_a_broken_row_is_named(project):
    write(project)
    (project.dataset / "test.jsonl").write_text(
        '{"messages": [{"role": "boss", "content": "x"}]}\n'
    )
    with pytest.raises(MorrisError, match=r"test\.jsonl, line 1: not a row of messages"):
        read_examples(project.dataset, "test")


def test_a_dataset_that_an_adapter_names_is_kept_and_found_again(project):
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


# --- what an adapter learned from -------------------------------------------------------
def sample_run(**changes):
    folder = sample_folder() / "adapters" / "sample"
    return replace(read_run(folder), **changes)


def test_the_training_texts_are_the_assistants_turns_of_the_training_rows(project):
    turns = (Message("user", "q"), Message("assistant", "a"), Message("user", "r"))
    examples = EXAMPLES | {
        "train": [
            *EXAMPLES["train"],
            Example((*turns, Message("assistant", "ответ\n")), "c", "chat"),
        ]
    }
    write(project, examples)
    run = sample_run(name="mine", dataset_digest=dataset_digest(examples))
    assert list(training_texts(project, run)) == ["a – “b”", "a", "ответ\n"]


def test_the_training_texts_are_found_where_a_replaced_dataset_is_kept(project):
    write(project)
    run = sample_run(name="mine", dataset_digest=dataset_digest(EXAMPLES))
    folder = project.adapter("mine")
    folder.mkdir(parents=True)
    write_run(folder, run)
    write(project, EXAMPLES | {"test": EXAMPLES["train"]})
    assert (project.kept_datasets / run.dataset_digest).is_dir()
    assert list(training_texts(project, run)) == ["a – “b”"]


def test_the_training_texts_of_the_sample_are_its_columns(project):
    texts = list(training_texts(project, sample_run()))
    assert len(texts) == len(list((sample_folder() / "columns").glob("*.md")))
    assert texts[0].startswith("Mind the chalk outline") and "title:" not in texts[0]


@pytest.mark.parametrize("digest", ["0" * 64, ""])
def test_without_its_dataset_copying_cannot_be_checked(project, digest):
    write(project)
    with pytest.raises(MissingError, match=r"copying cannot be checked.*prepare the same texts"):
        training_texts(project, sample_run(dataset_digest=digest))


@pytest.mark.parametrize("harm", ["edited", "gone"])
def test_with_a_changed_dataset_copying_cannot_be_checked(project, harm):
    write(project)
    path = project.dataset / "train.jsonl"
    path.write_text(path.read_text().replace("b", "c")) if harm == "edited" else path.unlink()
    with pytest.raises(MorrisError, match="were changed, so copying cannot be checked"):
        training_texts(project, sample_run(dataset_digest=dataset_digest(EXAMPLES)))


DOCUMENT = {"id": "a", "text": "Lo."}
CHAT = {"id": "c", "messages": [{"role": "user", "content": "Hi?"}], "source": "/e", "date": ""}
DAMAGED = {  # of line 2 of a file of JSON lines
    "not UTF-8": b'{"id": "\xff"}',
    "not valid JSON": b'{"id": "b", "te',
    "maximum recursion": b"[" * 5000,
    "surrogates not allowed": b'{"id": "b", "text": "\\ud800"}',
    "not a JSON object": b"7",
}


def read_all(project, name):
    if name == "documents":
        return read_documents(project)
    return list(read_conversations(project))


@pytest.mark.parametrize("said", DAMAGED)
@pytest.mark.parametrize(("name", "row"), [("documents", DOCUMENT), ("conversations", CHAT)])
def test_a_line_that_is_cut_or_no_text_is_named(project, name, row, said):
    path = getattr(project, name)
    path.parent.mkdir()
    whole = json.dumps(row).encode() + b"\n"
    path.write_bytes(whole)
    assert len(read_all(project, name)) == 1
    path.write_bytes(whole + DAMAGED[said] + b"\n" + whole)
    with pytest.raises(MorrisError, match=f"{name}.jsonl, line 2: .*{said}"):
        read_all(project, name)


@pytest.mark.parametrize(
    ("name", "row", "said"),
    [
        ("documents", {"text": ["Lo."]}, r"text is \['Lo.'\] and must be text"),
        ("documents", {"source": None}, "source is None and must be text"),
        ("documents", {"more": 1}, "'more' is unknown"),
        ("conversations", {"messages": []}, "it has no messages"),
        ("conversations", {"messages": {"role": "user"}}, "it has no messages"),
        ("conversations", {"messages": ["Hi?"]}, "a message has no text"),
        ("conversations", {"messages": [{"role": "user", "content": 5}]}, "a message has no text"),
        ("conversations", {"messages": [{"role": "he", "content": ""}]}, "Unknown role 'he'"),
        ("conversations", {"source": ["/e"]}, "must be text"),
        ("conversations", {"id": ""}, "must be text"),
        ("conversations", {"more": "x"}, "unexpected keyword argument 'more'"),
    ],
)
def test_a_value_of_the_wrong_type_is_named(project, name, row, said):
    path = getattr(project, name)
    path.parent.mkdir()
    path.write_text(json.dumps((DOCUMENT if name == "documents" else CHAT) | row))
    with pytest.raises(MorrisError, match=f"{name}.jsonl, line 1: not a .*{said}.* Run `morris"):
        read_all(project, name)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"window": [64]}, r"window is \[64\] and must be a whole number"),
        ({"rows": {"train": [["a"]]}}, "must be a list of 2"),
        ({"sources": True}, "sources is True and must be an object"),
        ({"digest": None}, "digest is None and must be text"),
    ],
)
def test_a_card_with_a_value_of_the_wrong_type_is_no_card(project, change, said):
    write(project)
    path = project.dataset / "card.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | change))
    with pytest.raises(MorrisError, match=f"card.json is not a dataset's card .*{said}"):
        read_card(project.dataset)
    write(project)  # and is no obstacle to a new one
    assert read_dataset(project.dataset) == EXAMPLES


def test_rows_of_messages_without_text_are_named(project):
    write(project)
    row = {"messages": [{"role": "user", "content": ["q"]}]}
    (project.dataset / "train.jsonl").write_text(json.dumps(row))
    with pytest.raises(MorrisError, match=r"train.jsonl, line 1: .*a message has no text"):
        read_examples(project.dataset, "train")


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"window": []}, "window is .* must be a whole number"),
        ({"losses": [3.5]}, r"losses\[0\] is 3.5 and must be an object"),
        ({"settings": {"epochs": 2}}, "'settings.rank' is missing"),
        ({"started_with": []}, "started_with is .* must be an object"),
    ],
)
def test_a_run_with_a_value_of_the_wrong_type_is_named(tmp_path, change, said):
    sample = sample_folder() / "adapters" / "sample" / "run.json"
    (tmp_path / "run.json").write_text(json.dumps(json.loads(sample.read_text()) | change))
    with pytest.raises(MorrisError, match=f"run.json is not a training run .*{said}.* Train"):
        read_run(tmp_path)


def test_a_setting_out_of_range_in_a_run_is_told_with_its_file(tmp_path):
    run = json.loads((sample_folder() / "adapters" / "sample" / "run.json").read_text())
    run["settings"]["learning_rate"] = "fast"
    (tmp_path / "run.json").write_text(json.dumps(run))
    with pytest.raises(MorrisError, match=r"run.json is not a training run .*learning_rate"):
        read_run(tmp_path)


def test_a_run_that_names_no_dataset_stops_no_new_one(project):
    write(project)
    files.make_folder(project.adapter("a"))
    files.write_json(project.adapter("a") / "run.json", {"dataset_digest": ["x"]})
    other = EXAMPLES | {"train": [*EXAMPLES["train"], *EXAMPLES["valid"]]}
    write(project, other)
    assert read_examples(project.dataset, "train") == other["train"]
