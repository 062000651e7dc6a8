"""Wordings of requests for a text, a module for each language."""
