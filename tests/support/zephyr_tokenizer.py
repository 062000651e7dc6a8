"""Zephyr's real tokenizer, made from the SentencePiece model that mistral-common ships."""

from __future__ import annotations

import shutil
from importlib.util import find_spec
from pathlib import Path

import sentencepiece
from tokenizers import AddedToken, Tokenizer, decoders, models, normalizers

from morris_mlx.models.catalog import PRACTICE_FOLDER


def sentencepiece_file() -> Path | None:
    spec = find_spec("mistral_common")
    if spec is None or spec.origin is None:
        return None
    return Path(spec.origin).parent / "data" / "tokenizer.model.v1"


def write_zephyr_tokenizer(file: Path, folder: Path) -> Tokenizer:
    """tokenizer.json from a SentencePiece BPE model: its pieces, and every way to join two."""
    model = sentencepiece.SentencePieceProcessor(model_file=str(file))
    pieces = [model.id_to_piece(i) for i in range(model.vocab_size())]
    ids = {piece: i for i, piece in enumerate(pieces)}
    ranked = []
    for piece, i in ids.items():
        if model.is_byte(i) or model.is_control(i) or model.is_unknown(i):
            continue
        for cut in range(1, len(piece)):
            left, right = piece[:cut], piece[cut:]
            if left in ids and right in ids:
                ranked.append((-model.get_score(i), ids[left], ids[right], left, right))
    merges = [(left, right) for *_, left, right in sorted(ranked)]
    built = Tokenizer(models.BPE(ids, merges, unk_token="<unk>", fuse_unk=True, byte_fallback=True))
    wrap_as_sentencepiece(built)
    folder.mkdir(parents=True, exist_ok=True)
    built.save(str(folder / "tokenizer.json"))
    shutil.copy(PRACTICE_FOLDER / "tokenizer_config.json", folder)  # the same template
    return built


def wrap_as_sentencepiece(built: Tokenizer) -> None:
    """Add the parts around the BPE in Zephyr's tokenizer.json: "▁" before every stretch of text."""
    built.normalizer = normalizers.Sequence(
        [normalizers.Prepend("▁"), normalizers.Replace(" ", "▁")]
    )
    built.decoder = decoders.Sequence(
        [
            decoders.Replace("▁", " "),
            decoders.ByteFallback(),
            decoders.Fuse(),
            decoders.Strip(" ", 1, 0),
        ]
    )
    built.add_special_tokens(
        [AddedToken(t, special=True, normalized=False) for t in ("<unk>", "<s>", "</s>")]
    )
