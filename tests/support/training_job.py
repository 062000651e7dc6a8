"""A training job of a few rows, and the losses that it left."""

import json
from dataclasses import replace

import pytest

from morris_mlx.generate import load_generator
from morris_mlx.records.corpus import Example, Message
from morris_mlx.records.training import TrainSettings
from morris_mlx.train import TrainHooks, TrainJob, train_adapter

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


def stop_resume_and_answer(wanted, polls):
    """Train, stopped after so many polls, and resume; return the stopped run.

    The generator's loss must be that of the training, so that both apply the adapter alike.
    """
    asked = []

    def stopping():
        asked.append(None)
        return len(asked) > polls

    stopped = train_adapter(wanted, TrainHooks(stopping=stopping))
    assert stopped.stopped == "interrupted"
    run = train_adapter(replace(wanted, resume=True))
    assert run.best_valid_loss < run.base_valid_loss
    held_out = [example.messages for example in wanted.valid]
    with load_generator(wanted.model, wanted.folder, backend="mlx", say=str) as adapted:
        scores = [adapted.score(messages) for messages in held_out]
        loss = sum(score[0] for score in scores) / sum(score[1] for score in scores)
        assert loss == pytest.approx(run.best_valid_loss, rel=1e-4)
        assert adapted.run("Say 9.", max_tokens=4, temperature=0.0)
    return stopped
