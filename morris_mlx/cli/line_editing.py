"""Lines typed on a terminal, with editing, pasted lines as one message, and a history of lines.

The history is kept in the user's cache folder and can be read by the user alone. It holds what was
typed in chats; delete the file to forget it.
"""

from __future__ import annotations

from contextlib import suppress
from functools import cache
from pathlib import Path

from morris_mlx.errors import MorrisError
from morris_mlx.files import PRIVATE_FILE, make_folder, morris_cache_folder

HISTORY_FILE = "chat_history"
MOST_LINES = 1000  # of the history
PROMPT = "> "


def read_with_history(draft: str = "") -> str:
    """Return a line typed by the user, which begins with `draft`. Raises EOFError."""
    import readline

    path = _open_history()
    if draft:
        readline.set_startup_hook(lambda: readline.insert_text(draft))
    try:
        line = input(PROMPT)
    finally:
        readline.set_startup_hook(None)
    if path is not None:
        with suppress(OSError):  # a history that cannot be written is no reason to end a chat
            readline.write_history_file(path)
            path.chmod(PRIVATE_FILE)
    return line


@cache
def _open_history() -> Path | None:
    """Read the history once; return its file, None if there is no place for one."""
    import readline

    if "libedit" not in (readline.__doc__ or ""):
        readline.parse_and_bind("set enable-bracketed-paste on")
    readline.set_history_length(MOST_LINES)
    try:
        path = make_folder(morris_cache_folder()) / HISTORY_FILE
        path.touch(mode=PRIVATE_FILE)
        path.chmod(PRIVATE_FILE)
        readline.read_history_file(path)
    except (MorrisError, OSError):
        return None
    return path
