"""The steps of Morris without a terminal."""
