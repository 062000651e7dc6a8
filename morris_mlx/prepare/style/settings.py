"""Settings of `morris prepare --enhance` that other parts of Morris read, too."""

from __future__ import annotations

MIN_TEXTS_FOR_HABITS = 3  # a mannerism of one text is no habit
DRAFT_TEMPERATURE = 0.0  # a draft must not invent anything
DRAFT_TOKENS = 800  # 200 Russian words, in the tokens of an English model
