"""A log of its own for a generator: figures of each reply, and no text of the user unless asked."""

from __future__ import annotations

import itertools
import logging
from functools import cached_property
from pathlib import Path

from morris_mlx.errors import MorrisError
from morris_mlx.records.generation import GenerationResult

_numbers = itertools.count(1)


class Journal:
    """`enable_logging` writes to a file; root logger and other generators know nothing of it."""

    _log_text = False

    @cached_property
    def logger(self) -> logging.Logger:
        logger = logging.getLogger(f"morris_mlx.generate.{next(_numbers)}")
        logger.propagate = False
        logger.setLevel(logging.INFO)
        logger.addHandler(logging.NullHandler())
        return logger

    def enable_logging(
        self, log_file: str | Path = "model.log", include_text: bool = False
    ) -> None:
        """Appends to `log_file` (readable by its owner alone) what each reply took.

        With `include_text` prompts and replies too. Called again, it goes on in the other file.
        Raises MorrisError when the file cannot be written.
        """
        path = Path(log_file).expanduser().resolve()
        try:
            path.touch(mode=0o600)
            handler = logging.FileHandler(path, encoding="utf-8")
        except OSError as error:
            raise MorrisError(
                f"{path} cannot be written ({error.strerror}). Choose another log_file."
            ) from error
        handler.setFormatter(logging.Formatter("%(asctime)s %(message)s"))
        self.disable_logging()
        self.logger.addHandler(handler)
        self._log_text = include_text

    def disable_logging(self) -> None:
        """Closes the file; what is in it stays."""
        for handler in [h for h in self.logger.handlers if isinstance(h, logging.FileHandler)]:
            self.logger.removeHandler(handler)
            handler.close()
        self._log_text = False

    def log_event(self, message: str) -> None:
        """A line of yours. It goes nowhere while no file is set."""
        self.logger.info("%s", message)

    def _log_result(self, task: str, result: GenerationResult) -> None:
        self.logger.info(
            "%s: %d tokens after %d, %.2f s, first after %.2f s, seed %d",
            result.finish_reason,
            result.tokens,
            result.prompt_tokens,
            result.seconds,
            result.seconds_to_first_token,
            result.seed,
        )
        if self._log_text:
            self.logger.info("asked: %r", task)
            self.logger.info("said: %r", result.text)
