"""Bounds on the shapes of a batch, shared by the sampler and the memory estimate."""

from __future__ import annotations

PAD_MULTIPLE = 32  # rows are padded up to it: few distinct shapes, little waste
MOST_SPREAD = 1.25  # of lengths in a batch: beyond, padding costs more than another batch
WIDTH_LEVELS = 16  # widths of batches: each is a shape that a GPU compiles anew
COUNT_LEVELS = 16  # numbers of learned targets, as shares of a batch's places
