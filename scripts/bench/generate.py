"""Generation compared with mlx-lm and transformers, alternating in one run, as ratios.

    python scripts/bench/generate.py            # both models, about five minutes on two cores
    python scripts/bench/generate.py --repeats 1 --only practice
    python scripts/bench/generate.py --model smollm2     # about four minutes

One stream against mlx_lm.stream_generate, a batch of eight against eight in a row, the first token
at turn 20 of a chat against turn 2, a switch of adapter against loading again, and the torch engine
against plain transformers. Medians of the repeats. Nothing else should run meanwhile.
"""

from __future__ import annotations

import argparse
import json
import shutil
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from morris_mlx.device import prepare_engine

prepare_engine()

import mlx.core as mx
import mlx_lm.utils
from mlx.utils import tree_flatten
from mlx_lm import stream_generate
from mlx_lm.tuner.utils import linear_to_lora_layers

from morris_mlx.files import read_json
from morris_mlx.generate import Generator, load_generator
from morris_mlx.models.catalog import PRACTICE_FOLDER
from morris_mlx.models.chat_tokenizer import TOKENIZER_CONFIG, TOKENIZER_FILE
from morris_mlx.models.config import CONFIG
from morris_mlx.models.find import ModelFiles, find_model
from morris_mlx.models.load import load_mlx_model
from morris_mlx.records.corpus import Message

HUNDRED_MILLION = {
    "vocab_size": 32000,
    "hidden_size": 768,
    "intermediate_size": 2048,
    "num_hidden_layers": 12,
    "num_attention_heads": 12,
    "num_key_value_heads": 4,
    "head_dim": 64,
    "max_position_embeddings": 4096,
}
TOKENS = 128  # of every reply: long enough that reading the prompt weighs little
FEWER_TOKENS = 48  # with --model, whose tokens take longer
TASK = "Write a long column about the new timetable of the trains, and about the rain."
THINGS = ("rain", "tea", "cats", "dogs", "trains", "boats", "bread", "milk")
GOALS = {
    "one stream, of mlx-lm's tokens/s": ("at least", 0.97),
    "batch of 8, of eight in a row": ("at least", 3.0),
    "first token, turn 20 of turn 2": ("at most", 1.5),
    "another adapter, times faster than loading": ("at least", 20.0),
    "torch, of plain transformers' tokens/s": ("at least", 0.95),
}


def make_random_model(folder: Path) -> Path:
    """Save 100 million float32 weights with the practice base's tokenizer."""
    folder.mkdir()
    config = json.loads((PRACTICE_FOLDER / "config.json").read_text()) | HUNDRED_MILLION
    (folder / "config.json").write_text(json.dumps(config | {"torch_dtype": "float32"}))
    for name in (TOKENIZER_FILE, TOKENIZER_CONFIG):
        shutil.copy(PRACTICE_FOLDER / name, folder / name)
    mx.random.seed(1)
    model_class, args_class = mlx_lm.utils._get_classes(config)
    weights = dict(tree_flatten(model_class(args_class.from_dict(config)).parameters()))
    mx.save_safetensors(str(folder / "model.safetensors"), weights, {"format": "mlx"})
    print(f"random model: {sum(w.size for w in weights.values()) / 1e6:.0f} million parameters")
    return folder


def make_adapter(model: ModelFiles, folder: Path, seed: int) -> Path:
    """Save an adapter of random numbers, of rank 16 on all linear layers of every block."""
    mx.random.seed(seed)
    net: Any = load_mlx_model(model.folder)
    parameters = {"rank": 16, "scale": 2.0, "dropout": 0.0}
    linear_to_lora_layers(net, len(net.layers), parameters)
    weights = {
        name: mx.random.normal(value.shape) * 0.02
        for name, value in tree_flatten(net.parameters())
        if "lora_" in name
    }
    folder.mkdir()
    mx.save_safetensors(str(folder / "adapters.safetensors"), weights)
    config = {"fine_tune_type": "lora", "num_layers": -1, "lora_parameters": parameters}
    (folder / "adapter_config.json").write_text(json.dumps(config))
    return folder


def in_turns(works: Sequence[Callable[[], float]], repeats: int) -> list[float]:
    """Return the median of each work, run in turns; a first round is for warming up."""
    rounds = [[work() for work in works] for _ in range(repeats + 1)][1:]
    return [statistics.median(column) for column in zip(*rounds, strict=True)]


def never_written(llm: Generator) -> int:
    """Return an end token that the model does not write: the last of its vocabulary."""
    return llm.load().backend.vocabulary - 1


def timed(work: Callable[[], object]) -> float:
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


def one_stream(llm: Generator, model: ModelFiles, tokens: int, repeats: int) -> float:
    theirs = load_mlx_model(model.folder)  # the same weights, unpacked on a CPU
    tokenizer: Any = mlx_lm.utils.load_tokenizer(model.folder)
    tokenizer._eos_token_ids = {never_written(llm)}
    ids = list(llm.load().tokenizer.render([Message("user", TASK)], reply=True).ids)

    def ours() -> float:
        reply = llm.stream(TASK, system_prompt="", max_tokens=tokens, temperature=0)
        seconds = timed(lambda: list(reply))
        assert reply.result is not None and reply.result.tokens == tokens
        return seconds

    def other() -> float:
        return timed(lambda: list(stream_generate(theirs, tokenizer, ids, max_tokens=tokens)))

    our_seconds, their_seconds = in_turns([ours, other], repeats)
    print(f"  {tokens / our_seconds:.0f} tokens/s, mlx-lm {tokens / their_seconds:.0f}")
    return their_seconds / our_seconds


def batch_of_eight(llm: Generator, tokens: int, repeats: int) -> float:
    tasks = [f"Tell me about {thing}." for thing in THINGS]
    settings = {"max_tokens": tokens, "temperature": 0}
    together, in_a_row = in_turns(
        [
            lambda: timed(lambda: llm.batch_run(tasks, **settings)),
            lambda: timed(lambda: [llm.run(task, **settings) for task in tasks]),
        ],
        repeats,
    )
    print(f"  {8 * tokens / together:.0f} tokens/s together, {8 * tokens / in_a_row:.0f} in a row")
    return in_a_row / together


def first_token_late_in_a_chat(llm: Generator, repeats: int) -> float:
    def chat() -> list[float]:
        llm.clear_history()
        seconds = []
        for turn in range(20):
            llm.chat(f"Go on, this is question {turn + 1}.", max_tokens=24, temperature=0)
            seconds.append(llm.time_to_first_token())
        return seconds

    rounds = [chat() for _ in range(repeats + 1)][1:]
    second, twentieth = (statistics.median(r[turn] for r in rounds) for turn in (1, 19))
    print(f"  {1e3 * twentieth:.0f} ms at turn 20, {1e3 * second:.0f} ms at turn 2")
    return twentieth / second


def swap_against_reload(
    llm: Generator, model: ModelFiles, adapters: Sequence[Path], repeats: int
) -> float:
    """Compare a switch between two loaded adapters, as when a user compares them, with loading."""
    loaded_model = llm.load()

    def activate(adapter: Path) -> None:
        llm.adapter = str(adapter)
        llm.prepare()

    for adapter in adapters:
        activate(adapter)

    def reload() -> None:
        load_generator(model, adapters[0], backend="mlx", say=lambda _: None).close()

    def swap() -> float:
        activate(adapters[0])
        return timed(lambda: activate(adapters[1]))

    swapped, loaded = in_turns([swap, lambda: timed(reload)], repeats)
    assert loaded_model is llm.load()
    llm.adapter = None
    print(f"  {1e3 * swapped:.1f} ms, loading {1e3 * loaded:.0f} ms")
    return loaded / swapped


def torch_beside_transformers(model: ModelFiles, tokens: int, repeats: int) -> float:
    import torch
    import transformers

    theirs = transformers.AutoModelForCausalLM.from_pretrained(
        model.folder, dtype=torch.float32, local_files_only=True
    ).eval()
    with load_generator(model, backend="torch", device="cpu", say=lambda _: None) as llm:
        ids = list(llm.load().tokenizer.render([Message("user", TASK)], reply=True).ids)
        prompt = torch.tensor([ids])

        def ours() -> float:
            settings = {"system_prompt": "", "max_tokens": tokens, "temperature": 0}
            settings |= {"eos_token_id": never_written(llm), "prevent_loops": False}
            return timed(lambda: llm.run(TASK, **settings))

        def other() -> float:
            with torch.inference_mode():
                return timed(
                    lambda: theirs.generate(
                        prompt,
                        attention_mask=torch.ones_like(prompt),
                        max_new_tokens=tokens,
                        do_sample=False,
                        eos_token_id=never_written(llm),
                        pad_token_id=0,
                    )
                )

        our_seconds, their_seconds = in_turns([ours, other], repeats)
    print(f"  {tokens / our_seconds:.0f} tokens/s, transformers {tokens / their_seconds:.0f}")
    return their_seconds / our_seconds


def bench(name: str, model: ModelFiles, work: Path, tokens: int, repeats: int) -> bool:
    print(f"\n{name}", flush=True)
    adapters = [make_adapter(model, work / f"{name}-{n}", n) for n in range(2)]
    with load_generator(model, backend="mlx", say=lambda _: None, prevent_loops=False) as llm:
        llm.eos_token_id = never_written(llm)
        ratios = [
            one_stream(llm, model, tokens, repeats),
            batch_of_eight(llm, tokens, repeats),
            first_token_late_in_a_chat(llm, repeats),
            swap_against_reload(llm, model, adapters, repeats),
        ]
    if "quantization" in read_json(model.folder / CONFIG):
        print("  transformers cannot read MLX's quantized weights, so torch is not compared")
    else:
        ratios.append(torch_beside_transformers(model, tokens, repeats))
    reached = True
    for (what, (bound, goal)), ratio in zip(GOALS.items(), ratios, strict=False):
        good = ratio >= goal if bound == "at least" else ratio <= goal
        reached = reached and good
        mark = "" if good else "   MISSED"
        print(f"{what:44} {ratio:8.2f}   (to reach: {bound} {goal}){mark}", flush=True)
    return reached


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n\n")[0])
    parser.add_argument("--repeats", type=int, help="5; with --model 1")
    parser.add_argument("--tokens", type=int, help=f"{TOKENS}; with --model {FEWER_TOKENS}")
    parser.add_argument("--only", choices=("practice", "random"))
    parser.add_argument("--model", help="the name of another model, measured instead of both")
    asked = parser.parse_args()
    repeats = asked.repeats or (1 if asked.model else 5)
    tokens = asked.tokens or (FEWER_TOKENS if asked.model else TOKENS)
    reached = True
    with tempfile.TemporaryDirectory() as folder:
        work = Path(folder)
        if asked.model:
            return 0 if bench("model", find_model(asked.model), work, tokens, repeats) else 1
        if asked.only != "random":
            reached = bench("practice base", find_model("practice"), work, tokens, repeats)
        if asked.only != "practice":
            random = find_model(str(make_random_model(work / "random")))
            reached = bench("random model", random, work, tokens, repeats) and reached
    return 0 if reached else 1


if __name__ == "__main__":
    sys.exit(main())
