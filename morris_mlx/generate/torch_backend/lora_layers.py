"""mlx-lm's LoRA and DoRA layers in torch, at any strength.

The formulas are those of mlx_lm/tuner/lora.py and dora.py; a strength s multiplies the low-rank
part, and moves DoRA's magnitudes from those of the base (s = 0) to the trained ones (s = 1):

    LoRA   y = W x + s c B A x
    DoRA   y = m_s / ||W + s c B A|| * (W + s c B A) x,   m_s = ||W|| + s (m - ||W||)

The norms are of rows, c is the configuration's scale.
"""

from __future__ import annotations

from collections.abc import Mapping

from torch import Tensor, nn

from morris_mlx.models.adapter_files import ROUNDING

# MLX wrote the magnitudes of a DoRA layer; torch adds up the same norms in another order.
NORM_ROUNDING = 16 * ROUNDING


class LowRank(nn.Module):
    """The trained part of one adapted layer, over the weight [rows, columns] of its base.

    The rows of a linear layer are its outputs, and lora_a is [columns, rank], lora_b [rank, rows];
    the rows of an embedding are tokens, and lora_a is [rows, rank], lora_b [rank, columns]. They
    stay float32, as in MLX, whatever the precision of the base.
    """

    a: Tensor
    b: Tensor
    m: Tensor | None
    factor: Tensor | None  # of DoRA, [rows]; None for LoRA

    def __init__(self, base: nn.Linear | nn.Embedding, tensors: Mapping[str, Tensor], scale: float):
        super().__init__()
        self.base = base
        self.full_scale = scale
        at = base.weight.device
        self.register_buffer("a", tensors["lora_a"].to(at))
        self.register_buffer("b", tensors["lora_b"].to(at))
        m = tensors.get("m")
        self.register_buffer("m", None if m is None else m.to(at))
        self.register_buffer("factor", None)
        self.strength = 0.0

    @property
    def scale(self) -> float:
        """The scale of the low-rank part at the present strength."""
        return self.strength * self.full_scale

    def set_strength(self, strength: float) -> None:
        """Change the strength. DoRA's norms, of whole matrices, are computed here, once."""
        if strength == self.strength:
            return
        self.strength = strength
        if self.m is not None:
            base = self.magnitudes()
            wanted = self.m if strength == 1.0 else base + strength * (self.m - base)
            adapted = self.base.weight.float() + self.scale * self.product()
            self.factor = wanted / adapted.norm(dim=1)

    def product(self) -> Tensor:
        """Return B A in the layout of the base's weight, [rows, columns]."""
        product: Tensor = self.a @ self.b
        return product.T if isinstance(self.base, nn.Linear) else product

    def magnitudes(self) -> Tensor:
        """Return the norms [rows] of the base's weight."""
        norms: Tensor = self.base.weight.float().norm(dim=1)
        return norms

    def changes_weights(self) -> bool:
        """Return True if the largest change is above the rounding of the largest weight."""
        largest = self.base.weight.float().abs().max()
        if bool((self.full_scale * self.product()).abs().max() > ROUNDING * largest):
            return True
        if self.m is None:
            return False
        base = self.magnitudes()
        return bool((self.m - base).abs().max() > NORM_ROUNDING * base.max())


class AdaptedLinear(nn.Module):
    """A linear layer with its low-rank part: [..., columns] → [..., rows]."""

    def __init__(self, low_rank: LowRank) -> None:
        super().__init__()
        self.low_rank = low_rank

    def forward(self, x: Tensor) -> Tensor:
        """Return the outputs [..., rows] at the present strength."""
        part, base = self.low_rank, self.low_rank.base
        added = (part.scale * ((x.float() @ part.a) @ part.b)).to(x.dtype)
        if part.factor is None:
            return _called(base, x) + added
        y = (nn.functional.linear(x, base.weight) + added) * part.factor.to(x.dtype)
        bias = getattr(base, "bias", None)
        return y if bias is None else y + bias


class AdaptedEmbedding(nn.Module):
    """An embedding with its low-rank part: ids [...] → [..., columns]."""

    def __init__(self, low_rank: LowRank) -> None:
        super().__init__()
        self.low_rank = low_rank

    def forward(self, ids: Tensor) -> Tensor:
        """Return the vectors [..., columns] of the ids at the present strength."""
        part = self.low_rank
        y = _called(part.base, ids)
        # Gemma's embedding multiplies its vectors; mlx-lm does so after the low-rank part.
        scale = part.scale * getattr(part.base, "embed_scale", 1.0)
        y = y + (scale * (part.a[ids] @ part.b)).to(y.dtype)
        return y if part.factor is None else y * part.factor[ids][..., None].to(y.dtype)


class AdaptedHead(nn.Module):
    """The output layer tied to an adapted embedding: [..., columns] → [..., rows]."""

    def __init__(self, low_rank: LowRank, plain: nn.Module) -> None:
        super().__init__()
        self.low_rank = low_rank
        self.plain = plain

    def forward(self, x: Tensor) -> Tensor:
        """Return the logits [..., rows] at the present strength."""
        part = self.low_rank
        y = _called(self.plain, x)
        y = y + (part.scale * ((x.float() @ part.b.T) @ part.a.T)).to(y.dtype)
        return y if part.factor is None else y * part.factor.to(y.dtype)


def _called(module: nn.Module, x: Tensor) -> Tensor:
    result: Tensor = module(x)
    return result
