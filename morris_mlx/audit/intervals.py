"""Confidence intervals of shares and means, without assumptions that small numbers break."""

from __future__ import annotations

import math
import random
import statistics
from collections.abc import Callable, Sequence

from morris_mlx.records.audit import Interval

CONFIDENCE = 0.95
RESAMPLES = 2000  # the ends of an interval then vary by about a hundredth of its width
STEPS = 60  # of a bisection: a double has 53 bits


def share_interval(hits: int, tries: int) -> Interval:
    """Return a share with its exact interval (Clopper and Pearson 1934); 0 to 1 without tries."""
    if not tries:
        return Interval(0.0, 0.0, 1.0)
    half = (1 - CONFIDENCE) / 2
    low = _root(lambda p: 1 - _at_most(hits - 1, tries, p), half) if hits else 0.0
    high = 1 - _root(lambda p: _at_most(hits, tries, 1 - p), half) if hits < tries else 1.0
    return Interval(hits / tries, low, high)


def mean_interval(values: Sequence[float], seed: int = 0) -> Interval:
    """Return a mean with its interval by bootstrap over `values`, at least one."""
    mean = statistics.fmean(values)
    rng = random.Random(seed)
    means = sorted(statistics.fmean(rng.choices(values, k=len(values))) for _ in range(RESAMPLES))
    cut = round((1 - CONFIDENCE) / 2 * RESAMPLES)
    return Interval(mean, means[cut], means[-1 - cut])


def _at_most(hits: int, tries: int, p: float) -> float:
    """Return the probability of at most `hits` hits in `tries` with the probability `p` each."""
    if p <= 0 or p >= 1:
        return 1.0 if p <= 0 or hits >= tries else 0.0
    logs = (
        math.lgamma(tries + 1)
        - math.lgamma(k + 1)
        - math.lgamma(tries - k + 1)
        + k * math.log(p)
        + (tries - k) * math.log1p(-p)
        for k in range(hits + 1)
    )
    return min(1.0, math.fsum(math.exp(one) for one in logs))


def _root(rising: Callable[[float], float], level: float) -> float:
    """Return the place between 0 and 1 where a rising function reaches `level`."""
    low, high = 0.0, 1.0
    for _ in range(STEPS):
        middle = (low + high) / 2
        low, high = (middle, high) if rising(middle) < level else (low, middle)
    return (low + high) / 2
