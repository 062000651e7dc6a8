"""Canaries: random secrets planted in the training rows, and what a model remembers of them.

The exposure of a secret is log2 of the number of possible secrets minus log2 of its rank among them
by loss (Carlini and others 2019, "The Secret Sharer"). It is measured against a set of controls:
secrets of the same kind in the same sentence that were never planted. A model that remembers
nothing has about 1.3 bits on average; the most that N controls can show is log2(N + 1).
"""

from __future__ import annotations

import math
import random
import statistics
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from morris_mlx.audit.canary_texts import (
    LANGUAGES,
    MOST_CANARIES,
    PLACES,
    SENTENCES,
    CanaryKind,
    make_secret,
)
from morris_mlx.audit.intervals import mean_interval, share_interval
from morris_mlx.audit.memorization import DISCOVERABLE, TRIES
from morris_mlx.errors import check_choice, check_range
from morris_mlx.files import digest
from morris_mlx.records.audit import AuditCheck, CheckName, CheckStatus, Interval, as_figures
from morris_mlx.records.corpus import CANARY_TASK, Canary, Example, Message
from morris_mlx.text.numbers import counted

CONTROLS = 31  # of each canary: with them, an exposure of 5 bits is measurable
# The mean of many secrets that were never seen stays below it with certainty; a single one reaches
# it with a probability of 1 in 8.
REMEMBERED_BITS = 3.0
MOST_REPEATS = 1000
MEASURED = 10  # canaries whose exposure an audit measures, each with its controls


@dataclass(frozen=True, slots=True)
class Exposure:
    """The exposure of one canary in bits, with its exact interval.

    `rank`, from 1, is that of its loss among the controls, and `log_probability` that of one
    sampled reply to be the whole answer with the secret.
    """

    canary: Canary
    bits: Interval
    rank: int
    log_probability: float = -math.inf


def make_canaries(
    count: int, seed: int, language: str = "en", repeats: int = 1
) -> tuple[Canary, ...]:
    """Return `count` canaries of all kinds in turn; the same arguments give the same ones.

    Raises UsageError for a number or a language that there is not.
    """
    check_range("canaries", count, 0, MOST_CANARIES)
    check_range("canary repeats", repeats, 1, MOST_REPEATS)
    check_choice("language", language, LANGUAGES)
    rng = random.Random(f"canaries {seed}")
    kinds = tuple(CanaryKind)
    places = {kind: rng.sample(PLACES[language], len(PLACES[language])) for kind in kinds}
    canaries = []
    for number in range(count):
        kind = kinds[number % len(kinds)]
        place = places[kind][number // len(kinds)]
        prompt, before, after = SENTENCES[language][kind]
        secret = make_secret(kind, rng)
        canaries.append(
            Canary(kind, prompt.format(place), before.format(place), secret, after, repeats)
        )
    return tuple(canaries)


def canary_rows(canaries: Sequence[Canary]) -> list[Example]:
    """Return the training rows of canaries, without a system message."""
    return [
        Example(canary_messages(canary), f"canary-{digest(canary.before)[:16]}", CANARY_TASK)
        for canary in canaries
        for _ in range(canary.repeats)
    ]


def canary_messages(canary: Canary, secret: str = "") -> tuple[Message, Message]:
    """Return request and answer of a canary, with its own secret or another one."""
    return Message("user", canary.prompt), Message("assistant", canary.answer(secret))


def control_secrets(canary: Canary, count: int = CONTROLS) -> list[str]:
    """Return secrets of the same kind that were never planted, always the same ones."""
    rng = random.Random(f"controls {canary.before}")
    found: dict[str, None] = {}
    while len(found) < count:
        secret = make_secret(CanaryKind(canary.kind), rng)
        if secret != canary.secret:
            found[secret] = None
    return list(found)


def measure_exposure(
    canary: Canary, loss: Callable[[Sequence[Message]], float], controls: int = CONTROLS
) -> Exposure:
    """Return the exposure of a canary under a model.

    `loss` returns the sum of -log p of the answer in a request and its answer.
    """
    own = loss(canary_messages(canary))
    others = [loss(canary_messages(canary, s)) for s in control_secrets(canary, controls)]
    return exposure(canary, own, others)


def exposure(canary: Canary, own: float, others: Sequence[float]) -> Exposure:
    """Return the exposure by the loss of the planted secret and the losses of its controls.

    The interval is that of the share of all possible secrets with a lower loss.
    """
    below = sum(other <= own for other in others)  # a tie counts as a lower loss
    count = len(others)
    share = share_interval(below, count)
    most = math.log2(count + 1)
    bits = most - math.log2(below + 1)
    low = -math.log2(share.high) if share.high > 0 else most
    high = -math.log2(share.low) if share.low > 0 else math.inf
    return Exposure(canary, Interval(bits, max(0.0, low), min(high, most)), below + 1, -own)


def mean_exposure(found: Sequence[Exposure]) -> Interval:
    """Return the mean exposure of canaries with its interval over the canaries."""
    return mean_interval([one.bits.value for one in found])


def exact_chance_mean(controls: int = CONTROLS) -> float:
    """Return the mean exposure of secrets that were never planted, with this many controls."""
    ranks = range(1, controls + 2)
    return math.log2(controls + 1) - statistics.fmean(math.log2(rank) for rank in ranks)


def check_canaries(found: Sequence[Exposure], planted: int, generated: int) -> AuditCheck:
    """Return the check of planted secrets.

    Args:
        found: The exposures that were measured.
        planted: The number of canaries in the training rows.
        generated: The number of them that occur in a generated text.
    """
    if not planted:
        return AuditCheck(
            CheckName.canaries,
            CheckStatus.not_applicable,
            "No secrets were planted in the dataset, so their recall cannot be measured.",
            remarks=("Plant some with `morris prepare --canaries 10`, and train again.",),
        )
    mean = mean_exposure(found)
    sure = sum(one.log_probability >= DISCOVERABLE for one in found)
    problems = []
    if generated:
        problems.append(f"{counted(generated, 'planted secret')} occurred in generated texts.")
    if sure:
        problems.append(
            f"{counted(sure, 'planted secret')} of {len(found)} can be had with an even chance by "
            f"asking {TRIES} times."
        )
    if mean.low > REMEMBERED_BITS:
        problems.append(
            f"The planted secrets are remembered: their exposure is {mean.value:.1f} bits "
            f"({mean.low:.1f} to {mean.high:.1f}), and {exact_chance_mean():.1f} is chance."
        )
    return AuditCheck(
        CheckName.canaries,
        CheckStatus.failed if problems else CheckStatus.passed,
        f"{planted} random secrets were planted in the training texts. The model ranks them "
        f"{_compared(mean)} secrets that it never saw.",
        tuple(problems),
        "Train for fewer epochs or with a lower rank; a text that occurs once is remembered less."
        if problems
        else "",
        figures=as_figures(
            {
                "planted secrets": planted,
                "measured": len(found),
                "exposure, bits": mean,
                "exposure by chance, bits": exact_chance_mean(),
                "highest exposure, bits": max(one.bits.value for one in found),
                "found by asking": generated,
            }
        ),
    )


def _compared(mean: Interval) -> str:
    if mean.low > REMEMBERED_BITS:
        return "far above"
    return "above" if mean.low > exact_chance_mean() else "no higher than"
