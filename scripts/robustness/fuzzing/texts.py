"""Files that people write or bring: texts, rows, prompts, answers, recipes; and options."""

from __future__ import annotations

import json
from collections.abc import Callable
from contextlib import suppress
from dataclasses import asdict
from pathlib import Path
from typing import Any

from fuzzing.adapters import tokenizer
from fuzzing.redacting import PRIVATE
from fuzzing.target import Target, require_type, written
from morris_mlx.cli.collect_chats import gap_seconds
from morris_mlx.cli.options import checked
from morris_mlx.collect import read_texts, take_inventory
from morris_mlx.collect.chats.options import ChatOptions
from morris_mlx.collect.text import iso_date, text_id
from morris_mlx.errors import MorrisError
from morris_mlx.formats.instruction_rows import InstructionRows, read_instruction_rows
from morris_mlx.formats.marked_text import GeneratorIdentity, MarkedText, read_marked_text
from morris_mlx.formats.prompts import Prompt, read_prompts
from morris_mlx.formats.row_messages import LeftOut
from morris_mlx.generate.conversation import messages_from, transcript
from morris_mlx.generate.settings import beams_from, sampling_from, settings_with
from morris_mlx.models.families import LLAMA
from morris_mlx.project.people import read_people_file
from morris_mlx.records.corpus import Document, Message, Skipped
from morris_mlx.records.generation import GenerationSettings
from morris_mlx.records.training import TrainSettings
from morris_mlx.text.pii import Person
from morris_mlx.train.recipe_file import RecipeFile, read_recipe_file

ASKED = [{"role": "user", "content": "Hi?"}, {"role": "assistant", "content": "Ho."}]
WRITER = GeneratorIdentity("practice", None, None, 0.0)
MARKDOWN = (
    "---\ntitle: On lamps\nauthor: A. Writer\ndate: 2021-05-06\nlicense: CC BY\n---\n\n# On\n\n"
)
MARKDOWN += "A *lamp* is `lit`.\\\nTwo [links](http://x).\n\n> quoted\n\n1. one\n2. two\n"
JSON_HEADED = '{"title": "On lamps", "date": "2021-05-06", "tags": ["a"]}\n\nA lamp is lit.\n'
JSON_FENCED = '---json\n{"title": "On lamps"}\n---\n\nA lamp is lit.\n'
# Marks of other programs: TOML, HTML, Obsidian, shortcodes, notes, callouts, verse, lists of years.
MARKED = (
    '+++\ntitle = "On lamps"\ndate = 2021-05-06\n[params]\nauthor = "A"\n+++\n\n# On\n\n'
    "<p>One <del>lamp</del><sup><a href='#n1' id='r1'>1</a></sup>\n\n<blockquote>\n\nq\n\n"
    "</blockquote>\n\n— Somebody\n\n> [!note] A\n> [[b|c]] ==d== ^e\n\n1986. A lamp.\n\n"
    "    The lamp is lit, and burns.\n\nA line,\nand another\nand a third.\n\na.[^1]\n\n[^1]: n\n\n"
    "{{< quote >}}q{{< /quote >}} {% raw %}r{% endraw %} %%s%% {>>t<<}\n\n| a |\n|--|\n| b |\n\n"
    "Lamp\n---\n\n- [ ] - A? - said I.\n\n<ol><li id='n1'>n <a href='#r1'>b</a></li></ol>\n"
)


def json_lines(*rows: object) -> bytes:
    return b"".join(json.dumps(row).encode() + b"\n" for row in rows)


# --- texts -----------------------------------------------------------------------------------
def check_account(path: Path) -> None:
    """Read all texts below a path, and require that each file is in exactly one place."""
    reading = read_texts(take_inventory([path]))
    for document in reading.documents():
        require_type(document, Document)
        assert document.text == document.text.strip() and document.id == text_id(document.text)
        assert iso_date(document.date) == document.date
    require_type(tuple(reading.skipped), tuple[Skipped, ...])
    sources = reading.inventory.sources
    placed = {*reading.taken, *reading.inventory.chat_files, *(s.source for s in reading.skipped)}
    assert len(sources) == len(set(sources)) and set(sources) <= placed


def own_text(suffix: str) -> Callable[[bytes, Path], None]:
    return lambda data, folder: check_account(written(folder, f"text{suffix}", data))


def written_text(data: bytes, folder: Path) -> None:
    found = read_marked_text(written(folder, "letter.md", data))
    require_type(found, MarkedText)


def written_seeds() -> list[bytes]:
    from morris_mlx.files import digest

    head = "machine_made: true\nnote: x\nmodel: practice\nadapter: null\nadapter_sha256: null\n"
    head += "strength: 0.0\nseed: 3\ndate: '2023-11-14T22:13:20+01:00'\nfinish_reason: stop\n"
    return [f"---\n{head}text_sha256: {digest('Lo.')}\n---\n\nLo.\n".encode()]


# --- rows, prompts, answers, drafts ----------------------------------------------------------
def rows(data: bytes, folder: Path) -> None:
    found = read_instruction_rows(written(folder, "rows.jsonl", data))
    require_type(found, InstructionRows)
    assert set(found.left_out) == set(LeftOut)
    assert found.given == len(found.rows) + sum(found.left_out.values())


def row_seeds() -> list[bytes]:
    sharegpt = {
        "conversations": [{"from": "human", "value": "Hi?"}, {"from": "gpt", "value": "Ho."}]
    }
    alpaca = {"instruction": "Add.", "input": "1 2", "output": "3", "system": "Be."}
    dolly = {"instruction": "Add.", "context": "", "response": "3", "history": [["a", "b"]]}
    rows = ({"messages": ASKED}, sharegpt, alpaca, dolly)
    calls = [{"role": "tool", "content": "3"}, {"role": "assistant", "tool_calls": [{}]}, *ASKED]
    others = (calls, {"prompt": "Hi?", "completion": "<think>a</think>Ho."}, {"text": "So."})
    return [
        json_lines(*rows),
        json_lines(*others),
        json.dumps(rows).encode(),
        json.dumps({"data": {"train": others}}).encode(),
        json.dumps(alpaca, indent=1).encode(),
        b'prompt;completion\n"Hi;?";"Ho\n""ho"""\n',
    ]


def prompts(data: bytes, folder: Path) -> None:
    found = read_prompts(written(folder, "prompts.jsonl", data))
    require_type(found, tuple[Prompt, ...])
    assert len({p.id for p in found}) == len(found) and all(p.sha256 for p in found)


def prompt_seeds() -> list[bytes]:
    whole = {"messages": ASKED[:1], "id": "b", "seed": 3, "system": "Be."}
    return [json_lines("Hi?", {"prompt": "Ho?", "id": 7}, whole)]


# --- settings --------------------------------------------------------------------------------
def recipe(data: bytes, folder: Path) -> None:
    found = read_recipe_file(written(folder, "recipe.yaml", data))
    require_type(found, RecipeFile)
    need: dict[str, Any] = {"epochs": 1, "rank": 8, "alpha": 16.0, "dropout": 0.0}
    need |= {"learning_rate": 1e-4, "batch_size": 1, "accumulate": 1}
    with suppress(MorrisError):
        require_type(TrainSettings(**need | dict(found.settings)), TrainSettings)


def recipe_seeds() -> list[bytes]:
    keys = ", ".join(LLAMA.adapted_keys("attention", tied=False))
    nested = f"lora_parameters: {{rank: 8, scale: 2.0, dropout: 0.1, keys: [{keys}]}}\n"
    nested += "optimizer: adamw\noptimizer_config: {adamw: {weight_decay: 0.1}}\n"
    flat = b"name: mine\nepochs: 2\nlearning_rate: 1e-5\ngrad_checkpoint: true\n"
    return [flat, nested.encode()]


def settings(data: bytes, _: Path) -> None:
    """Options of generation, as JSON of any shape."""
    try:
        given = json.loads(data)
    except (ValueError, RecursionError):
        return
    if not isinstance(given, dict):
        return
    made = settings_with(GenerationSettings(), given)
    require_type(made, GenerationSettings)
    checked(asdict(made))
    beams_from(made)
    sampling_from(made)


def names(data: bytes, folder: Path) -> None:
    require_type(read_people_file(written(folder, "names.txt", data)), tuple[Person, ...])


def gap(data: bytes, _: Path) -> None:
    """A length of time, as it becomes an option."""
    options = ChatOptions(gap_seconds=gap_seconds(data.decode("utf-8", "replace")))
    assert 1 <= options.gap_seconds < float("inf")


def history(data: bytes, _: Path) -> None:
    """Parse a chat as text and as messages of any shape, as a model would read them."""
    with suppress(MorrisError):
        found = messages_from(data.decode("utf-8", "replace"))
        require_type(found, list[Message])
        assert len(messages_from(transcript(found))) >= len(found)
    try:
        given = json.loads(data)
    except (ValueError, RecursionError):
        return
    tokenizer().render(messages_from(given)[:20], reply=True)


TARGETS = (
    Target(
        "own-markdown",
        lambda: [
            MARKDOWN.encode(),
            MARKDOWN.encode("utf-16"),
            JSON_HEADED.encode(),
            JSON_FENCED.encode(),
            MARKED.encode(),
        ],
        own_text(".md"),
        tokens=(
            *(b"```\n", b"    ", b"|-", b"&[0", b"!!python/x", b"<<: ", b"![", b"~~~", b"%%"),
            *(b"<div>", b"</p>", b"> [!", b"[[", b"==", b"+++\n", b"{%", b"<!--", b"<script>"),
        ),
    ),
    Target(
        "own-text",
        lambda: [MARKDOWN.encode(), "Ёлка".encode("utf-16"), "Ёлка, было".encode("cp1251")],
        own_text(".txt"),
    ),
    Target(
        "own-html",
        lambda: [f"<article><h1>x</h1><p>{PRIVATE}</p></article>".encode()],
        own_text(".html"),
        tokens=(b"<p>", b"<table>", b"</article>"),
    ),
    Target("written-text", written_seeds, written_text, "letter.md", (b"!!int ", b"&a [*a]")),
    Target("rows", row_seeds, rows, "rows.jsonl"),
    Target("prompts", prompt_seeds, prompts, "prompts.jsonl"),
    Target("recipe", recipe_seeds, recipe, "recipe.yaml", (b"{a: {b: ", b"? ", b"&a ", b"*a")),
    Target(
        "settings",
        lambda: [
            b'{"temperature": 0.7, "stop_token": ["x", "y"], "top_k": 5, '
            b'"num_beams": 2, "adapter": "mine", "role": "user"}'
        ],
        settings,
    ),
    Target("names", lambda: ["Вера, Верочка\nWill Ash\n".encode()], names, "names.txt"),
    Target("gap", lambda: [b"1d", b"90m", b"1.5h"], gap, "gap"),
    Target(
        "history",
        lambda: [b"User: Hi?\n**Assistant:** Ho.\nmore\nSystem: x", json.dumps(ASKED).encode()],
        history,
    ),
)
