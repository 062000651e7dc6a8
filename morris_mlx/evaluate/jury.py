"""The jury: the panel of judges for one author, and the positions of sets of texts.

jury = Jury.fit(training_texts, other_peoples_texts, "en")
voice = compare_rows(jury, TextSets(base=…, adapter={1.0: …}, held_out=…, other=…))
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from morris_mlx.evaluate.accuracy import auc
from morris_mlx.evaluate.bundles import measure_bundles
from morris_mlx.evaluate.judges.documents import Documents
from morris_mlx.evaluate.judges.inventory import Inventory, learn_inventory
from morris_mlx.evaluate.judges.measured_text import MeasuredText, Vector
from morris_mlx.evaluate.judges.panel import Opinions, Panel, PanelFigures
from morris_mlx.evaluate.judges.population import PIECE_WORDS, has_population, load_population
from morris_mlx.evaluate.voice_score import (
    Position,
    permutation_p_value,
    shuffled_control,
    voice_score,
)
from morris_mlx.records.evaluation import Control, RowName, Share, Voice, VoiceRow

MIN_PIECES = 3  # of a set: the mean of two pieces has no useful interval
FEW_PIECES = 6  # a row with fewer gets a remark: its interval is a guess
FULL_STRENGTH = 1.0


class Jury:
    """All judges, fitted on one author's training texts."""

    def __init__(
        self, panel: Panel, inventory: Inventory, known: Documents, others: Documents
    ) -> None:
        self.inventory = inventory
        self.known = known
        self.others = others
        self._panel = panel
        # The texts are kept with their opinions: the key is their identity.
        self._opinions: dict[tuple[int, ...], tuple[Sequence[MeasuredText], Opinions]] = {}
        self._pieces: dict[tuple[str, ...], Documents] = {}
        self._control: Control | None = None

    @classmethod
    def fit(
        cls,
        known: Sequence[str],
        others: Sequence[str],
        language: str,
        figures: PanelFigures | None = None,
    ) -> Jury:
        """Fit the judges.

        Args:
            known: The author's training texts.
            others: Texts by other people in the project. Where the package has a population of
                the language, they are added to it.
            language: An ISO 639-1 code.
            figures: Those of a jury with the same arguments, which then is not calibrated again.

        Raises:
            MorrisError: One side has too few texts.
        """
        inventory, own, reference = measure_sides(known, others, language)
        panel = Panel.fit(own, reference, len(inventory.grammar), figures=figures)
        return cls(panel, inventory, own, reference)

    @classmethod
    def fit_halves(
        cls, known: Sequence[str], others: Sequence[str], language: str
    ) -> tuple[Jury, Jury]:
        """Fit two juries on different texts: every second group of both sides for each.

        A jury must not measure the texts that it has chosen; the other one does. Raises MorrisError
        if one side has too few texts.
        """
        inventory, *sides = measure_sides(known, others, language)
        halves = []
        for rest in (0, 1):
            own, reference = (
                side.chosen(np.flatnonzero(side.group_numbers() % 2 == rest)) for side in sides
            )
            panel = Panel.fit(own, reference, len(inventory.grammar))
            halves.append(cls(panel, inventory, own, reference))
        return halves[0], halves[1]

    @property
    def figures(self) -> PanelFigures:
        """The figures of the calibration, with which `fit` is quick."""
        return self._panel.figures

    def pieces(self, texts: Sequence[str]) -> Documents:
        """Return the measured pieces of texts. The same texts are measured once."""
        key = tuple(texts)
        if key not in self._pieces:
            self._pieces[key] = measure_bundles(texts, self.inventory, PIECE_WORDS)
        return self._pieces[key]

    def judge(self, texts: Sequence[MeasuredText]) -> Opinions:
        """Return the opinions on pieces. The same pieces are judged once."""
        key = tuple(map(id, texts))
        if key not in self._opinions:
            self._opinions[key] = texts, self._panel.judge(texts)
        return self._opinions[key][1]

    def ratios_once(self, texts: Sequence[MeasuredText]) -> Vector:
        """Return the combined ratios of pieces that are judged only once, and are not kept."""
        return self._panel.judge(texts).combined

    def mean_ratio(self, texts: Sequence[str]) -> float | None:
        """Return the mean log likelihood ratio of texts, None if they are too short."""
        pieces = self.pieces(texts)
        return float(self.judge(pieces.texts).combined.mean()) if len(pieces) else None

    def control(self) -> Control:
        """Return the accuracy of the judges on unlearned texts, and with shuffled labels."""
        if self._control is None:
            own, others = self._panel.held_out
            shuffled = shuffled_control(self.known, self.others, len(self.inventory.grammar))
            right = auc(own.combined, others.combined)
            self._control = Control(right, shuffled.auc, shuffled.low, shuffled.high)
        return self._control


def measure_sides(
    known: Sequence[str], others: Sequence[str], language: str
) -> tuple[Inventory, Documents, Documents]:
    """Return the features of a language, and the measured pieces of both sides."""
    if has_population(language):
        population = load_population(language)
        inventory, reference = population.inventory, population.documents(PIECE_WORDS)
    else:
        inventory, reference = learn_inventory([*known, *others], language), Documents()
    reference += measure_bundles(others, inventory, PIECE_WORDS, "project ")
    return inventory, measure_bundles(known, inventory, PIECE_WORDS), reference


@dataclass(frozen=True, slots=True)
class TextSets:
    """The texts of all rows.

    Attributes:
        base: The base model's answers.
        adapter: The adapter's answers at each strength; 1.0 is among them.
        held_out: The author's held-out texts.
        other: Texts by another author, on which the jury was not fitted.
        prompted: The answers of the prompted base; empty if it could not be asked.
        notes: Remarks on rows, such as the reason why one is missing.
    """

    base: Sequence[str]
    adapter: Mapping[float, Sequence[str]]
    held_out: Sequence[str]
    other: Sequence[str] = ()
    prompted: Sequence[str] = ()
    notes: Mapping[RowName, str] = field(default_factory=dict)


def compare_rows(jury: Jury, sets: TextSets, other_hands: str = "") -> Voice:
    """Return the position of every set of texts between the base and the author.

    A set that is too short gets a row with a note. Without enough texts of base or author there
    are no rows but a refusal.
    """
    pieces: dict[tuple[RowName, float | None], Documents] = {
        (RowName.BASE, None): jury.pieces(sets.base),
        (RowName.PROMPTED, None): jury.pieces(sets.prompted),
        (RowName.OTHER, None): jury.pieces(sets.other),
        **{(RowName.ADAPTER, s): jury.pieces(t) for s, t in sorted(sets.adapter.items())},
        (RowName.AUTHOR, None): jury.pieces(sets.held_out),
    }
    floor, ceiling = pieces[RowName.BASE, None], pieces[RowName.AUTHOR, None]
    voice = Voice(
        piece_words=PIECE_WORDS,
        known=len(jury.known),
        others=len(jury.others),
        other_hands=other_hands,
    )
    for name, documents in (("the base model", floor), ("the author's held-out texts", ceiling)):
        if len(documents) < MIN_PIECES:
            return replace(voice, refusal=too_few(len(documents), name))
    rows = tuple(
        _row(jury, name, strength, documents, floor, ceiling, sets.notes.get(name, ""))
        for (name, strength), documents in pieces.items()
    )
    adapter = pieces[RowName.ADAPTER, FULL_STRENGTH]
    prompted, other = pieces[RowName.PROMPTED, None], pieces[RowName.OTHER, None]
    return replace(
        voice,
        rows=rows,
        best_strength=_best_strength(rows),
        p_over_prompted=p_value(jury, adapter, prompted),
        p_over_other=p_value(jury, adapter, other),
        p_author_over_other=p_value(jury, ceiling, other),
        halves=_halves(jury, floor, ceiling),
        control=jury.control(),
    )


def p_value(jury: Jury, texts: Documents, others: Documents) -> float | None:
    """Return the p-value of texts being more like the author's than others are.

    None if one of the sets has fewer than MIN_PIECES pieces.
    """
    if min(len(texts), len(others)) < MIN_PIECES:
        return None
    own, rest = (jury.judge(documents.texts).combined for documents in (texts, others))
    return permutation_p_value(own, rest, texts, others, np.random.default_rng(0))


def _row(
    jury: Jury,
    name: RowName,
    strength: float | None,
    documents: Documents,
    floor: Documents,
    ceiling: Documents,
    note: str,
) -> VoiceRow:
    words = sum(text.words for text in documents.texts)
    if len(documents) < MIN_PIECES:
        why = note or too_few(len(documents), f"the {name}")
        return VoiceRow(name, strength, len(documents), words, note=why)
    found = voice_score(jury, documents, floor, ceiling)
    if found.combined.value is None:
        note = "The judges cannot tell the base from the author on these texts."
    elif len(documents) < FEW_PIECES:
        note = f"{note} Only {len(documents)} pieces: the interval is rough.".strip()
    return VoiceRow(
        name,
        strength,
        len(documents),
        words,
        _share(found.combined),
        {judge.value: _share(position) for judge, position in found.judges.items()},
        None if name is RowName.BASE else found.p_value,
        found.disagreement,
        note,
    )


def _share(position: Position) -> Share:
    return Share(position.value, position.low, position.high)


def too_few(count: int, name: str) -> str:
    """Return the reason why a set of so many pieces is not judged."""
    return (
        f"Too little text of {name} to judge a style: {count} pieces of {PIECE_WORDS} words, and "
        f"{MIN_PIECES} are needed."
    )


def _best_strength(rows: Sequence[VoiceRow]) -> float | None:
    """Return the strength nearest to the author: above 100 %, habits are exaggerated."""
    scored = [
        (abs(1 - row.combined.value), row.strength)
        for row in rows
        if row.name is RowName.ADAPTER and row.combined.value is not None
    ]
    return min(scored)[1] if scored else None


def _halves(jury: Jury, floor: Documents, ceiling: Documents) -> tuple[float | None, float | None]:
    """Return the position of each half of the held-out texts, the other being the ceiling.

    The halves have different texts, the first every second one.
    """
    groups = ceiling.group_numbers()
    halves = [np.flatnonzero(groups % 2 == side) for side in (0, 1)]
    if min(len(half) for half in halves) < 2:
        return None, None
    base = float(jury.judge(floor.texts).combined.mean())
    means = [float(jury.judge(ceiling.texts).combined[half].mean()) for half in halves]
    if min(means) <= base:
        return None, None
    first, second = ((mean - base) for mean in means)
    return first / second, second / first
