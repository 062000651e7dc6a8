"""Readers of documents: word processors, books, PDF, plain markup."""
