"""Training texts: the exact texts of an adapter, or an error."""

from dataclasses import replace

import pytest
from support.small_dataset import EXAMPLES, write

from morris_mlx.defaults import sample_folder
from morris_mlx.errors import MissingError, MorrisError
from morris_mlx.models.find_adapter import read_run, write_run
from morris_mlx.project.datasets import (
    dataset_digest,
)
from morris_mlx.project.training_texts import find_training_dataset, training_texts
from morris_mlx.records.corpus import Example, Message


def sample_run(**changes):
    folder = sample_folder() / "adapters" / "sample"
    return replace(read_run(folder), **changes)


def test_training_texts_are_the_assistant_messages_of_the_training_split(project):
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


def test_training_texts_are_found_in_a_kept_dataset(project):
    write(project)
    run = sample_run(name="mine", dataset_digest=dataset_digest(EXAMPLES))
    folder = project.adapter("mine")
    folder.mkdir(parents=True)
    write_run(folder, run)
    write(project, EXAMPLES | {"test": EXAMPLES["train"]})
    assert (project.kept_datasets / run.dataset_digest).is_dir()
    assert list(training_texts(project, run)) == ["a – “b”"]


def test_training_texts_of_the_sample_adapter_are_its_columns(project):
    texts = list(training_texts(project, sample_run()))
    assert len(texts) == len(list((sample_folder() / "columns").glob("*.md")))
    assert texts[0].startswith("Mind the chalk outline") and "title:" not in texts[0]


@pytest.mark.parametrize("digest", ["0" * 64, ""])
def test_a_missing_dataset_is_an_error(project, digest):
    write(project)
    with pytest.raises(MissingError, match=r"copying cannot be checked.*prepare the same texts"):
        training_texts(project, sample_run(dataset_digest=digest))


@pytest.mark.parametrize("harm", ["edited", "gone"])
def test_a_changed_dataset_is_an_error(project, harm):
    write(project)
    path = project.dataset / "train.jsonl"
    path.write_text(path.read_text().replace("b", "c")) if harm == "edited" else path.unlink()
    with pytest.raises(MorrisError, match="were changed, so copying cannot be checked"):
        training_texts(project, sample_run(dataset_digest=dataset_digest(EXAMPLES)))


def test_the_missing_dataset_of_a_built_in_adapter_is_explained(project):
    run = sample_run()
    with pytest.raises(MissingError, match=r"built-in adapter 'sample' .* Train one on your own"):
        find_training_dataset(project, run)
