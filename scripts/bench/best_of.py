"""Gain and cost of choosing the best of several candidates.

    python scripts/bench/best_of.py                         # the practice base and its sample
    python scripts/bench/best_of.py --model smollm2 --adapter sample-columns \
        --requests 24 --results best-of-smollm2.jsonl

The adapter writes eight candidates for each request of the sample columns, held-out ones first, and
the base writes one. Candidates are kept in the results file, so the same command resumes an
interrupted run and prints the table.

The judges that choose are fitted on the columns in train. Columns of the table, for the first 1, 4
and 8 candidates: the voice score of the chosen texts with its interval, by the same judges; the
same by other judges: two panels are fitted on different halves of all texts, and each measures what
the other has chosen (the mean of both); the share of chosen texts with a fault; tokens of all
candidates of a request; seconds for them in one batch, on the first requests.
"""

from __future__ import annotations

import argparse
import json
import statistics
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parent))

from sampling import prepared, read_rows

from morris_mlx.evaluate.best_of import Choice, gain_of
from morris_mlx.generate import load_generator
from morris_mlx.pipeline.evaluate import longest_answers, read_briefs
from morris_mlx.pipeline.evaluation_answers import WHOLE_TEXT_TASKS
from morris_mlx.pipeline.evaluation_texts import author_texts, other_hands
from morris_mlx.pipeline.ranker import asking_words
from morris_mlx.records.corpus import NOT_BY_THE_WRITER, Example, Split
from morris_mlx.records.evaluation import Gain, Share
from morris_mlx.records.generation import GenerationResult

COUNTS = (1, 4, 8)
TIMED = 4  # requests whose candidates are also written in smaller batches, for the time
SEED_STEP = 1000  # between requests, so that no two candidates have the same seed


def write_candidates(chosen: argparse.Namespace, examples: Sequence[Example]) -> None:
    """Write the candidates of the requests that are not in the results file yet."""
    done = len(read_rows(chosen.results))
    if done >= len(examples):
        return
    with load_generator(chosen.model, chosen.adapter, say=lambda _: None) as llm:
        for number, example in list(enumerate(examples))[done:]:
            asked, seed = example.messages[:-1], SEED_STEP * number
            given = {"max_tokens": chosen.tokens, "seed": seed}
            base = llm.generate(asked, strength=0.0, **given)
            first = llm.generate(asked, **given, num_return_sequences=max(COUNTS))
            results = [first, *first.alternatives]
            timed = {max(COUNTS): max(r.seconds for r in results)}
            if number < TIMED:
                for count in COUNTS[:-1]:
                    again = llm.generate(asked, **given, num_return_sequences=count)
                    timed[count] = max(r.seconds for r in (again, *again.alternatives))
            row = {
                "request": asked[-1].content,
                "base": base.text,
                "seconds": timed,
                "candidates": [
                    {"text": r.text, "reason": r.finish_reason, "tokens": r.tokens, "seed": r.seed}
                    for r in results
                ],
            }
            with chosen.results.open("a", encoding="utf-8") as file:
                file.write(json.dumps(row, ensure_ascii=False) + "\n")
            print(f"{number + 1} of {len(examples)} requests", flush=True)


def measure_gain(
    rows: Sequence[dict[str, Any]], examples: Mapping[Split, Sequence[Example]]
) -> list[Gain]:
    """Return the gain for each number of candidates."""
    known = author_texts([e for e in examples["train"] if e.task not in NOT_BY_THE_WRITER])
    others = other_hands(examples, read_briefs(), "en")
    choice = Choice(
        known=known,
        others=[*others.row, *others.reference],
        language="en",
        learned=[m.content for e in examples["train"] for m in e.messages if m.role == "assistant"],
        held_out=longest_answers([*examples["test"], *examples["valid"]]),
        asking=asking_words("en"),
    )
    groups = [
        [
            GenerationResult(c["text"], c["reason"], 0, c["tokens"], 0.0, 0.0, c["seed"])
            for c in row["candidates"]
        ]
        for row in rows
    ]
    requests = [row["request"] for row in rows]
    return gain_of(choice, requests, groups, [row["base"] for row in rows], COUNTS)


def print_table(gains: Sequence[Gain], rows: Sequence[dict[str, Any]]) -> None:
    head = ("same judges", "from – to", "other judges", "from – to", "faulty", "tokens", "seconds")
    print(f"{'candidates':12}" + "".join(f"{name:>14}" for name in head))
    for gain in gains:
        cells = [*_cells(gain.own), *_cells(gain.independent), f"{gain.faulty:.0%}"]
        timed = [row["seconds"].get(str(gain.count)) for row in rows[:TIMED]]
        seconds = statistics.fmean(one for one in timed if one is not None)
        cells += [f"{gain.tokens:.0f}", f"{seconds:.1f}"]
        print(f"{gain.count:<12}" + "".join(f"{cell:>14}" for cell in cells))


def _cells(share: Share) -> tuple[str, str]:
    if share.value is None or share.low is None or share.high is None:
        return "–", "–"
    return f"{share.value:.0%}", f"{share.low:.0%} – {share.high:.0%}"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--model", default="practice")
    parser.add_argument("--adapter", default="sample")
    parser.add_argument("--results", type=Path, default=Path("best-of-practice.jsonl"))
    parser.add_argument("--requests", type=int, default=24)
    parser.add_argument("--tokens", type=int, default=300, help="maximum length of a reply")
    chosen = parser.parse_args()
    examples = prepared(chosen.model)
    rows = [e for part in ("test", "valid", "train") for e in examples[part]]
    asked = [e for e in rows if e.task in WHOLE_TEXT_TASKS][: chosen.requests]
    write_candidates(chosen, asked)
    found = read_rows(chosen.results)[: len(asked)]
    print_table(measure_gain(found, examples), found)


if __name__ == "__main__":
    main()
