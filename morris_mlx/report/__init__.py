"""The HTML shell of every report: one page for its owner, without scripts and without network."""
