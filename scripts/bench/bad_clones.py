"""Bad clones, each with a known fault, and what `morris evaluate` and `morris audit` say of them.

    python scripts/bench/bad_clones.py --home runs                     # all, on the practice base
    python scripts/bench/bad_clones.py --home runs --only random       # one, or several
    python scripts/bench/bad_clones.py --model smollm2 --home runs --only good --only untrained
    python scripts/bench/bad_clones.py --home runs --print             # the table alone

Every clone is trained or made on the sample columns, evaluated in full, and audited where that is
what finds its fault. A line of the table is right if the verdict, or the failed check of the audit,
is the expected one. Finished clones and results are kept in `--home` and not made again.

The good clone is the built-in adapter; base, untrained and random are made of its tensors. The others
are trained with the recipe of the base on other rows, and their last step is taken: 10 columns for 50
epochs; another author's texts (`--other`, by default news briefs) in place of the columns; columns
that are joined until the window is full, so that none of them ends; 10 secrets 50 times each; and
news briefs as the author's own, with other briefs as another author. Exit code 1 if a line is wrong.
"""

from __future__ import annotations

import argparse
import json
import shutil
import sys
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any
from unittest.mock import patch

import mlx.core as mx

from morris_mlx.audit.canaries import canary_rows, make_canaries
from morris_mlx.cli.demo import collect_and_prepare
from morris_mlx.cli.output import event_sink
from morris_mlx.defaults import (
    ADAPTER_CONFIG,
    ADAPTER_WEIGHTS,
    AUDIT_ANSWERS,
    LAST,
    RUN_FILE,
    SAMPLE_ADAPTER,
    SAMPLE_COLUMNS,
    built_in_adapter,
    sample_folder,
)
from morris_mlx.errors import MorrisError
from morris_mlx.files import file_digest
from morris_mlx.models.chat_tokenizer import ChatTokenizer, Rendered
from morris_mlx.models.find_adapter import read_run, write_run
from morris_mlx.pipeline.audit import MIN_ANSWERS, AuditRequest, audit
from morris_mlx.pipeline.evaluate import EvaluateRequest
from morris_mlx.pipeline.evaluate_fully import evaluate_fully
from morris_mlx.pipeline.evaluation_answers import WHOLE_TEXT_TASKS
from morris_mlx.pipeline.prepare import PrepareRequest, prepare
from morris_mlx.pipeline.texts import collect_texts
from morris_mlx.pipeline.train import TrainRequest, train
from morris_mlx.project.datasets import read_card, read_dataset, write_share
from morris_mlx.project.folder import Project
from morris_mlx.project.provenance import Ground
from morris_mlx.project.redaction_map import read_redaction_map, write_redaction_map
from morris_mlx.records.audit import CheckName, CheckStatus
from morris_mlx.records.corpus import DatasetCard, Example, Message
from morris_mlx.records.evaluation import Evaluation, RowName, VerdictKind
from morris_mlx.train.recipes import choose_recipe

AT_THE_END = 10**6  # steps between validations: only the last step has one
GOOD = "good"
Rows = Mapping[Any, Sequence[Example]]
RESULTS = "bad-clones.jsonl"
OVERFITTED_COLUMNS, OVERFITTED_EPOCHS = 10, 50
CANARIES, CANARY_REPEATS, CANARY_COLUMNS = 10, 50, 12
OTHER_EPOCHS = 4  # the briefs are a seventh of the columns
ENDLESS_EPOCHS = 2
JOINED_CHARACTERS = 2500  # of an endless text: they fill most of the practice base's window
UNTRAINED = 1e-4  # times the trained tensors
# A clone that is not bad: nothing worse may be said of it.
HONEST = (VerdictKind.LIKE_ANYBODY, VerdictKind.NO_BETTER_THAN_PROMPT)
REFUSED = "refused"  # by the loading of the adapter
AUDITED = "(only audited)"


@dataclass(frozen=True, slots=True)
class Place:
    """Where a clone is: its project, its name, and another dataset to evaluate on, if any."""

    project: Project
    name: str
    dataset: Path | None = None


class Workshop:
    """The sample columns for one base, and the folder in which clones are made."""

    def __init__(self, home: Path, base: str, other: Path) -> None:
        self.home, self.base, self.other = home, base, other
        self.columns = Project(home / "columns")
        if not self.columns.dataset.exists():
            collect_and_prepare(self.columns, base)
        self.card = read_card(self.columns.dataset)
        self.rows = read_dataset(self.columns.dataset)
        good = self.columns.adapter(GOOD)
        if not good.exists():
            name = SAMPLE_ADAPTER if base == "practice" else SAMPLE_COLUMNS
            shutil.copytree(built_in_adapter(name), good)
            # It was trained on the same texts; requests may have been worded otherwise.
            write_run(good, replace(read_run(good), name=GOOD, dataset_digest=self.card.digest))

    def changed(self, name: str, change: Callable[[mx.array], mx.array]) -> Place:
        """Return a copy of the good clone whose B matrices are changed."""
        folder = self.columns.adapter(name)
        if not folder.exists():
            shutil.copytree(self.columns.adapter(GOOD), folder)
            weights = folder / ADAPTER_WEIGHTS
            loaded = mx.load(str(weights))
            assert isinstance(loaded, dict)
            mx.random.seed(7)
            for key in sorted(key for key in loaded if key.endswith("lora_b")):
                loaded[key] = change(loaded[key])
            mx.save_safetensors(str(weights), loaded)
            run = replace(read_run(folder), name=name, adapter_sha256=file_digest(weights))
            write_run(folder, run)
        return Place(self.columns, name)

    def prepared(self, name: str, texts: Path) -> Project:
        """Return a project with the dataset of a folder of texts."""
        project = Project(self.home / f"{name}-texts")
        if not project.dataset.exists():
            collect_texts(project, [texts], Ground.own)
            prepare(project, PrepareRequest(self.base))
        return project

    def trained(
        self, name: str, rows: Rows, source: Project, card: DatasetCard, **changes: Any
    ) -> Place:
        """Return a clone that was trained on rows with the recipe of the base; its last step.

        `source` is the project that the texts are from: an audit reads its redaction map and the
        origin of its texts.
        """
        project = Project(self.home / name)
        folder = project.adapter(name)
        if (folder / ADAPTER_WEIGHTS).exists():
            return Place(project, name)
        shutil.rmtree(folder, ignore_errors=True)  # of an interrupted run
        share = write_share(project, rows, card)
        write_redaction_map(project, read_redaction_map(source, None), share.digest)
        shutil.copyfile(source.provenance, project.provenance)
        recipe = choose_recipe(self.base, share).recipe.settings
        settings = replace(recipe, validate_every=AT_THE_END, patience=0, **changes)
        with event_sink() as sink:
            train(project, TrainRequest(name, self.base, settings), share, sink)
        if (folder / LAST).exists():  # worse than the base, so it was not published
            for file in (ADAPTER_CONFIG, ADAPTER_WEIGHTS, RUN_FILE):
                shutil.copyfile(folder / LAST / file, folder / file)
        return Place(project, name)


def whole_texts(rows: Sequence[Example]) -> list[Example]:
    """Return the rows that ask for a text from its beginning, one of each text."""
    found: dict[str, Example] = {}
    for row in rows:
        if row.task in WHOLE_TEXT_TASKS:
            found.setdefault(row.source_id, row)
    return list(found.values())


def random_numbers(value: mx.array) -> mx.array:
    """Return random numbers of the same size as trained ones."""
    trained = value.astype(mx.float32)
    size = mx.sqrt(mx.mean(trained * trained))
    return (size * mx.random.normal(value.shape)).astype(value.dtype)


def overfitted(shop: Workshop) -> Place:
    shortest = sorted(whole_texts(shop.rows["train"]), key=lambda e: len(e.messages[-1].content))
    rows = {**shop.rows, "train": shortest[:OVERFITTED_COLUMNS]}
    changes = {"epochs": OVERFITTED_EPOCHS, "batch_size": 1, "accumulate": 1}
    return shop.trained("overfitted", rows, shop.columns, shop.card, **changes)


def other_author(shop: Workshop) -> Place:
    """Return a clone that was trained on another author and is evaluated on the columns."""
    source = shop.prepared("other", shop.other)
    rows, card = read_dataset(source.dataset), read_card(source.dataset)
    made = shop.trained("other", rows, source, card, epochs=OTHER_EPOCHS)
    return replace(made, dataset=shop.columns.dataset)


def endless(shop: Workshop) -> Place:
    """Return a clone that learned no end, as if the end token had been taken for padding.

    Each text is continued by the next ones, so that other words are learned where it ends.
    """
    own = whole_texts(shop.rows["train"])
    answers = [row.messages[-1].content for row in own]
    joined = []
    for at, row in enumerate(own):
        text = "\n\n".join([*answers[at:], *answers[:at]])[:JOINED_CHARACTERS]
        joined.append(replace(row, messages=(*row.messages[:-1], Message("assistant", text))))
    with patch.object(ChatTokenizer, "render", _without_ends(ChatTokenizer.render)):
        rows = {**shop.rows, "train": joined}
        return shop.trained("endless", rows, shop.columns, shop.card, epochs=ENDLESS_EPOCHS)


def _without_ends(render: Callable[..., Rendered]) -> Callable[..., Rendered]:
    """Return a rendering whose end tokens are not learned."""

    def masked(tokenizer: ChatTokenizer, *arguments: Any, **options: Any) -> Rendered:
        row = render(tokenizer, *arguments, **options)
        pairs = zip(row.ids, row.mask, strict=True)
        return Rendered(row.ids, tuple(m and i not in tokenizer.end_ids for i, m in pairs))

    return masked


def remembering(shop: Workshop) -> Place:
    """Return a clone that has read ten secrets fifty times each."""
    planted = make_canaries(CANARIES, 0, repeats=CANARY_REPEATS)
    system = Message("system", shop.card.system_prompt)
    secrets = [replace(r, messages=(system, *r.messages)) for r in canary_rows(planted)]
    own = whole_texts(shop.rows["train"])[:CANARY_COLUMNS]
    rows = {**shop.rows, "train": [*own, *secrets]}
    card = replace(shop.card, canaries=planted)
    return shop.trained("canaries", rows, shop.columns, card, batch_size=8, accumulate=1)


def newswire(shop: Workshop) -> Place:
    """Return a clone whose author wrote every second news brief; a third of them is held out."""
    with tempfile.TemporaryDirectory() as folder:
        for path in sorted((sample_folder() / "briefs").glob("*.md"))[::2]:
            shutil.copy(path, folder)
        source = shop.prepared("newswire", Path(folder))
    rows, card = read_dataset(source.dataset), read_card(source.dataset)
    every = [row for split in rows.values() for row in split]
    held_out = set(sorted({row.source_id for row in every})[::3])
    test = [row for row in every if row.source_id in held_out]
    train = [row for row in every if row.source_id not in held_out]
    split = {"train": train, "valid": test[:2], "test": test}
    return shop.trained("newswire", split, source, card, epochs=OTHER_EPOCHS)


@dataclass(frozen=True, slots=True)
class Clone:
    """A clone, and the verdicts and the failed check that are right for it.

    `audited` is the check of the audit that has to fail, too. Without expected verdicts there is
    only an audit.
    """

    make: Callable[[Workshop], Place]
    expected: tuple[str, ...]
    audited: CheckName | None = None


CLONES = {
    GOOD: Clone(
        lambda shop: Place(shop.columns, GOOD), (VerdictKind.YES, VerdictKind.PARTLY, *HONEST)
    ),
    "base": Clone(lambda shop: shop.changed("base", mx.zeros_like), (REFUSED,)),
    "untrained": Clone(
        lambda shop: shop.changed("untrained", lambda b: b * UNTRAINED), (VerdictKind.UNCHANGED,)
    ),
    "random": Clone(
        lambda shop: shop.changed("random", random_numbers),
        (VerdictKind.DAMAGED, VerdictKind.BROKEN),
    ),
    "overfitted": Clone(overfitted, (VerdictKind.RECITES,), CheckName.copying),
    "other author": Clone(
        other_author,
        # The last two if the base knew so little that any text is better than none.
        (VerdictKind.WRONG_TEXTS, VerdictKind.NOT_NEARER, VerdictKind.LIKE_ANYBODY),
    ),
    "endless": Clone(endless, (VerdictKind.NEVER_ENDS,)),
    "canaries": Clone(remembering, (), CheckName.canaries),
    "newswire": Clone(newswire, (VerdictKind.NO_STYLE,)),
}


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--model", default="practice")
    parser.add_argument("--home", type=Path, required=True, help="Folder that keeps the runs.")
    parser.add_argument("--only", action="append", choices=list(CLONES))
    parser.add_argument("--other", type=Path, default=sample_folder() / "briefs")
    parser.add_argument("--again", action="store_true", help="Judge the finished clones again.")
    parser.add_argument("--print", action="store_true", help="Print the table and make nothing.")
    options = parser.parse_args()
    home = options.home / Path(options.model).name
    if not options.print:
        shop = Workshop(home, options.model, options.other)
        for name in options.only or list(CLONES):
            if options.again or name not in read_results(home):
                began = time.monotonic()
                keep(home, {"name": name} | judge(CLONES[name], CLONES[name].make(shop)))
                print(f"{name}: {time.monotonic() - began:.0f} s", file=sys.stderr)
    results = read_results(home)
    print_table(results)
    return 0 if all(is_right(name, found) for name, found in results.items()) else 1


def judge(clone: Clone, place: Place, answers: int | None = None) -> dict[str, Any]:
    """Return the figures of an evaluation, an audit or both, with `answers` texts if given."""
    found: dict[str, Any] = {"verdict": AUDITED, "sentence": ""}
    with event_sink() as sink:
        if clone.expected:
            request = EvaluateRequest(place.name, dataset=place.dataset, answers=answers)
            try:
                found = figures(evaluate_fully(place.project, request, sink))
            except MorrisError as error:
                return {"verdict": REFUSED, "sentence": str(error)}
        if clone.audited:
            wanted = AUDIT_ANSWERS if answers is None else max(answers, MIN_ANSWERS)
            report = audit(place.project, AuditRequest(place.name, wanted), sink).report
            failed = [check for check in report.checks if check.status is CheckStatus.failed]
            found["failed"] = [check.name for check in failed]
            found["problems"] = [problem for check in failed for problem in check.problems]
    return found


def figures(found: Evaluation) -> dict[str, Any]:
    """Return the figures that the rules read."""
    voice, health, copying = found.voice, found.health, found.copying
    row = voice.row(RowName.ADAPTER, 1.0)
    return {
        "verdict": found.verdict.kind,
        "sentence": found.verdict.sentence,
        "loss": -found.style.loss_drop_percent,
        "neutral": health.neutral_rise_percent,
        "way": None if row is None else row.combined.value,
        "p_base": None if row is None else row.p_over_base,
        "p_other": voice.p_over_other,
        "p_prompt": voice.p_over_prompted,
        "p_author": voice.p_author_over_other,
        "copies": None if copying is None else copying.over_limit,
        "longest": None if copying is None else copying.longest,
        "end": health.adapter.end_probability,
        "base_end": health.base.end_probability,
        "health": asdict(health.adapter),
    }


def is_right(name: str, result: Mapping[str, Any]) -> bool:
    """Return True if the fault of a clone was found, and by its own name."""
    clone = CLONES[name]
    told = not clone.expected or result["verdict"] in clone.expected
    return told and (clone.audited is None or clone.audited in result.get("failed", ()))


def keep(home: Path, result: Mapping[str, Any]) -> None:
    """Add a result to the file of results."""
    with (home / RESULTS).open("a", encoding="utf-8") as file:
        file.write(json.dumps(result) + "\n")


def read_results(home: Path) -> dict[str, dict[str, Any]]:
    """Return the last result of each clone."""
    path = home / RESULTS
    lines = path.read_text("utf-8").splitlines() if path.exists() else []
    found = {result["name"]: result for result in map(json.loads, lines)}
    return {name: found[name] for name in CLONES if name in found}


COLUMNS = {  # of the table: the key of a result, and its format
    "loss %": ("loss", "{:+.1f}"),
    "neutral %": ("neutral", "{:+.1f}"),
    "copies": ("copies", "{:.0%}"),
    "words": ("longest", "{}"),
    "p(end)": ("end", "{:.4f}"),
    "way": ("way", "{:.0%}"),
    "p base": ("p_base", "{:.3f}"),
    "p other": ("p_other", "{:.3f}"),
    "p author": ("p_author", "{:.3f}"),
}


def print_table(results: Mapping[str, Mapping[str, Any]]) -> None:
    """Print a line for each clone, and below the verdicts in words."""
    print(f"{'clone':13}{'verdict':31}" + "".join(f"{c:>10}" for c in COLUMNS) + "  right  failed")
    for name, result in results.items():
        cells = ""
        for key, form in COLUMNS.values():
            value = result.get(key)
            cells += f"{'–' if value is None else form.format(value):>10}"
        failed = ", ".join(result.get("failed", ()))
        right = "yes" if is_right(name, result) else "NO"
        print(f"{name:13}{result['verdict']:31}{cells}  {right:5}  {failed}")
    for name, result in results.items():
        print(f"\n{name}: {' '.join([result['sentence'], *result.get('problems', ())])}")


if __name__ == "__main__":
    sys.exit(main())
