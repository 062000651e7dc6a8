"""The table of commands. Importing it loads no engine, so that `morris --help` is quick."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated

import typer

from morris_mlx import __version__
from morris_mlx.cli.audit import audit
from morris_mlx.cli.chat import chat
from morris_mlx.cli.collect import collect
from morris_mlx.cli.convert import convert
from morris_mlx.cli.demo import demo
from morris_mlx.cli.doctor import doctor
from morris_mlx.cli.evaluate import evaluate
from morris_mlx.cli.forget import forget
from morris_mlx.cli.generate import generate
from morris_mlx.cli.help_text import GroupedCommands, PlainCommand, explain
from morris_mlx.cli.jobs import jobs
from morris_mlx.cli.list_adapters import list_command
from morris_mlx.cli.models import models
from morris_mlx.cli.open_report import open_report
from morris_mlx.cli.plan import plan
from morris_mlx.cli.prepare import prepare
from morris_mlx.cli.remove import rm
from morris_mlx.cli.rename import rename
from morris_mlx.cli.rewrite import rewrite
from morris_mlx.cli.show import show
from morris_mlx.cli.studio import studio
from morris_mlx.cli.train import train

app = typer.Typer(
    name="morris",
    cls=GroupedCommands,
    help="Turn your own writing into a private language model that writes like you.",
    epilog="Try `morris demo` first: it needs no internet and no files of yours.",
    no_args_is_help=True,
    add_completion=True,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,  # they would print local variables: private texts
    context_settings={"help_option_names": ["-h", "--help"]},
)


def _version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"morris {__version__}")
        raise typer.Exit


@app.callback()
def _root(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    pass


def help_command(
    ctx: typer.Context,
    command: Annotated[
        str | None, typer.Argument(metavar="COMMAND", help="Without one, all commands are listed.")
    ] = None,
) -> None:
    """Explain a command.

    \b
    Example:
        morris help train
    """
    print(explain(ctx, command))


COMMANDS: dict[str, Callable[..., None]] = {
    "demo": demo,
    "collect": collect,
    "prepare": prepare,
    "models": models,
    "convert": convert,
    "plan": plan,
    "train": train,
    "generate": generate,
    "rewrite": rewrite,
    "chat": chat,
    "studio": studio,
    "evaluate": evaluate,
    "audit": audit,
    "list": list_command,
    "show": show,
    "open": open_report,
    "rename": rename,
    "rm": rm,
    "forget": forget,
    "doctor": doctor,
    "help": help_command,
}
for name, function in COMMANDS.items():
    app.command(name, cls=PlainCommand)(function)
app.add_typer(jobs, name="jobs")
