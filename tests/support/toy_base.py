"""A toy base with random weights and a vocabulary of some hundred tokens: it learns in seconds."""

from __future__ import annotations

import json
import shutil
from collections.abc import Sequence
from pathlib import Path

from tokenizers import Tokenizer, models, normalizers, pre_tokenizers, trainers

from morris_mlx.defaults import SYSTEM_PROMPT
from morris_mlx.models.catalog import PRACTICE_FOLDER
from support.synthetic_authors import HABITS, synthetic_texts
from support.workspace import make_tiny_model
from support.zephyr_tokenizer import wrap_as_sentencepiece

SPACE = "▁"
FIRST_PIECES = ("<unk>", "<s>", "</s>", *(f"<0x{i:02X}>" for i in range(256)))
MARKERS = "<|system|> <|user|> <|assistant|>"
PIECES = 400  # of the vocabulary at most, besides the bytes


def make_toy_base(folder: Path, **changes: object) -> Path:
    """Make a toy whose vocabulary has the words of all synthetic writers; return its folder."""
    texts = [text for writer in HABITS for text in synthetic_texts(writer, 30, 60, first=700)]
    built = _tokenizer([*texts, SYSTEM_PROMPT, MARKERS])
    size = built.get_vocab_size()
    make_tiny_model(folder, vocab_size=size, max_position_embeddings=512, **changes)
    built.save(str(folder / "tokenizer.json"))
    shutil.copy(PRACTICE_FOLDER / "tokenizer_config.json", folder)
    return folder


def _tokenizer(texts: Sequence[str]) -> Tokenizer:
    """Return a tokenizer that has the words of the texts, and bytes for everything else."""
    learned = Tokenizer(models.BPE())
    learned.normalizer = normalizers.Sequence(
        [normalizers.Prepend(SPACE), normalizers.Replace(" ", SPACE)]
    )
    learned.pre_tokenizer = pre_tokenizers.Split(SPACE, "merged_with_next")
    trainer = trainers.BpeTrainer(vocab_size=PIECES, show_progress=False)
    learned.train_from_iterator(texts, trainer)
    model = json.loads(learned.to_str())["model"]
    pieces = dict.fromkeys([*FIRST_PIECES, *model["vocab"]])
    ids = {piece: number for number, piece in enumerate(pieces)}
    merges = [tuple(merge) for merge in model["merges"]]
    built = Tokenizer(models.BPE(ids, merges, unk_token="<unk>", fuse_unk=True, byte_fallback=True))
    wrap_as_sentencepiece(built)
    return built
