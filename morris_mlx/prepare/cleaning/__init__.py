"""Cleaning: encoding, boilerplate, language, and duplicates."""
