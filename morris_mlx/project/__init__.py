"""A user's project folder: readers and writers of its files."""
