"""A log file for one generator: metrics of each reply, and texts only when the user asks."""

from __future__ import annotations

import itertools
import logging
from functools import cached_property
from pathlib import Path

from morris_mlx.errors import MorrisError
from morris_mlx.records.generation import GenerationResult

_numbers = itertools.count(1)


class RequestLog:
    """A logger of one object, separate from the root logger and from other generators."""

    _log_text = False

    @cached_property
    def logger(self) -> logging.Logger:
        """The logger. It drops everything while no file is set."""
        logger = logging.getLogger(f"morris_mlx.generate.{next(_numbers)}")
        logger.propagate = False
        logger.setLevel(logging.INFO)
        logger.addHandler(logging.NullHandler())
        return logger

    def enable_logging(
        self, log_file: str | Path = "model.log", include_text: bool = False
    ) -> None:
        """Append the metrics of each reply to `log_file`, readable by its owner alone.

        With `include_text` prompts and replies too. A second call switches to another file.
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
        """Close the log file; its contents stay."""
        for handler in [h for h in self.logger.handlers if isinstance(h, logging.FileHandler)]:
            self.logger.removeHandler(handler)
            handler.close()
        self._log_text = False

    def log_event(self, message: str) -> None:
        """Write a line of your own. Without a log file it is dropped."""
        self.logger.info("%s", message)

    def _log_result(self, task: str, result: GenerationResult) -> None:
        self.logger.info(
            "%s: %d tokens after %d, %.2f s, first after %.2f s, %d redraws, seed %d",
            result.finish_reason,
            result.tokens,
            result.prompt_tokens,
            result.seconds,
            result.seconds_to_first_token,
            result.redraws,
            result.seed,
        )
        if self._log_text:
            self.logger.info("prompt: %r", task)
            self.logger.info("reply: %r", result.text)
