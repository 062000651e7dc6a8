"""Searches for private text in what a model wrote."""
