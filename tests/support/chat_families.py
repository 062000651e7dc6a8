"""Families of models: for each a small tokenizer, its template, and the expected format."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from tokenizers import AddedToken, Tokenizer, normalizers

from morris_mlx.models.chat_formats import SystemPlace
from support.chat_models import (
    LLAMA_PATTERN,
    QWEN_PATTERN,
    byte_level,
    llama_ranks,
    qwen_ranks,
    sentencepiece_bpe,
    tekken_ranks,
    trl_template,
    write_folder,
)

MISTRAL_V1 = "tokenizer.model.v1"
MISTRAL_V3 = "mistral_instruct_tokenizer_240323.model.v3"

# Templates of families that TRL does not have, of the structure of the models' own.
ZEPHYR = (
    "{% for message in messages %}\n"
    "{% if message['role'] == 'user' %}\n{{ '<|user|>\n' + message['content'] + eos_token }}\n"
    "{% elif message['role'] == 'system' %}\n"
    "{{ '<|system|>\n' + message['content'] + eos_token }}\n"
    "{% else %}\n{{ '<|assistant|>\n' + message['content'] + eos_token }}\n{% endif %}\n"
    "{% if loop.last and add_generation_prompt %}\n{{ '<|assistant|>' }}\n{% endif %}\n"
    "{% endfor %}"
)
ALTERNATION = (
    "{% if (m.role == 'user') != (loop.index0 % 2 == 0) %}"
    "{{ raise_exception('roles must alternate') }}{% endif %}"
)
SYSTEM_APART = (
    "{% if messages[0].role == 'system' %}{% set system = messages[0].content %}"
    "{% set rest = messages[1:] %}{% else %}{% set rest = messages %}{% endif %}{{ bos_token }}"
)
LLAMA_2 = (
    "{% if messages[0].role == 'system' %}{% set system = '<<SYS>>\n' + messages[0].content +"
    " '\n<</SYS>>\n\n' %}{% set rest = messages[1:] %}{% else %}{% set system = '' %}"
    "{% set rest = messages %}{% endif %}{% for m in rest %}" + ALTERNATION + "{% if m.role =="
    " 'user' %}{{ bos_token + '[INST] ' + (system if loop.first else '') + m.content | trim +"
    " ' [/INST]' }}{% else %}{{ ' ' + m.content | trim + ' ' + eos_token }}{% endif %}{% endfor %}"
)
MISTRAL_1 = SYSTEM_APART + (
    "{% for m in rest %}" + ALTERNATION + "{% if m.role == 'user' %}{% if loop.first and system is"
    " defined %}{{ ' [INST] ' + system + '\n\n' + m.content + ' [/INST]' }}{% else %}"
    "{{ ' [INST] ' + m.content + ' [/INST]' }}{% endif %}{% else %}{{ ' ' + m.content + eos_token }}"
    "{% endif %}{% endfor %}"
)
MISTRAL_3 = SYSTEM_APART + (
    "{% for m in rest %}" + ALTERNATION + "{% if m.role == 'user' %}{% if loop.last and system is"
    " defined %}{{ '[INST] ' + system + '\n\n' + m.content + '[/INST]' }}{% else %}"
    "{{ '[INST] ' + m.content + '[/INST]' }}{% endif %}{% else %}"
    "{{ ' ' + m.content | trim + eos_token }}{% endif %}{% endfor %}"
)
TEKKEN = MISTRAL_3.replace("'[INST] '", "'[INST]'").replace("' ' + m", "m")
MINISTRAL_3 = (
    "{{ bos_token }}{% if messages[0].role == 'system' %}{% set text = messages[0].content %}"
    "{% set rest = messages[1:] %}{% else %}{% set text = 'Today is ' + strftime_now('%Y-%m-%d') %}"
    "{% set rest = messages %}{% endif %}{{ '[SYSTEM_PROMPT]' + text + '[/SYSTEM_PROMPT]' }}"
    "{% for m in rest %}" + ALTERNATION + "{{ '[INST]' + m.content + '[/INST]' if m.role == 'user'"
    " else m.content + eos_token }}{% endfor %}"
)
SMOLLM_2 = (
    "{% for message in messages %}{% if loop.first and messages[0]['role'] != 'system' %}"
    "{{ '<|im_start|>system\nYou are an assistant.<|im_end|>\n' }}{% endif %}"
    "{{ '<|im_start|>' + message['role'] + '\n' + message['content'] + '<|im_end|>\n' }}"
    "{% endfor %}{% if add_generation_prompt %}{{ '<|im_start|>assistant\n' }}{% endif %}"
)
SMOLLM_3 = (
    "{%- if enable_thinking is not defined %}{% set enable_thinking = true %}{% endif %}"
    "{% set ns = namespace(text='') %}{% if messages[0].role == 'system' %}"
    "{% set ns.text = messages[0].content %}{% endif %}"
    "{{- '<|im_start|>system\n## Metadata\n\nToday Date: ' + strftime_now('%d %B %Y') }}"
    "{{- '\nReasoning Mode: ' + ('/think' if enable_thinking else '/no_think') + '\n\n' }}"
    "{{- '## Custom Instructions\n\n' + (ns.text or 'You are an assistant.') + '<|im_end|>\n' }}"
    "{% for m in messages %}{% if m.role == 'user' %}"
    "{{ '<|im_start|>user\n' + m.content + '<|im_end|>\n' }}{% elif m.role == 'assistant' %}"
    "{% generation %}{{ '<|im_start|>assistant\n' + ('' if enable_thinking else"
    " '<think>\n\n</think>\n') + m.content.lstrip('\n') + '<|im_end|>\n' }}{% endgeneration %}"
    "{% endif %}{% endfor %}{% if add_generation_prompt %}{{ '<|im_start|>assistant\n' + ('' if"
    " enable_thinking else '<think>\n\n</think>\n') }}{% endif %}"
)
PHI_4 = (
    "{% for m in messages %}{{ '<|im_start|>' + m.role + '<|im_sep|>' + m.content + '<|im_end|>' }}"
    "{% endfor %}{% if add_generation_prompt %}{{ '<|im_start|>assistant<|im_sep|>' }}{% endif %}"
)
OLMO_2 = (
    "{{ bos_token }}{% for m in messages %}{% if m.role == 'system' %}{{ '<|system|>\n' + m.content"
    " + '\n' }}{% elif m.role == 'user' %}{{ '<|user|>\n' + m.content + '\n' }}{% else %}"
    "{{ '<|assistant|>\n' + m.content + eos_token + ('' if loop.last else '\n') }}{% endif %}"
    "{% if loop.last and add_generation_prompt %}{{ '<|assistant|>\n' }}{% endif %}{% endfor %}"
)
TULU_2 = OLMO_2.replace("{{ bos_token }}", "")


def qwen(*special: str, added: tuple[str, ...] = ()) -> Callable[[], Tokenizer]:
    return lambda: byte_level(qwen_ranks(), QWEN_PATTERN, special, added, normalizers.NFC())


def llama(*special: str) -> Callable[[], Tokenizer]:
    return lambda: byte_level(llama_ranks(), LLAMA_PATTERN, special)


def tekken(*special: str) -> Callable[[], Tokenizer]:
    return lambda: byte_level(tekken_ranks(), LLAMA_PATTERN, special)


def plain(*special: str) -> Callable[[], Tokenizer]:
    return lambda: byte_level({}, QWEN_PATTERN, special, ("\n\n", "\n\n\n", "<h1>", "</s>"))


def phi3() -> Tokenizer:
    """Return a tokenizer like Phi-3's, whose markers absorb the white space after them."""
    names = ("<|endoftext|>", "<|assistant|>", "<|system|>", "<|end|>", "<|user|>")
    return sentencepiece_bpe(
        MISTRAL_V1, [AddedToken(n, special=True, normalized=False, rstrip=True) for n in names]
    )


def v3(scheme: str = "first") -> Tokenizer:
    return sentencepiece_bpe(MISTRAL_V3, scheme=scheme)


CHATML = ("<|endoftext|>", "<|im_start|>", "<|im_end|>")
QWEN_3 = qwen(*CHATML, added=("<think>", "</think>", "<tool_call>", "</tool_call>"))
HEADERS = ("<|begin_of_text|>", "<|start_header_id|>", "<|end_header_id|>", "<|eot_id|>")
GEMMA = plain("<pad>", "<eos>", "<bos>", "<start_of_turn>", "<end_of_turn>")
GEMMA_4 = plain("<pad>", "<eos>", "<bos>", "<|turn>", "<turn|>", "<|channel>", "<channel|>")
HARMONY = qwen("<|start|>", "<|end|>", "<|message|>", "<|channel|>", "<|return|>", "<|call|>")
BOS_EOS = ("<unk>", "<s>", "</s>")
INST = (*BOS_EOS, "[INST]", "[/INST]", "[SYSTEM_PROMPT]", "[/SYSTEM_PROMPT]")


@dataclass(frozen=True)
class Family:
    """A tokenizer, a template or its name in TRL, and the format that Morris must find."""

    tokenizer: Callable[[], Tokenizer]
    template: str
    end: str
    place: SystemPlace = SystemPlace.FIRST
    bos: str = ""
    eos: str = "</s>"
    think: str = ""  # ends the prompt of a reply
    markers: tuple[str, ...] = ()


FIRST, LAST_USER, FOLDED = SystemPlace.FIRST, SystemPlace.LAST_USER, SystemPlace.FOLDED
ROLES = ("<|system|>", "<|user|>", "<|assistant|>")
EMPTY = "<think>\n\n</think>\n\n"
FAMILIES = {
    "zephyr": Family(lambda: sentencepiece_bpe(MISTRAL_V1), ZEPHYR, "</s>", markers=ROLES),
    "llama-3": Family(llama(*HEADERS), "llama3", "<|eot_id|>", bos="<|begin_of_text|>"),
    "llama-3.1": Family(llama(*HEADERS), "llama3_1", "<|eot_id|>", bos="<|begin_of_text|>"),
    "llama-3.2": Family(llama(*HEADERS), "llama3_2", "<|eot_id|>", bos="<|begin_of_text|>"),
    "gemma-2": Family(GEMMA, "gemma", "<end_of_turn>", FOLDED, "<bos>"),
    "gemma-3": Family(GEMMA, "gemma3", "<end_of_turn>", FIRST, "<bos>"),
    "gemma-4": Family(GEMMA_4, "gemma4_v5", "<turn|>", FIRST, "<bos>"),
    "gemma-4-first": Family(GEMMA_4, "gemma4", "<turn|>", FIRST, "<bos>"),
    "qwen-2.5": Family(qwen(*CHATML), "qwen2_5", "<|im_end|>"),
    "qwen-3": Family(QWEN_3, "qwen3", "<|im_end|>", think=EMPTY),
    "qwen-3-2507": Family(QWEN_3, "qwen3_instruct_2507", "<|im_end|>"),
    "qwen-3.5": Family(QWEN_3, "qwen3_5_think", "<|im_end|>", think=EMPTY),
    "qwen-3.5-small": Family(QWEN_3, "qwen3_5_nothink", "<|im_end|>", think=EMPTY),
    "qwen-3.8": Family(QWEN_3, "qwen3_8", "<|im_end|>", think=EMPTY),
    "llama-2": Family(
        lambda: sentencepiece_bpe(MISTRAL_V1), LLAMA_2, "</s>", FIRST, "<s>",
        markers=("[INST]", "[/INST]", "<<SYS>>", "<</SYS>>"),
    ),
    "mistral-v1": Family(
        lambda: sentencepiece_bpe(MISTRAL_V1), MISTRAL_1, "</s>", FIRST, "<s>",
        markers=("[INST]", "[/INST]"),
    ),
    "mistral-v3": Family(v3, MISTRAL_3, "</s>", LAST_USER, "<s>"),
    "mistral-v3-older-file": Family(lambda: v3(""), MISTRAL_3, "</s>", LAST_USER, "<s>"),
    "mistral-tekken": Family(tekken(*INST), TEKKEN, "</s>", LAST_USER, "<s>"),
    "ministral-3": Family(tekken(*INST), MINISTRAL_3, "</s>", FIRST, "<s>"),
    "smollm-2": Family(qwen(*CHATML), SMOLLM_2, "<|im_end|>", bos="<|im_start|>"),
    "smollm-3": Family(QWEN_3, SMOLLM_3, "<|im_end|>", think="<think>\n\n</think>\n"),
    "phi-3": Family(phi3, "phi3", "<|end|>", eos="<|endoftext|>"),
    "phi-3.5": Family(phi3, "phi3_5", "<|end|>", eos="<|endoftext|>"),
    "phi-4": Family(qwen(*CHATML, "<|im_sep|>"), PHI_4, "<|im_end|>"),
    "olmo-2": Family(
        qwen("<|endoftext|>"), OLMO_2, "<|endoftext|>", bos="<|endoftext|>", eos="<|endoftext|>",
        markers=ROLES,
    ),
    "tulu-2": Family(lambda: sentencepiece_bpe(MISTRAL_V1), TULU_2, "</s>", markers=ROLES),
    "lfm-2": Family(qwen(*CHATML, "<s>"), "lfm2_v2", "<|im_end|>", bos="<s>"),
    "gpt-oss": Family(HARMONY, "gptoss", "<|return|>", think="<|channel|>final<|message|>"),
}  # fmt: skip


def template_of(family: Family) -> str:
    is_own = "{" in family.template
    return family.template if is_own else trl_template(family.template)


def named_tokens(family: Family) -> dict[str, str]:
    tokens = {"bos_token": family.bos, "eos_token": family.eos}
    return {key: token for key, token in tokens.items() if token}


def family_folder(name: str, folder: Path) -> Path:
    """Write a family's tokenizer and template to a folder."""
    family = FAMILIES[name]
    return write_folder(folder, family.tokenizer(), template_of(family), named_tokens(family))
