"""How good the practice base is: bits per byte on held-out works, beside xz and a 5-gram model."""

from __future__ import annotations

import json
import lzma
import math
import sys
from pathlib import Path

import numpy as np
import torch
from safetensors.torch import load_file
from tokenizers import Tokenizer

from .corpus import encode_works, read_works
from .model import PracticeModel, Shape
from .ngram import KneserNey
from .prompts import CHAT_PROMPTS

STRIDE = 512  # every token is predicted from at least this many before it


def load_exported(folder: Path) -> tuple[PracticeModel, Tokenizer]:
    config = json.loads((folder / "config.json").read_text(encoding="utf-8"))
    shape = Shape(**{k: config[k] for k in Shape.__dataclass_fields__})
    model = PracticeModel(shape)
    weights = load_file(str(folder / "model.safetensors"))
    model.load_state_dict({k: v.float() for k, v in weights.items()})
    model.eval()
    return model, Tokenizer.from_file(str(folder / "tokenizer.json"))


@torch.inference_mode()
def model_bits(model: PracticeModel, ids: np.ndarray) -> float:
    """Bits to code `ids` with a sliding window; the first token costs log2 of the vocabulary."""
    window = model.shape.max_position_embeddings
    total, done = math.log2(model.shape.vocab_size), 1
    while done < len(ids):
        start = max(0, done - STRIDE)
        block = torch.from_numpy(ids[start : start + window + 1].astype(np.int64))[None]
        targets = block[:, 1:].clone()
        targets[:, : done - start - 1] = -100
        with torch.autocast("cpu", torch.bfloat16):
            loss = model.loss(block[:, :-1], targets)
        count = int((targets != -100).sum())
        total += loss.item() * count / math.log(2)
        done += count
        print(f"\r{done:,}/{len(ids):,} tokens", end="", file=sys.stderr, flush=True)
    print(file=sys.stderr)
    return total


def measure(texts: Path, held_out: Path, folder: Path) -> None:
    """Print the table. Fits the 5-gram on `texts` with the base's own tokenizer."""
    model, tokenizer = load_exported(folder)
    held = read_works(held_out)
    raw = "\n\n".join(held.values()).encode("utf-8")
    ids = encode_works(held, tokenizer)
    size = sum(f.stat().st_size for f in folder.iterdir() if f.is_file())
    print(f"held out: {len(held)} works, {len(raw):,} bytes, {len(ids):,} tokens")
    print(f"practice base files: {size:,} bytes")
    print(f"xz -9                bits/byte {8 * len(lzma.compress(raw, preset=9)) / len(raw):.3f}")
    train = encode_works(read_works(texts), tokenizer)
    ngram = KneserNey(train, order=5, vocab_size=model.shape.vocab_size)
    print(f"Kneser-Ney 5-gram    bits/byte {ngram.bits(ids) / len(raw):.3f}", flush=True)
    print(f"practice base        bits/byte {model_bits(model, ids) / len(raw):.3f}")
    ended = count_ended(model, tokenizer)
    print(f"chat prompts that end by themselves before 300 tokens: {ended} of {len(CHAT_PROMPTS)}")


@torch.inference_mode()
def count_ended(model: PracticeModel, tokenizer: Tokenizer, limit: int = 300) -> int:
    """Prompts answered (temperature 0.7, seed 0) with the end token before `limit` tokens."""
    from morris_mlx.prompt import ChatTokenizer
    from morris_mlx.records import Message

    chat = ChatTokenizer(tokenizer, digest="", name="practice")
    generator, ended = torch.Generator().manual_seed(0), 0
    for number, prompt in enumerate(CHAT_PROMPTS):
        ids = list(chat.render([Message("user", prompt)], reply=True).ids)
        for _ in range(limit):
            logits = model(torch.tensor([ids]))[0, -1].float()
            token = int(torch.multinomial((logits / 0.7).softmax(-1), 1, generator=generator))
            if token == chat.end_id:
                ended += 1
                break
            ids.append(token)
        if number < 5:
            print(f"--- {prompt}\n{tokenizer.decode(ids[-len(ids) :])}", file=sys.stderr)
    return ended
