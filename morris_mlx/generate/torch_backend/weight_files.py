"""The safetensors files of a model's folder, read tensor by tensor and unpacked."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from safetensors import SafetensorError, safe_open
from torch import Tensor

from morris_mlx.errors import MissingError, MorrisError
from morris_mlx.generate.torch_backend.dequantize import dequantize, find_scheme
from morris_mlx.generate.torch_backend.weight_names import text_name
from morris_mlx.models.hub_cache import model_label

GET_AGAIN = "Get the model again."


@dataclass(frozen=True, slots=True)
class Place:
    """The file of a tensor, and its name there."""

    path: Path
    name: str


class WeightFiles:
    """The tensors of a language model in its files: `places` maps a text model's names to them."""

    def __init__(self, folder: Path, stack: ExitStack) -> None:
        """Open the files until `stack` closes. Raises MissingError without any."""
        self.folder = folder
        self.places: dict[str, Place] = {}
        self._open: dict[Path, Any] = {}
        paths = sorted(folder.glob("model*.safetensors"))
        if not paths:
            raise MissingError(
                f"No weights (model*.safetensors) in {model_label(folder)}. {GET_AGAIN}"
            )
        for path in paths:
            try:
                opened = self._open[path] = stack.enter_context(safe_open(path, framework="pt"))
                stored_names = list(opened.keys())
                for stored in stored_names:
                    name = text_name(stored)
                    if name is not None:
                        self.places[name] = Place(path, stored)
            except (SafetensorError, OSError) as error:
                raise _damaged(path, error) from error

    def parts(self, name: str) -> list[str]:
        """Return the names of one tensor: itself, and the scales and biases of a quantized one."""
        if not self._is_quantized(name):
            return [name]
        layer = name.removesuffix(".weight")
        biases = f"{layer}.biases"
        return [name, f"{layer}.scales", *([biases] if biases in self.places else [])]

    def _is_quantized(self, name: str) -> bool:
        return name.endswith(".weight") and f"{name.removesuffix('.weight')}.scales" in self.places

    def shape(self, name: str) -> tuple[int, ...]:
        """Return the shape of a tensor as it is stored."""
        place = self.places[name]
        return tuple(self._open[place.path].get_slice(place.name).get_shape())

    def read(self, name: str) -> Tensor:
        """Return a tensor as it is stored. Raises MorrisError for a damaged file."""
        place = self.places[name]
        try:
            tensor: Tensor = self._open[place.path].get_tensor(place.name)
        except (SafetensorError, OSError, RuntimeError) as error:
            raise _damaged(place.path, error) from error
        return tensor

    def read_unpacked(
        self, name: str, columns: int, rank: int, quantization: Mapping[str, Any]
    ) -> Tensor:
        """Return a tensor, dequantized to `columns` columns if it is quantized.

        `rank` is the number of axes of the parameter that the tensor is for, `quantization`
        config.json's entry. Raises MorrisError for tensors that do not fit together.
        """
        tensor, *more = (self.read(part) for part in self.parts(name))
        if not more:
            return tensor
        place = self.places[name]
        scales, biases = more[0], more[1] if len(more) > 1 else None
        if tensor.ndim < 2 or rank < 2 or scales.ndim != tensor.ndim:
            raise MorrisError(f"{name} in {place.path} is not a quantized matrix. {GET_AGAIN}")
        leading = tensor.shape[:-1]
        # The matrices of stacked experts are dequantized as one.
        flat, flat_scales = (one.reshape(-1, one.shape[-1]) for one in (tensor, scales))
        layer = place.name.removesuffix(".weight")
        scheme = find_scheme(layer, quantization, flat, flat_scales, columns)
        if (biases is not None) != (scheme.mode == "affine"):
            raise MorrisError(f"{name} in {place.path} lacks its biases. {GET_AGAIN}")
        flat_biases = None if biases is None else biases.reshape(-1, biases.shape[-1])
        values = dequantize(flat, flat_scales, flat_biases, scheme)
        return values.reshape(*leading, columns)


def _damaged(path: Path, error: Exception) -> MorrisError:
    return MorrisError(f"{path} is damaged ({error}). {GET_AGAIN}")
