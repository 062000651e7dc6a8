"""The chat template in a model's folder, and the texts of the special tokens that it writes."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from morris_mlx.errors import MorrisError
from morris_mlx.models.chat_formats.sandbox import Template

TOKENIZER_CONFIG = "tokenizer_config.json"
SPECIAL_TOKENS = "special_tokens_map.json"
GENERATION_CONFIG = "generation_config.json"
TEMPLATE_FILE, PROCESSOR_TEMPLATE = "chat_template.jinja", "chat_template.json"
KEY = "chat_template"
DEFAULT = "default"  # the name of the template for conversations, of a model with several


def read_template(folder: Path) -> Template | None:
    """Return the model's chat template, or None for a model without one.

    A separate file takes precedence over the tokenizer's config, as in transformers. Raises
    MorrisError for a damaged file.
    """
    config = _read_object(folder / TOKENIZER_CONFIG)
    text = _read_text(folder / TEMPLATE_FILE)
    if not text:
        value = _read_object(folder / PROCESSOR_TEMPLATE).get(KEY) or config.get(KEY) or ""
        text = _of_several(value)
    if not text:
        return None
    return Template(text, _special_tokens({**_read_object(folder / SPECIAL_TOKENS), **config}))


def end_token(folder: Path) -> str:
    """Return the end-of-sequence token that a model's files name, or ""."""
    known = {**_read_object(folder / SPECIAL_TOKENS), **_read_object(folder / TOKENIZER_CONFIG)}
    return _special_tokens(known).get("eos_token", "")


def generation_end_ids(folder: Path) -> frozenset[int]:
    """Return the ids that end a reply by the model's generation_config.json."""
    value = _read_object(folder / GENERATION_CONFIG).get("eos_token_id")
    values = value if isinstance(value, list) else [value]
    return frozenset(number for number in values if type(number) is int)


def _special_tokens(config: Mapping[str, Any]) -> dict[str, str]:
    """Return the texts of the tokens with a name, as `bos_token`."""
    found = {}
    for name, value in config.items():
        text = value.get("content") if isinstance(value, dict) else value
        if name.endswith("_token") and isinstance(text, str):
            found[name] = text
    return found


def _of_several(value: object) -> str:
    """Return a template's text; for a list of named ones, that of the one for conversations."""
    if isinstance(value, list):
        named = {item.get("name"): item.get("template") for item in value if isinstance(item, dict)}
        value = named.get(DEFAULT) or next(iter(named.values()), "")
    return value if isinstance(value, str) else ""


def _read_text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except FileNotFoundError:
        return ""
    except (OSError, ValueError) as error:
        raise _damaged(path, error) from error


def _read_object(path: Path) -> dict[str, Any]:
    try:
        values = json.loads(_read_text(path) or "{}")
    except (ValueError, RecursionError) as error:
        raise _damaged(path, error) from error
    if not isinstance(values, dict):
        raise _damaged(path, "it must hold an object")
    return values


def _damaged(path: Path, reason: object) -> MorrisError:
    return MorrisError(f"{path} is damaged ({reason}). Get the model again.")
