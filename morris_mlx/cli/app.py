"""The table of commands. Importing it loads no engine, so that `morris --help` is quick."""

from __future__ import annotations

from typing import Annotated

import typer

from morris_mlx import __version__
from morris_mlx.cli.chat import chat
from morris_mlx.cli.collect import collect
from morris_mlx.cli.convert import convert
from morris_mlx.cli.demo import demo
from morris_mlx.cli.doctor import doctor
from morris_mlx.cli.evaluate import evaluate
from morris_mlx.cli.forget import forget
from morris_mlx.cli.generate import generate
from morris_mlx.cli.jobs import jobs
from morris_mlx.cli.models import models
from morris_mlx.cli.plan import plan
from morris_mlx.cli.prepare import prepare
from morris_mlx.cli.rewrite import rewrite
from morris_mlx.cli.studio import studio
from morris_mlx.cli.train import train

app = typer.Typer(
    name="morris",
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


# In the order of the work.
for command in (
    collect,
    forget,
    models,
    prepare,
    convert,
    plan,
    train,
    generate,
    rewrite,
    chat,
    studio,
    evaluate,
    doctor,
    demo,
):
    app.command()(command)
app.add_typer(jobs, name="jobs")
