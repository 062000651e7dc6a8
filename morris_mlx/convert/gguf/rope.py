"""The rotary embedding of a GGUF file as values of config.json."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from morris_mlx.convert.gguf.metadata import Metadata
from morris_mlx.errors import MorrisError, RefusedError

THETA = 10_000.0  # llama.cpp's default, for files without a base
TEMPERATURE = "mistral3.attention.temperature_scale"
# Llama 3.1 to 3.3: waves up to 8192/4 tokens long are unchanged, those from 8192/1 on are
# stretched, and those between are stretched partly.
LLAMA3 = {
    "low_freq_factor": 1.0,
    "high_freq_factor": 4.0,
    "original_max_position_embeddings": 8192,
}
TOLERANCE = 1e-4  # relative; the factors are stored as float32


@dataclass(frozen=True, slots=True)
class Factors:
    """Tensors that divide the frequencies, each None if the file does not have it.

    `size` is the number of rotated values of a head, twice that of each tensor.
    """

    size: int
    all: Sequence[float] | None = None
    short: Sequence[float] | None = None
    long: Sequence[float] | None = None


def read_rope(metadata: Metadata, factors: Factors) -> dict[str, Any]:
    """Return `rope_theta`, and `rope_scaling` if positions are scaled.

    Raises RefusedError for a scaling that mlx-lm does not compute.
    """
    architecture = metadata.text("general.architecture")
    theta = metadata.number(f"{architecture}.rope.freq_base", default=THETA)
    if theta <= 1:
        raise metadata.wrong(f"{architecture}.rope.freq_base", "a number above 1")
    if factors.short is not None or factors.long is not None:
        raise _unknown(metadata, "longrope")
    scaling = _scaling(metadata, architecture)
    if factors.all is not None:
        if scaling:
            raise _unknown(metadata, f"{scaling['rope_type']} beside rope_freqs")
        scaling = _by_factors(metadata, factors, theta)
    return {"rope_theta": theta} | ({"rope_scaling": scaling} if scaling else {})


def _scaling(metadata: Metadata, architecture: str) -> dict[str, Any]:
    """Return the scaling in the metadata, empty if positions are not scaled."""
    prefix = f"{architecture}.rope.scaling"
    kind = metadata.text(f"{prefix}.type", default="linear")
    # Files of 2023 have only the factor of a linear scaling, under another key.
    before = metadata.number(f"{architecture}.rope.scale_linear", default=1.0)
    factor = metadata.number(f"{prefix}.factor", default=before) or 1.0
    if factor < 1:
        raise metadata.wrong(f"{prefix}.factor", "at least 1")
    if kind == "none" or factor == 1:
        return {}
    if kind == "linear":
        return {"rope_type": "linear", "factor": factor}
    if kind != "yarn":
        raise _unknown(metadata, kind)
    for key in ("attn_factor", "yarn_attn_factor", "yarn_ext_factor"):
        if metadata.number(f"{prefix}.{key}", default=1.0) != 1.0:
            raise _unknown(metadata, f"yarn with {key}")
    betas = {
        "beta_fast": metadata.number(f"{prefix}.yarn_beta_fast", default=32.0),
        "beta_slow": metadata.number(f"{prefix}.yarn_beta_slow", default=1.0),
    }
    for name, beta in betas.items():
        if beta <= 0:
            raise metadata.wrong(f"{prefix}.yarn_{name}", "a positive number")
    log_factor = metadata.number(f"{prefix}.yarn_log_multiplier", default=0.0)
    return {
        "rope_type": "yarn",
        "factor": factor,
        "original_max_position_embeddings": _original_length(metadata, architecture),
        **betas,
        **({"mscale": 1.0, "mscale_all_dim": log_factor} if log_factor else {}),
    }


def _original_length(metadata: Metadata, architecture: str) -> int:
    length = metadata.size(f"{architecture}.context_length")
    return metadata.size(f"{architecture}.rope.scaling.original_context_length", default=length)


def _unknown(metadata: Metadata, kind: str) -> RefusedError:
    return RefusedError(
        f"{metadata.path} scales its positions by {kind[:60]}, which Morris does not convert for "
        f"{metadata.text('general.architecture')}. Use another file of the model, or its Hugging "
        "Face repository."
    )


def _checked(metadata: Metadata, factors: Sequence[float], name: str, size: int) -> list[float]:
    if len(factors) != size // 2 or not all(math.isfinite(f) and f > 0 for f in factors):
        raise MorrisError(
            f"{metadata.path} is damaged: {name} must have {size // 2} positive numbers. Get the "
            "file again."
        )
    return [float(str(np.float32(factor))) for factor in factors]


def _by_factors(metadata: Metadata, factors: Factors, theta: float) -> dict[str, Any]:
    """Return a scaling by one factor per frequency.

    Llama 3's scaling is stored by its name, which every program knows. Any other is stored as the
    factors themselves, in the form of a longrope whose length was never extended.
    """
    assert factors.all is not None
    found = _checked(metadata, factors.all, "rope_freqs", factors.size)
    llama3 = {"rope_type": "llama3", "factor": max(found), **LLAMA3}
    if np.allclose(llama3_factors(llama3, factors.size, theta), found, rtol=TOLERANCE, atol=0):
        return llama3
    length = metadata.size(f"{metadata.text('general.architecture')}.context_length")
    return _longrope(found, length)


def llama3_factors(scaling: Mapping[str, Any], size: int, theta: float) -> list[float]:
    """Return the number by which Llama 3's scaling divides each frequency."""
    low, high = scaling["low_freq_factor"], scaling["high_freq_factor"]
    length, factor = scaling["original_max_position_embeddings"], scaling["factor"]
    made = []
    for exponent in range(0, size, 2):
        wave = 2 * math.pi * theta ** (exponent / size)
        smooth = min(max((length / wave - low) / (high - low), 0.0), 1.0)
        made.append(1 / ((1 - smooth) / factor + smooth))
    return made


def _longrope(factors: Sequence[float], length: int) -> dict[str, Any]:
    return {
        "rope_type": "longrope",
        "type": "longrope",
        "short_factor": list(factors),
        "long_factor": list(factors),
        "original_max_position_embeddings": length,
    }


def read_longrope(metadata: Metadata, factors: Factors) -> dict[str, Any]:
    """Return the rotary embedding of Phi-3, whose long models have factors for long texts.

    mlx-lm applies the factors for long texts to every text; llama.cpp and transformers apply them
    only beyond the original length. The factors for short texts are stored in both places, and the
    sliding window limits texts to the original length, so the result is right for every text.
    """
    if factors.short is None and factors.long is None:
        return read_rope(metadata, factors)
    if factors.short is None or factors.long is None:
        raise _unknown(metadata, "a longrope without its short or long factors")
    short = _checked(metadata, factors.short, "rope_factors_short", factors.size)
    original, length = _original_length(metadata, "phi3"), metadata.size("phi3.context_length")
    if original >= length or original == 1:
        raise metadata.wrong("phi3.rope.scaling.original_context_length", "below context_length")
    expected = math.sqrt(1 + math.log(length / original) / math.log(original))
    attention = metadata.number("phi3.rope.scaling.attn_factor", default=1.0)
    if abs(attention / expected - 1) > TOLERANCE:
        raise _unknown(metadata, f"a longrope with the attention factor {attention}")
    return {
        "rope_theta": metadata.number("phi3.rope.freq_base", default=THETA),
        "rope_scaling": _longrope(short, original),
        "original_max_position_embeddings": original,
        "sliding_window": original,
    }


def read_mistral3_rope(metadata: Metadata, factors: Factors) -> dict[str, Any]:
    """Return the rotary embedding of Ministral 3, with the scaling of its queries by position."""
    found = read_rope(metadata, factors)
    if not metadata.has(TEMPERATURE):
        return found
    length = _original_length(metadata, "mistral3")
    scaling = found.get("rope_scaling", {"rope_type": "default"})
    parameters = {
        **scaling,
        "rope_theta": found["rope_theta"],
        "llama_4_scaling_beta": metadata.number(TEMPERATURE),
        "original_max_position_embeddings": length,
    }
    return {"rope_theta": found["rope_theta"], "rope_parameters": parameters}
