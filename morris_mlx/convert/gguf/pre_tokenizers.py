"""Pre-tokenizers of byte-level BPE, by their names in GGUF files.

A pre-tokenizer cuts a text into pieces, and tokens are merged within a piece. A wrong one would
give other tokens than the model was trained on, without any error, so unknown names are refused.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

CONTRACTIONS = "(?i:'s|'t|'re|'ve|'m|'ll|'d)"
REST = r"\s*[\r\n]+|\s+(?!\S)|\s+"  # white space
GPT4 = (  # cl100k, which most models of 2024 use, with digits in groups of up to `{digits}`
    CONTRACTIONS + r"|[^\r\n\p{{L}}\p{{N}}]?\p{{L}}+|\p{{N}}{digits}"
    r"| ?[^\s\p{{L}}\p{{N}}]+[\r\n]*|" + REST
)
UPPER, LOWER = r"[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]", r"[\p{Ll}\p{Lm}\p{Lo}\p{M}]"
WORD = r"[^\r\n\p{L}\p{N}]?"  # a character before the letters of a word
GPT4O = (
    f"{WORD}{UPPER}*{LOWER}+{CONTRACTIONS}?|{WORD}{UPPER}+{LOWER}*{CONTRACTIONS}?"
    rf"|\p{{N}}{{1,3}}| ?[^\s\p{{L}}\p{{N}}]+[\r\n/]*|{REST}"
)
TEKKEN = (
    f"{WORD}{UPPER}*{LOWER}+|{WORD}{UPPER}+{LOWER}*"
    rf"|\p{{N}}| ?[^\s\p{{L}}\p{{N}}]+[\r\n/]*|{REST}"
)
QWEN35 = (  # as Qwen 2's, with combining marks inside words
    CONTRACTIONS + r"|[^\r\n\p{L}\p{N}]?[\p{L}\p{M}]+|\p{N}"
    r"| ?[^\s\p{L}\p{M}\p{N}]+[\r\n]*|" + REST
)
WORDS = r" ?[^(\s|.,!?…。，、।۔،)]+"  # of BLOOM and its descendants
DEEPSEEK_CODER = (r"[\r\n]", r"\s?\p{L}+", r"\s?\p{P}+", r"[一-龥ࠀ-一가-퟿]+", r"\p{N}")
DIGITS = r"\p{N}"


@dataclass(frozen=True, slots=True)
class PreTokenizer:
    """The patterns that cut a text, one after the other.

    With `gpt2`, the pieces are also cut by GPT-2's pattern. With `whole_words`, a piece that is a
    token is used without merges. With `composes`, letters are first joined with their marks
    (Unicode's NFC), as in the model's own tokenizer; llama.cpp does not do this.
    """

    patterns: tuple[str, ...] = ()
    gpt2: bool = False
    whole_words: bool = False
    composes: bool = False
    add_bos: bool = False  # the default for files without this setting

    def as_json(self) -> dict[str, Any]:
        """Return the entry `pre_tokenizer` of tokenizer.json."""
        splits: list[dict[str, Any]] = [
            {"type": "Split", "pattern": {"Regex": p}, "behavior": "Isolated", "invert": False}
            for p in self.patterns
        ]
        return {"type": "Sequence", "pretokenizers": [*splits, byte_level(self.gpt2)]}


def byte_level(use_regex: bool) -> dict[str, Any]:
    """Return the step that turns each byte into a printable character."""
    return {
        "type": "ByteLevel",
        "add_prefix_space": False,
        "trim_offsets": False,
        "use_regex": use_regex,
    }


GPT2 = PreTokenizer(gpt2=True)
SINGLE_DIGITS = PreTokenizer((DIGITS,), gpt2=True)
LLAMA3 = PreTokenizer((GPT4.format(digits="{1,3}"),), whole_words=True, add_bos=True)
CL100K = PreTokenizer((GPT4.format(digits="{1,3}"),))
SINGLE_CL100K = PreTokenizer((GPT4.format(digits=""),))
QWEN2 = replace(SINGLE_CL100K, composes=True)

PRE_TOKENIZERS = {
    **dict.fromkeys(("llama-bpe", "llama3", "llama-v3", "falcon3", "pixtral", "lfm2"), LLAMA3),
    **dict.fromkeys(("dbrx", "smaug-bpe"), CL100K),
    "qwen2": QWEN2,
    "qwen35": PreTokenizer((QWEN35,), composes=True),
    **dict.fromkeys(("deepseek-r1-qwen", "stablelm2", "megrez", "hunyuan"), SINGLE_CL100K),
    **dict.fromkeys(("gpt-4o", "llama4"), PreTokenizer((GPT4O,))),
    "tekken": PreTokenizer((TEKKEN,), whole_words=True, add_bos=True),
    **dict.fromkeys(("gpt-2", "phi-2", "mpt", "olmo", "jais", "roberta-bpe", "trillion"), GPT2),
    **dict.fromkeys(
        ("smollm", "starcoder", "refact", "command-r", "codeshell", "exaone", "minerva-7b"),
        SINGLE_DIGITS,
    ),
    **dict.fromkeys(("bloom", "poro-chat", "gpt3-finnish"), PreTokenizer((WORDS,))),
    "viking": PreTokenizer((WORDS, DIGITS)),
    "deepseek-coder": PreTokenizer(DEEPSEEK_CODER),
}
