"""The help of every command: groups, whole summaries, common options first, plain words."""

import re

import pytest
import typer.main
from support.workspace import done, morris

from morris_mlx.cli.app import app
from morris_mlx.cli.help_text import COMMON, FEW, GROUPS

ROOT = typer.main.get_command(app)
NAMES = [name for names in GROUPS.values() for name in names]


def test_every_command_is_in_one_group_with_its_whole_summary():
    assert sorted(NAMES) == sorted(ROOT.commands)
    shown = done("--help", COLUMNS="80")
    assert "..." not in shown.split("Make:")[1]
    assert all(len(line) <= 80 for line in shown.splitlines())
    listed = re.findall(r"^  ([a-z]+)  +[A-Z]", shown.split("Make:")[1], re.M)
    assert listed == NAMES


@pytest.mark.parametrize("name", NAMES)
def test_a_help_has_no_types_and_the_common_options_first(name):
    shown = done(name, "--help", COLUMNS="80")
    assert not re.search(r"<[a-z|\[\] -]+>", shown.split("Example:")[-1]), shown
    assert not re.search(r"x[<>]=", shown)
    assert done("help", name, COLUMNS="80") == shown
    command = ROOT.commands[name]
    options = {param.name for param in command.params if param.param_type_name == "option"}
    if len(options) < FEW:
        assert "Advanced:" not in shown
        return
    assert len(COMMON[name]) == 6 and set(COMMON[name]) <= options
    common, advanced = shown.split("Options:")[1].split("Advanced:")
    assert len(re.findall(r"^  -", common, re.M)) == 6
    assert len(re.findall(r"^  -", advanced, re.M)) == len(options) + 1 - 6


def test_limits_are_words():
    shown = done("evaluate", "--help")
    assert "1 to 64" in " ".join(shown.split()) and "at least 8" in " ".join(shown.split())


def test_help_of_an_unknown_command_names_the_nearest_one():
    refused = morris("help", "trian")
    assert refused.returncode == 2 and "Did you mean train?" in refused.stderr
    assert done("help") == done("--help")
