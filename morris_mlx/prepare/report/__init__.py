"""The report of a dataset: figures counted from its rows, advice, and one HTML page."""
