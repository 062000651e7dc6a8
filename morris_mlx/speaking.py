"""Every number of the generate room, once, with its reason."""

from __future__ import annotations

# Creative mode: what is likely loses some of its lead, and repeating costs a little more.
CREATIVE = {"temperature": 1.0, "top_p": 0.98, "min_p": 0.03, "repetition_penalty": 1.2}
QUEUE_SIZE = 64  # requests that may wait for the one model thread; more would only time out
BATCH_SIZE = 8  # replies at once: more gain little and each holds a cache
EXACT_PRECISION = "float32"  # in halves a word may tell in whose company the prompt was read
PROMPT_CACHES = 4  # conversations whose prompts are kept ready, each with its keys and values
CHECKPOINT_FILE = "generator.json"
SUMMARY_REQUEST = "Summarise the following text in a few sentences. Keep to what it says.\n\n"
SUMMARY_WORDS = 1500  # of a text at once where nobody can count tokens: fits any window of 4,096
