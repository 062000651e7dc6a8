"""Bounds on the shapes of a batch, shared by the batch sampler and the memory estimate."""

from __future__ import annotations

PAD_MULTIPLE = 32  # rows are padded to a multiple of it: few distinct shapes, little waste
MOST_SPREAD = 1.25  # of lengths in a batch: beyond, padding costs more than another batch
WIDTH_LEVELS = 16  # distinct batch widths: a GPU compiles a kernel for each
QUERIES_IN_BLOCK = 128  # of packed attention: fewer start many operations, more compute much masked
COUNT_LEVELS = 16  # distinct numbers of targets, as shares of a batch's places
