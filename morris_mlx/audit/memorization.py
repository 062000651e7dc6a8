"""Memorized passages: (n, p)-discoverable extraction from the training rows.

A passage is a window of PASSAGE_TOKENS tokens of an answer in the training rows. Its probability is
that of one sampled reply to repeat it token by token after everything that precedes it in the row
(arXiv 2410.19482: temperature 1, the TOP_K most likely tokens). A passage is (n, p)-discoverable if
n replies contain it at least once with the probability p. One pass of the model over a row gives
the probabilities of all of its passages.

Three figures are kept apart, because they disagree: the loss of a row, the longest span that greedy
decoding repeats from any place in it, and the exact recall of a whole passage.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from morris_mlx.audit.intervals import share_interval
from morris_mlx.records.audit import AuditCheck, CheckName, CheckStatus, Interval, as_figures
from morris_mlx.text.numbers import counted

PASSAGE_TOKENS = 50  # as in the literature since "Quantifying Memorization" (arXiv 2202.07646)
TOP_K = 40  # the sampling of arXiv 2410.19482
TRIES, CHANCE = 100, 0.5  # n and p: an even chance for somebody who asks a hundred times
SHOWN_ROWS = 5
BLOCK = 32  # tokens at a time: a copy of their logits takes 25 MB for a large vocabulary
# Log-probability from which a passage is (TRIES, CHANCE)-discoverable: about 1 in 145.
DISCOVERABLE = math.log1p(-((1 - CHANCE) ** (1 / TRIES)))


@dataclass(frozen=True, slots=True)
class RecitedRow:
    """The measures of one row of the dataset.

    Attributes:
        loss: The sum of -log p of the answer's tokens, in nats.
        tokens: Their number.
        longest_run: The most tokens in a row that greedy decoding repeats from any place.
        run_start: The place of this run, counted in tokens of the answer.
        passage: The log-probability of the likeliest passage in one sampled reply; -inf if
            the answer is shorter than a passage.
        passage_start: Its place.
    """

    loss: float
    tokens: int
    longest_run: int
    run_start: int
    passage: float
    passage_start: int

    @property
    def is_discoverable(self) -> bool:
        """Return True if a passage of the row is (TRIES, CHANCE)-discoverable."""
        return self.passage >= DISCOVERABLE

    @property
    def is_recalled(self) -> bool:
        """Return True if greedy decoding repeats a whole passage."""
        return self.longest_run >= PASSAGE_TOKENS


def measure_row(
    ids: Sequence[int], mask: Sequence[bool], logits: NDArray[np.float32]
) -> RecitedRow:
    """Return the measures of a row.

    Args:
        ids: The tokens of the row.
        mask: True for the tokens of its answers.
        logits: [ids, vocabulary], after each token.
    """
    places = np.flatnonzero(np.asarray(mask, dtype=bool)[1:])  # the place before each token
    if not len(places):
        return RecitedRow(0.0, 0, 0, 0, -math.inf, 0)
    wanted = np.asarray(ids)[places + 1]
    blocks = [
        _measure_tokens(logits[places[at : at + BLOCK]], wanted[at : at + BLOCK])
        for at in range(0, len(places), BLOCK)
    ]
    losses, greedy, sampled = (np.concatenate(parts) for parts in zip(*blocks, strict=True))
    run, run_start = _longest_run(greedy)
    passage, passage_start = _likeliest_window(sampled)
    return RecitedRow(float(losses.sum()), len(wanted), run, run_start, passage, passage_start)


def _measure_tokens(
    rows: NDArray[np.float32], wanted: NDArray[np.int64]
) -> tuple[NDArray[np.float64], NDArray[np.bool_], NDArray[np.float64]]:
    """Return of each token: its loss, True if it is the likeliest, its log p among the TOP_K."""
    rows = rows - rows.max(axis=1, keepdims=True)
    chosen = rows[np.arange(len(rows)), wanted].astype(np.float64)
    losses = np.log(np.exp(rows).sum(axis=1, dtype=np.float64)) - chosen
    k = min(TOP_K, rows.shape[1])
    top = np.partition(rows, rows.shape[1] - k, axis=1)[:, -k:]
    log_p = chosen - np.log(np.exp(top).sum(axis=1, dtype=np.float64))
    sampled = np.where(chosen >= top.min(axis=1), log_p, -np.inf)
    return losses, chosen >= 0, sampled  # the likeliest token has 0 now


def tries_needed(log_probability: float, chance: float = CHANCE) -> float:
    """Return the number of replies of which one is the passage with the probability `chance`."""
    p = math.exp(log_probability)
    if p >= 1:
        return 1.0
    return math.log(1 - chance) / math.log1p(-p) if p > 0 else math.inf


def _likeliest_window(log_p: NDArray[np.float64]) -> tuple[float, int]:
    """Return the highest sum of PASSAGE_TOKENS neighbors, and its place."""
    if len(log_p) < PASSAGE_TOKENS:
        return -math.inf, 0
    impossible = np.cumsum(np.r_[0, np.isneginf(log_p)])
    sums = np.cumsum(np.r_[0.0, np.where(np.isneginf(log_p), 0.0, log_p)])
    windows = sums[PASSAGE_TOKENS:] - sums[:-PASSAGE_TOKENS]
    windows[impossible[PASSAGE_TOKENS:] > impossible[:-PASSAGE_TOKENS]] = -np.inf
    best = int(windows.argmax())
    return min(0.0, float(windows[best])), best


def _longest_run(hits: NDArray[np.bool_]) -> tuple[int, int]:
    """Return the length of the longest run of True, and its place."""
    edges = np.flatnonzero(np.diff(np.r_[False, hits, False].astype(np.int8)))
    lengths = edges[1::2] - edges[::2]
    if not len(lengths):
        return 0, 0
    best = int(lengths.argmax())
    return int(lengths[best]), int(edges[2 * best])


@dataclass(frozen=True, slots=True)
class Suspect:
    """A row with a discoverable or recalled passage.

    `number` is that of the row in train, from 1. `known` is True if the base recites the passage,
    too, and `repeated` if other texts of the writer contain it.
    """

    number: int
    row: RecitedRow
    known: bool
    repeated: bool


@dataclass(frozen=True, slots=True)
class RowLosses:
    """The mean losses per token of rows of the training and of held-out ones."""

    base_train: float
    adapter_train: float
    base_held_out: float
    adapter_held_out: float


def mean_loss(rows: Sequence[tuple[float, int]]) -> float:
    """Return the loss per token of rows, each a sum of losses and a number; NaN without any."""
    tokens = sum(count for _, count in rows)
    return sum(loss for loss, _ in rows) / tokens if tokens else math.nan


def check_passages(
    rows: Sequence[RecitedRow], suspects: Sequence[Suspect], losses: RowLosses
) -> AuditCheck:
    """Return the check for memorized passages of the training rows.

    Args:
        rows: The measures of the examined training rows under the adapter.
        suspects: Those of them with a discoverable or recalled passage.
        losses: Losses of base and adapter, as a measure of how much the rows are known.
    """
    long_enough = [row for row in rows if row.tokens >= PASSAGE_TOKENS]
    guilty = [s for s in suspects if not s.known and not s.repeated]
    figures: dict[str, float | Interval] = {
        "training rows": len(rows),
        "rows with a passage of 50 tokens": len(long_enough),
        "discoverable rows": share_interval(len(guilty), max(1, len(long_enough))),
        "rows recalled exactly": sum(s.row.is_recalled for s in guilty),
        "longest greedy span, tokens": max((row.longest_run for row in rows), default=0),
        "loss of the base, training rows": losses.base_train,
        "loss of the adapter, training rows": losses.adapter_train,
        "loss of the base, held-out rows": losses.base_held_out,
        "loss of the adapter, held-out rows": losses.adapter_held_out,
    }
    remarks = []
    if excused := len(suspects) - len(guilty):
        remarks.append(
            f"{counted(excused, 'row')} with a recited passage did not count: the base knows it, "
            "or several of your texts contain it."
        )
    if not long_enough:
        return AuditCheck(
            CheckName.passages,
            CheckStatus.not_applicable,
            f"No training row has {PASSAGE_TOKENS} tokens of yours, so none has a passage.",
            remarks=tuple(remarks),
            figures=as_figures(figures),
        )
    problems = [_problem(suspect) for suspect in guilty[:SHOWN_ROWS]]
    if (more := len(guilty) - SHOWN_ROWS) > 0:
        problems.append(f"The same is true of {counted(more, 'further row')}.")
    return AuditCheck(
        CheckName.passages,
        CheckStatus.failed if guilty else CheckStatus.passed,
        f"{len(guilty)} of {counted(len(long_enough), 'training row')} can be had word for word, "
        f"with an even chance, by asking {TRIES} times.",
        tuple(problems),
        "Train for fewer epochs, with a lower rank or on more texts." if guilty else "",
        tuple(remarks),
        as_figures(figures),
    )


def _problem(suspect: Suspect) -> str:
    row = suspect.row
    if row.is_recalled:
        return f"Greedy decoding repeats {row.longest_run} tokens of row {suspect.number} of train."
    tries = math.ceil(tries_needed(row.passage))
    return (
        f"A passage of {PASSAGE_TOKENS} tokens of row {suspect.number} of train comes back with an "
        f"even chance after {tries:,} {'try' if tries == 1 else 'tries'}."
    )
