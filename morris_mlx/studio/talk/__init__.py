"""State and rendering of the Talk page."""
