"""Readers of the exports of programs for notes: many files in one zip or folder."""
