"""Zephyr's chat markers."""

from __future__ import annotations

from morris_mlx.records.corpus import Role

END = "</s>"
MARKERS: dict[Role, str] = {
    "system": "<|system|>",
    "user": "<|user|>",
    "assistant": "<|assistant|>",
}
# Half of the defence against a forged turn: a model that writes a marker has ended its turn.
STOP_STRINGS = tuple(MARKERS.values())
