"""Morris: somebody's own writing → a private language model that writes like them."""

__version__ = "0.1.0"
