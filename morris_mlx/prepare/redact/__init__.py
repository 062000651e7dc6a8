"""Redaction: recognizers of private items, and the redactor that replaces what they find."""
