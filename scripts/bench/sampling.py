"""Comparison of sampling settings by style, loops, variety and endings of the replies.

    python scripts/bench/sampling.py                         # the practice base and its sample
    python scripts/bench/sampling.py --model smollm2 --adapter sample-columns --requests 24 \
        --results sampling-smollm2.jsonl

The requests are those of the sample columns, the held-out ones first. The adapter answers them in
batches for every setting, and the base for the first setting. Results are kept in the results file,
so the same command resumes an interrupted comparison and prints the table.

Columns: the voice score (`evaluate.voice_score`) with its interval, by judges that were fitted on
the columns in train and on the reference population; the distance of the adapter's style to the
held-out columns; the share of the distance from the base to the writer that it covers; the share of replies with repetition (`evaluate.repetition`);
the mean number of redraws; the share of replies cut in a loop; distinct pairs of words; the share of
the writer's 100 most common words; the share of replies that ended by themselves. Distances are
means over blocks of 1,000 words, because a distance falls with the length of the text. The distances
of two blocks differ by about 0.1. Intervals that overlap widely show no difference either.
"""

from __future__ import annotations

import argparse
import itertools
import json
import re
import statistics
import tempfile
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from morris_mlx.cli.demo import collect_and_prepare
from morris_mlx.collect import collect_files
from morris_mlx.defaults import sample_folder
from morris_mlx.evaluate import count_words, style_distances
from morris_mlx.evaluate.judges.documents import Documents
from morris_mlx.evaluate.judges.panel import Panel
from morris_mlx.evaluate.judges.population import PIECE_WORDS, load_population
from morris_mlx.evaluate.repetition import find_repetition
from morris_mlx.evaluate.style import MIN_STYLE_WORDS, _cut
from morris_mlx.evaluate.voice_score import Position, voice_score
from morris_mlx.generate import Generator, load_generator
from morris_mlx.generate.seeds import Seeds
from morris_mlx.pipeline.evaluate import longest_answers
from morris_mlx.pipeline.evaluation_answers import WHOLE_TEXT_TASKS
from morris_mlx.project.datasets import find_dataset, read_dataset
from morris_mlx.project.folder import Project
from morris_mlx.records.corpus import MIX_TASK, Example, Message, Split
from morris_mlx.records.generation import GenerationResult

BASE = "(base)"
PLAIN = {"temperature": 0.7, "top_p": 0.95, "min_p": 0.05, "repetition_penalty": 1.0}
OFF = PLAIN | {"prevent_loops": False}
ON = PLAIN | {"prevent_loops": True}
SETTINGS: dict[str, dict[str, Any]] = {
    "penalty 1.15": OFF | {"repetition_penalty": 1.15},
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
    "temp 1.0 penalty 1.05": ON | {"temperature": 1.0, "repetition_penalty": 1.05},
    "temp 1.0 penalty 1.15": ON | {"temperature": 1.0, "repetition_penalty": 1.15},
    "temp 1.0 presence 0.5": ON | {"temperature": 1.0, "presence_penalty": 0.5},
    "temp 1.0 top-p 0.8": ON | {"temperature": 1.0, "top_p": 0.8},
    "temp 1.0 top-p 0.9": ON | {"temperature": 1.0, "top_p": 0.9},
    "temp 1.0 top-p 1.0": ON | {"temperature": 1.0, "top_p": 1.0},
    "temp 1.2 min-p 0.05": ON | {"temperature": 1.2},
    "temp 1.0, no loop check": OFF | {"temperature": 1.0},
    "greedy, neither": OFF | {"temperature": 0.0},
    "greedy, loops": ON | {"temperature": 0.0},
}
# Replies that are judged as one text: one of 300 tokens may be too short for a piece by itself.
TOGETHER = 2
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
    """Return the measurements of replies that need no comparison."""
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


def distances(
    texts: Sequence[str], author: Sequence[str], held_out: Sequence[str], contrast: Sequence[str]
) -> dict[str, float | None]:
    """Return the mean distance of blocks of MIN_STYLE_WORDS words, and that of the author."""
    blocks: list[list[str]] = [[]]
    for text in texts:
        blocks[-1].append(text)
        if count_words(blocks[-1]) >= MIN_STYLE_WORDS:
            blocks.append([])
    found = []
    for block in blocks[:-1]:
        same = _cut(block, MIN_STYLE_WORDS)
        found.append(style_distances(author, held_out, same, same, contrast))
    means = [one.adapted for one in found if one.adapted is not None]
    return {
        "distance": statistics.fmean(means) if means else None,
        "author": found[0].ceiling if found else None,
    }


def prepared(model: str) -> Mapping[Split, Sequence[Example]]:
    """Return the dataset of the sample columns."""
    with tempfile.TemporaryDirectory() as home:
        project = Project(Path(home))
        card = collect_and_prepare(project, model)
        return read_dataset(find_dataset(project, card.digest))


def measure(chosen: argparse.Namespace, examples: Mapping[Split, Sequence[Example]]) -> None:
    """Measure the settings that are not in the results file yet, and add them to it."""
    done = {row["name"] for row in read_rows(chosen.results)}
    todo = [name for name in chosen.only or SETTINGS if name not in done]
    if not todo:
        return
    rows = [e for part in ("test", "valid", "train") for e in examples[part]]
    asked = [e.messages[:-1] for e in rows if e.task in WHOLE_TEXT_TASKS][: chosen.requests]
    author = longest_answers([e for e in examples["train"] if e.task != MIX_TASK])
    held_out = longest_answers([*examples["test"], *examples["valid"]])
    contrast = [d.text for d in collect_files([sample_folder() / "briefs"]).documents]
    counts = Counter(word for text in author for word in words(text))
    common = frozenset(word for word, _ in counts.most_common(100))
    runs = [(name, 1.0, SETTINGS[name]) for name in todo]
    if BASE not in done:
        runs.insert(0, (BASE, 0.0, SETTINGS[todo[0]]))
    with load_generator(chosen.model, chosen.adapter, say=lambda _: None) as llm:
        for name, strength, settings in runs:
            replies = answers(llm, asked, strength, settings, chosen.tokens)
            texts = [reply.text for reply in replies]
            row = {"name": name, "settings": settings, **row_of(replies, common)}
            row |= distances(texts, author, held_out, contrast) | {"texts": texts}
            with chosen.results.open("a", encoding="utf-8") as file:
                file.write(json.dumps(row, ensure_ascii=False) + "\n")
            print(f"measured {name}", flush=True)


def read_rows(path: Path) -> list[dict[str, Any]]:
    if not path.exists():
        return []
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def voice_scores(
    rows: Sequence[dict[str, Any]], examples: Mapping[Split, Sequence[Example]]
) -> dict[str, Position]:
    """Return the voice score of the replies of each setting, except those of the base."""
    floor = next((row["texts"] for row in rows if row["name"] == BASE), None)
    if floor is None or len(rows) < 2:
        return {}
    population = load_population("en")
    inventory = population.inventory

    def measured(texts: Sequence[str], together: int = 1) -> Documents:
        groups: dict[str, list[str]] = {}
        for number, text in enumerate(texts):
            groups.setdefault(str(number // together), []).append(text)
        return Documents.measured(groups, inventory, PIECE_WORDS)

    known = measured(longest_answers([e for e in examples["train"] if e.task != MIX_TASK]))
    ceiling = measured(longest_answers([*examples["test"], *examples["valid"]]))
    panel = Panel.fit(known, population.documents(PIECE_WORDS), len(inventory.grammar))
    base = measured(floor, TOGETHER)
    return {
        row["name"]: voice_score(panel, measured(row["texts"], TOGETHER), base, ceiling).combined
        for row in rows
        if row["name"] != BASE
    }


def print_table(rows: Sequence[dict[str, Any]], voices: Mapping[str, Position]) -> None:
    head = (
        "voice",
        "from – to",
        "style",
        "way",
        "looping",
        "redraws",
        "cut",
        "distinct",
        "common",
        "ended",
        "words",
    )
    print(f"{'':24}" + "".join(f"{name:>13}" for name in head))
    floor = next((row["distance"] for row in rows if row["name"] == BASE), None)
    for row in rows:
        distance, way = row["distance"], "-"
        if floor is not None and distance is not None:
            way = f"{(floor - distance) / (floor - row['author']):.0%}"
        voice = voices.get(row["name"])
        cells = ["-", "-"]
        if voice is not None and voice.value is not None:
            cells = [f"{voice.value:.0%}", f"{voice.low:.0%} – {voice.high:.0%}"]
        cells += ["-" if distance is None else f"{distance:.3f}", way]
        cells += [f"{row['looping']:.0%}", f"{row['redraws']:.2f}", f"{row['cut']:.0%}"]
        cells += [f"{row['distinct']:.3f}", f"{row['common']:.3f}", f"{row['ended']:.0%}"]
        print(f"{row['name']:24}" + "".join(f"{c:>13}" for c in (*cells, f"{row['words']:.0f}")))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--model", default="practice")
    parser.add_argument("--adapter", default="sample")
    parser.add_argument("--results", type=Path, default=Path("sampling-practice.jsonl"))
    parser.add_argument("--requests", type=int, default=16)
    parser.add_argument("--tokens", type=int, default=300, help="maximum length of a reply")
    parser.add_argument("--only", nargs="*", choices=SETTINGS, metavar="NAME", help="settings")
    chosen = parser.parse_args()
    examples = prepared(chosen.model)
    measure(chosen, examples)
    rows = read_rows(chosen.results)
    print_table(rows, voice_scores(rows, examples))


if __name__ == "__main__":
    main()
