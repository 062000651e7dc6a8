"""Model folders loaded as transformers' own Mistral or Llama, on one device, at one precision.

No code from the folder runs and nothing is downloaded: the class comes from transformers, the
config and the tensors from the folder. There must be exactly the tensors that the model needs.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import torch
import transformers
from huggingface_hub.errors import StrictDataclassError
from safetensors import SafetensorError, safe_open
from torch import Tensor
from transformers import GenerationConfig
from transformers.utils import logging

from morris_mlx.errors import MissingError, MorrisError
from morris_mlx.generate.torch_backend.dequantize import dequantize, find_scheme
from morris_mlx.models.adapter_files import few
from morris_mlx.models.config import CONFIG, ModelConfig, read_config
from morris_mlx.models.families import TensorNames, family_of, find_family, model_types
from morris_mlx.models.hub_cache import model_label

logging.set_verbosity_error()  # the remarks of transformers are not for the user

# Not for transformers: quantized weights are dequantized here, and the device sets the precision.
NOT_PASSED_ON = ("quantization", "quantization_config", "torch_dtype", "dtype")
DEVICES = ("mps", "cuda", "cpu")  # in the order in which they are tried
GET_AGAIN = "Get the model again."


def choose_device(asked: str | None) -> torch.device:
    """Return the device asked for; without one the first available of MPS, CUDA and the CPU.

    "gpu" is MPS or CUDA. Raises MissingError when the device is not available.
    """
    there = {
        "mps": torch.backends.mps.is_available(),
        "cuda": torch.cuda.is_available(),
        "cpu": True,
    }
    wanted = {None: DEVICES, "gpu": DEVICES[:2]}.get(asked, (asked,))
    for name in wanted:
        if name is not None and there.get(name):
            return torch.device(name)
    raise MissingError(
        f"torch finds no {asked} on this machine. Use the device cpu, or give none; mps needs a "
        "Mac with Apple silicon, cuda an NVIDIA GPU, its driver, and a torch that was built "
        "for it (https://pytorch.org/get-started)."
    )


def precision_on(device: torch.device) -> torch.dtype:
    """Return float32 on the CPU; on a GPU bfloat16 where the chip has it, else float16."""
    if device.type == "cpu":
        return torch.float32
    if device.type == "cuda" and torch.cuda.is_bf16_supported(including_emulation=False):
        return torch.bfloat16
    return torch.float16


def load_torch_model(folder: Path, device: torch.device, precision: torch.dtype) -> Any:
    """Return the model in `folder`, ready to compute, with its quantized weights dequantized.

    Raises MissingError without weights; MorrisError for an unsupported kind of model, a damaged
    file, and missing, extra or misshapen tensors, by name.
    """
    config = read_config(folder)
    model = _empty_model(folder, config)
    names = family_of(config.model_type).tensors
    head = names.weight(names.head)
    tied = bool(model.config.tie_word_embeddings)
    shapes = {name: tuple(tensor.shape) for name, tensor in model.state_dict().items()}
    if tied:
        shapes.pop(head)
    with ExitStack() as stack:
        files = _Files(folder, stack)
        _require_names(folder, files, shapes, names, tied)
        weights = {
            name: tensor.to(device=device, dtype=precision)
            for name, tensor in _tensors(files, shapes, config.quantization)
        }
        if tied and head in files.place:
            _require_same_head(files, head, weights[names.weight(names.embedding)])
    model.load_state_dict(weights, strict=False, assign=True)
    if tied:
        model.lm_head.weight = model.model.embed_tokens.weight
    # Its frequencies are not in the files: they are computed when it is made.
    model.model.rotary_emb = type(model.model.rotary_emb)(config=model.config).to(device)
    model.generation_config = GenerationConfig()  # no defaults besides ours
    return model.eval().requires_grad_(False)


def _empty_model(folder: Path, config: ModelConfig) -> Any:
    kind = config.model_type
    family = find_family(kind)
    if family is None or kind is None:
        raise MorrisError(
            f"{model_label(folder)} holds a model of the type {kind!r}. The torch engine runs "
            f"{' and '.join(model_types())} models; use one of those, or the MLX engine."
        )
    classes = family.torch[kind]
    config_class = getattr(transformers, classes.config)
    model_class = getattr(transformers, classes.model)
    given = {name: value for name, value in config.values.items() if name not in NOT_PASSED_ON}
    settings = {**classes.defaults, **given}
    try:
        with torch.device("meta"):
            return model_class(config_class.from_dict(settings))
    except (TypeError, ValueError, KeyError, StrictDataclassError) as error:
        raise MorrisError(
            f"{folder / CONFIG} does not describe a {kind} model ({error}). {GET_AGAIN}"
        ) from error


class _Files:
    """The safetensors files of a folder: `place` maps tensor names to paths."""

    def __init__(self, folder: Path, stack: ExitStack) -> None:
        self.place: dict[str, Path] = {}
        self._open: dict[Path, Any] = {}
        paths = sorted(folder.glob("model*.safetensors"))
        if not paths:
            raise MissingError(
                f"No weights (model*.safetensors) in {model_label(folder)}. {GET_AGAIN}"
            )
        for path in paths:
            try:
                self._open[path] = stack.enter_context(safe_open(path, framework="pt"))
                self.place |= dict.fromkeys(self._open[path].keys(), path)
            except (SafetensorError, OSError) as error:
                raise MorrisError(f"{path} is damaged ({error}). {GET_AGAIN}") from error

    def read(self, name: str) -> Tensor:
        path = self.place[name]
        try:
            tensor: Tensor = self._open[path].get_tensor(name)
        except (SafetensorError, OSError, RuntimeError) as error:
            raise MorrisError(f"{path} is damaged ({error}). {GET_AGAIN}") from error
        return tensor


def _parts(name: str, place: Mapping[str, Path]) -> list[str]:
    """Return the names in the files of one tensor of the model: up to three if quantized."""
    layer = name.removesuffix(".weight")
    if f"{layer}.scales" not in place:
        return [name]
    return [name, f"{layer}.scales", *([f"{layer}.biases"] if f"{layer}.biases" in place else [])]


def _require_names(
    folder: Path,
    files: _Files,
    shapes: Mapping[str, tuple[int, ...]],
    names: TensorNames,
    tied: bool,
) -> None:
    missing = [name for name in shapes if name not in files.place]
    if missing:
        raise MorrisError(f"The weights in {model_label(folder)} lack {few(missing)}. {GET_AGAIN}")
    known = {part for name in shapes for part in _parts(name, files.place)}
    known |= {names.weight(names.head)} if tied else set()
    extra = [
        name
        for name in files.place
        # Old exports of Llama hold the rotary frequencies too, which follow from the config.
        if name not in known and not name.endswith(names.computed)
    ]
    if extra:
        raise MorrisError(
            f"The weights in {model_label(folder)} hold {few(extra)}, which a model of its "
            "config.json has no place for. It is another kind of model, or quantized in a way that "
            "torch cannot read here. Use the original weights."
        )


def _tensors(
    files: _Files, shapes: Mapping[str, tuple[int, ...]], quantization: Mapping[str, Any]
) -> Iterator[tuple[str, Tensor]]:
    """Yield the model's tensors with their names, on the CPU, in the shapes that it needs."""
    for name, shape in shapes.items():
        tensor, *more = (files.read(part) for part in _parts(name, files.place))
        if more:
            layer = name.removesuffix(".weight")
            biases = more[1] if len(more) > 1 else None
            if tensor.ndim != 2 or more[0].ndim != 2 or len(shape) != 2:
                raise MorrisError(
                    f"{name} in {files.place[name]} is not a quantized matrix. {GET_AGAIN}"
                )
            scheme = find_scheme(layer, quantization, tensor, more[0], shape[1])
            if (biases is not None) != (scheme.mode == "affine"):
                raise MorrisError(f"{name} in {files.place[name]} lacks its biases. {GET_AGAIN}")
            tensor = dequantize(tensor, more[0], biases, scheme)
        if tuple(tensor.shape) != shape or not tensor.is_floating_point():
            raise MorrisError(
                f"{name} in {files.place[name]} is {tuple(tensor.shape)} of {tensor.dtype} and "
                f"must be {shape} of floating-point numbers. {GET_AGAIN}"
            )
        yield name, tensor


def _require_same_head(files: _Files, name: str, embedding: Tensor) -> None:
    """Raise MorrisError if a tied model has an output layer that is not its embedding."""
    head = files.read(name).to(device=embedding.device, dtype=embedding.dtype)
    if not torch.equal(head, embedding):
        raise MorrisError(
            f"{name} in {files.place[name]} differs from the embedding, although "
            f"config.json ties them (tie_word_embeddings). {GET_AGAIN}"
        )
