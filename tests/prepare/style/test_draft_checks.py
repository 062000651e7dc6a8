"""Checks of drafts: each fault is found, and framing is removed."""

import pytest

from morris_mlx.prepare.style.draft_checks import DraftFault, extract_draft, find_fault

ORIGINAL = (
    "Mrs Pennyfeather, who has kept the bees of Wexcombe since 1962, told the council that nine of "
    "its members had been stung already, and that she did not regard the figure as final."
)


GOOD = (
    "Mrs Pennyfeather has been a beekeeper in Wexcombe for a long time. She said to councillors "
    "that bees stung 9 people among them and that there may be more."
)


@pytest.mark.parametrize(
    ("draft", "fault"),
    [
        (GOOD, None),
        ("", DraftFault.EMPTY),
        ("***", DraftFault.EMPTY),
        (f"{GOOD} I cannot help with more of it.", DraftFault.OFF_TASK),
        ("I am sorry, but this passage names a person, so it is better left as it is, all of it.", DraftFault.OFF_TASK),
        ("К сожалению, я не могу переписать этот отрывок: в нём названы люди и число.", DraftFault.OFF_TASK),
        (GOOD[:-1], DraftFault.UNFINISHED),
        ("Bees stung people.", DraftFault.LENGTH),
        (" ".join([GOOD] * 3), DraftFault.LENGTH),
        (
            "Миссис Пеннифезер давно держит пчёл в деревне и сказала совету, что пчёлы уже "
            "ужалили нескольких его членов и что это ещё не конец.",
            DraftFault.OTHER_LANGUAGE,
        ),
        (ORIGINAL, DraftFault.COPY),
        (ORIGINAL.replace("Mrs", "Old Mrs").replace("final", "the last"), DraftFault.COPY),
        (GOOD.replace("9", "19"), DraftFault.NEW_NUMBER),
        (GOOD.replace("9 people", "twelve people"), DraftFault.NEW_NUMBER),
        (GOOD.replace("Mrs Pennyfeather", "Mrs Pennyfeather of Dorking"), DraftFault.NEW_NAME),
        (GOOD.replace("councillors", "[name]"), DraftFault.NEW_NAME),
        (GOOD.replace("9 people", "nine people"), None),
        (GOOD.replace("She said", "“It is true,” I heard. She said"), None),
    ],
)  # fmt: skip
def test_a_draft_is_rejected_for_its_first_fault(draft, fault):
    assert find_fault(draft, ORIGINAL) == fault


def test_introductions_notes_and_quotes_around_a_draft_are_removed():
    for said in (
        GOOD,
        f"Here is the passage in plain words:\n\n{GOOD}",
        f"“{GOOD}”",
        f"Draft: {GOOD}",
        f"{GOOD}\n\n(Note: I kept every fact and left the irony out.)",
    ):
        assert extract_draft(said) == GOOD
    assert extract_draft("“Yes,” he said. “No.”") == "“Yes,” he said. “No.”"
