"""`morris demo --chats`: two years of an invented person's messages."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace

from morris_mlx.cli.collect_chats import print_chats
from morris_mlx.cli.demo_steps import SMOLLM2, Demo, DemoBase, Examples, HeldOut
from morris_mlx.cli.output import print_table
from morris_mlx.defaults import SAMPLE_CHATS, sample_folder
from morris_mlx.models.catalog import PRACTICE_MODEL
from morris_mlx.models.find_adapter import read_run
from morris_mlx.pipeline.collect import keep_chats, read_chats
from morris_mlx.pipeline.languages import read_unknown_languages
from morris_mlx.pipeline.prepare import PrepareRequest, prepare
from morris_mlx.project.datasets import find_dataset, read_dataset, write_share
from morris_mlx.project.folder import Project
from morris_mlx.project.people import people_in_chats, read_people_file
from morris_mlx.project.provenance import Ground
from morris_mlx.project.redaction_map import read_redaction_map
from morris_mlx.records.corpus import SPLITS, DatasetCard, Example
from morris_mlx.train.recipes import PRACTICE_CHATS_RECIPE, SMOLLM2_CHATS_RECIPE

# From the test split: the first messages of conversations without private items, and the replies.
HELD_OUT = (
    HeldOut("New year resolution??", "fewer biscuits. i have started with the biscuits of others"),
    HeldOut(
        "Dear Marfa, the lease again. Same terms. I should not know what to ask for. Fergus",
        "dear fergus, a window that shuts",
    ),
    HeldOut("That's all six strung", "say it again, slower"),
)
RUSSIAN = "ru"
WORDS = 40  # of each reply: a message, not a column
SHOWN = 2  # private items of a kind; they are invented, so that they may be shown
# Show inflected Russian names: their stand-ins have the same grammatical case.
DECLINED = re.compile(r"[а-яё][еуюйм]$", re.IGNORECASE)
LETTER, CYRILLIC = re.compile(r"[^\W\d_]"), re.compile(r"[а-яё]", re.IGNORECASE)


def collect_and_prepare(project: Project, base: str) -> DatasetCard:
    """Collect the sample chats, prepare a dataset with `base`, and return its card."""
    from morris_mlx.collect import ChatOptions, find_chats

    folder = sample_folder() / "telegram"
    export = folder / "result.json"
    exports, _ = find_chats([export])
    grounds = {str(e.path): Ground.own for e in exports}
    read = read_chats(exports, ChatOptions(), grounds)
    collected = keep_chats(project, read, [export])
    if collected is not None:
        print(f"The export names its owner: {', '.join(collected.found.writers)}.")
        print_chats(collected, project)

    print("\nPrivate items are replaced. Each of her turns is the answer to the turns before it.")
    people = (*read_people_file(folder / "names.txt"), *people_in_chats(project))
    card, report = prepare(project, PrepareRequest(base, people=people))
    _print_replaced(project)
    counts = ", ".join(f"{report['conversations'][split]} to {split}" for split in SPLITS)
    print(f"\n{report['rows_in_all']} rows; conversations by date: {counts}")
    return only_english(project, card) if base == SMOLLM2 else card


def only_english(project: Project, card: DatasetCard) -> DatasetCard:
    """Leave the Russian rows out of the dataset, because SmolLM2 knows no Russian."""
    examples = read_dataset(project.dataset)
    kept = english(examples)
    counts = {split: len(rows) for split, rows in kept.items()}
    left_out = sum(map(len, examples.values())) - sum(counts.values())
    print(
        f"SmolLM2 does not know Russian, so {left_out} Russian rows are left out. The rest: "
        + ", ".join(f"{count} to {split}" for split, count in counts.items())
        + "."
    )
    return write_share(project, kept, card)


def _print_replaced(project: Project) -> None:
    """Print what was replaced, unmasked; `morris prepare` masks it."""
    items = read_redaction_map(project).items
    kinds = Counter(item.kind for item in items)
    rows = []
    for kind, count in kinds.items():
        first = [item for item in items if item.kind == kind]
        first = sorted(first, key=lambda item: not DECLINED.search(item.real))[:SHOWN]
        rows += [(kind, str(count), f"{i.real} → {i.stand_in}") for i in first]
    width = max(len(shown) for _, _, shown in rows)
    print_table(
        [("replaced", "distinct", "for example".ljust(width))]
        + [(kind, count, shown.ljust(width)) for kind, count, shown in rows]
    )


def by_language(project: Project, adapter: str, base: str) -> None:
    """Print the held-out loss of the English and the Russian conversations, and what it means."""
    if base == SMOLLM2:
        print(
            "To learn both of her languages, use a base that knows Russian: `morris models` lists "
            "the models on this machine."
        )
        return
    from morris_mlx.evaluate import held_out_score
    from morris_mlx.generate import load_generator
    from morris_mlx.models.find_adapter import base_of
    from morris_mlx.project.adapters import resolve_adapter

    folder = resolve_adapter(project, adapter).folder
    run = read_run(folder)
    dataset = find_dataset(project, run.dataset_digest)
    test = read_dataset(dataset)["test"]
    rows = [("held-out loss, nats a token", "base", adapter, "tokens")]
    with load_generator(base_of(run), folder, say=lambda _: None) as generator:
        for language, russian in (("English", False), ("Russian", True)):
            these = [example for example in test if is_russian(example) == russian]
            if not these:
                continue
            scores = []
            for strength in (0.0, 1.0):
                generator.strength = strength
                scores.append(held_out_score(these, generator.score))
            before, after = (f"{score.loss:.3f}" for score in scores)
            rows.append((language, before, after, f"{scores[0].tokens:,}"))
    print()
    print_table(rows)
    if any(one.code == RUSSIAN for one in read_unknown_languages(dataset)):
        print(
            f"\n{run.base_model} does not know Russian. The loss of the Russian conversations "
            "falls only because\nthe adapter learns the letters: the replies have no meaning."
        )
    print(
        "Its English replies have Marfa's style but no meaning. A larger base, such as Zephyr, "
        "gives both."
    )


def is_russian(example: Example) -> bool:
    """Return True if most letters of the writer's turns are Cyrillic."""
    said = " ".join(m.content for m in example.messages if m.role == "assistant")
    return 2 * len(CYRILLIC.findall(said)) > len(LETTER.findall(said))


def held_out() -> Sequence[HeldOut]:
    """Return messages of held-out conversations with the replies."""
    return HELD_OUT


def english(examples: Examples) -> Examples:
    """Return the rows in English."""
    return {
        split: [example for example in rows if not is_russian(example)]
        for split, rows in examples.items()
    }


CHATS = Demo(
    folder="demo-chats",
    author="Marfa Ostrova, a piano tuner who does not exist, writes in English and in Russian.",
    collect_and_prepare=collect_and_prepare,
    held_out=held_out,
    words=WORDS,
    unit="conversation",
    bases=(
        DemoBase(
            SMOLLM2,
            "SmolLM2-135M-Instruct, a small model: it knows no Russian and often misses the point",
            replace(SMOLLM2_CHATS_RECIPE, epochs=1),
            finished=SAMPLE_CHATS,
        ),
        DemoBase(
            PRACTICE_MODEL,
            "the practice base, a toy: its texts have the style, but no meaning",
            PRACTICE_CHATS_RECIPE,
        ),
    ),
    afterwards=by_language,
)
