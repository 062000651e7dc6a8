"""Generated instruction rows: the writer's own and general ones."""

import json

from morris_mlx.prepare import Extras, prepare_collected
from morris_mlx.records.corpus import Example, Message


def written(path, rows, kind="lines"):
    if kind == "lines":
        text = "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)
    else:
        text = json.dumps(rows, ensure_ascii=False, indent=1)
    path.write_text(text, encoding="utf-8")
    return path


def general(count, words=20):
    return [
        {
            "instruction": f"Explain number {n}.",
            "output": f"Number {n} is " + f"n{n} " * words + ".",
        }
        for n in range(count)
    ]


def own(count):
    return [
        {
            "messages": [
                {"role": "user", "content": f"Question {n} about item{n} and thing{n * 3}?"},
                {
                    "role": "assistant",
                    "content": f"Answer {n}: " + f"own{n} word{n * 7} " * 9 + ".",
                },
            ]
        }
        for n in range(count)
    ]


def made_of(documents, tokenizer, window=1024, **extras):
    return prepare_collected(documents, (), tokenizer, window, "Speak.", 7, extras=Extras(**extras))


def learned(count, answer="Indeed, number {n}."):
    """Return a dataset with `count` rows in the training split."""
    rows = [
        Example((Message("user", "?"), Message("assistant", answer.format(n=n))), str(n), "chat")
        for n in range(count)
    ]
    return {"train": tuple(rows), "valid": (), "test": ()}
