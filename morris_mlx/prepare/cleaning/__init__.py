"""Cleaning of documents: encoding, boilerplate, language, duplicates."""
