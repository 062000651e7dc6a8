"""Training examples from documents, conversations and instruction rows."""
