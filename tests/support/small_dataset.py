"""A dataset of one row per split."""

from dataclasses import replace

from morris_mlx.project.datasets import dataset_digest, write_dataset
from morris_mlx.records.corpus import DatasetCard, Example, Message

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
