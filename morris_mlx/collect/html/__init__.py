"""Articles from HTML pages."""
