"""Readers of the exports of programs for notes."""
