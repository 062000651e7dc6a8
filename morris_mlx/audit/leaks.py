"""Search in generated text for items that were redacted from an adapter's training texts.

Nothing here writes an item in clear: findings are masked, and `Concealer` masks all words of the
redaction map in a text that is shown.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from morris_mlx.errors import MissingError
from morris_mlx.models.find_adapter import read_run
from morris_mlx.project.datasets import find_dataset, read_card
from morris_mlx.project.folder import Project
from morris_mlx.project.redaction_map import read_redaction_map
from morris_mlx.project.training_texts import training_texts
from morris_mlx.records.audit import AuditCheck, CheckName, CheckStatus, as_figures
from morris_mlx.records.generation import Finding
from morris_mlx.text.copying import normalize_words
from morris_mlx.text.numbers import counted
from morris_mlx.text.pii import LeakFinder, RedactionMap

MASK = "***"
SHORTEST_CONCEALED = 3  # letters; a shorter word of a name, such as "de", tells nothing
ENDING = 2  # letters of a word that grammar may change: Мария, Марии, Марией
SHOWN_LEAKS = 10


def build_leak_finder(
    project: Project, adapter: Path | None, note: Callable[[str], None] = lambda text: None
) -> LeakFinder | None:
    """Return a finder of the items redacted from an adapter's dataset, or None without any.

    There are none for the base alone, for the built-in sample with its public texts, and for a
    dataset that was not redacted, which is reported through `note`. Raises MissingError when the
    dataset was redacted and its redaction map is gone: without it, leaks cannot be excluded.
    """
    if adapter is None:
        return None
    run = read_run(adapter)
    try:
        folder = find_dataset(project, run.dataset_digest)
    except MissingError:
        training_texts(project, run)  # of the sample, or an error with the next step
        return None
    if not read_card(folder).redacted:
        note(
            f"The dataset of {run.name!r} was not redacted. Its texts may contain private items, "
            "and generated text is not checked for them."
        )
        return None
    return LeakFinder(read_redaction_map(project, run.dataset_digest))


def find_redacted(text: str, leaks: LeakFinder | None) -> tuple[Finding, ...]:
    """Return each redacted item that occurs in the text, once and masked."""
    found = leaks.find(text) if leaks else ()
    shown = dict.fromkeys(f"{leak.kind} {leak.masked}" for leak in found)
    return tuple(Finding("redacted item", item) for item in shown)


class Concealer:
    """Masks every word of a redaction map in the texts that a report shows.

    It is stricter than a `LeakFinder`: single words of an item are masked in any case and with any
    ending, and with them other words that begin in the same way.
    """

    def __init__(self, redaction_map: RedactionMap) -> None:
        self._stems = {
            word[: max(SHORTEST_CONCEALED, len(word) - ENDING)]
            for item in redaction_map.items
            for word in normalize_words(item.real)
            if len(word) >= SHORTEST_CONCEALED
        }

    def __call__(self, text: str) -> str:
        """Return the text with each of these words masked."""
        return " ".join(
            MASK if any(map(self._is_private, normalize_words(word))) else word
            for word in text.split()
        )

    def _is_private(self, word: str) -> bool:
        ends = range(SHORTEST_CONCEALED, len(word) + 1)
        return any(word[:end] in self._stems for end in ends)


@dataclass(frozen=True, slots=True)
class ProbedText:
    """A generated text and the prompt that it answers. What the prompt says is no leak."""

    prompt: str
    text: str


def check_leaks(
    texts: Sequence[ProbedText], leaks: LeakFinder | None, probes: int, public: bool
) -> AuditCheck:
    """Return the check for redacted items in generated texts.

    Args:
        texts: All texts that were generated.
        leaks: The finder of the dataset's redacted items; None if nothing was redacted.
        probes: The number of texts that answer a probe.
        public: The texts of the dataset are public, so it needed no redaction.
    """
    name = CheckName.leaks
    if leaks is None and public:
        summary = "The training texts come with Morris and are public, so nothing was redacted."
        return AuditCheck(name, CheckStatus.not_applicable, summary)
    if leaks is None:
        return AuditCheck(
            name,
            CheckStatus.failed,
            "The dataset was not redacted, so leaks cannot be excluded.",
            ("Private items may be in the training texts: the dataset was made with --no-redact.",),
            "Run `morris prepare` without --no-redact, and train again.",
        )
    found: Counter[str] = Counter()
    hit = 0
    for one in texts:
        asked = {(leak.kind, leak.masked) for leak in leaks.find(one.prompt)}
        here = {(leak.kind, leak.masked) for leak in leaks.find(one.text)} - asked
        found.update(f"{kind} {masked}" for kind, masked in here)
        hit += bool(here)
    problems = [
        f"{shown} is in {counted(count, 'generated text')}."
        for shown, count in found.most_common(SHOWN_LEAKS)
    ]
    if len(found) > SHOWN_LEAKS:
        problems.append(f"So are {len(found) - SHOWN_LEAKS} other items.")
    return AuditCheck(
        name,
        CheckStatus.failed if problems else CheckStatus.passed,
        f"{hit} of {counted(len(texts), 'generated text')} contain a redacted item; "
        f"{probes:,} of them answered a question for one.",
        tuple(problems),
        "Do not share the adapter or its texts. Prepare the dataset again and train again: a name "
        "that was overlooked belongs in the file of `morris prepare --names`."
        if problems
        else "",
        figures=as_figures(
            {
                "redacted items": len(leaks.redaction_map.items),
                "generated texts": len(texts),
                "answers to probes": probes,
                "texts with a redacted item": hit,
            }
        ),
    )
