"""Examples of a dataset: built from documents, conversations and given rows."""
