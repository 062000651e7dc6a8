"""Plain text files → a byte-level BPE tokenizer and one long array of token ids."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers

from .schedule import LONG

SPECIAL_TOKENS = ["<unk>", "<s>", "</s>"]  # ids 0, 1, 2: as in Zephyr's vocabulary
END_ID = 2
MAX_WORK_WORDS = 300_000  # one prolific author must not become the voice of the base
# Shown to the tokenizer so that Zephyr's role markers cost few tokens. They stay ordinary text.
TEMPLATE_TEXT = "<|system|>\n\n<|user|>\n\n<|assistant|>\n" * 200

# Zephyr's chat template: role markers are text, every turn ends with the end-of-sequence token.
CHAT_TEMPLATE = (
    "{% for message in messages %}\n"
    "{% if message['role'] == 'user' %}\n{{ '<|user|>\n' + message['content'] + eos_token }}\n"
    "{% elif message['role'] == 'system' %}\n"
    "{{ '<|system|>\n' + message['content'] + eos_token }}\n"
    "{% elif message['role'] == 'assistant' %}\n"
    "{{ '<|assistant|>\n'  + message['content'] + eos_token }}\n{% endif %}\n"
    "{% if loop.last and add_generation_prompt %}\n{{ '<|assistant|>' }}\n{% endif %}\n"
    "{% endfor %}"
)


def read_works(folder: Path, without: Path | None = None) -> dict[str, str]:
    """File name → text, in name order, each capped at `MAX_WORK_WORDS` words by paragraphs.

    Works that `without` holds too are left out, wherever they lie: they are held out.
    """
    held_out = {path.name for path in without.rglob("*.txt")} if without else set()
    works = {}
    for path in sorted(folder.rglob("*.txt")):
        if path.name in held_out:
            continue
        kept, words = [], 0
        for paragraph in path.read_text(encoding="utf-8").split("\n\n"):
            kept.append(paragraph)
            words += len(paragraph.split())
            if words >= MAX_WORK_WORDS:
                break
        works[path.stem] = "\n\n".join(kept)
    if not works:
        raise SystemExit(f"No .txt files in {folder}. Give a folder of plain text files.")
    return works


def train_tokenizer(works: dict[str, str], vocab_size: int) -> Tokenizer:
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=vocab_size,
        special_tokens=SPECIAL_TOKENS,
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    tokenizer.train_from_iterator([*works.values(), TEMPLATE_TEXT], trainer)
    return tokenizer


def encode_works(works: dict[str, str], tokenizer: Tokenizer) -> np.ndarray:
    """All works in one uint16 array, an end-of-sequence token after each."""
    encoded = tokenizer.encode_batch(list(works.values()))
    return np.concatenate([np.array([*e.ids, END_ID], dtype=np.uint16) for e in encoded])


def write_tokenizer(tokenizer: Tokenizer, folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    config = {
        "tokenizer_class": "PreTrainedTokenizerFast",
        "bos_token": "<s>",
        "eos_token": "</s>",
        "unk_token": "<unk>",
        "pad_token": "</s>",
        "add_bos_token": False,
        "clean_up_tokenization_spaces": False,
        "model_max_length": LONG,
        "chat_template": CHAT_TEMPLATE,
    }
    text = json.dumps(config, indent=2, ensure_ascii=False)
    (folder / "tokenizer_config.json").write_text(text + "\n", encoding="utf-8")
    temporary = folder / "tokenizer.new.json"
    tokenizer.save(str(temporary), pretty=False)
    temporary.replace(folder / "tokenizer.json")
