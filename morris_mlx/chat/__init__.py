"""A conversation in the terminal."""

from morris_mlx.cli.chat_session import ChatSession

__all__ = ["ChatSession"]
