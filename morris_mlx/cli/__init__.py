"""The corridor: one module per command; each parses, calls one door and prints."""

from __future__ import annotations

import sys

from morris_mlx.errors import MorrisError


def main() -> None:
    """The `morris` command. Errors for the user come as one text, without a traceback.

    Ctrl-C and a reader that has gone (`| head`) are typer's business: exit codes 130 and 1.
    """
    try:
        if sys.argv[1:] in (["doctor"], ["doctor", "--json"]):  # also where typer is missing
            from morris_mlx.cli.print_examination import print_examination

            print_examination(as_json="--json" in sys.argv)
            return
        from morris_mlx.cli.app import app

        app()
    except MorrisError as error:
        print(f"morris: {error}", file=sys.stderr)
        sys.exit(error.exit_code)
    except KeyboardInterrupt:  # before typer was there
        sys.exit(130)
