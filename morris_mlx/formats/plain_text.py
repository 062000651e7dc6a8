"""Plain texts that users hand over: notes and drafts."""

from __future__ import annotations

from collections.abc import Callable

from morris_mlx.errors import MissingError, UsageError


def read_plain_text(read: Callable[[], bytes], name: str, check: str) -> str:
    """Return a text in UTF-8, without its byte-order mark.

    Args:
        read: Returns the bytes of the text.
        name: The name of the file or the stream, for errors.
        check: What to check if there is no such file: "Check the path of the draft."

    Raises:
        MissingError: if there is no such file.
        UsageError: if it cannot be read, or is not UTF-8.
    """
    try:
        return read().decode("utf-8-sig")
    except FileNotFoundError:
        raise MissingError(f"There is no file {name}. {check}") from None
    except UnicodeDecodeError:
        raise UsageError(f"{name} is not UTF-8 text. Save it as plain text in UTF-8.") from None
    except OSError as error:
        raise UsageError(f"{name} cannot be read: {error.strerror}. Give a text file.") from error
