"""Texts with planted private items, and texts that only look like them; nobody in them exists."""
