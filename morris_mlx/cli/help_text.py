"""The help of the commands: commands in groups, common options first, no types of a programmer.

Typer would list all commands and options in one column, cut the summaries, and name Python's types.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from difflib import get_close_matches
from typing import Any

from typer.core import TyperCommand, TyperGroup

from morris_mlx.errors import UsageError

MAKE, USE, LOOK_AFTER = "Make", "Use", "Look after"
GROUPS: Mapping[str, Sequence[str]] = {
    MAKE: ("demo", "collect", "prepare", "models", "convert", "plan", "train", "jobs"),
    USE: ("generate", "rewrite", "chat", "studio", "evaluate", "audit"),
    LOOK_AFTER: ("list", "show", "open", "rename", "rm", "forget", "doctor", "help"),
}
FEW = 8  # options; a command with no more of them shows all in one list
COMMON: Mapping[str, Sequence[str]] = {
    "collect": ("ground", "follow", "author", "me", "groups", "only"),
    "prepare": ("model", "window", "language", "names", "enhance", "verbose"),
    "plan": ("model", "memory", "data_free", "window", "bits", "recipe"),
    "train": ("name", "model", "recipe", "epochs", "resume", "dry_run"),
    "generate": ("adapter", "model", "output", "max_tokens", "seed", "best_of"),
    "rewrite": ("adapter", "model", "output", "facts", "strength", "seed"),
    "chat": ("base", "model", "strength", "max_tokens", "seed", "temp"),
    "evaluate": ("quick", "blind", "strength", "best_of", "answers", "seed"),
}
TYPE = re.compile(r"<[^<>]*>")
METAVARS = {"int": "N", "float": "X", "path": "FILE", "str": "TEXT"}
LIMITS = re.compile(r"(?:(?P<low>-?[\d.]+)<=)?x(?P<sign>[<>]=)(?P<high>-?[\d.]+)")
LONGEST_SUMMARY = 66  # characters: 80 columns without the command's name and the indent


class PlainCommand(TyperCommand):
    """A command whose help lists the common options first, and the others as advanced ones."""

    def format_options(self, ctx: Any, formatter: Any) -> None:
        """Write the arguments, the common options and the advanced ones."""
        params = self.get_params(ctx)
        options = [param for param in params if param.param_type_name == "option"]
        names = COMMON.get(self.name or "", ()) if len(options) > FEW else ()
        common = [param for name in names for param in options if param.name == name] or options
        sections = {
            "Arguments": [param for param in params if param.param_type_name == "argument"],
            "Options": common,
            "Advanced": [param for param in options if param not in common],
        }
        for title, listed in sections.items():
            records = [param.get_help_record(ctx) for param in listed]
            rows = [_in_words(record) for record in records if record is not None]
            if title == "Arguments":
                rows = [(name.split()[0], text) for name, text in rows]
            if rows:
                with formatter.section(title):
                    formatter.write_dl(rows)


def explain(ctx: Any, name: str | None) -> str:
    """Return the help of a command, or that of `morris`, from the context of another command.

    Raises UsageError for an unknown command, with the most similar one.
    """
    root = ctx.parent
    if name is None:
        return str(root.get_help())
    command = root.command.get_command(root, name)
    if command is None:
        like = get_close_matches(name, root.command.list_commands(root), n=1)
        meant = f" Did you mean {like[0]}?" if like else ""
        raise UsageError(f"There is no command {name!r}.{meant} `morris help` lists all.")
    with command.make_context(name, ["--help"], parent=root, resilient_parsing=True) as own:
        return str(own.get_help())


def _in_words(record: tuple[str, str]) -> tuple[str, str]:
    """Return the names and the help of an option without Python's types and formulas.

    _in_words(("--seed <int range>", "First seed.  [default: 0; x>=0]"))
    == ("--seed N", "First seed.  [default: 0; at least 0]")
    """
    name, text = record
    kind = TYPE.search(name)
    if kind is not None:
        words = re.sub(r"list|range|[^a-z|]", " ", kind[0]).split()
        name = TYPE.sub(METAVARS.get(words[0], words[0]) if words else "TEXT", name)
    head, bracket, extra = text.rpartition("[")
    return name, f"{head}{bracket}{LIMITS.sub(_limits_in_words, extra) if bracket else extra}"


def _limits_in_words(found: re.Match[str]) -> str:
    low, high, sign = found["low"], found["high"], found["sign"]
    if low is not None and high is not None:
        return f"{low} to {high}"
    return f"{'at least' if sign == '>=' else 'at most'} {high}"


class GroupedCommands(TyperGroup):
    """The command `morris`, whose help lists its commands in groups."""

    def format_commands(self, ctx: Any, formatter: Any) -> None:
        """Write the commands of each group, with their summaries in full."""
        for title, names in GROUPS.items():
            found = [(name, self.get_command(ctx, name)) for name in names]
            rows = [
                (name.ljust(len("generate")), command.get_short_help_str(LONGEST_SUMMARY))
                for name, command in found
                if command is not None
            ]
            with formatter.section(title):
                formatter.write_dl(rows)
