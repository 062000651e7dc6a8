"""The rules that make the verdict of a full evaluation, in their order: the first that holds wins.

The same table is in docs/evaluation.md. First come faults that make every other figure
meaningless, then the comparison of styles.

print(decide(Figures(loss_drop_percent=8.0, voice=voice, …)).sentence)
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from morris_mlx.records.evaluation import (
    CopyingFigures,
    Health,
    RowName,
    Share,
    Verdict,
    VerdictKind,
    Voice,
)

SIGNIFICANCE = 0.05  # once in twenty times by chance
NO_CHANGE = 0.5  # percent of the loss: an untrained adapter is within 0.1, the worst good one at 3
RECITED_SHARE = 0.1  # of the answers; a clone that learned a style has none
RETOLD_SHARE = 0.25  # of the few answers to requests of training rows: two of eight
# Median probability of an end where the author ended. Bases that were tuned to answer have 0.01 to
# 0.9; a model that never ends has less than one in a thousand.
LEAST_END_PROBABILITY = 0.001
# Of the answers, that a model which never ends has ended. One that was trained too long is sure to
# go on where a held-out text ends, and ends its own texts all the same.
MOST_ENDED = 0.1
BROKEN_SHARE = 0.25  # of the answers: every fourth one is spoiled
OTHER_LANGUAGE_SHARE = 0.5
NEUTRAL_GAIN = -3.0  # percent: an adapter that learned other texts predicts them better
HALF_WAY = 0.5  # a reader who knows the author takes about this for "something like it"
FORGETTING = 15.0  # percent of the loss on neutral text, from which plain tasks begin to fail
FEW_TEXTS = 150  # training texts: with fewer, more texts are the first thing to try


@dataclass(frozen=True, slots=True)
class Figures:
    """All figures that the rules read.

    Attributes:
        base: The name of the base model.
        loss_drop_percent: The fall of the held-out loss in percent, negative if it rose.
        voice: The rows of the judges.
        health: The condition of base and adapter.
        copying: Copies in the answers, None without answers.
        texts: The number of the author's training texts.
        other_hands: A name of the other author, such as "news briefs".
        learned_elsewhere: The fall of the held-out loss of the training's own dataset in percent.
            None if the adapter is evaluated on that dataset.
    """

    base: str
    loss_drop_percent: float
    voice: Voice
    health: Health
    copying: CopyingFigures | None
    texts: int
    other_hands: str = "another author"
    learned_elsewhere: float | None = None

    @property
    def adapter(self) -> Share:
        """The position of the adapter at full strength."""
        return self._position(RowName.ADAPTER, 1.0)

    @property
    def prompted(self) -> Share:
        """The position of the prompted base."""
        return self._position(RowName.PROMPTED, None)

    @property
    def other(self) -> Share:
        """The position of another author."""
        return self._position(RowName.OTHER, None)

    @property
    def p_over_base(self) -> float:
        """The p-value of the adapter being nearer to the author than the base is."""
        row = self.voice.row(RowName.ADAPTER, 1.0)
        return 1.0 if row is None or row.p_over_base is None else row.p_over_base

    @property
    def judges(self) -> dict[str, float]:
        """The position of the adapter at full strength by each judge that has one."""
        row = self.voice.row(RowName.ADAPTER, 1.0)
        judges = {} if row is None else row.judges
        return {name: one.value for name, one in judges.items() if one.value is not None}

    @property
    def is_past_half(self) -> bool:
        """True if the judges together, and most of them alone, place the adapter past half-way."""
        alone = [value >= HALF_WAY for value in self.judges.values()]
        together = (self.adapter.value or 0.0) >= HALF_WAY
        return together and 2 * sum(alone) >= len(alone)

    @property
    def recites(self) -> bool:
        """True if copies of training texts are more than the author's own repetition explains."""
        return self.copying is not None and are_recited(self.copying)

    def _position(self, name: RowName, strength: float | None) -> Share:
        row = self.voice.row(name, strength)
        return Share() if row is None else row.combined


def are_recited(found: CopyingFigures) -> bool:
    """Return True if copies are more than the author's own repetition explains."""
    least = RETOLD_SHARE if found.retold else RECITED_SHARE
    return found.over_limit >= least and found.over_limit > found.own_over_limit


@dataclass(frozen=True, slots=True)
class Rule:
    """A rule: its result, when it holds, and the sentence and next step that it gives."""

    kind: VerdictKind
    holds: Callable[[Figures], bool]
    sentence: Callable[[Figures], str]
    next_step: Callable[[Figures], str]


def decide(figures: Figures) -> Verdict:
    """Return the verdict: the first rule that holds, with remarks that any result may need."""
    rule = next(rule for rule in RULES if rule.holds(figures))
    return Verdict(
        rule.kind,
        " ".join(filter(None, (rule.sentence(figures), _remarks(figures, rule.kind)))),
        rule.next_step(figures),
    )


def _remarks(figures: Figures, kind: VerdictKind) -> str:
    """Return sentences on copying and forgetting, for results that are about style."""
    if kind not in (VerdictKind.YES, VerdictKind.PARTLY, VerdictKind.NO_BETTER_THAN_PROMPT):
        return ""
    said = []
    if figures.copying is not None:
        longest, own = figures.copying.longest, figures.copying.own_longest
        if longest <= max(own, figures.copying.limit):
            said.append("It copies no more than you repeat yourself.")
        else:
            said.append(
                f"One answer has {longest} words in a row from a training text; read the copied "
                "passages in the report."
            )
    rise = figures.health.neutral_rise_percent
    if rise is not None and rise > FORGETTING:
        said.append(f"It has forgotten other things: its loss on neutral text is {rise:.0f} % up.")
    return " ".join(said)


def percent(value: float | None) -> str:
    """Return a share in percent, "–" without one."""
    return "–" if value is None else f"{100 * value:.0f} %"


def with_interval(share: Share) -> str:
    """Return a share with its interval: "71 % (63 to 78)"."""
    if share.value is None or share.low is None or share.high is None:
        return "–"
    return f"{percent(share.value)} ({100 * share.low:.0f} to {100 * share.high:.0f})"


def _is_broken(f: Figures) -> bool:
    """Return True if the adapter's answers are spoiled more often than the base's."""
    base, own = f.health.base, f.health.adapter
    pairs = (
        (own.repeated, base.repeated, BROKEN_SHARE),
        (own.leaked, base.leaked, BROKEN_SHARE),
        (own.empty, base.empty, BROKEN_SHARE),
        (own.other_language, base.other_language, OTHER_LANGUAGE_SHARE),
    )
    return any(share >= least and share > before for share, before, least in pairs)


def _broken_sentence(f: Figures) -> str:
    own, base = f.health.adapter, f.health.base
    found = [
        text
        for share, text in (
            (own.repeated, f"{percent(own.repeated)} repeat themselves"),
            (own.leaked, f"{percent(own.leaked)} have pieces of the chat format"),
            (own.empty, f"{percent(own.empty)} are empty"),
        )
        if share >= BROKEN_SHARE
    ]
    if own.other_language >= OTHER_LANGUAGE_SHARE > base.other_language:
        found.append(f"{percent(own.other_language)} are in another language")
    return f"No: its answers are spoiled. Of {own.answers}, {' and '.join(found)}."


def _more_texts(f: Figures) -> str:
    if f.texts < FEW_TEXTS:
        return f"Add texts (you have {f.texts}; {FEW_TEXTS} help), or use a larger base."
    return f"Use a larger base than {f.base}, or train longer."


def _nearer(f: Figures) -> str:
    return f"{with_interval(f.adapter)} of the way from {f.base} to you"


def _yes(f: Figures) -> str:
    prompted = f", better than prompting ({percent(f.prompted.value)})"
    return f"It reads like you: {_nearer(f)}{prompted if f.prompted.value is not None else ''}."


def _partly(f: Figures) -> str:
    if (f.adapter.value or 0.0) < HALF_WAY:
        return f"Partly: {_nearer(f)}."
    alone = ", ".join(f"{name} {percent(value)}" for name, value in f.judges.items())
    return f"Partly: the judges together say {_nearer(f)}, but most of them less ({alone})."


def _is_nearer_than_other(f: Figures) -> bool:
    p = f.voice.p_over_other
    return p is None or p < SIGNIFICANCE


def _learned_other_texts(f: Figures) -> bool:
    """Return True if the adapter predicts other texts better than its base does, but not these."""
    neutral = f.health.neutral_rise_percent or 0.0
    elsewhere = f.learned_elsewhere or 0.0
    return f.loss_drop_percent < -NO_CHANGE and (neutral < NEUTRAL_GAIN or elsewhere > NO_CHANGE)


def _wrong_texts_sentence(f: Figures) -> str:
    others, better = "those of other people", -(f.health.neutral_rise_percent or 0.0)
    if f.learned_elsewhere is not None and f.learned_elsewhere > NO_CHANGE:
        others, better = "those of the dataset that it was trained on", f.learned_elsewhere
    return (
        f"No: it learned other texts than yours. It predicts your texts "
        f"{-f.loss_drop_percent:.1f} % worse than {f.base} does, but {others} {better:.1f} % "
        "better."
    )


RULES = (
    Rule(
        VerdictKind.UNCHANGED,
        lambda f: abs(f.loss_drop_percent) < NO_CHANGE and f.p_over_base >= SIGNIFICANCE,
        lambda f: (
            f"No: the adapter changes nothing. It predicts your texts as {f.base} alone does "
            f"({f.loss_drop_percent:+.1f} % of the loss)."
        ),
        lambda f: "Train at a higher learning rate, or for more epochs.",
    ),
    Rule(
        VerdictKind.RECITES,
        lambda f: f.recites,
        lambda f: (
            f"No: it recites. {percent(f.copying.over_limit)} of its answers"
            f"{' to requests of its training' if f.copying.retold else ''} have more than "
            f"{f.copying.limit} words in a row from a training text, the longest "
            f"{f.copying.longest}; your own texts share at most {f.copying.own_longest}. A style "
            "score of copies means nothing."
            if f.copying
            else ""
        ),
        lambda f: "Train for fewer epochs, on more texts, and delete repeated texts first.",
    ),
    Rule(
        VerdictKind.NEVER_ENDS,
        lambda f: (
            f.health.adapter.end_probability < LEAST_END_PROBABILITY
            and f.health.adapter.end_probability < f.health.base.end_probability
            and f.health.adapter.stopped < MOST_ENDED
        ),
        lambda f: (
            "No: it never ends. Where your texts end, the probability that it ends is "
            f"{f.health.adapter.end_probability:.4f} ({f.base}: "
            f"{f.health.base.end_probability:.4f}), and {percent(f.health.adapter.stopped)} of "
            "its answers ended by themselves."
        ),
        lambda f: "Check that the rows of the dataset are complete texts, and train again.",
    ),
    Rule(
        VerdictKind.BROKEN,
        _is_broken,
        _broken_sentence,
        lambda f: "Train at a third of the learning rate, or use a lower strength.",
    ),
    Rule(
        VerdictKind.WRONG_TEXTS,
        _learned_other_texts,
        _wrong_texts_sentence,
        lambda f: "Check which texts are in the dataset, and train on your own.",
    ),
    Rule(
        VerdictKind.DAMAGED,
        lambda f: f.loss_drop_percent < -NO_CHANGE,
        lambda f: (
            f"No: the adapter is damaged. It predicts your texts {-f.loss_drop_percent:.1f} % "
            f"worse than {f.base} alone does."
        ),
        lambda f: "Train at a third of the learning rate, or for fewer epochs.",
    ),
    Rule(
        VerdictKind.NOT_JUDGED,
        lambda f: f.adapter.value is None,
        lambda f: (
            "The style could not be judged. It predicts your held-out texts "
            f"{f.loss_drop_percent:.1f} % better than {f.base} does, which is no proof of a style. "
            f"{_refusal(f)}"
        ),
        lambda f: "Add texts: the judges need held-out texts of about 1,000 words.",
    ),
    Rule(
        VerdictKind.NO_STYLE,
        lambda f: (
            f.voice.p_author_over_other is not None and f.voice.p_author_over_other >= SIGNIFICANCE
        ),
        lambda f: (
            "There is no style to learn: the judges cannot tell your own held-out texts from "
            f"{f.other_hands}, so no figure about the adapter means anything."
        ),
        lambda f: "Add texts in which you write as yourself, and leave out reports and templates.",
    ),
    Rule(
        VerdictKind.NOT_NEARER,
        lambda f: f.p_over_base >= SIGNIFICANCE,
        lambda f: (
            f"No: its style is no nearer to yours than that of {f.base} ({_nearer(f)}), although "
            f"it predicts your texts {f.loss_drop_percent:.1f} % better."
        ),
        _more_texts,
    ),
    Rule(
        VerdictKind.LIKE_ANYBODY,
        lambda f: not _is_nearer_than_other(f),
        lambda f: (
            f"Not yet: nearer to you than {f.base} ({_nearer(f)}), but no nearer than "
            f"{f.other_hands} ({percent(f.other.value)})."
        ),
        _more_texts,
    ),
    Rule(
        VerdictKind.NO_BETTER_THAN_PROMPT,
        lambda f: f.voice.p_over_prompted is not None and f.voice.p_over_prompted >= SIGNIFICANCE,
        lambda f: (
            f"Not yet: nearer to you than {f.base} ({_nearer(f)}), but not better than a prompt "
            f"with your passages ({percent(f.prompted.value)})."
        ),
        _more_texts,
    ),
    Rule(
        VerdictKind.PARTLY,
        lambda f: not f.is_past_half,
        _partly,
        _more_texts,
    ),
    Rule(
        VerdictKind.YES,
        lambda f: True,
        _yes,
        lambda f: (
            "Read what gives it away, and before you show its texts to anybody, run `morris audit`."
        ),
    ),
)


def _refusal(f: Figures) -> str:
    row = f.voice.row(RowName.ADAPTER, 1.0)
    return f.voice.refusal or ("" if row is None else row.note)
