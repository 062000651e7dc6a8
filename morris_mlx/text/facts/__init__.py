"""Facts of a text that a paraphrase must keep: numbers, dates, names, quotations and links."""
