"""The corridor: one module per command; each parses, calls one door and prints."""

from __future__ import annotations

import os
import sys

from morris_mlx.errors import MorrisError


def main() -> None:
    """The `morris` command. Errors for the user come as one text, without a traceback."""
    from morris_mlx.cli.app import app

    try:
        app()
    except MorrisError as error:
        print(f"morris: {error}", file=sys.stderr)
        sys.exit(error.exit_code)
    except KeyboardInterrupt:
        print("\nmorris: interrupted; nothing that was written before is lost.", file=sys.stderr)
        sys.exit(130)
    except BrokenPipeError:
        # The reader (head, less) has gone; nothing more can be said to it.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(1)
