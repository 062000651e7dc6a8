"""The record of a chat format, and the rules that fit any conversation to it."""

from dataclasses import replace

import pytest
from support.chat_turns import arranged

from morris_mlx.models.chat_formats import ZEPHYR, SystemPlace
from morris_mlx.records.corpus import ROLES, Message

# A format as Gemma's: turns alternate and begin with the user's.
ALTERNATING = replace(
    ZEPHYR,
    gaps={
        p: ZEPHYR.gaps[p] for p in ((None, "user"), ("user", "assistant"), ("assistant", "user"))
    },
    replies={"user": ZEPHYR.replies["user"]},
    merges=True,
)
PLACED = replace(
    ALTERNATING,
    gaps=ALTERNATING.gaps
    | {p: ZEPHYR.gaps[p] for p in ((None, "system"), ("system", "user"), ("assistant", "system"))},
)


def test_zephyr_has_a_text_for_every_pair_of_turns():
    assert set(ZEPHYR.gaps) == {(before, role) for before in (None, *ROLES) for role in ROLES}
    assert set(ZEPHYR.replies) == {None, *ROLES}
    assert ZEPHYR.stop_strings == ("<|system|>", "<|user|>", "<|assistant|>")


def test_zephyr_keeps_adjacent_turns_of_one_role_separate():
    words = "s:a s:b u:c u:d a:e a:f s:g"
    assert arranged(ZEPHYR, words) == words


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ("u:a a:b u:c a:d", "u:a a:b u:c a:d"),
        ("u:a u:b a:c a:d u:e", "u:a+b a:c+d u:e"),
        ("a:b u:c", "u: a:b u:c"),
        ("s:x u:a a:b", "u:x+a a:b"),
        ("s:x s:y a:b", "u:x+y a:b"),
        ("u:a a:b s:x u:c", "u:a a:b u:x+c"),
        ("s:x", "u:x"),
        ("u:a s:x", "u:a+x"),
    ],
)
def test_a_format_of_alternating_turns_loses_no_text(words, expected):
    folded = replace(ALTERNATING, system_place=SystemPlace.FOLDED)
    assert arranged(folded, words) == expected


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ("s:x u:a", "s:x u:a"),
        ("s:x u:a a:b u:c", "u:a a:b s:x u:c"),
        ("s:x u:a a:b", "s:x u:a a:b"),
        ("s:x", "u:x"),
        ("s:x a:b", "u:x a:b"),
    ],
)
def test_the_system_text_may_stand_before_the_last_turn_of_the_user(words, expected):
    chat_format = replace(PLACED, system_place=SystemPlace.LAST_USER)
    assert arranged(chat_format, words) == expected


def test_a_system_text_within_a_conversation_becomes_a_turn_of_the_user_if_it_has_no_place():
    assert arranged(PLACED, "s:x u:a a:b s:y u:c") == "s:x u:a a:b s:y u:c"
    without = {p: t for p, t in PLACED.gaps.items() if p != ("assistant", "system")}
    assert arranged(replace(PLACED, gaps=without), "u:a a:b s:y u:c") == "u:a a:b u:y+c"


def test_a_prompt_ends_where_a_reply_may_begin():
    assert arranged(PLACED, "s:x", reply=True) == "u:x"
    assert arranged(PLACED, "u:a a:b", reply=True) == "u:a a:b u:"
    assert arranged(ZEPHYR, "s:x", reply=True) == "s:x"


def test_texts_are_trimmed_and_an_empty_system_text_is_left_out_where_the_template_does():
    given = [Message("system", " "), Message("user", "\n a \n")]
    kept = replace(PLACED, drops_empty_system=True).arrange(given)
    assert [(m.role, m.content) for m in kept] == [("user", "a")]
    assert [m.content for m in PLACED.arrange(given)] == ["", "a"]
