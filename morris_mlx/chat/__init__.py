"""A conversation in the terminal."""

from morris_mlx.chat.session import ChatSession

__all__ = ["ChatSession"]
