"""Settings → which adapter the base wears, and the system prompt that goes with it."""

from __future__ import annotations

from morris_mlx.defaults import ADAPTER_WEIGHTS, RUN_FILE, SYSTEM_PROMPT
from morris_mlx.files import file_digest
from morris_mlx.generate.backend import Adaptation
from morris_mlx.models.find import ModelFiles
from morris_mlx.models.load import model_digest
from morris_mlx.project.adapters import find_adapter, read_run
from morris_mlx.project.folder import current_project
from morris_mlx.records.corpus import Message
from morris_mlx.records.generation import STRENGTH, GenerationSettings


def adaptation_of(settings: GenerationSettings) -> Adaptation:
    """Raises MissingError, with the names that there are, for an unknown adapter."""
    if settings.adapter is None:
        return Adaptation()
    folder = find_adapter(current_project(), settings.adapter)
    weights = folder / ADAPTER_WEIGHTS
    version = weights.stat().st_mtime_ns if weights.exists() else 0
    return Adaptation(folder, STRENGTH if settings.strength is None else settings.strength, version)


def with_system(messages: tuple[Message, ...], settings: GenerationSettings) -> tuple[Message, ...]:
    """With the system prompt: the messages' own, the settings', or the adapter's; "" is none."""
    if any(m.role == "system" for m in messages[:-1]):
        return tuple(m for m in messages if m.role != "system" or m.content.strip())
    said = settings.system_prompt
    prompt = _learned_prompt(settings) if said is None else said
    return (Message("system", prompt), *messages) if prompt else messages


def _learned_prompt(settings: GenerationSettings) -> str:
    if settings.adapter is not None:
        folder = find_adapter(current_project(), settings.adapter)
        if (folder / RUN_FILE).exists():
            return read_run(folder).system_prompt
    return SYSTEM_PROMPT


def reference_to(settings: GenerationSettings, files: ModelFiles) -> dict[str, str]:
    """Names and hashes of model and adapter: what a reply depends on besides the settings."""
    reference = {"model": files.name, "model_digest": model_digest(files.folder)}
    adaptation = adaptation_of(settings)
    if adaptation.adapter is not None:
        reference["adapter"] = str(settings.adapter)
        weights = adaptation.adapter / ADAPTER_WEIGHTS
        reference["adapter_sha256"] = file_digest(weights)
    return reference
