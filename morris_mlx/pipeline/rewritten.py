"""Records of a rewriting: its parts, what is wrong in them, and their form in JSON."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from morris_mlx.records.generation import Finding, GenerationResult
from morris_mlx.text.draft_parts import DraftPart
from morris_mlx.text.facts.compare import FactChanges
from morris_mlx.text.facts.fact import Fact

SHOWN_CHARACTERS = 80  # of a fact: a quotation may be long


@dataclass(frozen=True, slots=True)
class RewrittenPart:
    """A part of the draft and the text in its place.

    `changes` are differences in facts, `faults` what else is wrong; `tries` is 0 for a part that
    is kept as it was. `result` has the metrics of the try that was taken.
    """

    part: DraftPart
    text: str
    tries: int = 0
    changes: FactChanges = field(default_factory=FactChanges)
    faults: tuple[Finding, ...] = ()
    result: GenerationResult | None = None

    @property
    def is_wrong(self) -> bool:
        """True if a fact differs or something else is wrong: the text has a mark then."""
        return bool(self.changes) or bool(self.faults)

    @property
    def problems(self) -> tuple[str, ...]:
        """A phrase for each fact that is lost, changed or added, and for each fault."""
        return (
            *(f"lost {_shown(fact)}" for fact in self.changes.lost),
            *(f"lost {one.missing}: {_shown(one.fact)}" for one in self.changes.fewer),
            *(
                f"changed {_shown(pair.before)} to “{_cut(pair.after.text)}”"
                for pair in self.changes.changed
            ),
            *(f"added {_shown(fact)}" for fact in self.changes.added),
            *(f"{fault.kind}: {fault.detail}" for fault in self.faults),
        )

    @property
    def remarks(self) -> tuple[str, ...]:
        """Phrases about words that may be names, and about facts from the notes."""
        return (
            *(f"perhaps lost name “{fact.text}”" for fact in self.changes.perhaps_lost),
            *(f"perhaps added name “{fact.text}”" for fact in self.changes.perhaps_added),
            *(f"{_shown(fact)} is from the notes" for fact in self.changes.from_notes),
        )

    @property
    def marked_text(self) -> str:
        """The text after what precedes it, with a mark below it if it is wrong."""
        mark = f"\n[Check: {'; '.join(self.problems)}]" if self.is_wrong else ""
        return f"{self.part.before}{self.text}{mark}"


@dataclass(frozen=True, slots=True)
class Rewriting:
    """A rewritten draft; not `finished` if it was stopped, with the parts until then."""

    parts: tuple[RewrittenPart, ...]
    finished: bool = True

    @property
    def text(self) -> str:
        """The text, with a mark below each paragraph that is wrong."""
        return "".join(part.marked_text for part in self.parts).strip()

    @property
    def wrong(self) -> tuple[RewrittenPart, ...]:
        """The paragraphs that were still wrong at the last try."""
        return tuple(part for part in self.parts if part.is_wrong)

    @property
    def result(self) -> GenerationResult:
        """The text as one result, with the sums of its parts' metrics."""
        found = [part.result for part in self.parts if part.result is not None]
        return GenerationResult(
            self.text,
            "stop" if self.finished else "cancelled",
            sum(result.prompt_tokens for result in found),
            sum(result.tokens for result in found),
            found[0].seconds_to_first_token if found else 0.0,
            sum(result.seconds for result in found),
            found[0].seed if found else 0,
        )


def named_problems(rewriting: Rewriting) -> Iterator[tuple[str, RewrittenPart]]:
    """Yield the parts that have problems or remarks, each with the beginning of its draft."""
    for part in rewriting.parts:
        if part.problems or part.remarks:
            yield _cut(part.part.text, 40), part


def parts_to_json(rewriting: Rewriting) -> list[dict[str, Any]]:
    """Return the parts as JSON values."""
    return [
        {
            "draft": part.part.text,
            "text": part.text,
            "tries": part.tries,
            "problems": list(part.problems),
            "remarks": list(part.remarks),
        }
        for part in rewriting.parts
    ]


def _shown(fact: Fact) -> str:
    return f"{fact.kind} “{_cut(fact.text)}”"


def _cut(text: str, most: int = SHOWN_CHARACTERS) -> str:
    plain = " ".join(text.strip('“”«»„"‘’ ').split())
    return plain if len(plain) <= most else f"{plain[:most].rstrip()}…"
