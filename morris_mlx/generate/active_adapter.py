"""Settings and adapter → the adapter that the model runs with, and its system prompt."""

from __future__ import annotations

from morris_mlx.defaults import SYSTEM_PROMPT
from morris_mlx.generate.backend import ActiveAdapter
from morris_mlx.models.chat_formats import ZEPHYR
from morris_mlx.models.chat_tokenizer import ChatTokenizer
from morris_mlx.models.find import ModelFiles
from morris_mlx.models.load import model_digest
from morris_mlx.records.corpus import Message
from morris_mlx.records.generation import STRENGTH, Adapter, GenerationSettings


def active_adapter(settings: GenerationSettings, adapter: Adapter | None) -> ActiveAdapter:
    """Return the adapter at the strength of the settings; the base alone without one."""
    if adapter is None:
        return ActiveAdapter()
    return ActiveAdapter(adapter, STRENGTH if settings.strength is None else settings.strength)


def note_on_other_format(tokenizer: ChatTokenizer, adapter: Adapter) -> str:
    """Return a remark if an adapter was trained with another chat format, else ""."""
    if adapter.run is None:
        return ""
    trained = adapter.run.chat_template or ZEPHYR.template
    if trained.structure == tokenizer.chat_format.structure_digest():
        return ""
    return (
        f"{adapter.name} was trained with another chat template than this model has now, so its "
        "replies may be worse. Use the earlier version of the model, or train again."
    )


def with_system_prompt(
    messages: tuple[Message, ...], settings: GenerationSettings, adapter: Adapter | None
) -> tuple[Message, ...]:
    """Return the messages under one system prompt.

    The messages' own comes first, then that of the settings, then the adapter's; "" is none.
    """
    if any(m.role == "system" for m in messages[:-1]):
        return tuple(m for m in messages if m.role != "system" or m.content.strip())
    prompt = settings.system_prompt
    if prompt is None:
        prompt = SYSTEM_PROMPT if adapter is None else adapter.system_prompt
    return (Message("system", prompt), *messages) if prompt else messages


def reference_to(files: ModelFiles, adapter: Adapter | None) -> dict[str, str]:
    """Return names and hashes of model and adapter, which with the settings determine a reply."""
    reference = {"model": files.name, "model_digest": model_digest(files.folder)}
    if adapter is not None:
        reference |= {"adapter": adapter.name, "adapter_sha256": adapter.digest}
    return reference
