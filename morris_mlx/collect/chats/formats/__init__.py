"""Parsers of chat exports, one module a format."""
