"""Parsers of chat exports, one module for each format.

A parser is a generator: it yields every typed message as a `ChatMessage`, and reports counts, names
and the owner's id to its `ParseContext`.
"""
