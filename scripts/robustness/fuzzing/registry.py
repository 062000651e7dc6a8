"""All targets by their names; what reads anything new is added to one of the modules."""

from __future__ import annotations

from fuzzing import (
    adapters,
    chats,
    documents,
    exports,
    gguf_files,
    jobs,
    model_stores,
    project,
    redacting,
    resumed,
    texts,
    web,
)
from fuzzing.broken import BROKEN
from fuzzing.target import Target

TARGETS: dict[str, Target] = {
    target.name: target
    for module in (
        chats,
        documents,
        exports,
        gguf_files,
        model_stores,
        web,
        jobs,
        project,
        adapters,
        texts,
        redacting,
        resumed,
    )
    for target in module.TARGETS
}
# What --target may name: also what is broken on purpose.
NAMED = TARGETS | BROKEN
