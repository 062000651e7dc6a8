"""Fuzzing of the files of adapters and models: runs, weights, checkpoints, settings, cards."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import asdict
from functools import cache
from pathlib import Path
from typing import Any

from fuzzing.artefacts import DIGEST, GENERATOR, LORA, MESSAGES, RUN, at, lines, value
from fuzzing.target import Target, require_type, written
from morris_mlx.defaults import ADAPTER_WEIGHTS
from morris_mlx.errors import MorrisError
from morris_mlx.files import cut_log, file_digest
from morris_mlx.generate.saved_state import read_checkpoint, write_checkpoint
from morris_mlx.models.adapter_files import checked_weights, read_adapter_config
from morris_mlx.models.catalog import PRACTICE_FOLDER
from morris_mlx.models.config import read_config
from morris_mlx.models.converted import CARD_FILE, Conversion, find_damage, read_conversion
from morris_mlx.models.find import find_local
from morris_mlx.models.find_adapter import find_adapter, find_base_model, read_run
from morris_mlx.project.adapters import METRICS_FILE
from morris_mlx.project.folder import Project
from morris_mlx.records.corpus import Example, Message
from morris_mlx.records.training import TrainRun
from morris_mlx.typed_json import record_from_json


# --- adapters/ -------------------------------------------------------------------------------
def run_file(project: Project) -> None:
    require_type(read_run(project.adapter("mine")), TrainRun)


def adapter_config(project: Project) -> None:
    written(project.adapter("mine"), ADAPTER_WEIGHTS, b"")
    with suppress(MorrisError):  # the base that mlx-lm names is not on this machine
        find_base_model(None, find_adapter("mine", project.adapters))
    found = read_adapter_config(project.adapter("mine"))
    assert found["num_layers"] == int(found["num_layers"])


def weights(project: Project) -> None:
    """Arrays, and a run.json that does not fit to them."""
    from morris_mlx.models.adapters import load_arrays

    with suppress(MorrisError):
        checked_weights(project.adapter("mine"))
    with suppress(RuntimeError, ValueError):  # which callers tell as damage
        load_arrays(project.adapter("mine") / ADAPTER_WEIGHTS)


def metrics(project: Project) -> None:
    path = project.adapter("mine") / METRICS_FILE
    for size in (None, 0, 10, 10**6):
        cut_log(path, size)
        assert path.read_bytes()[-1:] in (b"", b"\n")


@cache
def checkpoint() -> dict[str, bytes]:
    """The files of a checkpoint, as the trainer writes them."""
    import mlx.core as mx

    from morris_mlx.train.checkpoint_files import Checkpoint, write_checkpoint

    run = record_from_json(TrainRun, RUN)
    arrays = {"a": mx.array([1.0, 2.0])}
    with tempfile.TemporaryDirectory() as name:
        folder = write_checkpoint(Path(name), Checkpoint(2, run, arrays, arrays, 10, (3.0,)))
        return {path.name: path.read_bytes() for path in folder.iterdir()}


def checkpoint_file(name: str, signed: bool) -> Callable[[bytes, Path], None]:
    """A file of a checkpoint; `signed`: under a manifest that says that it must be so."""

    def run(data: bytes, folder: Path) -> None:
        from morris_mlx.train.checkpoint_files import (
            ADAPTER,
            MANIFEST,
            OPTIMIZER,
            STATE,
            _digest,
            read_newest,
        )

        path = folder / "00000002"
        for other, content in (checkpoint() | {name: data}).items():
            written(path, other, content)
        if signed:
            files = (ADAPTER, OPTIMIZER, STATE)
            hashes = {one: file_digest(path / one) for one in files}
            manifest = {"files": hashes, "digest": _digest(hashes)}
            (path / MANIFEST).write_text(json.dumps(manifest), encoding="utf-8")
        damaged: list[str] = []
        found = read_newest(folder, damaged)
        assert (found is None) == bool(damaged)
        if found:
            require_type((found.step, found.metrics_bytes), tuple[int, int])
            require_type(found.run, TrainRun)
            require_type(found.train_losses, tuple[float, ...])

    return run


@cache
def cached_tokens() -> tuple[str, bytes]:
    with tempfile.TemporaryDirectory() as name:
        tokens(Path(name))
        (path,) = Path(name).iterdir()
        return path.name, path.read_bytes()


def tokens(folder: Path) -> Sequence[Any]:
    from morris_mlx.train.dataset import load_rows

    return load_rows([Example(MESSAGES, "d1", "brief")] * 2, tokenizer(), 512, "train", folder)


@cache
def tokenizer() -> Any:
    from morris_mlx.models.chat_tokenizer import load_tokenizer

    return load_tokenizer(PRACTICE_FOLDER)


def token_cache(data: bytes, folder: Path) -> None:
    """Whatever lies in the cache, the rows are the same."""
    written(folder, cached_tokens()[0], data)
    assert tokens(folder) == tokens(folder / "fresh")


# --- models and generators -------------------------------------------------------------------
def generator(data: bytes, folder: Path) -> None:
    found = read_checkpoint(written(folder, "generator.json", data))
    require_type(found.history, tuple[Message, ...])
    require_type(found.reference, dict[str, str])
    assert 0 <= found.seeds.draw() < 2**32
    write_checkpoint(found, folder / "again")


def conversion(data: bytes, folder: Path) -> None:
    written(folder, CARD_FILE, data)
    find_damage(folder, thorough=True)
    require_type(read_conversion(folder), Conversion)


def config(data: bytes, folder: Path) -> None:
    written(folder, "config.json", data)
    require_type(read_config(folder).bits, int)
    found = find_local(str(folder), tokenizer_only=True)
    assert found is None or found.window > 0


def shards(data: bytes, folder: Path) -> None:
    from morris_mlx.models.config import INDEX
    from morris_mlx.models.find import _is_whole
    from morris_mlx.models.load import model_digest

    written(folder, INDEX, data)
    for name in ("config.json", "tokenizer.json"):
        written(folder, name, b"{}")
    require_type(_is_whole(folder, tokenizer_only=False), bool)
    require_type(model_digest(folder), str)


def tokenizer_config(data: bytes, folder: Path) -> None:
    from morris_mlx.models.chat_tokenizer import load_tokenizer

    written(folder, "tokenizer.json", (PRACTICE_FOLDER / "tokenizer.json").read_bytes())
    written(folder, "tokenizer_config.json", data)
    require_type(load_tokenizer(folder).content_digest, str)


def chat_template(data: bytes, folder: Path) -> None:
    """A template is described so that its ids are the template's own, or it is refused."""
    from morris_mlx.models.chat_tokenizer import load_tokenizer

    for name in ("tokenizer.json", "tokenizer_config.json"):
        written(folder, name, (PRACTICE_FOLDER / name).read_bytes())
    written(folder, "chat_template.jinja", data)
    ours = load_tokenizer(folder)
    row, prompt = ours.render(MESSAGES).ids, ours.render(MESSAGES[:-1], reply=True).ids
    assert row[: len(prompt)] == prompt and row[-1] == ours.end_id


def chat_templates() -> list[bytes]:
    config = json.loads((PRACTICE_FOLDER / "tokenizer_config.json").read_bytes())
    chatml = (
        "{%- macro turn(m) -%}{{ '<' ~ m.role ~ '>\n' + m.content | trim + eos_token }}"
        "{%- endmacro -%}{% set ns = namespace(n=0) %}{% for m in messages %}{{ turn(m) }}"
        "{% set ns.n = ns.n + 1 %}{% endfor %}"
        "{% if add_generation_prompt %}{{ '<assistant>\n' }}{% endif %}"
    )
    return [config["chat_template"].encode(), chatml.encode()]


def conversions() -> list[bytes]:
    from morris_mlx.models.converted import FileMark, LogitsCheck, Precision

    made = Conversion(
        source="a/b",
        precision=Precision("4bit", 4, "affine", 64),
        **{
            name: _example(kind)
            for name, kind in Conversion.__annotations__.items()
            if name not in ("source", "precision", "check", "files")
        },
        check=LogitsCheck(9, 0.1, 0.01, 0.001, 0.99),
        files={"config.json": FileMark(2, DIGEST)},
    )
    return [json.dumps(asdict(made)).encode()]


def _example(kind: str) -> Any:
    return {"str": "x", "int": 1, "float": 1.0, "bool": True}.get(kind, {})


TARGETS = (
    Target("run", value(RUN), at("adapters/mine/run.json", run_file), "run.json"),
    Target(
        "adapter-config",
        value(LORA),
        at("adapters/mine/adapter_config.json", adapter_config),
        "adapter_config.json",
    ),
    Target(
        "adapter-weights",
        lambda: [checkpoint()["adapter.safetensors"]],
        at("adapters/mine/adapters.safetensors", weights, {"adapters/mine/run.json": RUN}),
    ),
    Target("metrics", lines({"step": 1, "loss": 3.5}), at("adapters/mine/metrics.jsonl", metrics)),
    Target(
        "checkpoint-state",
        lambda: [checkpoint()["state.json"]],
        checkpoint_file("state.json", signed=True),
    ),
    Target(
        "checkpoint-arrays",
        lambda: [checkpoint()["adapter.safetensors"]],
        checkpoint_file("adapter.safetensors", signed=True),
    ),
    Target(
        "checkpoint-manifest",
        lambda: [checkpoint()["manifest.json"]],
        checkpoint_file("manifest.json", signed=False),
    ),
    Target("token-cache", lambda: [cached_tokens()[1]], token_cache),
    Target("generator", value(GENERATOR), generator, "generator.json"),
    Target("conversion", conversions, conversion, CARD_FILE),
    Target(
        "tokenizer-config",
        lambda: [(PRACTICE_FOLDER / "tokenizer_config.json").read_bytes()],
        tokenizer_config,
    ),
    Target(
        "chat-template",
        chat_templates,
        chat_template,
        tokens=(
            *(
                b"{%",
                b"%}",
                b"{{",
                b"}}",
                b"{% for x in range(99999) %}",
                b"{% endfor %}",
                b"~",
                b"|",
            ),
            *(
                b"* 99999999",
                b"** 999",
                b"'%99999d' % 1",
                b".format(1)",
                b"| replace('', 'x' * 999)",
            ),
            *(b"raise_exception('no')", b"messages[0]", b"loop.last", b"{% set x = x ~ x %}"),
        ),
    ),
    Target("model-shards", value({"weight_map": {"a": "model-1.safetensors"}}), shards, "index"),
    Target(
        "model-config",
        value(
            {"max_position_embeddings": 4096, "sliding_window": None, "quantization": {"bits": 4}}
        ),
        config,
        "config.json",
    ),
)
