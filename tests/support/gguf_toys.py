"""Random models of each architecture as GGUF files, arranged as by llama.cpp's converter."""

from dataclasses import dataclass, field

import gguf
import numpy as np
from tokenizers.pre_tokenizers import ByteLevel

HIDDEN, INNER, HEADS, KV_HEADS, HEAD_DIM = 64, 96, 4, 2, 16
QUERIES, VALUES = HEADS * HEAD_DIM, KV_HEADS * HEAD_DIM
Kind = gguf.GGUFValueType
NORMAL, UNKNOWN, CONTROL, USER_DEFINED, UNUSED, BYTE = range(1, 7)
TEMPLATE = (
    "{% for m in messages %}<|im_start|>{{ m.role }}\n{{ m.content }}<|im_end|>\n{% endfor %}"
)


@dataclass
class Toy:
    """The content of a GGUF file: metadata by key, tensors in float32 by name."""

    values: dict = field(default_factory=dict)
    tensors: dict = field(default_factory=dict)

    def write(self, path, kinds=()):
        """Write the file; `kinds` are quantizations of tensors by a part of their names."""
        writer = writer_with(path, self.values)
        for name, array in self.tensors.items():
            kind = next((k for part, k in dict(kinds).items() if part in name), None)
            if kind is None or array.ndim < 2:
                writer.add_tensor(name, array.astype(np.float32))
            else:
                packed = gguf.quantize(array.astype(np.float32), kind)
                writer.add_tensor(name, packed, raw_dtype=kind)
        return finish(writer, path)


def writer_with(path, values):
    """Return a writer that has the metadata."""
    writer = gguf.GGUFWriter(str(path), values["general.architecture"])
    for key, value in values.items():
        if key != "general.architecture":
            writer.add_key_value(key, value, *kind_of(value))
    return writer


def finish(writer, path):
    """Write the file of a writer and return its path."""
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    return path


def write_unpacked(source, path):
    """Write a copy of a GGUF file with its weights unpacked to float32.

    llama.cpp rounds what it multiplies by packed weights to 8 bits, so that two programs cannot
    agree closely over those.
    """
    writer = writer_with(path, source.metadata.values)
    for tensor in source.tensors.values():
        values = gguf.dequantize(np.array(tensor.rows()), tensor.kind)
        writer.add_tensor(tensor.name, values.reshape(tensor.shape))
    return finish(writer, path)


def kind_of(value):
    """Return the type of a value, and of its items: llama.cpp reads sizes as unsigned only."""
    if isinstance(value, list):
        return Kind.ARRAY, Kind.INT32 if isinstance(value[0], int) else kind_of(value[0])[0]
    kinds = {bool: Kind.BOOL, int: Kind.UINT32, float: Kind.FLOAT32, str: Kind.STRING}
    return kinds[type(value)], None


def byte_level_tokens(pre="llama-bpe"):
    """Return the metadata of a byte-level tokenizer with a few merges."""
    letters = sorted(ByteLevel.alphabet())
    merges = ["t h", "th e", "Ġ the", "Ġ a", "a n", "an d", "Ġ and", "Ð ¿", "Ð ¾", "1 2", "12 3"]
    merges += ["Ġ Ġ", "ĠĠ ĠĠ", "i n", "in g", "Ġ t", "Ñ Ģ", "Ċ Ċ", "' s", "H e"]
    joined = [merge.replace(" ", "") for merge in merges]
    special = ["<|begin|>", "<|im_end|>", "<|im_start|>", "<own>"]
    tokens = [*letters, *joined, *special]
    plain = len(tokens) - len(special)
    return {
        "tokenizer.ggml.model": "gpt2",
        "tokenizer.ggml.pre": pre,
        "tokenizer.ggml.tokens": tokens,
        "tokenizer.ggml.token_type": [NORMAL] * plain + [CONTROL] * 3 + [USER_DEFINED],
        "tokenizer.ggml.merges": merges,
        "tokenizer.ggml.bos_token_id": plain,
        "tokenizer.ggml.eos_token_id": plain + 1,
        "tokenizer.ggml.add_bos_token": False,
        "tokenizer.chat_template": TEMPLATE,
    }


def sentencepiece_tokens():
    """Return the metadata of a SentencePiece tokenizer with a few pieces."""
    tokens = ["<unk>", "<s>", "</s>", *(f"<0x{byte:02X}>" for byte in range(256))]
    letters = ["▁", *"abcdefghijklmnopqrstuvwxyzABCHS0123456789.,!?<>|/'", *"приветмЁ"]
    pieces = ["th", "the", "▁the", "▁t", "▁a", "an", "and", "▁and", "in", "ing", "▁▁", "при"]
    pieces += ["привет", "▁при", "12", "23", "▁H", "He", "llo", "ll", "lo", "▁He"]
    special = ["<|im_start|>", "<|im_end|>", "<own>"]
    kinds = [UNKNOWN, CONTROL, CONTROL] + [BYTE] * 256
    kinds += [NORMAL] * len(pieces + letters) + [CONTROL] * 2 + [USER_DEFINED]
    scores = [0.0] * 259 + [-float(i) for i in range(len(pieces + letters))] + [0.0] * 3
    return {
        "tokenizer.ggml.model": "llama",
        "tokenizer.ggml.pre": "default",
        "tokenizer.ggml.tokens": [*tokens, *pieces, *letters, *special],
        "tokenizer.ggml.token_type": kinds,
        "tokenizer.ggml.scores": scores,
        "tokenizer.ggml.bos_token_id": 1,
        "tokenizer.ggml.eos_token_id": 2,
        "tokenizer.ggml.unknown_token_id": 0,
    }


def make_toy(name, layers=2, tied=True, tokens=None, seed=0):
    """Return a random model of an architecture by llama.cpp's name."""
    tokens = tokens or byte_level_tokens()
    rows = len(tokens["tokenizer.ggml.tokens"])
    layers = 7 if name == "gemma3" else 4 if name == "smollm3" else layers
    values = {
        "general.architecture": name,
        "general.type": "model",
        f"{name}.block_count": layers,
        f"{name}.context_length": 512,
        f"{name}.embedding_length": HIDDEN,
        f"{name}.feed_forward_length": INNER,
        f"{name}.attention.head_count": HEADS,
        f"{name}.attention.head_count_kv": KV_HEADS,
        f"{name}.attention.key_length": HEAD_DIM,
        f"{name}.attention.value_length": HEAD_DIM,
        f"{name}.rope.dimension_count": HEAD_DIM,
        f"{name}.rope.freq_base": 10_000.0,
        f"{name}.attention.layer_norm_rms_epsilon": 1e-5,
        **EXTRA_VALUES.get(name, {}),
        **tokens,
    }
    rng = np.random.default_rng(seed)
    tensors = {"token_embd.weight": in_16_bits(rng.normal(size=(rows, HIDDEN)) / 4)}
    for number in range(layers):
        for part, shape in BLOCKS[name].items():
            tensors[f"blk.{number}.{part}"] = random_tensor(rng, part, shape, name == "gemma3")
    tensors["output_norm.weight"] = random_tensor(
        rng, "output_norm.weight", (HIDDEN,), name == "gemma3"
    )
    if not tied:
        tensors["output.weight"] = in_16_bits(rng.normal(size=(rows, HIDDEN)) / 4)
    return Toy(values, tensors)


def random_tensor(rng, name, shape, shifted):
    """Return random values: around 1 for a norm, of usual size for a matrix.

    `shifted` norms are those that are stored with 1 added: they are exact without it.
    """
    values = in_16_bits(rng.normal(size=shape) / (np.sqrt(shape[-1]) if len(shape) > 1 else 4))
    if "norm" not in name:
        return values
    return 1 + values if shifted else in_16_bits(1 + values)


def in_16_bits(values):
    """Return numbers that float16 holds exactly, so that two programs can agree closely."""
    return values.astype(np.float16).astype(np.float32)


ATTENTION = {
    "attn_norm.weight": (HIDDEN,),
    "attn_q.weight": (QUERIES, HIDDEN),
    "attn_k.weight": (VALUES, HIDDEN),
    "attn_v.weight": (VALUES, HIDDEN),
    "attn_output.weight": (HIDDEN, QUERIES),
    "ffn_norm.weight": (HIDDEN,),
}
MLP = {
    "ffn_gate.weight": (INNER, HIDDEN),
    "ffn_up.weight": (INNER, HIDDEN),
    "ffn_down.weight": (HIDDEN, INNER),
}
HEAD_NORMS = {"attn_q_norm.weight": (HEAD_DIM,), "attn_k_norm.weight": (HEAD_DIM,)}
BIASES = {"attn_q.bias": (QUERIES,), "attn_k.bias": (VALUES,), "attn_v.bias": (VALUES,)}
OUTER_NORMS = {"post_attention_norm.weight": (HIDDEN,), "post_ffw_norm.weight": (HIDDEN,)}
BLOCKS = {
    **dict.fromkeys(("llama", "mistral3", "smollm3"), ATTENTION | MLP),
    "qwen2": ATTENTION | BIASES | MLP,
    "qwen3": ATTENTION | HEAD_NORMS | MLP,
    "gemma3": ATTENTION | HEAD_NORMS | OUTER_NORMS | MLP,
    "phi3": {
        "attn_norm.weight": (HIDDEN,),
        "attn_qkv.weight": (QUERIES + 2 * VALUES, HIDDEN),
        "attn_output.weight": (HIDDEN, QUERIES),
        "ffn_norm.weight": (HIDDEN,),
        "ffn_up.weight": (2 * INNER, HIDDEN),
        "ffn_down.weight": (HIDDEN, INNER),
    },
}
EXTRA_VALUES = {
    "gemma3": {"gemma3.attention.sliding_window": 8, "gemma3.rope.freq_base": 1_000_000.0},
    "mistral3": {
        "mistral3.rope.scaling.type": "yarn",
        "mistral3.rope.scaling.factor": 4.0,
        "mistral3.rope.scaling.original_context_length": 16,
        "mistral3.rope.scaling.yarn_beta_fast": 32.0,
        "mistral3.rope.scaling.yarn_beta_slow": 1.0,
        "mistral3.rope.scaling.yarn_log_multiplier": 1.0,
        "mistral3.attention.temperature_scale": 0.5,
    },
}
