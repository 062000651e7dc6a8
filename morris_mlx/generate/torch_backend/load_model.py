"""Model folders loaded as transformers' own text models, on one device, at one precision.

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
from torch import Tensor
from transformers import GenerationConfig
from transformers.utils import logging

from morris_mlx.errors import MissingError, MorrisError
from morris_mlx.generate.torch_backend.weight_files import GET_AGAIN, WeightFiles
from morris_mlx.generate.torch_backend.weight_names import stored_names
from morris_mlx.models.adapter_files import few
from morris_mlx.models.config import CONFIG, ModelConfig, read_config
from morris_mlx.models.families import LLAMA, SLIDING
from morris_mlx.models.hub_cache import model_label
from morris_mlx.models.torch_types import TORCH_TYPES, TorchClasses, torch_names, torch_type

logging.set_verbosity_error()  # the remarks of transformers are not for the user

# Not for transformers: quantized weights are dequantized here, and the device sets the precision.
# The parts of a model for pictures are not the language model's.
NOT_PASSED_ON = (
    *("quantization", "quantization_config", "torch_dtype", "dtype"),
    *("model_type", "architectures", "text_config", "vision_config", "audio_config"),
)
NAMES = LLAMA.tensors  # those of transformers' text models of all types
HEAD, EMBEDDING = NAMES.weight(NAMES.head), NAMES.weight(NAMES.embedding)
FULL = "full_attention"
CONVOLUTION = "conv1d.weight"
# Weights that mlx-lm stores with 1 added if TorchClasses.shifted_norms says so.
SHIFTED = (
    *(".input_layernorm.weight", ".post_attention_layernorm.weight", "model.norm.weight"),
    *(".q_norm.weight", ".k_norm.weight"),
)
DEVICES = ("mps", "cuda", "cpu")  # in the order in which they are tried


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
    classes = _classes_of(folder, config)
    with ExitStack() as stack:
        files = WeightFiles(folder, stack)
        model = _empty_model(folder, config, classes, HEAD in files.places)
        tied = bool(model.config.tie_word_embeddings)
        shapes = {name: tuple(tensor.shape) for name, tensor in model.state_dict().items()}
        if tied:
            shapes.pop(HEAD)
        _require_names(folder, files, shapes, tied)
        weights = {
            name: tensor.to(device=device, dtype=precision)
            for name, tensor in _tensors(files, shapes, config.quantization, classes)
        }
        if tied and HEAD in files.places:
            _require_same_head(files, weights[EMBEDDING])
    _fill_buffers(model, device)
    if classes.rounded_scale:
        scale = model.model.embed_tokens.embed_scale
        scale.copy_(scale.to(torch.bfloat16))
    model.load_state_dict(weights, strict=False, assign=True)
    if tied:
        model.lm_head.weight = model.model.embed_tokens.weight
    model.generation_config = GenerationConfig()  # no defaults besides ours
    return model.eval().requires_grad_(False)


def _classes_of(folder: Path, config: ModelConfig) -> TorchClasses:
    kind = torch_type(config)
    if kind is None:
        raise MorrisError(
            f"{model_label(folder)} holds a model of the type {config.model_type!r}, which the "
            f"torch engine does not run. Use the MLX engine, or a model of the types "
            f"{torch_names()}."
        )
    classes = TORCH_TYPES[kind]
    if not hasattr(transformers, classes.model):
        raise MissingError(
            f"{model_label(folder)} holds a model of the type {config.model_type!r}, which "
            f"transformers {transformers.__version__} does not have. Update it: "
            "pip install --upgrade transformers. Or use the MLX engine."
        )
    if classes.may_slide and SLIDING in (config.text.get("layer_types") or ()):
        raise MorrisError(
            f"{model_label(folder)} is a model of the type {config.model_type!r} in which some "
            "layers have sliding attention. The torch engine does not compute these. Use the MLX "
            "engine."
        )
    return classes


def _empty_model(folder: Path, config: ModelConfig, classes: TorchClasses, has_head: bool) -> Any:
    config_class = getattr(transformers, classes.config)
    model_class = getattr(transformers, classes.model)
    settings = torch_settings(config, classes, has_head)
    try:
        with torch.device("meta"):
            return model_class(config_class.from_dict(settings))
    except (TypeError, ValueError, KeyError, StrictDataclassError) as error:
        raise MorrisError(
            f"{folder / CONFIG} does not describe a {config.model_type} model ({error}). "
            f"{GET_AGAIN}"
        ) from error


def torch_settings(config: ModelConfig, classes: TorchClasses, has_head: bool) -> dict[str, Any]:
    """Return the values for transformers' config of a text model.

    If the config does not say whether the output layer is the embedding, the files do: `has_head`.
    """
    given = {name: value for name, value in config.text.items() if name not in NOT_PASSED_ON}
    settings = {**classes.defaults, **given, **classes.fixed}
    settings["pad_token_id"] = None  # it may be beyond the vocabulary
    if classes.full_attention:
        layers = given.get("num_hidden_layers")
        settings["layer_types"] = [FULL] * layers if isinstance(layers, int) else None
    for key in ("rope_scaling", "rope_parameters"):
        scaling = settings.get(key)
        if isinstance(scaling, Mapping) and "long_factor" in scaling:
            # mlx-lm uses the long factors at every length, and adapters are trained with it.
            settings[key] = {**scaling, "short_factor": scaling["long_factor"]}
    if config.tied is None:
        settings["tie_word_embeddings"] = not has_head
    return settings


def _fill_buffers(model: Any, device: torch.device) -> None:
    """Compute what is not in the files but follows from the config, such as rotary frequencies.

    Raises MissingError for a version of transformers that does not compute them by itself.
    """
    for module in model.modules():
        empty = [n for n, buffer in module.named_buffers(recurse=False) if buffer.is_meta]
        for name in empty:
            buffer = getattr(module, name)
            setattr(module, name, torch.full_like(buffer, torch.nan, device=device))
        if empty:
            model._init_weights(module)  # there is no public function for a single module
        if any(bool(getattr(module, name).isnan().any()) for name in empty):
            raise MissingError(
                f"transformers {transformers.__version__} cannot set up {type(module).__name__} "
                "here. Update it: pip install --upgrade transformers."
            )


def _require_names(
    folder: Path, files: WeightFiles, shapes: Mapping[str, tuple[int, ...]], tied: bool
) -> None:
    needed = [
        name
        for own, shape in shapes.items()
        for names in stored_names(own, shape[0], files.places)
        for name in names
    ]
    missing = [name for name in needed if name not in files.places]
    if missing:
        raise MorrisError(f"The weights in {model_label(folder)} lack {few(missing)}. {GET_AGAIN}")
    known = {part for name in needed for part in files.parts(name)}
    known |= {HEAD} if tied else set()
    extra = [
        name
        for name in files.places
        # Old exports of Llama hold the rotary frequencies too, which follow from the config.
        if name not in known and not name.endswith(NAMES.computed)
    ]
    if extra:
        raise MorrisError(
            f"The weights in {model_label(folder)} hold {few(extra)}, which a model of its "
            "config.json has no place for. It is another kind of model, or quantized in a way that "
            "torch cannot read here. Use the original weights."
        )


def _tensors(
    files: WeightFiles,
    shapes: Mapping[str, tuple[int, ...]],
    quantization: Mapping[str, Any],
    classes: TorchClasses,
) -> Iterator[tuple[str, Tensor]]:
    """Yield the model's tensors with their names, on the CPU, in the shapes that it needs."""
    shifted = classes.shifted_norms and _has_mlx_convolutions(files)
    for name, shape in shapes.items():
        joined = []
        for names in stored_names(name, shape[0], files.places):
            parts = [files.read_unpacked(n, shape[-1], len(shape), quantization) for n in names]
            joined.append(torch.stack(parts) if len(parts) > 1 else parts[0])
        tensor = torch.cat(joined, dim=-2) if len(joined) > 1 else joined[0]
        if shifted and name.endswith(CONVOLUTION):
            tensor = tensor.movedim(2, 1)
        if shifted and name.endswith(SHIFTED):
            tensor = tensor.float() - 1.0
        if tuple(tensor.shape) != shape or not tensor.is_floating_point():
            raise MorrisError(
                f"{name} in {files.places[names[0]].path} is {tuple(tensor.shape)} of "
                f"{tensor.dtype} and must be {shape} of floating-point numbers. {GET_AGAIN}"
            )
        yield name, tensor


def _has_mlx_convolutions(files: WeightFiles) -> bool:
    """Return True if mlx-lm wrote the files: the channels of its convolutions come last."""
    names = [name for name in files.places if name.endswith(CONVOLUTION)]
    return any(files.shape(name)[-1] == 1 for name in names)


def _require_same_head(files: WeightFiles, embedding: Tensor) -> None:
    """Raise MorrisError if a tied model has an output layer that is not its embedding."""
    head = files.read(HEAD).to(device=embedding.device, dtype=embedding.dtype)
    if not torch.equal(head, embedding):
        raise MorrisError(
            f"{HEAD} in {files.places[HEAD].path} differs from the embedding, although "
            f"config.json ties them (tie_word_embeddings). {GET_AGAIN}"
        )
