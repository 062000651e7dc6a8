"""Settings of sampling compared: style, loops, variety and endings of replies to the same requests.

    python scripts/bench/sampling.py                         # the practice base and its sample
    python scripts/bench/sampling.py --model smollm2 --adapter FOLDER --results smollm2.jsonl

The requests are those of the sample columns that the sample adapter did not see. Base and adapter
answer them in batches, for every setting. What was measured stands in the file of results: the same
command again goes on after it and prints the table.

Columns: the distance of style of base and adapter to the held-out columns, and the share of the way
from the base to the writer that the adapter goes (beside the base with the first setting); the
share of the adapter's replies with repetition (`evaluate.repetition`), the mean number of redraws,
distinct pairs of words, the share of the writer's 100 commonest words, and the share of replies that
ended by themselves.
"""

from __future__ import annotations

import argparse
import itertools
import json
import re
import statistics
import tempfile
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from morris_mlx.cli.demo import collect_and_prepare
from morris_mlx.collect import collect_files
from morris_mlx.defaults import sample_folder
from morris_mlx.evaluate import style_distances
from morris_mlx.evaluate.repetition import find_repetition
from morris_mlx.generate import Generator, load_generator
from morris_mlx.generate.seeds import Seeds
from morris_mlx.pipeline.evaluate import WHOLE_TEXT_TASKS, _texts
from morris_mlx.project.datasets import find_dataset, read_dataset
from morris_mlx.project.folder import Project
from morris_mlx.records.corpus import MIX_TASK, Message
from morris_mlx.records.generation import GenerationResult

OFF = {"repetition_penalty": 1.0, "prevent_loops": False}
ON = {"repetition_penalty": 1.0, "prevent_loops": True}
SETTINGS: dict[str, dict[str, Any]] = {
    "penalty 1.15": {"repetition_penalty": 1.15, "prevent_loops": False},
    "neither": OFF,
    "loops": ON,
    "temp 0.7 min-p 0.1": ON | {"min_p": 0.1},
    "temp 0.8 min-p 0.05": ON | {"temperature": 0.8},
    "temp 0.8 min-p 0.1": ON | {"temperature": 0.8, "min_p": 0.1},
    "temp 0.9 min-p 0.1": ON | {"temperature": 0.9, "min_p": 0.1},
    "temp 1.0 min-p 0.1": ON | {"temperature": 1.0, "min_p": 0.1},
    "temp 1.0 min-p 0.05": ON | {"temperature": 1.0, "min_p": 0.05},
    "temp 0.9 min-p 0.05": ON | {"temperature": 0.9, "min_p": 0.05},
    "temp 1.0 min-p 0.02": ON | {"temperature": 1.0, "min_p": 0.02},
    "greedy, neither": OFF | {"temperature": 0.0},
    "greedy, loops": ON | {"temperature": 0.0},
}
WORD = re.compile(r"[^\W\d_]+(?:[’'][^\W\d_]+)*")


def words(text: str) -> list[str]:
    return [word.casefold() for word in WORD.findall(text)]


def answers(
    llm: Generator,
    requests: Sequence[Sequence[Message]],
    strength: float,
    settings: dict[str, Any],
    tokens: int,
) -> list[GenerationResult]:
    """Return the replies to all requests, in batches; their seeds are the same every time."""
    vars(llm)["_seeds_drawn"] = Seeds(entropy=1)
    return list(llm.generate_many(requests, strength=strength, max_tokens=tokens, **settings))


def row_of(replies: Sequence[GenerationResult], common: frozenset[str]) -> dict[str, float]:
    """Return what is measured on the replies of the adapter alone."""
    texts = [words(reply.text) for reply in replies]
    pairs = [pair for text in texts for pair in itertools.pairwise(text)]
    every = [word for text in texts for word in text]
    return {
        "looping": statistics.fmean(find_repetition(r.text) is not None for r in replies),
        "redraws": statistics.fmean(r.redraws for r in replies),
        "cut": statistics.fmean(r.finish_reason == "loop" for r in replies),
        "distinct": len(set(pairs)) / max(1, len(pairs)),
        "common": sum(word in common for word in every) / max(1, len(every)),
        "ended": statistics.fmean(r.finish_reason == "stop" for r in replies),
        "words": len(every) / len(replies),
    }


def measure(chosen: argparse.Namespace) -> None:
    done = {row["name"] for row in read_rows(chosen.results)}
    todo = [name for name in chosen.only or SETTINGS if name not in done]
    if not todo:
        return
    with tempfile.TemporaryDirectory() as home:
        project = Project(Path(home))
        card = collect_and_prepare(project, chosen.model)
        examples = read_dataset(find_dataset(project, card.digest))
    rows = [e for part in ("test", "valid", "train") for e in examples[part]]
    asked = [e.messages[:-1] for e in rows if e.task in WHOLE_TEXT_TASKS][: chosen.requests]
    author = _texts([e for e in examples["train"] if e.task != MIX_TASK])
    held_out = _texts([*examples["test"], *examples["valid"]])
    contrast = [d.text for d in collect_files([sample_folder() / "briefs"]).documents]
    counts = Counter(word for text in author for word in words(text))
    common = frozenset(word for word, _ in counts.most_common(100))
    with load_generator(chosen.model, chosen.adapter, say=lambda _: None) as llm:
        for name in todo:
            base = answers(llm, asked, 0.0, SETTINGS[name], chosen.tokens)
            adapted = answers(llm, asked, 1.0, SETTINGS[name], chosen.tokens)
            texts = [[reply.text for reply in replies] for replies in (base, adapted)]
            distances = style_distances(author, held_out, *texts, contrast)
            row = {"name": name, "settings": SETTINGS[name], **row_of(adapted, common)}
            row |= {
                "base": distances.floor,
                "adapted": distances.adapted,
                "author": distances.ceiling,
                "base_looping": row_of(base, common)["looping"],
                "texts": texts,
            }
            with chosen.results.open("a", encoding="utf-8") as file:
                file.write(json.dumps(row, ensure_ascii=False) + "\n")
            print(f"measured {name}", flush=True)


def read_rows(path: Path) -> list[dict[str, Any]]:
    if not path.exists():
        return []
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def print_table(rows: Sequence[dict[str, Any]]) -> None:
    head = ("base", "adapter", "way", "looping", "redraws", "cut", "distinct", "common", "ended")
    print(f"{'':22}" + "".join(f"{name:>9}" for name in (*head, "words")))
    floor = next((row["base"] for row in rows if row["base"] is not None), None)
    for row in rows:
        way = "-"
        if floor is not None and row["adapted"] is not None:
            way = f"{(floor - row['adapted']) / (floor - row['author']):.0%}"
        cells = [f"{row[k]:.3f}" if row[k] is not None else "-" for k in ("base", "adapted")]
        cells += [way, f"{row['looping']:.0%}", f"{row['redraws']:.2f}", f"{row['cut']:.0%}"]
        cells += [f"{row['distinct']:.3f}", f"{row['common']:.3f}", f"{row['ended']:.0%}"]
        print(f"{row['name']:22}" + "".join(f"{c:>9}" for c in (*cells, f"{row['words']:.0f}")))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--model", default="practice")
    parser.add_argument("--adapter", default="sample")
    parser.add_argument("--results", type=Path, default=Path("sampling-practice.jsonl"))
    parser.add_argument("--requests", type=int, default=8)
    parser.add_argument("--tokens", type=int, default=300, help="of a reply, at most")
    parser.add_argument("--only", nargs="*", choices=SETTINGS, metavar="NAME", help="of settings")
    chosen = parser.parse_args()
    measure(chosen)
    print_table(read_rows(chosen.results))


if __name__ == "__main__":
    main()
