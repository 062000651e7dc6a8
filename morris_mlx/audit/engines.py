"""The check of an adapter's files and of its work on every engine of this machine."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from morris_mlx.records.audit import AuditCheck, CheckName, CheckStatus, Interval, as_figures
from morris_mlx.text.numbers import percent


class Engine(StrEnum):
    """The ways to compute the same losses again."""

    reloaded = "the model, loaded again"
    torch = "torch"
    precision = "another precision"


# The largest difference of a loss in nats per token. The same engine gives the same number; another
# one rounds in another order; bfloat16 has 8 bits, and adds up to a few hundredths over 30 layers.
BOUNDS = {Engine.reloaded: 1e-6, Engine.torch: 0.01, Engine.precision: 0.05}
WAYS = {
    Engine.reloaded: "loaded again",
    Engine.torch: "with torch",
    Engine.precision: "in another precision",
}
NO_EFFECT = 1e-6  # nats per token: a smaller difference from the base is none
MOST_EMPTY = 0.5  # the share of answers without words, or that are loops


@dataclass(frozen=True, slots=True)
class EngineLoss:
    """The loss of the adapter on the compared rows, in nats per token, by one engine."""

    engine: Engine
    loss: float


def check_engines(
    base: float,
    adapter: float,
    others: Sequence[EngineLoss],
    unusable: float,
    problems: Sequence[str] = (),
    remarks: Sequence[str] = (),
) -> AuditCheck:
    """Return the check that the adapter's files are whole and work with every engine.

    Args:
        base: The loss of the base on some held-out rows, in nats per token.
        adapter: That of the adapter.
        others: The adapter's loss on the same rows, computed in other ways.
        unusable: The share of answers without words, or that ran into a loop.
        problems: What is wrong with the files.
        remarks: What was not compared, and why.
    """
    found = list(problems)
    if not (math.isfinite(base) and math.isfinite(adapter)):
        found.append("The model computes no finite loss.")
    elif abs(base - adapter) < NO_EFFECT:
        found.append("The adapter changes nothing: base and adapter have the same loss.")
    figures: dict[str, float | Interval] = {
        "loss of the base": base,
        "loss of the adapter": adapter,
    }
    for other in others:
        figures[f"loss, {other.engine}"] = other.loss
        gap = abs(other.loss - adapter)
        if not gap <= BOUNDS[other.engine]:
            found.append(
                f"With {other.engine}, the loss differs by {gap:.4f} nats per token; at most "
                f"{BOUNDS[other.engine]:g} is rounding."
            )
    if unusable > MOST_EMPTY:
        found.append(f"{percent(unusable)} of the answers are empty or endless repetitions.")
    figures["answers that are empty or loops"] = unusable
    ways = ", ".join(WAYS[other.engine] for other in others)
    same = f", and it works the same: {ways}" if ways else ""
    return AuditCheck(
        CheckName.engines,
        CheckStatus.failed if found else CheckStatus.passed,
        "The adapter is not whole, or does not work as it should."
        if found
        else f"The adapter's files are those of its training{same}.",
        tuple(found),
        "Train the adapter again, or restore its files from a copy." if found else "",
        tuple(remarks),
        as_figures(figures),
    )
