"""Readers of the exports of blogs and networks: many posts in one file, zip or folder."""
