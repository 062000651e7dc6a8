"""Results of a full evaluation: rows with intervals, health, copying, and the verdict."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from morris_mlx.records.reports import StyleReport


class RowName(StrEnum):
    """The sets of texts that are compared, from the floor to the ceiling."""

    BASE = "base"
    PROMPTED = "prompted base"
    OTHER = "another author"
    ADAPTER = "adapter"
    AUTHOR = "author"


class VerdictKind(StrEnum):
    """The results of an evaluation, each with its own reason and next step."""

    UNCHANGED = "unchanged"
    RECITES = "recites"
    NEVER_ENDS = "never ends"
    BROKEN = "broken texts"
    WRONG_TEXTS = "learned other texts"
    DAMAGED = "damaged"
    NOT_JUDGED = "not judged"
    NO_STYLE = "no style to learn"
    NOT_NEARER = "no nearer than the base"
    LIKE_ANYBODY = "no nearer than another author"
    NO_BETTER_THAN_PROMPT = "no better than a prompt"
    PARTLY = "part of the way"
    YES = "reads like the author"


@dataclass(frozen=True, slots=True)
class Share:
    """A share of the way from the base (0) to the author (1), with its 95 % interval.

    All three are None if it cannot be computed.
    """

    value: float | None = None
    low: float | None = None
    high: float | None = None


@dataclass(frozen=True, slots=True)
class VoiceRow:
    """The position of one set of texts.

    Attributes:
        name: The set.
        strength: The strength of the adapter, None for the other sets.
        texts: The number of pieces that were judged.
        words: The number of words in them.
        combined: The position by all judges together.
        judges: The position by each judge.
        p_over_base: The p-value of being nearer to the author than the base is, None for the base.
        disagreement: The share of the pieces on which the judges do not take the same side.
        note: The reason why there is no position, or a remark; "" otherwise.
    """

    name: RowName
    strength: float | None = None
    texts: int = 0
    words: int = 0
    combined: Share = Share()
    judges: Mapping[str, Share] = field(default_factory=dict)
    p_over_base: float | None = None
    disagreement: float | None = None
    note: str = ""


@dataclass(frozen=True, slots=True)
class Control:
    """The AUC of judges: on texts that they were not fitted on, and with shuffled labels."""

    own: float
    shuffled: float
    shuffled_low: float
    shuffled_high: float


@dataclass(frozen=True, slots=True)
class Voice:
    """The rows of an evaluation and how the judges were fitted.

    Attributes:
        rows: All rows, from base to author. Empty if nothing could be judged.
        refusal: The reason why nothing could be judged, "" otherwise.
        best_strength: The strength whose position is nearest to the author's, of those tried.
        p_over_prompted: The p-value of the adapter being nearer to the author than the prompted
            base. None without one of them, as for the next.
        p_over_other: The p-value of the adapter being nearer than another author.
        p_author_over_other: The p-value of the author's own held-out texts being nearer than
            another author's.
        halves: The positions of the two halves of the held-out texts, each measured with the other
            as the ceiling.
        control: The accuracy of the judges themselves.
        piece_words: The words of each judged piece.
        known: The number of the author's pieces that the judges learned.
        others: The number of other people's pieces.
        other_hands: The source of the row "another author".
    """

    rows: tuple[VoiceRow, ...] = ()
    refusal: str = ""
    best_strength: float | None = None
    p_over_prompted: float | None = None
    p_over_other: float | None = None
    p_author_over_other: float | None = None
    halves: tuple[float | None, float | None] = (None, None)
    control: Control | None = None
    piece_words: int = 0
    known: int = 0
    others: int = 0
    other_hands: str = ""

    def row(self, name: RowName, strength: float | None = None) -> VoiceRow | None:
        """Return the row of a set of texts, None if there is none."""
        found = (r for r in self.rows if r.name is name and r.strength == strength)
        return next(found, None)


@dataclass(frozen=True, slots=True)
class Probe:
    """A plain task of the forgetting test: the request, and whether each model did it."""

    request: str
    base: bool
    adapter: bool


@dataclass(frozen=True, slots=True)
class TextHealth:
    """Shares of the answers of one model, from 0 to 1.

    Attributes:
        answers: The number of answers.
        repeated: Those that repeat themselves.
        leaked: Those with markers of the chat format, placeholders or a model's self-reference.
        empty: Those without words.
        stopped: Those that ended by themselves within the length that was asked for.
        other_language: Those in another language than the author's texts.
        distinct_trigrams: The share of the three-word runs that are different; 1 is no repetition.
        answered: The share of the words of the requests that the answers take up.
        end_probability: The median probability of ending where the author's held-out texts end.
    """

    answers: int
    repeated: float
    leaked: float
    empty: float
    stopped: float
    other_language: float
    distinct_trigrams: float
    answered: float | None
    end_probability: float


@dataclass(frozen=True, slots=True)
class Health:
    """The condition of the adapter beside that of its base.

    `neutral_base` and `neutral_adapter` are losses on text that is not the author's, in nats per
    token, None without such a text.
    """

    base: TextHealth
    adapter: TextHealth
    neutral_base: float | None
    neutral_adapter: float | None
    probes: tuple[Probe, ...]

    @property
    def neutral_rise_percent(self) -> float | None:
        """The change of the loss on neutral text in percent, positive if it rose."""
        if not self.neutral_base or self.neutral_adapter is None:
            return None
        return 100 * (self.neutral_adapter / self.neutral_base - 1)


@dataclass(frozen=True, slots=True)
class CopiedPassage:
    """A passage of an answer that is in a training text, in normalized words."""

    words: int
    text: str


@dataclass(frozen=True, slots=True)
class CopyingFigures:
    """Copies in the answers, beside the author's repetition of own phrases.

    `over_limit` is the share of the answers with a run of more than `limit` words. `own_longest` is
    the longest run that a half of the author's texts shares with the other half.
    """

    longest: int
    over_limit: float
    limit: int
    own_longest: int
    own_over_limit: float
    passages: tuple[CopiedPassage, ...] = ()


@dataclass(frozen=True, slots=True)
class Difference:
    """A habit by which the adapter's texts can be recognized, in words, with examples."""

    sentence: str
    difference: float
    own_examples: tuple[str, ...]
    other_examples: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Verdict:
    """The result in one sentence, and the next step."""

    kind: VerdictKind
    sentence: str
    next_step: str


@dataclass(frozen=True, slots=True)
class SideBySide:
    """A request and the texts that answer it."""

    request: str
    base: str
    adapter: str
    author: str


@dataclass(frozen=True, slots=True)
class Gain:
    """The result of choosing the best of the first `count` candidates of each request.

    Attributes:
        count: The number of candidates; 1 is no choice.
        own: The voice score of the chosen texts by the judges that chose them.
        independent: The same by judges that were fitted on other texts.
        faulty: The share of chosen texts with a fault: all candidates of the request had one.
        tokens: The mean number of tokens of all candidates of a request.
    """

    count: int
    own: Share
    independent: Share
    faulty: float
    tokens: float


@dataclass(frozen=True, slots=True)
class Evaluation:
    """A full evaluation, stored as report.json and shown as report.html.

    `differences_note` says why there are no differences, "" otherwise. `samples` are for the page.
    `gains` are those of choosing among several answers, if that was asked for.
    """

    style: StyleReport
    voice: Voice
    health: Health
    copying: CopyingFigures | None
    differences: tuple[Difference, ...]
    verdict: Verdict
    differences_note: str = ""
    samples: tuple[SideBySide, ...] = ()
    gains: tuple[Gain, ...] = ()
