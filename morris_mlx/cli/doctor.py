"""`morris doctor`: what this machine offers, and what to do about what it lacks."""

from __future__ import annotations

from morris_mlx.cli.options import Json
from morris_mlx.cli.print_doctor import print_examination


def doctor(as_json: Json = False) -> None:
    """Say which engine computes and why, how fast, the memory, the versions, and the models.

    What is broken is named with the reason; the command itself never fails. It names no file of
    yours, so its output can be shown to others.

    \b
    Example:
        morris doctor
    """
    print_examination(as_json)
