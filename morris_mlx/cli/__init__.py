"""The command line: one module per command; each parses, calls the pipeline and prints."""

from __future__ import annotations

import sys
from contextlib import suppress

from morris_mlx.errors import MorrisError, OutOfMemoryError
from morris_mlx.streams import (
    abandon_output,
    is_failed_output,
    open_closed_streams,
    print_every_character,
)
from morris_mlx.torch_import import skip_torch


def main() -> None:
    """Run the `morris` command. Errors for the user are printed without a traceback.

    In a job's child they go to the job's event log, too. Ctrl-C and a closed pipe (`| head`)
    are handled by typer, with the exit codes 130 and 1.
    """
    open_closed_streams()
    print_every_character()
    skip_torch()
    try:
        _run()
    except BrokenPipeError:
        abandon_output()
        sys.exit(1)
    except OSError as error:
        if not is_failed_output(error):
            raise
        with suppress(OSError):
            print(f"morris: Cannot write the output: {error.strerror}.", file=sys.stderr)
        abandon_output()
        sys.exit(1)


def _run() -> None:
    try:
        if sys.argv[1:] in (["doctor"], ["doctor", "--json"]):  # also where typer is missing
            from morris_mlx.cli.print_doctor import print_examination

            print_examination(as_json="--json" in sys.argv)
            return
        from morris_mlx.cli.app import app

        app()
    except MorrisError as error:
        _report(error)
        sys.exit(error.exit_code)
    except KeyboardInterrupt:  # before typer was there
        sys.exit(130)
    finally:
        with suppress(ValueError):  # it was closed
            sys.stdout.flush()  # what cannot be written is an error now, not when Python has ended


def _report(error: MorrisError) -> None:
    from morris_mlx.jobs.events import Failed
    from morris_mlx.jobs.runner import job_log

    log = job_log()
    if log is not None and not isinstance(error, OutOfMemoryError):  # that one is tried again
        with suppress(MorrisError):  # on a full disk: the error itself is the one to report
            log(Failed(error.kind, str(error)))
    print(f"morris: {_without_controls(str(error))}", file=sys.stderr)


def _without_controls(text: str) -> str:
    r"""Return a message for a terminal: control characters, as of a model's file, become \xNN."""
    return "".join(
        c if c in "\n\t" or ord(c) >= 160 or 32 <= ord(c) < 127 else f"\\x{ord(c):02x}"
        for c in text
    )
