"""The sources and the base of the old project: columns, a site, chats, random weights."""

from __future__ import annotations

import json
import re
import shutil
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import numpy as np
from safetensors.numpy import save_file
from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers

BASE = "thirkettle/tiny"  # a repository's name: a folder would be kept by its path
PORT = 8017  # of the writer's site: it stands in the page store and in provenance
SITE = f"http://127.0.0.1:{PORT}"
VOCABULARY = 900  # enough for whole words to be single tokens, and a tokenizer of 40 kB
SIZES = {
    "hidden_size": 64,  # the smallest that 4 bits in groups of 64 can hold
    "intermediate_size": 128,
    "num_hidden_layers": 2,
    "num_attention_heads": 4,
    "num_key_value_heads": 2,
    "head_dim": 16,
    "max_position_embeddings": 1024,
}
MOST_WORDS = 60  # of a paragraph: a passage and its draft fit into one row
COLUMNS = (36, 44, 34, 42, 19, 8, 35, 43, 45, 5)  # of data/sample/columns, the shortest ones
WITHDRAWN, WEB = 1, (9, 66, 92)
RECIPE = f"""# A recipe in the key names of mlx-lm.
name: finished
model: {BASE}
recipe: articles
epochs: 5
targets: all+head
num_layers: 2
lora_parameters: {{rank: 4, scale: 4.0, dropout: 0.05}}
grad_accumulation_steps: 2
learning_rate: 1e-2
seed: 3
"""
PROMPTS = ("rain", "the timetable", "a car park", "Christmas", "the dentist", "a hedge")
CHATS = {
    "Anna Weiss": [
        ("Are you coming on Sunday?", "Yes. Ask Anna what to bring, she always knows."),
        ("My new number is +44 7700 900123.", "Noted. I shall ring before noon, not after."),
        ("Did the train run?", "It ran, Anna, in the sense in which a tap runs. Late and cold."),
        ("Send me the address, please.", "Write to anna.weiss@example.org? I did, it came back."),
    ],
    "Karl Muster": [
        ("The fence is down again.", "Then the hedge has won. Tell Karl Muster to make peace."),
        ("Shall we have tea at four?", "Tea at four is the only treaty I have ever kept."),
        ("What did the council say?", "Nothing, at length, and in two colours of ink."),
        ("Is the piano tuned?", "Anna Weiss says so. The piano has yet to confirm it."),
    ],
}


# --- sources ------------------------------------------------------------------------------
def column(checkout: Path, number: int) -> tuple[str, str, list[str]]:
    """Return (title, date, paragraphs cut to MOST_WORDS) of one of the sample columns."""
    path = next((checkout / "data" / "sample" / "columns").glob(f"{number:02}-*.md"))
    head, body = path.read_text(encoding="utf-8").split("---\n", 2)[1:]
    fields = dict(line.split(": ", 1) for line in head.splitlines() if ": " in line)
    paragraphs = [shortened(p) for p in body.strip().split("\n\n") if len(p.split()) >= MOST_WORDS]
    return fields["title"], fields["date"], paragraphs[:3]


def shortened(paragraph: str) -> str:
    """Return the first whole sentences, at most MOST_WORDS words but at least one sentence."""
    kept = ""
    for sentence in re.split(r"(?<=[.!?]) ", paragraph):
        if kept and len(f"{kept} {sentence}".split()) > MOST_WORDS:
            break
        kept = f"{kept} {sentence}".strip()
    return kept


def write_sources(home: Path, checkout: Path) -> None:
    (home / "columns").mkdir()
    for number in (*COLUMNS, WITHDRAWN):
        title, date, paragraphs = column(checkout, number)
        text = "\n\n".join(paragraphs)
        name = "withdrawn" if number == WITHDRAWN else f"{number:02}"
        (home / "columns" / f"{name}.md").write_text(
            f"---\ntitle: {title}\ndate: {date}\n---\n\n{text}\n", encoding="utf-8"
        )
    write_site(home / "site", checkout)
    (home / "result.json").write_text(json.dumps(telegram(), ensure_ascii=False, indent=1))
    (home / "recipe.yaml").write_text(RECIPE)
    rows = [{"id": f"p{n}", "prompt": f"Write about {what}."} for n, what in enumerate(PROMPTS)]
    (home / "prompts.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))


def write_site(folder: Path, checkout: Path) -> None:
    (folder / "columns").mkdir(parents=True)
    for number in WEB:
        title, date, paragraphs = column(checkout, number)
        (folder / "columns" / f"{number}").write_text(
            f"<!doctype html><html><head><title>{title}</title><meta charset='utf-8'>"
            f"<meta property='article:published_time' content='{date}'></head>"
            f"<body><article><h1>{title}</h1>{''.join(f'<p>{p}</p>' for p in paragraphs)}"
            "</article></body></html>",
            encoding="utf-8",
        )
    links = "".join(f"<p><a href='/columns/{n}'>Column {n}</a></p>" for n in WEB)
    (folder / "author").write_text(f"<html><body>{links}</body></html>")


def telegram() -> dict[str, object]:
    """Return an export of Telegram Desktop: two private chats, four conversations in each."""
    chats, day, start = [], 86_400, 1_700_000_000
    for number, (friend, talks) in enumerate(CHATS.items(), 2):
        messages = []
        for n, lines in enumerate(talks):
            for mine, text in enumerate(lines):
                seconds = start + (4 * n + number) * day + 60 * mine
                sender = ("Ambrose Thirkettle", "user1") if mine else (friend, f"user{number}")
                messages.append(
                    {
                        "id": len(messages) + 1,
                        "type": "message",
                        "date": time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(seconds)),
                        "date_unixtime": str(seconds),
                        "from": sender[0],
                        "from_id": sender[1],
                        "text": text,
                        "text_entities": [{"type": "plain", "text": text}],
                    }
                )
        chat = {"name": friend, "type": "personal_chat", "id": number, "messages": messages}
        chats.append(chat)
    person = {"user_id": 1, "first_name": "Ambrose", "last_name": "Thirkettle"}
    return {"personal_information": person, "contacts": {"list": []}, "chats": {"list": chats}}


@contextmanager
def served(folder: Path) -> Iterator[None]:
    class Quiet(SimpleHTTPRequestHandler):
        extensions_map = {"": "text/html"}  # noqa: RUF012  # as the class above has it

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", PORT), partial(Quiet, directory=str(folder)))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield
    finally:
        server.shutdown()


# --- the base -----------------------------------------------------------------------------
def write_base(home: Path, checkout: Path) -> None:
    """Write a Mistral of random weights into the Hugging Face cache, as a download leaves it."""
    repository = home / "huggingface" / "hub" / f"models--{BASE.replace('/', '--')}"
    folder = repository / "snapshots" / ("0" * 40)
    folder.mkdir(parents=True)
    (repository / "refs").mkdir()
    (repository / "refs" / "main").write_text("0" * 40)
    practice = checkout / "morris_mlx" / "practice"
    config = json.loads((practice / "config.json").read_text()) | SIZES
    config |= {"vocab_size": write_tokenizer(home, folder / "tokenizer.json")}
    (folder / "config.json").write_text(json.dumps(config, indent=1))
    shutil.copy(practice / "tokenizer_config.json", folder)
    draw, width = np.random.default_rng(1), config["hidden_size"]

    def random(rows: int, columns: int) -> np.ndarray:
        return (draw.standard_normal((rows, columns)) / np.sqrt(columns)).astype(np.float16)

    ones = np.ones(width, np.float16)
    weights = {"model.embed_tokens.weight": random(config["vocab_size"], width)}
    weights["model.norm.weight"] = ones
    heads = config["num_attention_heads"] * config["head_dim"]
    few = config["num_key_value_heads"] * config["head_dim"]
    inner = config["intermediate_size"]
    for layer in range(config["num_hidden_layers"]):
        for name, rows, columns in (
            *(("self_attn.q_proj", heads, width), ("self_attn.k_proj", few, width)),
            *(("self_attn.v_proj", few, width), ("self_attn.o_proj", width, heads)),
            *(("mlp.gate_proj", inner, width), ("mlp.up_proj", inner, width)),
            ("mlp.down_proj", width, inner),
        ):
            weights[f"model.layers.{layer}.{name}.weight"] = random(rows, columns)
        for name in ("input_layernorm", "post_attention_layernorm"):
            weights[f"model.layers.{layer}.{name}.weight"] = ones
    save_file(weights, folder / "model.safetensors", metadata={"format": "pt"})


def write_tokenizer(home: Path, path: Path) -> int:
    """Train a byte-level BPE on the columns; returns the size of its vocabulary."""
    built = Tokenizer(models.BPE())
    built.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    built.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=VOCABULARY,
        special_tokens=["<unk>", "<s>", "</s>"],
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    built.train([str(p) for p in sorted((home / "columns").glob("*.md"))], trainer)
    built.save(str(path), pretty=False)
    return built.get_vocab_size()
