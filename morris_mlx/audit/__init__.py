"""Search for private data in generated text."""
