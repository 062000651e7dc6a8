"""A toy base that writes like one synthetic writer, with a vocabulary of some hundred tokens."""

from __future__ import annotations

import json
import shutil
from collections.abc import Sequence
from pathlib import Path

import mlx.core as mx
from mlx.utils import tree_flatten, tree_unflatten
from mlx_lm.tuner.utils import load_adapters
from tokenizers import Tokenizer, models, normalizers, pre_tokenizers, trainers

from morris_mlx.defaults import SYSTEM_PROMPT
from morris_mlx.models.catalog import PRACTICE_FOLDER
from morris_mlx.models.load import load_mlx_model
from support.synthetic_authors import HABITS, synthetic_texts
from support.workspace import make_tiny_model
from support.zephyr_tokenizer import wrap_as_sentencepiece

SPACE = "▁"
FIRST_PIECES = ("<unk>", "<s>", "</s>", *(f"<0x{i:02X}>" for i in range(256)))
MARKERS = "<|system|> <|user|> <|assistant|>"
PIECES = 400  # of the vocabulary at most, besides the bytes


def make_toy_base(folder: Path) -> Path:
    """Make a toy of random weights that has the words of all synthetic writers."""
    texts = [text for writer in HABITS for text in synthetic_texts(writer, 30, 60, first=700)]
    built = _tokenizer([*texts, SYSTEM_PROMPT, MARKERS])
    make_tiny_model(folder, vocab_size=built.get_vocab_size(), max_position_embeddings=512)
    built.save(str(folder / "tokenizer.json"))
    shutil.copy(PRACTICE_FOLDER / "tokenizer_config.json", folder)
    return folder


def merge_adapter(base: Path, adapter: Path) -> None:
    """Make a base of a base and an adapter, in the base's folder."""
    model = load_adapters(load_mlx_model(base), str(adapter))
    fused = [(name, part.fuse()) for name, part in model.named_modules() if hasattr(part, "fuse")]
    model.update_modules(tree_unflatten(fused))
    mx.save_safetensors(str(base / "model.safetensors"), dict(tree_flatten(model.parameters())))


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
