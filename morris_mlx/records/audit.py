"""The result of an audit: its checks, their figures, and what is wrong."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

AUDIT_RULES = 1  # raised with the rules: an audit by older rules opens no gate


class CheckName(StrEnum):
    """The checks of an audit, in their order."""

    copying = "copying"
    passages = "passages"
    canaries = "canaries"
    leaks = "leaks"
    engines = "engines"
    provenance = "provenance"


class CheckStatus(StrEnum):
    """The result of a check. A check that could not be carried out has failed."""

    passed = "passed"
    failed = "failed"
    not_applicable = "not applicable"


@dataclass(frozen=True, slots=True)
class Interval:
    """A value with the ends of its 95 % confidence interval."""

    value: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Figure:
    """A measured number of a report, with the ends of its interval if it has one."""

    value: float
    low: float | None = None
    high: float | None = None


def as_figures(values: Mapping[str, float | Interval]) -> dict[str, Figure]:
    """Return numbers and intervals as figures, without those that were not measured (NaN)."""
    figures = {
        name: Figure(value.value, value.low, value.high)
        if isinstance(value, Interval)
        else Figure(value)
        for name, value in values.items()
    }
    return {name: one for name, one in figures.items() if math.isfinite(one.value)}


@dataclass(frozen=True, slots=True)
class AuditCheck:
    """A check with its result in words.

    Attributes:
        name: The check.
        status: Its result.
        summary: One sentence for a reader who knows no statistics.
        problems: What is wrong, a sentence each; empty unless the check failed.
        advice: What to do about it, "" unless the check failed.
        remarks: What was not checked, and why.
        figures: Measured numbers by their names, in the order in which they are shown.
    """

    name: CheckName
    status: CheckStatus
    summary: str
    problems: tuple[str, ...] = ()
    advice: str = ""
    remarks: tuple[str, ...] = ()
    figures: Mapping[str, Figure] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class AuditReport:
    """An audit of an adapter, stored as audit.json.

    It is about the files with these digests and about no others. `answers` is the number of
    generated texts, `seed` the first of their random seeds, and `rules` the AUDIT_RULES of the
    audit. `shown` are the longest copied spans, for a reader: their first and last words alone.
    """

    adapter: str
    adapter_sha256: str
    config_sha256: str
    base_model: str
    base_digest: str
    dataset_digest: str
    rules: int
    answers: int
    seed: int
    checks: tuple[AuditCheck, ...]
    shown: tuple[str, ...] = ()

    @property
    def passed(self) -> bool:
        """Return True if no check failed."""
        return all(check.status != CheckStatus.failed for check in self.checks)

    @property
    def failed(self) -> tuple[AuditCheck, ...]:
        """The checks that failed."""
        return tuple(check for check in self.checks if check.status == CheckStatus.failed)


@dataclass(frozen=True, slots=True)
class FileFingerprint:
    """Size and SHA-256 of a file, and the shortened hashes of its blocks."""

    size: int
    sha256: str
    blocks: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class AuditedFiles:
    """The files of an audit by name, such as "dataset/train.jsonl", stored beside its report."""

    files: Mapping[str, FileFingerprint] = field(default_factory=dict)
