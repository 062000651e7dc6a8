"""Output of `morris doctor`. It needs only the standard library."""

from __future__ import annotations

import io
import json
import sys

from morris_mlx.pipeline.doctor import describe, examine


def print_examination(as_json: bool) -> None:
    """Examine this machine and the project, and print what was found, as text or as JSON."""
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="replace")  # a terminal that knows ASCII alone has no arrow
    found = examine()
    if as_json:
        print(json.dumps(found, ensure_ascii=False, indent=2))
    else:
        print("\n".join(describe(found)))
