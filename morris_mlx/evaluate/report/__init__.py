"""The report of an evaluation as a page that needs no network."""
