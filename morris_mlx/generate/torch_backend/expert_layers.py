"""mlx-lm's LoRA on layers of experts, added to the stacked weights of transformers.

transformers computes all experts of a block in one function of two stacked weights, which has no
place for low-rank parts between. The weights with these parts are computed when an adapter is
activated, and the base keeps its own.
"""

from __future__ import annotations

import copy
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from morris_mlx.generate.torch_backend.weight_names import PARTS
from morris_mlx.models.adapter_files import ROUNDING


@dataclass(frozen=True, slots=True, eq=False)
class ExpertMatrix:
    """A linear layer of mlx-lm's experts: a part of a stacked weight of transformers' module.

    `weight` is a view, [experts, outputs, inputs].
    """

    module: nn.Module
    parameter: str
    part: int
    parts: int

    @property
    def weight(self) -> Tensor:
        """The weights of all experts."""
        return self.part_of(self.module.get_parameter(self.parameter))

    def part_of(self, stacked: Tensor) -> Tensor:
        """Return the view of this layer in a stacked weight."""
        return stacked.chunk(self.parts, dim=1)[self.part]


def find_expert_matrices(modules: Mapping[str, nn.Module]) -> Iterator[tuple[str, ExpertMatrix]]:
    """Yield the layers of experts by mlx-lm's paths."""
    for path, module in modules.items():
        owner, _, name = path.rpartition(".")
        own = dict(module.named_parameters(recurse=False))
        if name != "experts" or not own.keys() >= PARTS.keys():
            continue
        for parameter, parts in PARTS.items():
            for number, part in enumerate(parts):
                matrix = ExpertMatrix(module, parameter, number, len(parts))
                yield f"{owner}.switch_mlp.{part}", matrix


class ExpertLowRank(nn.Module):
    """The trained part of a layer of experts, which `strength` multiplies.

    `a` is [experts, rank, inputs], and `b` [experts, outputs, rank].
    """

    a: Tensor
    b: Tensor

    def __init__(self, base: ExpertMatrix, tensors: Mapping[str, Tensor], scale: float) -> None:
        super().__init__()
        self.base = base
        self.full_scale = scale
        at = base.weight.device
        self.register_buffer("a", tensors["lora_a"].to(at))
        self.register_buffer("b", tensors["lora_b"].to(at))
        self.strength = 0.0

    def set_strength(self, strength: float) -> None:
        """Change the strength, for the next module that is made of this part."""
        self.strength = strength

    def change(self) -> Tensor:
        """Return the change of the weights at strength 1, float32."""
        change: Tensor = self.full_scale * (self.b @ self.a)
        return change

    def changes_weights(self) -> bool:
        """Return True if the largest change is above the rounding of the largest weight."""
        largest = self.base.weight.float().abs().max()
        return bool(self.change().abs().max() > ROUNDING * largest)


def adapted_experts(plain: nn.Module, parts: Sequence[ExpertLowRank]) -> nn.Module:
    """Return a copy of transformers' module of experts with the parts added to its weights."""
    adapted = copy.copy(plain)
    adapted._parameters = dict(plain._parameters)
    for part in parts:
        name = part.base.parameter
        if adapted._parameters[name] is plain._parameters[name]:
            stacked = plain.get_parameter(name)
            adapted._parameters[name] = nn.Parameter(stacked.clone(), requires_grad=False)
        view = part.base.part_of(adapted.get_parameter(name))
        with torch.no_grad():
            view += (part.strength * part.change()).to(view.dtype)
    return adapted
