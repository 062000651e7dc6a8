"""`morris doctor`: what this machine offers, and what to do about what it lacks."""

from __future__ import annotations

from morris_mlx.cli.options import Json
from morris_mlx.cli.print_doctor import print_examination


def doctor(as_json: Json = False) -> None:
    """Show this machine's engine, speed, memory, versions and models.

    Run it when something does not work: it names what is broken and the reason, and never fails
    itself. Its output has no texts of yours and no private paths, so you can show it to others.

    \b
    Example:
        morris doctor
    """
    print_examination(as_json)
