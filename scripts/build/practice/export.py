"""The trained model → the package's files: weights that MLX loads, config, tokenizer, card."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import torch
from safetensors.torch import save_file

from .model import PracticeModel

CARD = """# The practice base

A toy language model of {millions:.1f} million parameters that stands in for Zephyr-7B wherever
Morris must work offline: the demo, the tests, first tries. It has Zephyr's architecture (Mistral),
Zephyr's chat template and a byte-level BPE tokenizer of its own with {vocab:,} tokens.

**It is for practice only.** It writes English sentences without knowing what they say. Nothing it
says is true, and what it says in somebody's voice is not what they would say.

- Trained from scratch on {works} English works in the public domain (novels, stories, essays;
  mostly 1850 to 1930) and then on short conversations made from the same texts; {tokens} tokens
  seen in all. It has the words, the views and the prejudices of those books.
- Window: {window:,} tokens. Weights: bfloat16.
- Built by `scripts/build/practice_base.py`; measured by the same script with `--evaluate`.
"""


def export_model(model: PracticeModel, work: Path, out: Path, works: int, tokens: int) -> None:
    out.mkdir(parents=True, exist_ok=True)
    weights = {
        name: tensor.detach().to("cpu", torch.bfloat16).contiguous()
        for name, tensor in model.state_dict().items()
    }
    save_file(weights, str(out / "model.safetensors"), metadata={"format": "mlx"})
    (out / "model.safetensors").chmod(0o644)
    config = json.dumps(model.shape.config(), indent=2)
    (out / "config.json").write_text(config + "\n", encoding="utf-8")
    for name in ("tokenizer.json", "tokenizer_config.json"):
        shutil.copyfile(work / name, out / name)
    card = CARD.format(
        millions=sum(w.numel() for w in weights.values()) / 1e6,
        vocab=model.shape.vocab_size,
        works=works,
        tokens=f"{tokens / 1e6:.0f} million",
        window=model.shape.max_position_embeddings,
    )
    (out / "README.md").write_text(card, encoding="utf-8")
