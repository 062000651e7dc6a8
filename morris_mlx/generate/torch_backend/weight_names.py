"""Names of tensors in model files and adapters, as transformers' text models name them.

The same model is stored under several names: by its publisher, by mlx-lm, and by transformers
itself. A model for pictures nests its language model, and experts are stored one by one or stacked.
"""

from __future__ import annotations

import re
from collections.abc import Container

# Beginnings of the names of tensors that are not the language model's, without "model.".
OTHER_PARTS = (
    *("vision_tower.", "vision_model.", "multi_modal_projector.", "visual.", "audio_tower."),
    *("embed_vision.", "embed_audio.", "mtp."),
)
NESTED_MODELS = ("model.language_model.", "language_model.model.")
STACKED = re.compile(r"(?P<owner>.+)\.experts\.(?P<leaf>gate_up_proj|down_proj)")
# Parts of a stacked tensor of transformers, in their order.
PARTS = {"gate_up_proj": ("gate_proj", "up_proj"), "down_proj": ("down_proj",)}


def text_name(name: str) -> str | None:
    """Return a tensor's name in a text model, None for a tensor of another part of the model."""
    if name.removeprefix("model.").startswith(OTHER_PARTS):
        return None
    for prefix in NESTED_MODELS:
        if name.startswith(prefix):
            return f"model.{name.removeprefix(prefix)}"
    return name.removeprefix("language_model.")


def stored_names(name: str, experts: int, names: Container[str]) -> list[list[str]]:
    """Return the tensors of a file that make up the parameter `name` of a text model.

    The inner lists are stacked along a new first axis, unless they have one name, and the results
    are joined along the rows. Only parameters of stacked experts, of which there are `experts`,
    have more than one name.
    """
    found = STACKED.fullmatch(name)
    if found is None or name in names:
        return [[name]]
    owner, parts = found["owner"], PARTS[found["leaf"]]
    by_mlx = [f"{owner}.switch_mlp.{part}.weight" for part in parts]
    if by_mlx[0] in names:
        return [[one] for one in by_mlx]
    return [[f"{owner}.experts.{n}.{part}.weight" for n in range(experts)] for part in parts]
