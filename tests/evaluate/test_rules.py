"""Verdicts of full evaluations: every bad clone gets its own no, for the right reason."""

import re
from dataclasses import replace
from pathlib import Path

import pytest

from morris_mlx.evaluate.rules import RULES, Figures, decide
from morris_mlx.records.evaluation import (
    CopyingFigures,
    Health,
    RowName,
    Share,
    TextHealth,
    VerdictKind,
    Voice,
    VoiceRow,
)

SOUND = TextHealth(16, 0.0, 0.0, 0.0, 0.5, 0.0, 0.98, 0.4, 0.4)
COPYING = CopyingFigures(longest=6, over_limit=0.0, limit=12, own_longest=7, own_over_limit=0.0)


def voice(adapter=0.71, base_p=0.0005, prompted=0.41, other=0.13, judges=(), **changes):
    def row(name, value, strength=None, p=None, alone=()):
        share = Share() if value is None else Share(value, value - 0.08, value + 0.07)
        judged = {f"judge {at}": Share(v, v, v) for at, v in enumerate(alone, 1)}
        return VoiceRow(name, strength, 8, 2000, share, judged, p_over_base=p)

    rows = (
        row(RowName.BASE, 0.0),
        row(RowName.PROMPTED, prompted),
        row(RowName.OTHER, other),
        row(RowName.ADAPTER, adapter, 1.0, base_p, judges),
        row(RowName.AUTHOR, 1.0),
    )
    ratios = {"p_over_prompted": 0.001, "p_over_other": 0.001, "p_author_over_other": 0.001}
    return Voice(rows, **(ratios | changes))


GOOD = Figures(
    base="SmolLM2",
    loss_drop_percent=9.4,
    voice=voice(),
    health=Health(SOUND, SOUND, 3.0, 3.05, ()),
    copying=COPYING,
    texts=74,
    other_hands="unrelated news briefs",
)


def health(neutral=3.05, **adapter):
    return Health(SOUND, replace(SOUND, **adapter), 3.0, neutral, ())


RECITED = replace(COPYING, longest=186, over_limit=0.9)
# Figures that are typical of such adapters. The losses and the copied words of four of them were
# measured; the others are chosen to be on one side of a limit.
CLONES = {
    "good": (
        {},
        VerdictKind.YES,
        "It reads like you: 71 % (63 to 78) of the way from SmolLM2 to you, better than prompting "
        "(41 %). It copies no more than you repeat yourself.",
    ),
    "untrained": (
        {"loss_drop_percent": 0.0, "voice": voice(0.0, 0.6)},
        VerdictKind.UNCHANGED,
        "changes nothing",
    ),
    "base": (
        {"loss_drop_percent": 0.0, "voice": voice(0.0, 1.0), "copying": None},
        VerdictKind.UNCHANGED,
        "as SmolLM2 alone does",
    ),
    "random": (
        {"loss_drop_percent": -0.6, "voice": voice(-0.3, 0.9), "health": health(3.02)},
        VerdictKind.DAMAGED,
        "0.6 % worse than SmolLM2",
    ),
    "another author": (
        {"loss_drop_percent": -2.4, "voice": voice(0.05, 0.2), "health": health(2.4)},
        VerdictKind.WRONG_TEXTS,
        "those of other people 20.0 % better",
    ),
    "another author, on the writer's dataset": (
        {"loss_drop_percent": -2.4, "voice": voice(0.05, 0.2), "learned_elsewhere": 12.0},
        VerdictKind.WRONG_TEXTS,
        "but those of the dataset that it was trained on 12.0 % better",
    ),
    "overfitted": (
        {"loss_drop_percent": -65.0, "voice": voice(0.98), "copying": RECITED},
        VerdictKind.RECITES,
        "90 % of its answers have more than 12 words in a row from a training text, the longest 186",
    ),
    "overfitted with a lower loss": (
        {"voice": voice(0.98), "copying": RECITED},
        VerdictKind.RECITES,
        "A style score of copies means nothing",
    ),
    "never ends": (
        {"health": health(end_probability=0.00001, stopped=0.0)},
        VerdictKind.NEVER_ENDS,
        "the probability that it ends is 0.0000 (SmolLM2: 0.4000)",
    ),
    "loops": (
        {"health": health(repeated=0.5)},
        VerdictKind.BROKEN,
        "Of 16, 50 % repeat themselves",
    ),
    "leaks": (
        {"health": health(leaked=0.4)},
        VerdictKind.BROKEN,
        "40 % have pieces of the chat format",
    ),
    "another language": (
        {"health": health(other_language=0.9)},
        VerdictKind.BROKEN,
        "90 % are in another language",
    ),
    "empty style": (
        {"voice": voice(other=0.97, p_author_over_other=0.4)},
        VerdictKind.NO_STYLE,
        "cannot tell your own held-out texts from unrelated news briefs",
    ),
    "no nearer": (
        {"voice": voice(0.1, 0.2)},
        VerdictKind.NOT_NEARER,
        "although it predicts your texts 9.4 % better",
    ),
    "like anybody": (
        {"voice": voice(other=0.7, p_over_other=0.5)},
        VerdictKind.LIKE_ANYBODY,
        "no nearer than unrelated news briefs (70 %)",
    ),
    "like a prompt": (
        {"voice": voice(prompted=0.69, p_over_prompted=0.4)},
        VerdictKind.NO_BETTER_THAN_PROMPT,
        "not better than a prompt with your passages (69 %)",
    ),
    "agreed": ({"voice": voice(0.71, judges=(0.9, 0.7, 0.4))}, VerdictKind.YES, "reads like you"),
    "disputed": (
        {"voice": voice(1.16, judges=(2.9, 0.4, 0.18))},
        VerdictKind.PARTLY,
        "116 % (108 to 123) of the way from SmolLM2 to you, but most of them less (judge 1 290 %, "
        "judge 2 40 %, judge 3 18 %).",
    ),
    "half": ({"voice": voice(0.45)}, VerdictKind.PARTLY, "Partly: 45 % (37 to 52)"),
    "too little text": (
        {"voice": Voice(refusal="There are 2 texts by the writer, too few.")},
        VerdictKind.NOT_JUDGED,
        "There are 2 texts by the writer, too few.",
    ),
}


@pytest.mark.parametrize("clone", CLONES)
def test_each_clone_gets_its_verdict_for_the_right_reason(clone):
    changes, kind, part = CLONES[clone]
    found = decide(replace(GOOD, **changes))
    assert found.kind is kind
    assert part in found.sentence
    assert found.next_step.endswith(".")


def test_each_kind_of_verdict_has_one_rule_and_a_clone():
    assert [rule.kind for rule in RULES] == list(VerdictKind)
    assert {kind for _, kind, _ in CLONES.values()} == set(VerdictKind)


def test_the_authors_own_repetition_excuses_as_much_in_the_answers():
    formulaic = replace(COPYING, longest=20, over_limit=0.3, own_longest=25, own_over_limit=0.4)
    found = decide(replace(GOOD, copying=formulaic))
    assert found.kind is VerdictKind.YES and "no more than you repeat yourself" in found.sentence
    once = replace(COPYING, longest=14, over_limit=0.06)
    said = decide(replace(GOOD, copying=once)).sentence
    assert "One answer has 14 words in a row from a training text" in said


def test_a_base_that_loops_itself_does_not_condemn_its_adapter():
    looping = replace(SOUND, repeated=0.6)
    found = decide(replace(GOOD, health=Health(looping, replace(SOUND, repeated=0.4), 3, 3, ())))
    assert found.kind is VerdictKind.YES


def test_a_model_that_ends_its_own_answers_does_not_count_as_endless():
    """An overfitted one is sure to go on where a held-out text ends."""
    ending = health(end_probability=0.00001, stopped=0.9)
    found = decide(replace(GOOD, health=ending, copying=RECITED))
    assert found.kind is VerdictKind.RECITES
    assert decide(replace(GOOD, health=ending)).kind is VerdictKind.YES


def test_of_the_few_answers_to_requests_of_the_training_two_must_be_recited():
    retold = replace(COPYING, longest=80, over_limit=0.25, retold=True)
    found = decide(replace(GOOD, copying=retold))
    assert found.kind is VerdictKind.RECITES
    assert "25 % of its answers to requests of its training have" in found.sentence
    assert decide(replace(GOOD, copying=replace(retold, over_limit=0.125))).kind is VerdictKind.YES


def test_forgetting_is_a_remark_on_a_good_verdict():
    assert (
        "its loss on neutral text is 20 % up" in decide(replace(GOOD, health=health(3.6))).sentence
    )


def test_few_texts_are_the_first_thing_to_change():
    half = replace(GOOD, voice=voice(0.3))
    assert decide(half).next_step.startswith("Add texts (you have 74; 150 help)")
    assert decide(replace(half, texts=400)).next_step.startswith("Use a larger base than SmolLM2")


def test_the_table_in_the_docs_has_the_same_rules_in_the_same_order():
    page = (Path(__file__).parents[2] / "docs/evaluation.md").read_text(encoding="utf-8")
    table = page.split("## The verdict")[1].split("## ")[0]
    names = re.findall(r"^\| ([^|]+?) \|", table, re.MULTILINE)
    assert names[2:] == [kind.value for kind in VerdictKind]
