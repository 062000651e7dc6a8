"""A training job of a few rows, and the losses that it left."""

import json
from dataclasses import replace

from morris_mlx.records.corpus import Example, Message
from morris_mlx.records.training import TrainSettings
from morris_mlx.train import (
    TrainJob,
)

SETTINGS = TrainSettings(
    epochs=3,
    rank=4,
    alpha=8.0,
    dropout=0.0,
    learning_rate=2e-2,
    batch_size=4,
    accumulate=1,
)


def job(tiny, folder, **changes):
    def example(n):
        return Example(
            (Message("user", f"Say {n}."), Message("assistant", f"I say {n}, and {n} again.")),
            str(n),
            "headline",
        )

    settings = replace(SETTINGS, **changes)
    return TrainJob(
        name="t",
        model=tiny,
        train=[example(n) for n in range(8)],
        valid=[example(n) for n in range(8, 10)],
        settings=settings,
        window=128,
        system_prompt="s",
        dataset_digest="d",
        folder=folder,
    )


def curve(folder):
    """Every loss of a run, in the order of the steps."""
    rows = [json.loads(line) for line in (folder / "metrics.jsonl").read_text().splitlines()]
    return [(row["kind"], row["step"], row["loss"]) for row in rows]
