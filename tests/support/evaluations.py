"""A full evaluation with invented figures."""

from morris_mlx.evaluate.rules import Figures, decide
from morris_mlx.records.evaluation import (
    Control,
    CopiedPassage,
    CopyingFigures,
    Difference,
    Evaluation,
    Health,
    Probe,
    RowName,
    Share,
    SideBySide,
    TextHealth,
    Voice,
    VoiceRow,
)
from morris_mlx.records.reports import HeldOutScore, StyleReport

STYLE = StyleReport(
    adapter="mine",
    base_model="SmolLM2",
    dataset_digest="d",
    base=HeldOutScore(4.35, 5600),
    adapted=HeldOutScore(3.91, 5600),
    loss_drop_percent=10.1,
    delta_floor=0.97,
    delta_adapted=0.82,
    delta_ceiling=0.65,
    delta_contrast=0.85,
)


def _row(name, value, strength=None, p=None, note=""):
    share = Share() if value is None else Share(value, value - 0.1, value + 0.12)
    judges = {} if value is None else dict.fromkeys(("LambdaG", "impostors", "Delta"), share)
    return VoiceRow(name, strength, 8, 2000, share, judges, p, 0.12, note)


VOICE = Voice(
    rows=(
        _row(RowName.BASE, 0.0),
        _row(RowName.PROMPTED, 0.41, p=0.02),
        _row(RowName.OTHER, None, note="Too little text of another author."),
        _row(RowName.ADAPTER, 0.45, 0.5, 0.01),
        _row(RowName.ADAPTER, 0.71, 1.0, 0.0005),
        _row(RowName.AUTHOR, 1.0, p=0.0005),
    ),
    best_strength=1.0,
    p_over_prompted=0.01,
    halves=(1.02, 0.98),
    control=Control(0.97, 0.48, 0.45, 0.51),
    piece_words=250,
    known=83,
    others=340,
    other_hands="unrelated news briefs",
)
HEALTH = Health(
    TextHealth(16, 0.06, 0.0, 0.0, 0.6, 0.0, 0.97, 0.4, 0.5),
    TextHealth(16, 0.0, 0.0, 0.0, 0.2, 0.0, 0.98, None, 0.31),
    3.1,
    3.2,
    (Probe("Name three fruits.", True, False),),
)
COPYING = CopyingFigures(6, 0.0, 12, 7, 0.0, (CopiedPassage(6, "it has to be said that"),))


def evaluation(voice=VOICE, **changes):
    """Return an evaluation whose verdict follows from its figures."""
    figures = Figures("SmolLM2", 10.1, voice, HEALTH, COPYING, 74, voice.other_hands)
    given = {
        "style": STYLE,
        "voice": voice,
        "health": HEALTH,
        "copying": COPYING,
        "differences": (
            Difference("Half your number of semicolons.", -0.8, ("One; two.",), ("One, two.",)),
        ),
        "verdict": decide(figures),
        "samples": (SideBySide("Write <b>it</b>.", "base text", "tuned text", "own text"),),
    }
    return Evaluation(**(given | changes))
