"""Reproducible datasets; and the system prompt with habits, from the dataset to generation."""

import os
import subprocess
import sys

from support.given_rows import general, own, written
from support.workspace import done, train_here

from morris_mlx.cli.studio import adapter_cards
from morris_mlx.defaults import SYSTEM_PROMPT, sample_folder
from morris_mlx.generate.active_adapter import with_system_prompt
from morris_mlx.project.adapters import resolve_adapter, select_model
from morris_mlx.project.datasets import read_card
from morris_mlx.records.corpus import Message
from morris_mlx.records.generation import GenerationSettings

SAME = ("documents.jsonl", "conversations.jsonl", "private/redaction.json", "dataset/report.html")
SAME += ("dataset/report.json", "dataset/card.json", "dataset/train.jsonl", "dataset/test.jsonl")
SAME += ("dataset/valid.jsonl",)


def test_two_projects_get_the_same_bytes_with_any_hash_seed_and_time_zone(tmp_path, columns):
    rows = written(tmp_path / "rows.jsonl", own(9))
    mix = written(tmp_path / "mix.json", general(60), "array")
    export = sample_folder() / "telegram" / "result.json"
    found = []
    for number, zone in (("1", "Asia/Tokyo"), ("2", "America/Lima")):
        home = tmp_path / number
        home.mkdir()
        variables = {"MORRIS_HOME": str(home), "PYTHONHASHSEED": number, "TZ": zone}
        prepare = ("prepare", "--model", "practice", "--enhance", "--no-drafts", "--rows", rows)
        for words in (
            ("collect", columns, export, "--ground", "own"),
            (*prepare, "--mix", mix, "0.1", "--ground", "permission"),
        ):
            subprocess.run(
                [sys.executable, "-m", "morris_mlx", *map(str, words)],
                env=os.environ | variables,
                capture_output=True,
                check=True,
            )
        found.append({name: (home / "data" / name).read_bytes() for name in SAME})
    assert all(found[0].values()) and found[0] == found[1]


def test_generation_uses_the_system_prompt_with_the_habits(project, columns, tiny_folder):
    done("collect", columns)
    done("prepare", "--model", tiny_folder, "--enhance", "--no-drafts", "--max-seq-length", "256")
    prompt = read_card(project.dataset).system_prompt
    assert prompt.startswith(SYSTEM_PROMPT) and len(prompt) > len(SYSTEM_PROMPT) + 40
    train_here("--name", "e", "--epochs", "1", "--layers", "1", "--batch-size", "8")
    asked = (Message("user", "Hello."),)
    adapter = resolve_adapter(project, "e")
    prompted = with_system_prompt(asked, GenerationSettings(adapter="e"), adapter)
    assert prompted[0] == Message("system", prompt)
    selection = select_model(project, None, "e", None)  # morris generate, chat
    assert selection.system_prompt == prompt
    cards = {card.name: card.system_prompt for card in adapter_cards(project, selection)}
    assert cards["e"] == prompt  # morris studio
