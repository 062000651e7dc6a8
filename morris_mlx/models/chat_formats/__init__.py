"""Chat formats: the texts that structure a conversation, taken from each model's own template.

`describe` turns a template into a `ChatFormat`, from which `models.chat_tokenizer` renders ids:

    template = Template(text, {"eos_token": "<|im_end|>"})
    chat_format = describe(template, special_tokens=["<|im_start|>", "<|im_end|>"])
"""

from morris_mlx.models.chat_formats.chat_format import ZEPHYR, ChatFormat, SystemPlace
from morris_mlx.models.chat_formats.describe import DescriptionError, describe
from morris_mlx.models.chat_formats.sandbox import Template, TemplateError

__all__ = [
    "ZEPHYR",
    "ChatFormat",
    "DescriptionError",
    "SystemPlace",
    "Template",
    "TemplateError",
    "describe",
]
