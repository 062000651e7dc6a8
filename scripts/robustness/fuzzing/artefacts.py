"""Valid artefacts of a project, and how a damaged one is put in its place."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from fuzzing.target import written
from morris_mlx.project.folder import Project
from morris_mlx.records.corpus import Message

DIGEST = "ab" * 32
SETTINGS = {"epochs": 2, "rank": 8, "alpha": 32.0, "dropout": 0.1, "learning_rate": 1e-4}
SETTINGS |= {"batch_size": 1, "accumulate": 8}
RUN: dict[str, Any] = {
    "name": "mine",
    "base_model": "practice",
    "base_digest": DIGEST,
    "dataset_digest": DIGEST,
    "system_prompt": "Write.",
    "window": 512,
    "settings": SETTINGS,
    "best_step": 2,
    "losses": [{"step": 0, "valid": 3.5}, {"step": 2, "train": 3.1, "valid": 3.0}],
    "best_valid_loss": 3.0,
    "base_valid_loss": 3.5,
    "trainable_parameters": 10,
    "supervised_tokens": 900,
    "seconds": 1.5,
    "peak_memory_gb": 0.2,
    "adapter_sha256": DIGEST,
    "versions": {"mlx": "0.32"},
    "machine": "x",
    "step": 2,
    "changes": ["less memory"],
    "started_with": SETTINGS,
}
CARD = {"model": "practice", "tokenizer": DIGEST, "window": 512, "system_prompt": "Write."}
CARD |= {"seed": 1, "digest": DIGEST, "rows": {"train": [["d1", "brief"]], "valid": [], "test": []}}
CARD |= {"redacted": True, "sources": {"d1": "/x.md"}}
ROW = {"messages": [{"role": "user", "content": "Write."}, {"role": "assistant", "content": "Lo."}]}
MESSAGES = (Message("user", "Write."), Message("assistant", "Lo."))
CHAT = {"id": "c1", **ROW, "source": "/e/result.json", "date": "2023-11-14T22:13:20"}
DOCUMENT = {"id": "d1", "text": "Words.", "title": "T", "source": "/x.md", "date": "2023-11-14"}
AUDIT = {"adapter": "mine", "adapter_sha256": DIGEST, "config_sha256": DIGEST}
AUDIT |= {"base_model": "practice", "base_digest": DIGEST, "dataset_digest": DIGEST, "rules": 1}
AUDIT |= {"answers": 200, "seed": 0, "checks": [], "shown": ["a … b"]}
NOTES = {
    "/e/result.json": {"kind": "chat export", "ground": "own", "conversations": 1},
    "http://example.org/": {
        "kind": "feed",
        "ground": "permission",
        "pages": [{"url": "http://example.org/1", "robots": "allowed"}],
    },
}
PLAN = {"word": "/x.md", "paths": ["/x.md"], "ids": ["d1"], "documents": 1}
PLAN |= {"adapters": [{"name": "mine", "learned": 1, "held_out": 0, "known": True}]}
PLAN |= {"datasets": [{"folder": "dataset", "digest": DIGEST, "rows": 1, "of": 2, "became": ""}]}
GENERATOR = {
    "format": 1,
    "settings": {"temperature": 0.7, "stop_token": ["\n\n"], "seed": 3, "system_prompt": "Be."},
    "before_creative": None,
    "history": ROW["messages"],
    "seeds": {"entropy": 7, "drawn": 2},
    "reference": {"model": "practice", "model_digest": DIGEST},
}
LORA = {"fine_tune_type": "lora", "num_layers": 2, "lora_parameters": {"rank": 8, "scale": 4.0}}
LORA["lora_parameters"] |= {"dropout": 0.1, "keys": ["self_attn.q_proj"]}


def lines(*rows: object) -> Callable[[], list[bytes]]:
    return lambda: ["".join(json.dumps(row) + "\n" for row in rows).encode()]


def value(*values: object) -> Callable[[], list[bytes]]:
    return lambda: [json.dumps(one).encode() for one in values]


Check = Callable[[Project], None]


def at(place: str, check: Check, others: Mapping[str, object] | None = None) -> Callable[..., None]:
    """The input as the file at `place` of a project that has `others` besides."""

    def run(data: bytes, folder: Path) -> None:
        for name, content in (others or {}).items():
            written(folder, name, json.dumps(content).encode() + b"\n")
        written(folder, place, data)
        check(Project(folder))

    return run
