"""Tests of the session splitter: silence, threads, chats and windows."""

from collections import Counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support.chat_exports import (
    DAY,
    START,
    PrivateChat,
    SentMessage,
    adds_up,
    collected,
    private_chat,
    telegram_export,
    turns,
)

from morris_mlx.collect import ChatOptions
from morris_mlx.collect.chats.session_splitter import Turn, split_into_windows, to_messages
from morris_mlx.errors import UsageError


@pytest.mark.parametrize(
    ("silence", "gap", "count"),
    [
        (DAY, DAY, 1),
        (DAY + 1, DAY, 2),
        (DAY + 300, 600, 2),  # a day and five minutes are more than ten minutes
        (3 * DAY + 240, 600, 2),
        (240, 600, 1),
    ],
)
def test_silence_is_measured_in_elapsed_time(tmp_path, silence, gap, count):
    made = PrivateChat(
        "Ann", (SentMessage(False, "Hi.", START), SentMessage(True, "Yes?", START + silence))
    )
    found = collected(telegram_export(tmp_path, [made]), gap_seconds=float(gap))
    assert len(turns(found)) == count and adds_up(found)


def test_unanswered_messages_are_kept(tmp_path):
    lines = ("Hi.", "Are you there?", "me: Yes.", "Good.", "Bye.")
    later = tuple(SentMessage(False, text, START + 9 * DAY) for text in ("Hello?", "No?"))
    made = PrivateChat("Ann", (*private_chat("Ann", *lines).messages, *later))
    assert turns(collected(telegram_export(tmp_path, [made]))) == [
        [("user", "Hi.\n\nAre you there?"), ("assistant", "Yes."), ("user", "Good.\n\nBye.")],
        [("user", "Hello?\n\nNo?")],
    ]


def test_messages_of_different_chats_are_never_mixed(tmp_path):
    made = [private_chat("Ann", "me: To Ann."), private_chat("Bo", "me: To Bo.")]
    found = turns(collected(telegram_export(tmp_path, made)))
    assert sorted(found) == [[("assistant", "To Ann.")], [("assistant", "To Bo.")]]


def test_windows_are_limited_and_never_separate_an_answer_from_its_question(tmp_path):
    lines = [line for n in range(7) for line in (f"q{n}", f"me: a{n}")]
    found = collected(telegram_export(tmp_path, [private_chat("Ann", *lines)]), window_turns=5)
    sizes = Counter(len(c) for c in turns(found))
    assert sizes == {4: 3, 2: 1} and adds_up(found)
    assert [c[0][1] for c in turns(found)] == ["q0", "q2", "q4", "q6"]  # in order of time
    assert [c.date[14:16] for c in found.conversations] == ["13", "17", "21", "25"]
    with pytest.raises(UsageError, match="window_turns is 1"):
        ChatOptions(window_turns=1)


@settings(deadline=None, derandomize=True)
@given(who=st.lists(st.sampled_from("iab"), max_size=20), most=st.integers(0, 7))
def test_windows_lose_no_turn_and_respect_the_limit(who, most):
    made = [Turn(w, str(n), 1, n) for n, w in enumerate(who)]
    pieces = list(split_into_windows(made, {"i"}, most))
    assert [t for piece in pieces for t in piece] == made
    assert all(len(piece) <= (most or len(made)) for piece in pieces)
    for piece in pieces:
        to_messages(piece, {"i"})
