"""Bits per byte of the practice base on held-out works, compared with xz and a 5-gram model.

The answers come from the package's own generator: what is measured is what is used.
"""

from __future__ import annotations

import json
import lzma
import math
import sys
from dataclasses import fields
from pathlib import Path

import numpy as np
import torch
from safetensors.torch import load_file
from tokenizers import Tokenizer

from morris_mlx.generate import Generator, load_generator
from morris_mlx.models.find import find_model

from .corpus import encode_works, read_works
from .model import PracticeModel, Shape
from .ngram import KneserNey
from .prompts import chat_prompts

STRIDE = 512  # every token is predicted from at least this many before it
ANSWER_TOKENS = 300
SHOWN = 5


def measure(texts: Path, held_out: Path, folder: Path) -> None:
    """Print the table. Fits the 5-gram on `texts` with the base's own tokenizer."""
    generator = load_generator(find_model(str(folder)))
    tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
    held = read_works(held_out)
    raw = "\n\n".join(held.values()).encode("utf-8")
    ids = encode_works(held, tokenizer)
    size = sum(f.stat().st_size for f in folder.iterdir() if f.is_file())
    print(f"held out             {len(held)} works, {len(raw):,} bytes, {len(ids):,} tokens")
    print(f"practice base        {size:,} bytes of files")
    print(f"xz -9                bits/byte {8 * len(lzma.compress(raw, preset=9)) / len(raw):.3f}")
    train = encode_works(read_works(texts, without=held_out), tokenizer)
    ngram = KneserNey(train, order=5, vocab_size=tokenizer.get_vocab_size())
    print(f"Kneser-Ney 5-gram    bits/byte {ngram.bits(ids) / len(raw):.3f}", flush=True)
    bits = model_bits(load_exported(folder), ids)
    print(f"practice base        bits/byte {bits / len(raw):.3f}", flush=True)
    prompts = chat_prompts()
    ended = count_ended(generator, prompts)
    print(f"ended by itself before {ANSWER_TOKENS} tokens: {ended} of {len(prompts)} chat prompts")


def load_exported(folder: Path) -> PracticeModel:
    """The finished base in torch, float32: scoring half a million words takes minutes there."""
    config = json.loads((folder / "config.json").read_text(encoding="utf-8"))
    model = PracticeModel(Shape(**{f.name: config[f.name] for f in fields(Shape)}))
    weights = load_file(str(folder / "model.safetensors"))
    model.load_state_dict({name: weight.float() for name, weight in weights.items()})
    return model.eval()


@torch.inference_mode()
def model_bits(model: PracticeModel, ids: np.ndarray) -> float:
    """Bits to code `ids` with a sliding window; the first token costs log2 of the vocabulary."""
    window = model.shape.max_position_embeddings
    total, done = math.log2(model.shape.vocab_size), 1
    while done < len(ids):
        start = max(0, done - STRIDE)
        block = torch.from_numpy(ids[start : start + window].astype(np.int64))[None]
        targets = block[:, 1:].clone()
        targets[:, : done - start - 1] = -100  # predicted before, here only context
        count = int((targets != -100).sum())
        total += model.loss(block[:, :-1], targets).item() * count / math.log(2)
        done += count
        print(f"\r{done:,} of {len(ids):,} tokens", end="", file=sys.stderr, flush=True)
    print(file=sys.stderr)
    return total


def count_ended(generator: Generator, prompts: list[str]) -> int:
    """Prompts whose answer (the package's sampling, seed = number) comes to its own end."""
    ended = 0
    for number, prompt in enumerate(prompts):
        result = generator.generate(prompt, system_prompt="", max_tokens=ANSWER_TOKENS, seed=number)
        ended += result.finish_reason == "stop"
        if number < SHOWN:
            print(f"\n> {prompt}\n{result.text}", file=sys.stderr)
    return ended
